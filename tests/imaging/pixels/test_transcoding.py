"""A picture written in another syntax holds the same samples, and its file opens elsewhere."""

import shutil
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, uid
from pydicom.pixels import pixel_array

from chartkeep.imaging.pixels.asking import NotPossibleError
from chartkeep.imaging.pixels.pool import Pixels
from tests.imaging.pixels.samples import (
    BUNDLE,
    Sample,
    more_pictures,
    pictures,
    quietly_read,
    sample,
)

TARGETS = [
    uid.ExplicitVRLittleEndian,
    uid.ImplicitVRLittleEndian,
    uid.RLELossless,
    uid.JPEGLSLossless,
    uid.JPEG2000Lossless,
]
UNWRITABLE = "SC_rgb_jpeg"
"""pydicom does not write back one of its elements."""


def transcoded(pixels: Pixels, given: Sample, to: str) -> Dataset:
    pieces = pixels.transcode_file(given.head, given.syntax, given.frames, len(given.frames), to)
    return quietly_read(b"".join(pieces))


def samples_of(dataset: Dataset) -> np.ndarray:
    """Every sample as stored; colours of lossy JPEG as RGB."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lossy = dataset.file_meta.TransferSyntaxUID == uid.JPEGBaseline8Bit
        return pixel_array(dataset, raw=not lossy)


def kept(dataset: Dataset) -> set[int]:
    """Name what stands beside the pixels; lengths of groups are retired and left out."""
    return {tag for tag in dataset.keys() if tag.group < 0x7FE0 and tag.element != 0}  # noqa: SIM118


def assert_same(pixels: Pixels, given: Sample, to: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of these files are wrong on purpose
        before, after = given.read(), transcoded(pixels, given, to)
        assert after.file_meta.TransferSyntaxUID == to
        assert after.SOPInstanceUID == before.SOPInstanceUID
        assert kept(before) == kept(after), given.name
        right, got = samples_of(before), samples_of(after)
    tolerance = 2 if given.syntax == uid.JPEGBaseline8Bit else 0  # two JPEG readers, two roundings
    assert np.abs(right.astype(float) - got).max() <= tolerance, given.name


def can_be(given: Sample, to: str) -> bool:
    """Say what is promised of a syntax: whole bytes everywhere, and no stamps in wavelets."""
    dataset = given.read()
    if to in (uid.JPEGLSLossless, uid.JPEG2000Lossless):
        return dataset.BitsAllocated in (8, 16) and min(dataset.Rows, dataset.Columns) >= 32
    return dataset.BitsAllocated >= 8


@pytest.mark.parametrize("to", TARGETS, ids=lambda each: each.name)
def test_every_picture_of_pydicoms_is_the_same_in_every_lossless_syntax(
    pixels: Pixels, to: uid.UID
) -> None:
    chosen = [each for each in pictures(BUNDLE) if can_be(each, to) and each.name != UNWRITABLE]
    for given in chosen:
        assert_same(pixels, given, to)
    assert len(chosen) > 35


@pytest.mark.peer
@pytest.mark.parametrize("to", TARGETS, ids=lambda each: each.name)
def test_every_picture_of_pydicom_data_is_the_same_in_every_lossless_syntax(
    pixels: Pixels, to: uid.UID
) -> None:
    folder = more_pictures()
    if folder is None:
        pytest.skip("pydicom-data is not installed (make peers)")
    small = [each for each in pictures(folder) if can_be(each, to) and len(each.file) < 3_000_000]
    for given in small:
        assert_same(pixels, given, to)
    assert len(small) > 30


def test_a_bit_a_pixel_is_written_plainly(pixels: Pixels) -> None:
    assert_same(pixels, sample("liver_expb_1frame"), uid.ExplicitVRLittleEndian)


def test_a_deflated_file_is_written_plainly(pixels: Pixels) -> None:
    assert_same(pixels, sample("image_dfl"), uid.ExplicitVRLittleEndian)


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("liver_1frame", uid.RLELossless),
        ("rtdose", uid.JPEG2000Lossless),
        ("SC_rgb_small_odd", uid.JPEG2000Lossless),
        ("SC_rgb_small_odd", uid.JPEGLSLossless),
        ("CT_small", uid.JPEGLossless),
        ("CT_small", uid.HTJ2KLossless),
        ("CT_small", uid.JPEGBaseline8Bit),
        ("CT_small", "1.2.3"),
        ("JPGExtended", uid.ExplicitVRLittleEndian),
    ],
)
def test_what_no_library_writes_is_said_to_be_impossible(
    pixels: Pixels, name: str, to: str
) -> None:
    given = sample(name)
    with pytest.raises(NotPossibleError):
        pixels.transcode(given.head, given.syntax, given.frames[0], to)


def test_a_whole_instance_is_never_made_lossy(pixels: Pixels) -> None:
    given = sample("examples_rgb_color")
    assert pixels.transcode(given.head, given.syntax, given.frames[0], uid.JPEGBaseline8Bit)
    with pytest.raises(NotPossibleError):
        next(pixels.transcode_file(given.head, given.syntax, given.frames, 1, uid.JPEGBaseline8Bit))


def test_a_frame_in_its_own_syntax_is_untouched(pixels: Pixels) -> None:
    given = sample("MR_small_RLE")
    assert (
        pixels.transcode(given.head, given.syntax, given.frames[0], uid.RLELossless)
        == (given.frames[0])
    )


@pytest.mark.peer
@pytest.mark.parametrize(
    ("to", "reader"), [(uid.JPEGLSLossless, "dcmdjpls"), (uid.RLELossless, "dcmdrle")]
)
def test_dcmtk_reads_what_is_written(
    pixels: Pixels, tmp_path: Path, to: uid.UID, reader: str
) -> None:
    if shutil.which(reader) is None:
        pytest.skip("dcmtk is not installed (make peers)")
    given = sample("MR_small")
    pieces = pixels.transcode_file(given.head, given.syntax, given.frames, 1, to)
    (tmp_path / "in.dcm").write_bytes(b"".join(pieces))
    subprocess.run([reader, tmp_path / "in.dcm", tmp_path / "out.dcm"], check=True)
    plain = quietly_read((tmp_path / "out.dcm").read_bytes())
    assert plain.PixelData == given.read().PixelData
