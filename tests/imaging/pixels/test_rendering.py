"""What is shown is what pydicom's own, slower, arithmetic shows."""

import warnings
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, Sequence, uid
from pydicom.pixels import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi_lut,
    pixel_array,
)

from chartkeep.errors import BadInputError
from chartkeep.imaging.pixels.asking import (
    THUMBNAIL,
    Curve,
    Media,
    NotPossibleError,
    Rendering,
    Viewport,
    Window,
)
from chartkeep.imaging.pixels.pool import Pixels
from tests.imaging.pixels.samples import (
    BUNDLE,
    TWELVE_BIT_JPEG,
    Sample,
    more_pictures,
    pictures,
    sample,
    sample_of,
)

PNG = Rendering(media=Media.PNG)


def rendered(pixels: Pixels, given: Sample, how: Rendering = PNG, frame: int = 0) -> NDArray:
    answer = pixels.render(given.head, given.syntax, given.frames[frame], how)
    return np.asarray(Image.open(BytesIO(answer)))


def expected(given: Sample) -> NDArray:
    """Work the first frame out as pydicom does, as 0 to 255."""
    dataset = given.read()
    if "BitsStored" not in dataset:
        dataset.BitsStored = dataset.BitsAllocated
    frame = pixel_array(dataset, index=0)
    if dataset.SamplesPerPixel == 3:
        return frame >> (dataset.BitsStored - 8) if dataset.BitsStored > 8 else frame
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        table = apply_color_lut(frame, dataset)
        return table >> 8 if table.max() > 255 else table
    values = apply_modality_lut(frame, dataset).astype(np.float64)
    if dataset.get("WindowWidth") is not None and dataset.WindowWidth != "":
        center, width = (
            float(np.atleast_1d(dataset[each].value)[0]) for each in ("WindowCenter", "WindowWidth")
        )
        values = np.interp(values, [center - width / 2, center - 1 + width / 2], [0, 255])
    elif "VOILUTSequence" in dataset:
        values = apply_voi_lut(values.astype(np.uint16), dataset)
        values = values * 255.0 / (2 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1)
    else:
        low, high = values.min(), values.max()
        if dataset.BitsStored <= 8:
            low, high = 0, 2**dataset.BitsStored - 1
        values = (values - low) * 255.0 / max(high - low, 1e-6)
    return 255 - values if dataset.PhotometricInterpretation == "MONOCHROME1" else values


def assert_same(pixels: Pixels, given: Sample, tolerance: float = 1.5) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        right = expected(given)
    shown = rendered(pixels, given)
    assert shown.shape == right.shape, given.name
    off = np.abs(shown.astype(float) - right)
    assert off.mean() < tolerance, (given.name, off.mean())


def test_every_picture_of_pydicoms_is_shown_as_pydicom_shows_it(pixels: Pixels) -> None:
    shown = 0
    for given in pictures(BUNDLE):
        assert_same(pixels, given)
        shown += 1
    assert shown > 50


@pytest.mark.peer
def test_every_picture_of_pydicom_data_is_shown_as_pydicom_shows_it(pixels: Pixels) -> None:
    folder = more_pictures()
    if folder is None:
        pytest.skip("pydicom-data is not installed (make peers)")
    assert sum(1 for given in pictures(folder) if not assert_same(pixels, given)) > 40


@pytest.mark.parametrize("name", sorted(TWELVE_BIT_JPEG))
def test_twelve_bit_jpeg_is_said_to_be_impossible(pixels: Pixels, name: str) -> None:
    given = sample(name)
    with pytest.raises(NotPossibleError):
        pixels.render(given.head, given.syntax, given.frames[0], PNG)


def ramp(**changes: object) -> Dataset:
    """Invent a picture of 16 by 16 grey values, 0 to 4080 in steps of 16."""
    dataset = Dataset()
    dataset.file_meta = Dataset()
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    dataset.SOPClassUID = uid.SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = "2.25.1"
    dataset.Rows = dataset.Columns = 16
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.PixelData = (np.arange(256, dtype="<u2") * 16).tobytes()
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    return dataset


def test_a_window_asked_for_goes_before_the_files_own(pixels: Pixels) -> None:
    given = sample_of(ramp(WindowCenter=100, WindowWidth=10))
    how = Rendering(media=Media.PNG, window=Window(2_048, 4_096, Curve.EXACT))
    shown = rendered(pixels, given, how).ravel()
    assert np.abs(shown - np.arange(256)).max() <= 1


def test_a_sigmoid_is_half_light_at_its_centre_and_never_steps(pixels: Pixels) -> None:
    how = Rendering(media=Media.PNG, window=Window(2_048, 1_000, Curve.SIGMOID))
    shown = rendered(pixels, sample_of(ramp()), how).ravel().astype(int)
    assert shown[128] == 128
    assert (np.diff(shown) >= 0).all()


def test_monochrome1_is_shown_inverted(pixels: Pixels) -> None:
    plain = rendered(pixels, sample_of(ramp()))
    inverse = rendered(pixels, sample_of(ramp(PhotometricInterpretation="MONOCHROME1")))
    assert np.abs(255 - inverse.astype(int) - plain).max() <= 1


def test_signed_values_lie_below_zero(pixels: Pixels) -> None:
    values = np.arange(-128, 128, dtype="<i2") * 16
    given = sample_of(
        ramp(
            PixelRepresentation=1,
            PixelData=values.tobytes(),
            WindowCenter=0,
            WindowWidth=2,
            RescaleSlope=1,
            RescaleIntercept=0,
        )
    )
    shown = rendered(pixels, given).ravel()
    assert (shown[:128] == 0).all()
    assert (shown[129:] == 255).all()


def test_padding_does_not_stretch_the_range(pixels: Pixels) -> None:
    values = np.full(256, 1_000, dtype="<u2")
    values[:16], values[16:32] = 65_535, 2_000
    given = sample_of(
        ramp(BitsStored=16, HighBit=15, PixelPaddingValue=65_535, PixelData=values.tobytes())
    )
    shown = rendered(pixels, given).ravel()
    assert shown[20] == 255
    assert shown[200] == 0


def test_every_frame_of_an_enhanced_file_has_its_own_window(pixels: Pixels) -> None:
    groups = []
    for center in (100, 4_000):
        window, group = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = center, 2
        group.FrameVOILUTSequence = Sequence([window])
        groups.append(group)
    both = ramp(
        NumberOfFrames=2,
        PerFrameFunctionalGroupsSequence=Sequence(groups),
        PixelData=ramp().PixelData * 2,
    )
    given = sample_of(both)
    first = rendered(pixels, given, Rendering(media=Media.PNG, frame=1))
    second = rendered(pixels, given, Rendering(media=Media.PNG, frame=2))
    assert first.mean() > 240
    assert second.mean() < 15


def test_frames_of_single_bits_begin_in_the_middle_of_bytes(pixels: Pixels) -> None:
    frames = np.zeros((3, 5, 5), np.uint8)
    frames[1, 2, :], frames[2, :, 4] = 1, 1
    bits = np.packbits(frames.ravel(), bitorder="little").tobytes()
    given = sample_of(
        ramp(
            Rows=5, Columns=5, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=3,
            PixelData=bits + b"\0" * (len(bits) % 2),
        )
    )  # fmt: skip
    for number in (1, 2, 3):
        first, behind = (number - 1) * 25 // 8, -(-number * 25 // 8)
        how = Rendering(media=Media.PNG, frame=number)
        shown = rendered(pixels, given._replace(frames=[bits[first:behind]]), how)
        assert (shown == frames[number - 1] * 255).all()


def test_floating_pixels_are_shown_from_least_to_most(pixels: Pixels) -> None:
    dataset = ramp(BitsAllocated=32)
    for keyword in ("BitsStored", "HighBit", "PixelRepresentation", "PixelData"):
        delattr(dataset, keyword)
    dataset.FloatPixelData = np.linspace(-1, 1, 256, dtype="<f4").tobytes()
    shown = rendered(pixels, sample_of(dataset)).ravel()
    assert np.abs(shown - np.arange(256.0)).max() <= 1


def test_a_viewport_keeps_the_shape(pixels: Pixels) -> None:
    given = sample("examples_rgb_color")
    answer = pixels.render(given.head, given.syntax, given.frames[0], Rendering(viewport=THUMBNAIL))
    picture = Image.open(BytesIO(answer))
    rows, columns = given.read().Rows, given.read().Columns
    assert picture.format == "JPEG"
    assert max(picture.size) == 128
    assert picture.size[0] / picture.size[1] == pytest.approx(columns / rows, rel=0.02)


def test_a_negative_width_mirrors_the_part(pixels: Pixels) -> None:
    given = sample_of(ramp())
    part = Viewport(width=8, height=8, left=4, top=4, part_width=8, part_height=8)
    mirrored = Viewport(width=8, height=8, left=4, top=4, part_width=-8, part_height=8)
    plain = rendered(pixels, given, Rendering(media=Media.PNG, viewport=part))
    other = rendered(pixels, given, Rendering(media=Media.PNG, viewport=mirrored))
    assert (plain == rendered(pixels, given)[4:12, 4:12]).all()
    assert (other == plain[:, ::-1]).all()


def test_less_quality_is_fewer_bytes(pixels: Pixels) -> None:
    given = sample("CT_small")
    lengths = [
        len(pixels.render(given.head, given.syntax, given.frames[0], Rendering(quality=quality)))
        for quality in (10, 95)
    ]
    assert lengths[0] < lengths[1] / 2


def test_fragments_of_a_frame_are_joined(pixels: Pixels) -> None:
    given = sample("MR_small_jp2klossless")
    frame = given.frames[0]
    pieces = [frame[:100], frame[100:]]
    whole = pixels.render(given.head, given.syntax, frame, PNG)
    assert pixels.render(given.head, given.syntax, pieces, PNG) == whole


def test_nothing_of_a_person_is_in_what_is_rendered(pixels: Pixels) -> None:
    given = sample("CT_small")
    name = str(given.read().PatientName).encode()
    for media in Media:
        answer = pixels.render(given.head, given.syntax, given.frames[0], Rendering(media=media))
        assert name in given.head
        assert name not in answer


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Window(0, 0),
        lambda: Window(float("nan"), 10),
        lambda: Viewport(width=0, height=10),
        lambda: Viewport(width=10, height=100_000),
        lambda: Viewport(width=10, height=10, left=-1),
        lambda: Rendering(quality=0),
        lambda: Rendering(frame=0),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_asked(bad: object) -> None:
    with pytest.raises(BadInputError):
        bad()
