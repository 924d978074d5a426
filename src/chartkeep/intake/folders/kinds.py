"""What a dropped file is, by its first bytes; its name decides only where no format has a sign."""

import re
from enum import Enum

HEAD = 4_096
_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]")
_ECG_ROOTS = frozenset({b"AnnotatedECG", b"RestingECG", b"restingecgdata"})
_ECG_NAMES = (".scp", ".edf", ".bdf", ".hea", ".ecg", ".mwf", ".rec")


class Kind(Enum):
    """What is taken from folders; the value is its media type."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    TIFF = "image/tiff"
    DICOM = "application/dicom"
    ZIP = "application/zip"
    CDA = "application/hl7-cda+xml"
    ECG = "application/octet-stream"
    ECG_XML = "application/xml"
    FHIR = "application/fhir+json"
    UNKNOWN = ""


PAPERS = frozenset({Kind.PDF, Kind.JPEG, Kind.PNG, Kind.TIFF})
ECGS = frozenset({Kind.ECG, Kind.ECG_XML})
_SIGNS = {
    b"%PDF-": Kind.PDF, b"\xff\xd8\xff": Kind.JPEG, b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"0       ": Kind.ECG, b"II*\0": Kind.TIFF, b"MM\0*": Kind.TIFF, b"PK\x03\x04": Kind.ZIP,
    b"\x1f\x8b": Kind.FHIR,
}  # fmt: skip


def kind_of(head: bytes, name: str) -> Kind:
    """Say what a file is by its first `HEAD` bytes."""
    if head[128:132] == b"DICM":
        return Kind.DICOM
    for sign, kind in _SIGNS.items():
        if head.startswith(sign):
            return kind
    if head[16:22] == b"SCPECG" or name.lower().endswith(_ECG_NAMES):
        return Kind.ECG
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.replace(b"\0", b"")[2:].lstrip()
    if text.startswith(b"<"):
        return _xml_kind(text)
    return Kind.FHIR if text.startswith(b"{") else Kind.UNKNOWN


def _xml_kind(text: bytes) -> Kind:
    found = _ROOT.search(text)
    if found is None:
        return Kind.UNKNOWN
    if found[1] == b"ClinicalDocument":
        return Kind.CDA
    return Kind.ECG_XML if found[1] in _ECG_ROOTS else Kind.UNKNOWN
