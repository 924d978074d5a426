"""Data sets of queries and reports: small, plain, read and written whole by `pydicom`."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.uid import ImplicitVRLittleEndian

from chartkeep.errors import BadInputError, ChartkeepError


@contextmanager
def reading() -> Iterator[None]:
    """Turn whatever `pydicom` meets in a hostile data set into BadInputError.

    It reads elements when they are first looked at: looking belongs into this block, too.
    """
    try:
        yield
    except ChartkeepError:
        raise
    except Exception as error:
        raise BadInputError("the identifier is not readable") from error


def read_plain(raw: bytes, syntax: str) -> Dataset:
    """Read a data set in a plain syntax, to be looked at within `reading`."""
    return read_dataset(io.BytesIO(raw), syntax == ImplicitVRLittleEndian, True)


def write_plain(dataset: Dataset, syntax: str) -> bytes:
    """Write a data set in a plain syntax."""
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = syntax == ImplicitVRLittleEndian, True
    write_dataset(out, dataset)
    raw: bytes = out.getvalue()
    return raw
