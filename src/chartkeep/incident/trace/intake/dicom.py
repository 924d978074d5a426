"""DICOM instances: who and which study the header names, and the digest of the pixels as stored."""

from collections.abc import Iterator
from hashlib import sha256
from io import SEEK_CUR, BufferedReader, BytesIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from chartkeep.incident.trace.found import PICTURE_FIELDS, Clock
from chartkeep.incident.trace.intake.office import note_time
from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

MOST_HEAD = 16 << 20
"""Bytes in which all that stands before the pixels must lie."""
_KEYWORDS = {
    "patient_id": "PatientID", "name": "PatientName", "birth_date": "PatientBirthDate",
    "sex": "PatientSex", "accession": "AccessionNumber", "study_uid": "StudyInstanceUID",
    "series_uid": "SeriesInstanceUID", "study_date": "StudyDate", "study_time": "StudyTime",
    "modality": "Modality", "institution": "InstitutionName",
}  # fmt: skip
_PIXELS = b"\xe0\x7f\x10\x00"
_ITEM = b"\xfe\xff\x00\xe0"
_UNDEFINED = 0xFFFFFFFF
_PIECE = 1 << 20


def read_dicom(file: BufferedReader, out: Out) -> None:
    """Read one instance. Raises TroubleError if it is none."""
    try:
        head = BytesIO(file.read(MOST_HEAD))
        dataset = dcmread(head, stop_before_pixels=True, force=True)
        values = [_written(dataset, _KEYWORDS[field]) for field in PICTURE_FIELDS]
        sop = _written(dataset, "SOPInstanceUID")
    except (InvalidDicomError, EOFError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise TroubleError(Trouble.BROKEN) from error
    if not (sop or any(values)):
        raise TroubleError(Trouble.BROKEN)
    out.picture(sop, _pixels(head, file, out), values)
    day, time = values[PICTURE_FIELDS.index("study_date")], values[8].ljust(6, "0")[:6]
    if len(day) == 8:
        note_time(f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}", out)
        if Clock.AUTHORED in out.clocks:
            out.clocks[Clock.HEADER] = out.clocks.pop(Clock.AUTHORED)


def _written(dataset: Dataset, keyword: str) -> str:
    return str(dataset.get(keyword, "") or "")


def _pixels(head: BytesIO, file: BufferedReader, out: Out) -> bytes:
    """Digest the value of Pixel Data, at which `head` stands, as a deposit does (`PixelSum`).

    The element is explicit little endian in nearly all there is (PS3.5 7.1.2); of any other
    encoding there is no digest.
    """
    start = head.read(12)
    if start[:4] != _PIXELS:
        return b""
    explicit = start[4:6] in (b"OW", b"OB")
    left = int.from_bytes(start[8:12] if explicit else start[4:8], "little")
    if not explicit:  # the value begins four bytes earlier
        head.seek(-len(start[8:]), SEEK_CUR)
    if left == _UNDEFINED:
        return _fragments(head, file, out)
    digest = sha256()
    for piece in _pieces(head, file, left):
        digest.update(piece)
        left -= len(piece)
    if left > 0:
        out.trouble = Trouble.CUT
    return digest.digest()


def _fragments(head: BytesIO, file: BufferedReader, out: Out) -> bytes:
    """Digest what lies in the fragments but the first, which is the offset table (PS3.5 A.4)."""
    digest, is_table = sha256(), True
    while (item := b"".join(_pieces(head, file, 8)))[:4] == _ITEM:
        left = int.from_bytes(item[4:], "little")
        for piece in _pieces(head, file, left):
            left -= len(piece)
            if not is_table:
                digest.update(piece)
        is_table = False
        if left:
            out.trouble = Trouble.CUT
    return digest.digest()


def _pieces(head: BytesIO, file: BufferedReader, left: int) -> Iterator[bytes]:
    """Give so many bytes in pieces, fewer where the file ends."""
    while left > 0 and (piece := head.read(min(left, _PIECE)) or file.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece
