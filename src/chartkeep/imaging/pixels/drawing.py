"""Eight-bit samples to a JPEG or PNG of the size asked for."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from chartkeep.imaging.pixels.asking import Media, Rendering, Viewport


def draw(shown: NDArray[np.uint8], how: Rendering) -> bytes:
    """Cut, mirror and scale as the viewport says, then encode; nothing of a person goes in."""
    picture = Image.fromarray(shown)
    if how.viewport is not None:
        picture = fit(picture, how.viewport)
    out = BytesIO()
    match how.media:
        case Media.JPEG:
            picture.save(out, "JPEG", quality=how.quality)
        case Media.PNG:
            picture.save(out, "PNG", compress_level=3)
    return out.getvalue()


def fit(picture: Image.Image, viewport: Viewport) -> Image.Image:
    """Take the part of a picture, mirrored where negative, scaled into the viewport undistorted."""
    width = abs(viewport.part_width) or picture.width - viewport.left
    height = abs(viewport.part_height) or picture.height - viewport.top
    right = min(viewport.left + width, picture.width)
    low = min(viewport.top + height, picture.height)
    if right <= viewport.left or low <= viewport.top:
        raise ValueError("the part lies outside of the picture")
    part = picture.crop((viewport.left, viewport.top, right, low))
    if viewport.part_width < 0:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if viewport.part_height < 0:
        part = part.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    scale = min(viewport.width / part.width, viewport.height / part.height)
    size = max(round(part.width * scale), 1), max(round(part.height * scale), 1)
    return part.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
