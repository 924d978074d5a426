"""Studies found across charts, for QIDO-RS and C-FIND: by labels to charts, by faces to rows.

    found = find_studies(keys, look, charts, issuers)        # -> [Study(chart, patient, row, ...)]

The keyholder answers which charts stand under a keyword (one budgeted line a search), their faces
are opened together (a line each, unless this session has them open) and matched once more. What
has no label is refused: "narrow the search". Nothing of a chart but its face is looked at.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from chartkeep.clinical.issuers import Issuers
from chartkeep.clinical.keywords import Query, study_query
from chartkeep.clinical.studies import StudyRow
from chartkeep.custody.charts import Charts
from chartkeep.custody.finding import charts_under
from chartkeep.custody.release import Look, charts_of
from chartkeep.errors import TooWideError
from chartkeep.imaging.faces import (
    ACCESSION,
    BIRTH_DATE,
    ISSUER,
    MODALITIES,
    PATIENT_ID,
    PATIENT_NAME,
    PATIENT_TAGS,
    STUDY,
    STUDY_DATE,
    STUDY_TAGS,
    Listed,
    listed,
    numbers,
    patient_row,
)
from chartkeep.imaging.matching import Key, make_test, read_range
from chartkeep.imaging.tags import Row, element
from chartkeep.model import ChartId, Section

MOST_DAYS = 7
MOST_UIDS = 100
NARROW = "name a patient, an accession number, a study, or a few days with a modality"
FACE = frozenset({Section.FACE})
MODALITY = "00080060"


class Study(NamedTuple):
    """One study that was found: its row is what its chart's face tells of it and its patient.

    `line` is the line of `releases` that opened the face.
    """

    chart: ChartId
    row: Row
    study: StudyRow
    line: int


class Patient(NamedTuple):
    """One patient that was found."""

    chart: ChartId
    row: Row
    line: int


def find_studies(keys: Sequence[Key], look: Look, charts: Charts, issuers: Issuers) -> list[Study]:
    """Find studies, the newest first. Keys of anything a face does not tell are not looked at.

    Raises TooWideError when nothing selects charts or too many match, and what the keyholder
    refuses with.
    """
    told = [_as_listed(key) for key in keys if key.wanted]
    tests = [make_test(key) for key in told if key.tag in STUDY_TAGS - {PATIENT_ID, ISSUER}]
    asked = _first(keys, PATIENT_ID)
    found: list[Study] = []
    for each in _people(keys, look, charts, issuers):
        person = patient_row(each.person, asked)
        for study, shown in each.studies:
            row = {**shown, **person}
            if all(test(row) for test in tests):
                found.append(Study(each.chart, row, study, each.line))
    return sorted(found, key=lambda one: (one.study.day, one.study.time), reverse=True)


def find_patients(
    keys: Sequence[Key], look: Look, charts: Charts, issuers: Issuers
) -> list[Patient]:
    """Find patients, whether or not they have studies. Raises as `find_studies`."""
    tests = [make_test(key) for key in keys if key.tag in PATIENT_TAGS - {PATIENT_ID, ISSUER}]
    asked = _first(keys, PATIENT_ID)
    found = []
    for each in _people(keys, look, charts, issuers):
        row = patient_row(each.person, asked)
        if all(test(row) for test in tests):
            found.append(Patient(each.chart, row, each.line))
    return found


def _people(keys: Sequence[Key], look: Look, charts: Charts, issuers: Issuers) -> Iterator[Listed]:
    """Open the faces that may be meant; those with another number than was asked are left out."""
    wanted = look._replace(sections=FACE)
    named = _number_test(keys)
    meant = _candidates(keys, wanted, charts, issuers)
    for chart, held in charts.faces(sorted(meant - {charts.house.chart}), wanted).items():
        one = listed(chart, held)
        if one is not None and named(one):
            yield one


def _candidates(keys: Sequence[Key], look: Look, charts: Charts, issuers: Issuers) -> set[ChartId]:
    """Choose the keyword that finds fewest charts, and ask for it. Raises TooWideError."""
    house = charts.house
    if keywords := _study_keywords(keys):
        return charts_under(keywords, look.token, look.purpose, house)
    query = _person_query(keys, issuers)
    if query != Query():
        return charts_of(query, look, house)
    if keywords := _day_keywords(keys, datetime.fromtimestamp(house.clock() / 1_000, UTC).date()):
        return charts_under(keywords, look.token, look.purpose, house)
    raise TooWideError("the search is too wide", hint=NARROW)


def _study_keywords(keys: Sequence[Key]) -> list[str]:
    uids = _exact(keys, STUDY)
    if len(uids) > MOST_UIDS:
        raise TooWideError(f"over {MOST_UIDS} studies are asked for at once", hint=NARROW)
    if uids:
        return [word for uid in uids for word in study_query(study=uid)]
    return [word for number in _exact(keys, ACCESSION) for word in study_query(accession=number)]


def _person_query(keys: Sequence[Key], issuers: Issuers) -> Query:
    """Ask as people do: what stands before a star is the beginning of a word of a name."""
    number, issuer = _exact(keys, PATIENT_ID), _first(keys, ISSUER)
    born = _exact_day(keys)
    if number:
        system = issuers.system(issuer, "") if issuer else ""
        return Query(identifier=f"{system}|{number[0]}")
    name = next((each for each in _first(keys, PATIENT_NAME).split("=") if each), "")
    words = (re.split(r"[*?]", part)[0] for part in name.replace("^", " ").split())
    return Query(name=" ".join(filter(None, words)), birthdate=born)


def _day_keywords(keys: Sequence[Key], today: date) -> list[str]:
    """Name each day of a short range, with each modality asked for. Raises TooWideError."""
    wanted = _first(keys, STUDY_DATE)
    if not wanted:
        return []
    days = _days(*read_range(wanted, "DA"), today)
    modalities = _exact_modalities(keys)
    return [word for each in modalities or [""] for word in study_query(days=days, modality=each)]


def _days(first: str, last: str, today: date) -> list[str]:
    """Write out a range of days; one that has no end ends tomorrow. Raises TooWideError."""
    try:
        start = datetime.strptime(first, "%Y%m%d").replace(tzinfo=UTC).date()
        end = datetime.strptime(last, "%Y%m%d").replace(tzinfo=UTC).date() if last else None
    except ValueError as error:
        raise TooWideError("the search is too wide: its days are not named", hint=NARROW) from error
    end = end or today + timedelta(days=1)
    if (end - start).days >= MOST_DAYS:
        raise TooWideError(f"the search is over more than {MOST_DAYS} days", hint=NARROW)
    return [(start + timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def _exact_modalities(keys: Sequence[Key]) -> list[str]:
    wanted = _exact(keys, MODALITIES) or _exact(keys, MODALITY)
    return [each for text in wanted for each in text.replace(",", "\\").split("\\") if each]


def _exact_day(keys: Sequence[Key]) -> str:
    wanted = _first(keys, BIRTH_DATE)
    if not wanted:
        return ""
    first, last = read_range(wanted, "DA")
    whole = first == last and len(first) == len("20240131")
    return f"{first[:4]}-{first[4:6]}-{first[6:]}" if whole else ""


def _number_test(keys: Sequence[Key]) -> Callable[[Listed], bool]:
    """Test a number against all a person has, whichever of them a row shows."""
    wanted = [make_test(key) for key in keys if key.tag == PATIENT_ID and key.wanted]
    return lambda one: all(
        any(test({PATIENT_ID: element(PATIENT_ID, number)}) for number in numbers(one.person))
        for test in wanted
    )


def _as_listed(key: Key) -> Key:
    """Let a list of modalities be separated as QIDO-RS clients write it."""
    if key.tag == MODALITIES:
        return key._replace(wanted=key.wanted.replace(",", "\\"))
    return key


def _exact(keys: Sequence[Key], tag: str) -> tuple[str, ...]:
    return next((key.exact for key in keys if key.path == (tag,)), ())


def _first(keys: Sequence[Key], tag: str) -> str:
    return next((key.wanted for key in keys if key.path == (tag,)), "")
