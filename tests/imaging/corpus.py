"""DICOM files everybody has: pydicom's own, and those of pydicom-data where it is installed."""

from importlib.util import find_spec
from pathlib import Path

import pydicom

_OWN = Path(pydicom.__file__).parent / "data"
BROKEN = {"MR_truncated.dcm", "rtplan_truncated.dcm", "no_meta.dcm", "ExplVR_BigEndNoMeta.dcm"}
"""Those of pydicom's that end too early, or are no file of PS3.10 that says how it is written."""


def pydicom_files() -> list[Path]:
    """List pydicom's test files that are DICOM."""
    folders = (_OWN / "test_files", _OWN / "charset_files")
    found = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in found if _is_dicom(path)]


def peer_files() -> list[Path]:
    """List pydicom-data's files: X-rays, cine, MR; empty when it is not installed."""
    spec = find_spec("data_store")
    if spec is None or spec.origin is None:
        return []
    return sorted((Path(spec.origin).parent / "data").glob("*.dcm"))


def own(name: str) -> bytes:
    """Read one of pydicom's files."""
    return next(path for path in pydicom_files() if path.name == name).read_bytes()


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        begin = file.read(132)
    return begin[128:] == b"DICM" or begin[:2] == b"\x08\x00"
