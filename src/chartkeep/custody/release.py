"""The road out: a chart is opened when the keyholder has written down who, whose, what and why.

Nothing here decides: the keyholder does. What opens is checked against where it lay, so that a
store that lies is found out; what does not open is named, and the rest is still shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from chartkeep.clinical.face import (
    LINK_KIND,
    PERSON_KIND,
    PLACE_KIND,
    Person,
    Place,
    joined,
    read_link,
    read_person,
    read_place,
)
from chartkeep.clinical.keywords import Query, face_matches, query_keywords
from chartkeep.custody.house import House
from chartkeep.custody.names import chosen_ids, logical_id
from chartkeep.custody.opening import Chart, Headers, Keys, newest, open_all, sort_entries
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import DamagedError, NotFoundError, RefusedError, TooWideError
from chartkeep.keyholder.protocol import ChartWraps, OpenedChart, OpenKeys
from chartkeep.model import ChartId, EntryId, KeyId, Millis, Purpose, Section, to_id, to_text
from chartkeep.sealing.entry import read_header
from chartkeep.sealing.keys import SectionKey
from chartkeep.sealing.wrap import WrapHeader, read_wrap, read_wraps
from chartkeep.wire.frames import Failed, to_error

MOST_FOUND = 500
MOST_MERGES = 8
"""Merges in a row that are followed."""
MOST_ASKED = 1_000
"""How many charts the keyholder is asked to open at a time."""


class Look(NamedTuple):
    """Who opens what, and why: `token` is the session's secret, `grant` empty or a grant's id."""

    token: bytes
    sections: frozenset[Section]
    purpose: Purpose
    reason: str = ""
    grant: bytes = b""

    @property
    def mask(self) -> int:
        """Write the sections as bits."""
        return sum(1 << section for section in self.sections)


class Opened(NamedTuple):
    """What a look showed; `line` is its place in the ledger, `damaged` names what did not open.

    `withheld`: sections (bits) the patient's consent keeps shut; nothing of them is here.
    `keys`: what the entries were opened under, for their blobs until the lease ends.
    """

    chart: ChartId
    line: int
    lease_end: Millis
    entries: list[OpenedEntry]
    damaged: list[str]
    withheld: int = 0
    keys: Keys = MappingProxyType({})


class Face(NamedTuple):
    """A patient as a list shows them; `ident` is the Patient's logical id.

    `goes_on`: the chart this one was merged into, None for most.
    """

    chart: ChartId
    ident: str
    person: Person
    place: Place | None
    goes_on: ChartId | None = None


def release(chart: ChartId, look: Look, house: House, *, history: bool = False) -> Opened:
    """Open sections of one chart.

    Raises what the keyholder refused with, or UnavailableError; then nothing was opened.
    """
    # 1. Fetched sealed: the store tells nobody anything by giving it.
    found = house.store.read(chart, [int(s) for s in look.sections], history=history)
    wraps, damaged = sort_wraps(found.wraps, chart, look, house)
    kept = house.shelf.take(chart, look.sections, house.clock())
    # 2. Asked: the answer comes only after the line about it is durable. Meanwhile the headers are
    #    read: they are in clear.
    wanted = ChartWraps(chart, look.mask, list(wraps))
    answer, (headers, misplaced) = house.keyholder.open_keys_while(
        OpenKeys(look.token, look.purpose, look.reason, look.grant, [wanted]),
        lambda: sort_entries(found.entries, Chart(house.facility, chart), kept),
    )
    opened = answer.charts[0]
    keys = keys_of(wraps.values(), opened)
    # 3. Opened, each entry under the key its wrap named; what lies open already, and whose key
    #    this session was just given, is not opened twice.
    headers = without(headers, opened.withheld)
    entries, broken = open_all(headers, keys, kept)
    house.shelf.put(chart, Millis(answer.lease_end), entries)
    shown, replayed = (list(entries.values()), []) if history else newest(entries.values())
    damaged += misplaced + broken + replayed
    if damaged:
        house.store.doubt(chart)
    lease_end = Millis(answer.lease_end)
    return Opened(chart, opened.line, lease_end, shown, damaged, opened.withheld, keys)


def find_patients(query: Query, look: Look, house: House, most: int = MOST_FOUND) -> list[Face]:
    """Find patients by name, birth date, identifier or phone; shows faces, and counts as faces.

    Raises RefusedError when nothing is asked or when more than `most` match: no face is opened.
    """
    faces = faces_of(sorted(charts_of(query, look, house, most)), look, house)
    return one_person([face for face in faces if face_matches(face.person, query)], look, house)


def charts_of(query: Query, look: Look, house: House, most: int = MOST_FOUND) -> set[ChartId]:
    """Say which charts may be meant, by their keywords: a line of a search, and nothing opened.

    Raises RefusedError when nothing is asked or when more than `most` match.
    """
    keywords = query_keywords(query)
    if not keywords:
        raise RefusedError("nothing to search by", hint="give a name, a birth date or a number")
    answers = house.keyholder.read_labels(look.token, look.purpose, keywords)
    usable = [found.labels for found in answers if not found.more]
    if not usable:
        raise TooWideError("over 500 patients match", hint="narrow the search")
    return {ChartId(c) for c in _meet([set(house.store.find(labels)) for labels in usable], most)}


def one_person(faces: Sequence[Face], look: Look, house: House) -> list[Face]:
    """Show people whose charts were merged once: the chart that goes on, with all their names."""
    known, asked = {face.chart: face for face in faces}, set[bytes]()
    for _ in range(MOST_MERGES):
        onward = {face.goes_on for face in known.values() if face.goes_on}
        if not (missing := onward - known.keys() - asked):
            break
        asked |= missing
        known |= {face.chart: face for face in faces_of(sorted(missing), look, house)}
    shown: dict[ChartId, Face] = {}
    for face in faces:
        end = _end_of(face, known)
        there = shown.get(end.chart, end)
        shown[end.chart] = there._replace(person=joined(there.person, face.person))
    return list(shown.values())


def _end_of(face: Face, known: Mapping[ChartId, Face]) -> Face:
    """Follow merges to the chart that goes on; one that was shredded is not there to follow to."""
    for _ in range(MOST_MERGES):
        if face.goes_on is None or face.goes_on not in known:
            break
        face = known[face.goes_on]
    return face


def faces_of(charts: Sequence[bytes], look: Look, house: House) -> list[Face]:
    """Open the faces of charts, in their order: one line each, a commit a thousand.

    A chart that was shredded is left out.

    Raises the first refusal: a list that leaves people out in silence makes them twice.
    """
    pages = (charts[at : at + MOST_ASKED] for at in range(0, len(charts), MOST_ASKED))
    faces = {face.chart: face for page in pages for face in _faces_page(page, look, house)}
    return [faces[ChartId(chart)] for chart in charts if chart in faces]


def _faces_page(charts: Sequence[bytes], look: Look, house: House) -> list[Face]:
    faces = (face_of(each.chart, each.entries) for each in open_faces(charts, look, house))
    return [face for face in faces if face is not None]


def open_faces(charts: Sequence[bytes], look: Look, house: House) -> list[Opened]:
    """Open the faces of at most `MOST_ASKED` charts: one line each, one commit.

    A chart that was shredded, or has no face, is left out. Raises the first refusal.
    """
    found = house.store.faces(list(charts))
    wraps: dict[ChartId, dict[bytes, KeyId]] = {}
    for wrap in found.wraps:
        head = read_wrap(wrap)
        wraps.setdefault(head.chart, {})[wrap] = head.key_id
    mask = 1 << Section.FACE
    wanted = [ChartWraps(chart, mask, list(mine)) for chart, mine in wraps.items()]
    if not wanted:
        return []
    answer = house.keyholder.open_keys(
        OpenKeys(look.token, look.purpose, look.reason, look.grant, wanted)
    )
    entries: dict[bytes, list[bytes]] = {}
    for sealed in found.entries:
        entries.setdefault(read_header(sealed).chart, []).append(sealed)
    shown: list[Opened] = []
    for (chart, ids), opened in zip(wraps.items(), answer.charts, strict=True):
        if opened.error == NotFoundError.__name__:
            continue
        keys = keys_of(ids.values(), opened)
        mine = sort_entries(entries.get(chart, []), Chart(house.facility, chart))
        parts, damaged = open_all(mine.headers, keys)
        shown.append(
            Opened(
                chart, opened.line, Millis(answer.lease_end), list(parts.values()),
                mine.damaged + damaged, opened.withheld,
            )
        )  # fmt: skip
    return shown


def sort_wraps(
    wraps: list[bytes], chart: ChartId, look: Look, house: House
) -> tuple[dict[bytes, KeyId], list[str]]:
    """Set aside wraps that do not belong here: one changed row must not close a chart.

    Gives the others, each with the id of its key, and names those set aside.
    """
    try:
        headers = dict(zip(wraps, read_wraps(wraps), strict=True))
        foreign: list[str] = []
    except DamagedError:
        headers, foreign = _readable(wraps)
    good: dict[bytes, KeyId] = {}
    facility, sections = house.facility, look.sections
    for wrap, header in headers.items():
        if header.chart == chart and header.facility == facility and header.section in sections:
            good[wrap] = header.key_id
        else:
            foreign.append(f"the wrap of key {to_text(header.key_id)} belongs somewhere else")
    return good, foreign


def _readable(wraps: list[bytes]) -> tuple[dict[bytes, WrapHeader], list[str]]:
    """Read wraps one by one, and name those that are none."""
    headers: dict[bytes, WrapHeader] = {}
    foreign: list[str] = []
    for wrap in wraps:
        try:
            headers[wrap] = read_wrap(wrap)
        except DamagedError as error:
            foreign.append(str(error))
    return headers, foreign


def without(headers: Headers, withheld: int) -> Headers:
    """Leave out what the patient's consent keeps shut, as if it were not there."""
    if not withheld:
        return headers
    return {raw: head for raw, head in headers.items() if not withheld >> head.section & 1}


def keys_of(ids: Iterable[KeyId], opened: OpenedChart) -> dict[KeyId, SectionKey]:
    """Give the key of each wrap asked with by its id. Raises what the keyholder refused with."""
    if opened.error:
        raise to_error(Failed(opened.error, opened.message, opened.hint))
    return {
        ident: SectionKey(ident, secret)
        for ident, secret in zip(ids, opened.keys, strict=True)
        if secret
    }


def face_of(chart: ChartId, opened: Iterable[OpenedEntry]) -> Face | None:
    """Join a chart's face parts, None when they name nobody.

    The place is the stay that began last and has no end.
    """
    parts = list(opened)
    chosen = chosen_ids(parts).get(chart, "")
    people = [
        (chosen or logical_id(part.envelope, "Patient", EntryId(chart)), read_person(part.raw))
        for part in parts
        if part.header.kind == PERSON_KIND
    ]
    stays = [read_place(part.raw) for part in parts if part.header.kind == PLACE_KIND]
    known = (stay for stay in stays if (stay.since or stay.ward) and not stay.until)
    present = sorted(known, key=lambda stay: stay.since)
    links = [read_link(part.raw).replaced_by for part in parts if part.header.kind == LINK_KIND]
    onward = next((ChartId(to_id(text)) for text in links if text), None)
    place = present[-1] if present else None
    return Face(chart, *people[-1], place, onward) if people else None


def _meet(found: list[set[bytes]], most: int) -> set[bytes]:
    met = set.intersection(*found) - {b""}
    if len(met) > most:
        raise TooWideError(f"over {most} patients match", hint="narrow the search")
    return met
