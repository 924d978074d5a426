"""The modality worklist: which steps are scheduled, for whom (PS3.4 Annex K).

Rows are made of faces and of nothing else (`clinical.steps`), so a modality needs no right to open
charts. A query is answered by an accession number, a patient's number or the days it names; without
any of them it is for yesterday, today and tomorrow. A step's study has one UID, the same each time
it is asked for: what a modality makes for it lies together.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from chartkeep.clinical.keywords import Query
from chartkeep.clinical.steps import STEP_KIND, Step, read_step, step_query
from chartkeep.custody.charts import Held
from chartkeep.custody.finding import charts_under
from chartkeep.custody.release import charts_of, face_of
from chartkeep.errors import TooWideError
from chartkeep.imaging.dimse.answering import send_rows
from chartkeep.imaging.dimse.association import Association, Message
from chartkeep.imaging.dimse.command import Field
from chartkeep.imaging.dimse.desk import NOWHERE, Asker, Desk
from chartkeep.imaging.dimse.identifiers import keys_of, read_row
from chartkeep.imaging.dimse.negotiating import Syntaxes, is_plain
from chartkeep.imaging.dimse.peers import Peer, Right
from chartkeep.imaging.faces import ACCESSION, ISSUER, PATIENT_ID, STUDY, patient_row
from chartkeep.imaging.matching import Key, make_test, read_range
from chartkeep.imaging.tags import Row, element
from chartkeep.model import ChartId, EntryId, Section

WORKLIST = "1.2.840.10008.5.1.4.31"
STEPS, MODALITY, STATION = "00400100", "00080060", "00400001"
DAY, TIME, STATUS = "00400002", "00400003", "00400020"
MOST_DAYS = 7
_PRIORITIES = {"stat": "STAT", "asap": "HIGH", "urgent": "HIGH", "routine": "ROUTINE"}


class Worklist:
    """Answers C-FIND for the modality worklist."""

    right = Right.WORKLIST
    field = Field.FIND

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def offers(self, abstract: str) -> Syntaxes | None:
        """Serve the worklist."""
        return is_plain if abstract == WORKLIST else None

    def answer(self, message: Message, peer: Peer, association: Association, /) -> None:
        """Answer one query. Raises what refuses it before a row is sent."""
        asked = read_row(message.identifier(), message.context.syntax)
        desk, asker = self._desk, self._desk.asker(peer.aet)
        rows = find_steps(keys_of(asked), peer.aet, asker, desk)
        desk.note(asker, NOWHERE, "search", "ServiceRequest", asked=asked, count=len(rows))
        send_rows(rows, asked, message, association)


def find_steps(keys: Sequence[Key], title: str, asker: Asker, desk: Desk) -> list[Row]:
    """Find the steps that match, the next first. `title`: who does what names no station.

    Raises TooWideError for more than seven days or too many patients.
    """
    look, house = asker.look(Section.FACE), desk.house
    named = _wanted(keys, PATIENT_ID)
    if named and not _wanted(keys, ACCESSION):
        system = desk.issuers.system(_wanted(keys, ISSUER), "")
        charts = charts_of(Query(identifier=f"{system}|{named}"), look, house)
    else:
        asked = _keywords(keys, datetime.fromtimestamp(house.clock() / 1_000, UTC))
        charts = charts_under(asked, look.token, look.purpose, house)
    tests = [make_test(key) for key in keys if key.wanted]
    faces = desk.charts.faces(sorted(charts - {house.chart}), look)
    rows = [row for chart, held in faces.items() for row in _rows(chart, held, named, title)]
    kept = [row for row in rows if all(test(row) for test in tests)]
    return sorted(kept, key=_when)


def _keywords(keys: Sequence[Key], now: datetime) -> list[str]:
    modality, station = _wanted(keys, MODALITY), _wanted(keys, STATION)
    return step_query(
        accession=_wanted(keys, ACCESSION),
        days=_days(_wanted(keys, DAY), now),
        station=station,
        modality="" if "\\" in modality else modality,
    )


def _days(wanted: str, now: datetime) -> list[str]:
    """Write out the days asked for; a range open at one end has three."""
    if not wanted:
        first, last = now - timedelta(days=1), now + timedelta(days=1)
    else:
        low, high = (_day(each) for each in read_range(wanted, "DA"))
        first = low or (high or now) - timedelta(days=2)
        last = high or first + timedelta(days=2)
    count = (last.date() - first.date()).days + 1
    if count > MOST_DAYS:
        raise TooWideError(f"a worklist of over {MOST_DAYS} days", hint="narrow the search")
    return [(first + timedelta(days=n)).date().isoformat() for n in range(count)]


def _day(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC) if digits else None
    except ValueError as error:
        raise TooWideError("a worklist needs whole days", hint="write 20240131") from error


def _rows(chart: ChartId, held: Held, asked: str, title: str) -> Iterator[Row]:
    found = face_of(chart, held.entries.values())
    if found is None:
        return
    person = patient_row(found.person, asked)
    for each in held.entries.values():
        if each.header.kind == STEP_KIND and (step := read_step(each.raw)).modality:
            yield _row(step, each.header.entry_id, title) | person


def _row(step: Step, entry: EntryId, title: str) -> Row:
    """Write a step as a row; words are cut to what their VR may hold."""
    code, system = step.code
    coded = {
        "00080100": element("00080100", code[:16]),
        "00080102": element("00080102", system.rpartition("/")[2][:16] or "99LOCAL"),
        "00080104": element("00080104", step.what[:64]),
    }
    codes = [coded] if code else []
    number = (step.accession or step.placer)[:16]
    planned = {
        MODALITY: element(MODALITY, step.modality),
        STATION: element(STATION, step.station or title),
        DAY: element(DAY, step.day.replace("-", "")),
        TIME: element(TIME, step.time.replace(":", "")),
        "00400007": element("00400007", step.what[:64]),
        "00400008": element("00400008", *codes),
        "00400009": element("00400009", number),
        STATUS: element(STATUS, "SCHEDULED"),
    }
    return {
        ACCESSION: element(ACCESSION, step.accession[:16]),
        STUDY: element(STUDY, f"2.25.{int.from_bytes(entry)}"),
        "00321032": element("00321032", _name(step.requester)),
        "00321060": element("00321060", step.what[:64]),
        "00321064": element("00321064", *codes),
        STEPS: element(STEPS, planned),
        "00401001": element("00401001", (step.placer or step.accession)[:16]),
        "00401003": element("00401003", _PRIORITIES.get(step.priority, "")),
    }


def _name(text: str) -> dict[str, str] | None:
    return {"Alphabetic": text[:64]} if text else None


def _when(row: Row) -> tuple[str, str]:
    (planned,) = row[STEPS]["Value"]
    day, time = (next(iter(planned[tag].get("Value", ())), "") for tag in (DAY, TIME))
    return day, time


def _wanted(keys: Sequence[Key], tag: str) -> str:
    """Give what is asked for, empty where a wildcard is: that is matched, and not looked up."""
    found = next((key.wanted.strip() for key in keys if key.tag == tag), "")
    return "" if "*" in found or "?" in found else found
