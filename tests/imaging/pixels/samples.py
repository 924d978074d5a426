"""Real pictures: pydicom's own test files, and those of pydicom-data where it is installed."""

import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pydicom
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.encaps import generate_frames
from pydicom.filereader import read_partial

BUNDLE = Path(pydicom.__file__).parent / "data" / "test_files"
TWELVE_BIT_JPEG = {"JPEG-lossy", "JPGExtended"}
NO_PICTURE = {"nested_priv_SQ", "MR_truncated", "JPEG2000-embedded-sequence-delimiter"}
"""No rows; less pixels than rows and columns; a delimiter in a frame that ends it too early."""
SWAPPED = {"OBXXXX1A_expb", "OBXXXX1A_expb_2frame", "SC_rgb_small_odd_big_endian"}
"""Big endian, eight bits as words: the head does not say that they are swapped."""
OWN_WINDOWS = {"eCT_Supplemental"}
"""Each frame has a window in its functional groups, which pydicom's functions do not read."""
_PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)


class Sample(NamedTuple):
    """An instance taken apart as the house keeps it: the head, the syntax, each frame."""

    name: str
    file: bytes
    head: bytes
    syntax: str
    frames: list[bytes]

    def read(self) -> Dataset:
        return quietly_read(self.file)


def quietly_read(file: bytes) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dcmread(BytesIO(file), force=True)


def sample_of(dataset: Dataset) -> Sample:
    """Take a dataset made by a test apart as if it had come in."""
    out = BytesIO()
    dcmwrite(out, dataset, enforce_file_format=True)
    return take_apart("made", out.getvalue())


def sample(name: str) -> Sample:
    return take_apart(name, (BUNDLE / f"{name}.dcm").read_bytes())


def take_apart(name: str, file: bytes) -> Sample:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stream = BytesIO(file)
        whole = dcmread(BytesIO(file), force=True)
        read_partial(stream, lambda tag, _vr, _length: tag in _PIXELS, force=True)
        syntax = whole.file_meta.TransferSyntaxUID
        count = int(whole.get("NumberOfFrames") or 1)
        pixels = next(whole[tag].value for tag in _PIXELS if tag in whole)
        if syntax == pydicom.uid.DeflatedExplicitVRLittleEndian:
            return Sample(name, file, file, syntax, [b""] * count)
        if syntax.is_encapsulated:
            frames = list(generate_frames(pixels, number_of_frames=count))
        else:
            length = len(pixels) // count
            frames = [pixels[at : at + length] for at in range(0, length * count, length)]
        return Sample(name, file, file[: stream.tell()], str(syntax), frames)


def pictures(folder: Path) -> Iterator[Sample]:
    """Every instance with pixels under a folder."""
    for path in sorted(folder.rglob("*.dcm")):
        if path.stem in NO_PICTURE | TWELVE_BIT_JPEG | SWAPPED | OWN_WINDOWS:
            continue
        try:
            yield take_apart(path.stem, path.read_bytes())
        except (StopIteration, AttributeError, ValueError, pydicom.errors.InvalidDicomError):
            continue  # no pixels in it


def more_pictures() -> Path | None:
    """Where pydicom-data lies."""
    spec = find_spec("data_store")
    return Path(next(iter(spec.submodule_search_locations))) if spec else None
