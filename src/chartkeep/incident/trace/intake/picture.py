"""Pictures and pages that are pictures: what they say of themselves, and the text seen in them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Final

from PIL import Image, ImageSequence, TiffImagePlugin, UnidentifiedImageError

from chartkeep.incident.trace.found import Clock
from chartkeep.incident.trace.intake import ocr
from chartkeep.incident.trace.intake.limits import Budget
from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

FORMATS: Final = ("PNG", "JPEG", "TIFF", "GIF")
MOST_PAGES: Final = 1_000
"""Of one TIFF."""
MOST_NOTES: Final = 100
_EXIF_IFD: Final = 0x8769
_TIMES: Final = (306, 36_867, 36_868)


def load() -> None:
    """Make and read one of each, so that everything is loaded."""
    assert TiffImagePlugin.READ_LIBTIFF is not None
    for name in FORMATS:
        made = BytesIO()
        Image.new("L", (2, 2)).save(made, name)
        with Image.open(made, formats=FORMATS) as image:
            image.load()
            _ = image.getexif().get_ifd(_EXIF_IFD), ImageSequence.Iterator(image)


def read_picture(data: bytes, budget: Budget, out: Out) -> None:
    """Read a picture's notes and the text in it. Raises TroubleError if it is broken or too large.

    A GIF's first frame and every page of a TIFF are looked at.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            for note in _notes(image, out):
                out.text(note)
            pages = ImageSequence.Iterator(image) if image.format == "TIFF" else [image]
            seen = 0
            for page in islice(pages, MOST_PAGES):
                seen += see(page, budget, out)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise TroubleError(Trouble.BROKEN) from error
    except Image.DecompressionBombError as error:
        raise TroubleError(Trouble.TOO_LARGE) from error
    if not seen:
        out.trouble = out.trouble or (Trouble.NO_TEXT if ocr.is_there() else Trouble.NO_OCR)


def see(image: Image.Image, budget: Budget, out: Out) -> int:
    """Say the text in a picture; gives its lines. Raises TroubleError for one that is too large."""
    if image.width * image.height > ocr.MOST_PIXELS:
        raise TroubleError(Trouble.TOO_LARGE)
    budget.look()
    count = 0
    for line in ocr.lines(image):
        out.text(line)
        count += 1
    return count


def _notes(image: Image.Image, out: Out) -> Iterator[str]:
    """Give what a picture says in words: captions, authors, comments; and note its times."""
    exif = image.getexif()
    told = {**exif, **exif.get_ifd(_EXIF_IFD)}
    for tag in _TIMES:
        with suppress(ValueError, TypeError):
            time = datetime.strptime(f"{told.pop(tag, '')} +0000", "%Y:%m:%d %H:%M:%S %z")
            out.clock(Clock.AUTHORED, int(time.timestamp() * 1000))
    for value in [*told.values(), *image.info.values()][:MOST_NOTES]:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(text, str) and text.isprintable() and text.strip():
            yield text
