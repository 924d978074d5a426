"""Sets of DICOM files for benches and tests: real pictures under UIDs and patients of their own.

S 39 KB CT 128², L 526 KB CT 512², X 7.2 MB CR 1955 by 1841, Q 9.8 KB MR: of pydicom, and of
pydicom-data where it is installed (else L and X are the small CT's pixels, tiled). Making one file
is a few replacements in bytes. The same arguments make the same bytes.
"""

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import pydicom
from pydicom.data import get_testdata_file

from chartkeep.inventor.dicom import invent_uid

MRN = "http://minato.example/mrn"
ISSUER = "MINATO"
FIRST_DAY = 20261101

_UIDS = {"StudyInstanceUID": "2.25.1", "SeriesInstanceUID": "2.25.2", "SOPInstanceUID": "2.25.3"}
_LONGEST_UID = 44
_NUMBER, _NAME, _DAY, _ACCESSION = "PPPPPPPP", "FAMILYXX^GIVENX ", "19990909", "AAAAAAAA"
_BIRTH, _PICTURE = "19180818", "99999999"
_MODALITY = b"\x08\x00\x60\x00CS\x02\x00"


class Person(NamedTuple):
    """An invented patient: number, family and given name, birth date YYYY-MM-DD."""

    number: str
    family: str
    given: str
    birth_date: str

    def resource(self) -> dict[str, Any]:
        """Give the Patient resource that makes the house know them."""
        return {
            "resourceType": "Patient",
            "identifier": [{"system": MRN, "value": self.number}],
            "name": [{"family": self.family, "given": [self.given]}],
            "birthDate": self.birth_date,
        }


class Picture(NamedTuple):
    """One file of a set, and what stands in it. `day` YYYYMMDD."""

    data: bytes
    person: Person
    study: str
    series: str
    instance: str
    day: str
    accession: str
    modality: str


def person(number: int) -> Person:
    """Invent patient `number`."""
    digits = f"{number:06d}"
    letters = "".join(chr(ord("a") + int(digit)) for digit in digits)
    birth = f"{1930 + number % 80}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    return Person(f"P{number:07d}", f"Fa{letters}", f"Gi{letters[2:]}", birth)


def small(count: int = 600, in_study: int = 30) -> Iterator[Picture]:
    """Make set S: CT of 39 KB, a patient for each study."""
    return _studies("S", count, in_study)


def large(count: int = 300, in_study: int = 60) -> Iterator[Picture]:
    """Make set L: CT of 526 KB."""
    return _studies("L", count, in_study)


def huge(count: int = 20, in_study: int = 1) -> Iterator[Picture]:
    """Make set X: CR of 7.2 MB."""
    return _studies("X", count, in_study)


def many(studies: int = 2_000) -> Iterator[Picture]:
    """Make set Q: two studies each of half as many patients, MR and CT by turns, over ten days."""
    for number in range(studies):
        modality = "CT" if number // 10 % 2 else "MR"
        yield picture(
            "Q", person(number // 2 + 1), invent_uid("Q", number), 1, 1,
            day=str(FIRST_DAY + number % 10), accession=f"Q{number:07d}", modality=modality,
        )  # fmt: skip


def picture(
    kind: str,
    whose: Person,
    study: str,
    series: int,
    number: int,
    *,
    day: str = str(FIRST_DAY),
    accession: str = "A0000001",
    modality: str = "",
) -> Picture:
    """Make one file of a kind (S, L, X, Q) for a patient, a study, a number of series and picture.

    `accession` has eight letters.
    """
    template, shown = _template(kind)
    uids = {
        "StudyInstanceUID": study,
        "SeriesInstanceUID": invent_uid(study, series),
        "SOPInstanceUID": invent_uid(study, series, number),
    }
    data = template
    for name, uid in uids.items():
        data = data.replace(_blank(name), uid.encode().ljust(_LONGEST_UID, b"\0"))
    words = {
        _NUMBER: whose.number, _NAME: f"{whose.family}^{whose.given}".ljust(len(_NAME)),
        _DAY: day, _ACCESSION: accession, _BIRTH: whose.birth_date.replace("-", ""),
        _PICTURE: f"{number:08d}",
    }  # fmt: skip
    for blank, word in words.items():
        assert len(blank) == len(word), word
        data = data.replace(blank.encode(), word.encode())
    if modality:
        data = data.replace(
            shown.encode() + b"\x08\x00\x70\x00", modality.encode() + b"\x08\x00\x70\x00"
        )
    return Picture(
        data, whose, study, uids["SeriesInstanceUID"], uids["SOPInstanceUID"], day, accession,
        modality or shown,
    )  # fmt: skip


def _studies(kind: str, count: int, in_study: int) -> Iterator[Picture]:
    for number in range(count):
        study = number // in_study
        yield picture(
            kind, person(study + 1), invent_uid(kind, study), 1, number % in_study + 1,
            day=str(FIRST_DAY + study % 28), accession=f"{kind}{study:07d}",
        )  # fmt: skip


@cache
def _template(kind: str) -> tuple[bytes, str]:
    """Make a file whose names are blanks of one length; gives its modality too."""
    dataset = _base(kind)
    for name, uid in _UIDS.items():
        setattr(dataset, name, uid.ljust(_LONGEST_UID, "9"))
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.PatientID, dataset.IssuerOfPatientID, dataset.PatientName = _NUMBER, ISSUER, _NAME
    dataset.PatientBirthDate, dataset.StudyDate, dataset.AccessionNumber = _BIRTH, _DAY, _ACCESSION
    if "OtherPatientIDsSequence" in dataset:  # numbers of nobody
        del dataset.OtherPatientIDsSequence
    dataset.InstanceNumber, dataset.Manufacturer = int(_PICTURE), "Invented"
    modality = {"S": "CT", "L": "CT", "X": "CR", "Q": "MR"}[kind]
    dataset.Modality = modality
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue(), modality


def _base(kind: str) -> pydicom.Dataset:
    real = {"L": "693_UNCR.dcm", "X": "RG1_UNCR.dcm"}.get(kind, "")
    if real and (path := _peer(real)):
        return pydicom.dcmread(path)
    if kind == "Q":
        return pydicom.dcmread(str(get_testdata_file("MR_small.dcm")))
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    if kind != "S":
        _tile(dataset, *{"L": (512, 512), "X": (1841, 1955)}[kind])
    return dataset


def _peer(name: str) -> Path | None:
    spec = find_spec("data_store")
    path = Path(spec.origin).parent / "data" / name if spec and spec.origin else Path()
    return path if path.is_file() else None


def _tile(dataset: pydicom.Dataset, rows: int, columns: int) -> None:
    """Repeat the pixels until the picture is so large."""
    side, two = 128, 2
    lines = [dataset.PixelData[n * side * two : (n + 1) * side * two] for n in range(side)]
    wide = [(line * (columns // side + 1))[: columns * two] for line in lines]
    dataset.PixelData = b"".join(wide[n % side] for n in range(rows))
    dataset.Rows, dataset.Columns = rows, columns


def _blank(name: str) -> bytes:
    return _UIDS[name].ljust(_LONGEST_UID, "9").encode()
