"""The rows of a list of studies: parts of a face that say when, what kind, how many pictures.

Each writer counts what it itself deposited, in a part of its own that it replaces; a reader adds
the parts of a study up. So a feed that may read nothing keeps the counts right. What a study is
about (its description, its physicians) is not here.
"""

from collections.abc import Iterable, Mapping

import msgspec

from chartkeep.errors import DamagedError

STUDY_FACE_KIND = "FaceStudy"
STUDY_KIND = "DicomStudy"
"""The entry that a study of one modality is found by; made once."""
INSTANCE_KIND = "DicomInstance"
KINDS = frozenset({STUDY_FACE_KIND, STUDY_KIND, INSTANCE_KIND})
"""None of them is a resource."""


class SeriesCount(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How many instances of a series, and its modality."""

    modality: str
    instances: int


class StudyRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One study: `day` YYYY-MM-DD, `time` HH:MM:SS, empty when not known; its series by UID."""

    study: str
    day: str = ""
    time: str = ""
    accession: str = ""
    series: dict[str, SeriesCount] = {}

    @property
    def modalities(self) -> list[str]:
        """Give the modalities in it, sorted."""
        return sorted({each.modality for each in self.series.values()})

    @property
    def instances(self) -> int:
        """Count its instances."""
        return sum(each.instances for each in self.series.values())


class Study(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the entry of a study of one modality says; it lies where the pictures lie."""

    study: str
    modality: str
    day: str = ""
    time: str = ""
    accession: str = ""
    description: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(StudyRow).decode
_decode_study = msgspec.json.Decoder(Study).decode


def encode_row(row: StudyRow) -> bytes:
    """Write a part."""
    return _encode(row)


def read_row(face: bytes) -> StudyRow:
    """Read a part back. Raises DamagedError when it is none."""
    try:
        return _decode(face)
    except msgspec.MsgspecError as error:
        raise DamagedError("a row of a study is not readable") from error


def encode_study(study: Study) -> bytes:
    """Write the entry of a study."""
    return _encode(study)


def read_study(raw: bytes) -> Study:
    """Read the entry of a study back. Raises DamagedError when it is none."""
    try:
        return _decode_study(raw)
    except msgspec.MsgspecError as error:
        raise DamagedError("the entry of a study is not readable") from error


def count(row: StudyRow, series: Mapping[str, SeriesCount]) -> StudyRow:
    """Add counts of series to a row."""
    added = dict(row.series)
    for uid, more in series.items():
        before = added.get(uid, SeriesCount(more.modality, 0))
        added[uid] = SeriesCount(before.modality, before.instances + more.instances)
    return msgspec.structs.replace(row, series=added)


def join_rows(parts: Iterable[StudyRow]) -> list[StudyRow]:
    """Add the parts of each study up, the newest study first.

    Where parts differ in a word, the first that has one is shown.
    """
    studies: dict[str, StudyRow] = {}
    for part in parts:
        there = studies.get(part.study)
        if there is None:
            studies[part.study] = part
            continue
        told = StudyRow(
            part.study, there.day or part.day, there.time or part.time,
            there.accession or part.accession, there.series,
        )  # fmt: skip
        studies[part.study] = count(told, part.series)
    return sorted(studies.values(), key=lambda row: (row.day, row.time), reverse=True)
