"""People and studies as lists show them: rows made of a chart's face, and of nothing else.

Names go into the three representations of PN by the script they are written in; a person with
several numbers is shown by the one that was asked for, else by a medical record number.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chartkeep.clinical.face import Identifier, Name, Person
from chartkeep.clinical.studies import STUDY_FACE_KIND, StudyRow, join_rows, read_row
from chartkeep.custody.charts import Held
from chartkeep.custody.release import face_of
from chartkeep.imaging.tags import Row, element
from chartkeep.model import ChartId

PATIENT_NAME, PATIENT_ID, ISSUER = "00100010", "00100020", "00100021"
BIRTH_DATE, SEX = "00100030", "00100040"
STUDY, STUDY_DATE, STUDY_TIME = "0020000D", "00080020", "00080030"
ACCESSION, MODALITIES = "00080050", "00080061"
STUDY_SERIES, STUDY_INSTANCES = "00201206", "00201208"
PATIENT_TAGS = frozenset({PATIENT_NAME, PATIENT_ID, ISSUER, BIRTH_DATE, SEX})
STUDY_TAGS = PATIENT_TAGS | {
    STUDY, STUDY_DATE, STUDY_TIME, ACCESSION, MODALITIES, STUDY_SERIES, STUDY_INSTANCES,
}  # fmt: skip
"""All that a face tells: whatever else is asked for needs the chart's pictures open."""

_SEXES = {"male": "M", "female": "F", "other": "O"}
_IDEOGRAPHIC = re.compile(r"[㐀-鿿가-힯豈-﫿\U00020000-\U0003ffff]")
_PHONETIC = re.compile(r"[぀-ヿㇰ-ㇿ]")
_PARTS = ("Alphabetic", "Ideographic", "Phonetic")


class Listed(NamedTuple):
    """One patient of a list: who they are, and their studies, the newest first, each with its row.

    Rows are shared by all who have the face open: nobody changes them.
    """

    chart: ChartId
    person: Person
    studies: Sequence[tuple[StudyRow, Row]]
    line: int


def listed(chart: ChartId, held: Held) -> Listed | None:
    """Read an open face, once for as long as it is open; None when it names nobody."""
    if listed not in held.memo:
        parts = held.entries.values()
        face = face_of(chart, parts)
        rows = join_rows(read_row(p.raw) for p in parts if p.header.kind == STUDY_FACE_KIND)
        told = [(row, study_row(row)) for row in rows]
        held.memo[listed] = (face.person, told) if face else None
    read: tuple[Person, list[tuple[StudyRow, Row]]] | None = held.memo[listed]
    return Listed(chart, read[0], read[1], held.line) if read else None


def patient_row(person: Person, asked: str = "") -> Row:
    """Write a person as a row; `asked` is the number they were asked for by."""
    number = _number(person.identifiers, asked)
    row = {
        PATIENT_NAME: _name(person.names),
        PATIENT_ID: element(PATIENT_ID, number.value),
        BIRTH_DATE: element(BIRTH_DATE, _day(person.birth_date)),
        SEX: element(SEX, _SEXES.get(person.gender, "")),
    }
    if number.system and len(number.system) <= 64:
        row[ISSUER] = element(ISSUER, number.system)
    return row


def study_row(study: StudyRow) -> Row:
    """Write a study as a row, without its patient."""
    return {
        STUDY_DATE: element(STUDY_DATE, _day(study.day)),
        STUDY_TIME: element(STUDY_TIME, study.time.replace(":", "")),
        ACCESSION: element(ACCESSION, study.accession),
        MODALITIES: element(MODALITIES, *study.modalities),
        STUDY: element(STUDY, study.study),
        STUDY_SERIES: element(STUDY_SERIES, len(study.series)),
        STUDY_INSTANCES: element(STUDY_INSTANCES, study.instances),
    }


def numbers(person: Person) -> Iterable[str]:
    """Give every number somebody is known by."""
    return (each.value for each in person.identifiers)


def _number(known: Sequence[Identifier], asked: str) -> Identifier:
    named = (each for each in known if each.value == asked)
    records = (each for each in known if each.type == "MR")
    return next(named, None) or next(records, None) or next(iter(known), Identifier(""))


def _name(names: Sequence[Name]) -> dict[str, object]:
    """Write the names in each script; of several in one script the first."""
    found: dict[str, str] = {}
    for name in names:
        text = f"{name.family}^{' '.join(name.given)}" if name.family or name.given else name.text
        script = _PARTS[1] if _IDEOGRAPHIC.search(text) else _PARTS[0]
        script = _PARTS[2] if script == _PARTS[0] and _PHONETIC.search(text) else script
        found.setdefault(script, text.replace("=", " ").replace("\\", " ")[:64].rstrip("^ "))
    ordered = {part: found[part] for part in _PARTS if found.get(part)}
    return element(PATIENT_NAME, ordered or None)


def _day(iso: str) -> str:
    """Write a date as DA; one that is no whole day has none."""
    return iso.replace("-", "") if len(iso) == len("2024-01-31") else ""
