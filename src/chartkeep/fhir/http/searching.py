"""search: inside one open chart, among the facility's own, or across charts by faces.

Nothing is searched that is not open: matches, includes, chains and totals come from the sections
this look released, so they can tell of nothing else. Across charts only what the encrypted
keywords answer (DESIGN 6); the rest is refused in plain words.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

from chartkeep.clinical.deciding import FACILITY
from chartkeep.clinical.keywords import Query, query_keywords
from chartkeep.clinical.search import Record, Search, parse_search, shorten
from chartkeep.clinical.spelling import decode, encode
from chartkeep.custody.release import Face, find_patients, release
from chartkeep.errors import BadInputError, NotAllowedError
from chartkeep.fhir.http.asked import Answer, Asked, Pairs
from chartkeep.fhir.http.bundles import AS_OF, OFFSET, Page, bundle, entry
from chartkeep.fhir.http.caller import Caller
from chartkeep.fhir.http.door import FACE, Door, check_kind
from chartkeep.fhir.http.faces import face_resource
from chartkeep.fhir.http.outcome import note, outcome
from chartkeep.fhir.http.records import Open, Served, Shown
from chartkeep.model import ChartId, Millis

DEFAULT_COUNT = 50
NARROW = "name one patient, as patient=Patient/<id>; docs/fhir.md says what is found across charts"


class Found(NamedTuple):
    """What a search found, and of when it tells (ms)."""

    matches: Sequence[Served]
    included: Sequence[Served]
    as_of: int


def search(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Search one type (http.html#search)."""
    kind = asked.path[0]
    check_kind(kind)
    pairs = [pair for pair in asked.pairs if pair[0] not in (OFFSET, AS_OF)]
    lenient = asked.prefer("handling") == "lenient"
    wanted = parse_search(kind, pairs, base=asked.base, lenient=lenient)
    page = Page.of(asked, DEFAULT_COUNT)
    found = _find(door, caller, wanted, page)
    return Answer(200, _write(wanted, found, page))


def _find(door: Door, caller: Caller, wanted: Search, page: Page) -> Found:
    """Decide where to look: one chart, the facility, or faces across charts."""
    patients = wanted.patients()
    if patients is not None:
        if len(patients) != 1:
            raise NotAllowedError("a search looks into one chart", hint=NARROW)
        return _in_chart(door, caller, wanted, next(iter(patients)), page)
    if wanted.kind in FACILITY:
        return _in_facility(door, caller, wanted, page)
    if wanted.kind == "Patient":
        return _across(door, caller, wanted)
    raise NotAllowedError(f"{wanted.kind} is not searched across charts", hint=NARROW)


def _in_chart(door: Door, caller: Caller, wanted: Search, ident: str, page: Page) -> Found:
    where = door.locate("Patient", ident)
    pool = door.open_for(caller, where.chart, wanted.kinds())
    found = _run(door, caller, wanted, where.chart, pool, page)
    _note(door, caller, where.chart, wanted, found, pool)
    return found


def _in_facility(door: Door, caller: Caller, wanted: Search, page: Page) -> Found:
    pool = door.open_for(caller, door.house.chart, wanted.kinds())
    found = _run(door, caller, wanted, door.house.chart, pool, page)
    _note(door, caller, door.house.chart, wanted, found, pool)
    return found


def _run(
    door: Door, caller: Caller, wanted: Search, chart: ChartId, pool: Open, page: Page
) -> Found:
    pool, as_of = moment_of(door, caller, chart, pool, page)
    matches = wanted.matches(pool)
    included = wanted.included(pool, page.cut(matches))
    return Found(_served(matches), _served(included), as_of)


def moment_of(
    door: Door, caller: Caller, chart: ChartId, pool: Open, page: Page
) -> tuple[Open, int]:
    """Give what is open as it was when the first page was shown, and when that was (ms).

    A later page must not skip or repeat what was changed or added meanwhile.
    """
    newest = max((held.changed for held in pool.held), default=0)
    if not page.as_of or newest <= page.as_of:
        return pool, page.as_of or newest
    sections = frozenset(held.section for held in pool.held)
    opened = release(chart, caller.look(sections), door.house, history=True)
    then = [held.at(Millis(page.as_of), opened.entries) for held in pool.held]
    return Open(then), page.as_of


def _across(door: Door, caller: Caller, wanted: Search) -> Found:
    """Find patients by keyword and show their faces."""
    pairs = wanted.self_pairs()
    _check_face(pairs)
    query = _query(pairs)
    if not query_keywords(query):
        raise BadInputError("nothing to find patients by", hint="name, birthdate or identifier")
    faces = find_patients(query, caller.look(FACE), door.house)
    shown = [_shown(door, face) for face in faces]
    hidden = [pair for pair in pairs if pair[0] in _OUTSIDE_FACE]
    again = parse_search("Patient", [pair for pair in pairs if pair not in hidden])
    found = again.run(Faces(shown))
    shown_now = Found(_served(found.matches), (), int(door.house.clock()))
    _note(door, caller, ChartId(b""), wanted, shown_now, None)
    return shown_now


def _served(records: Sequence[Record]) -> Sequence[Served]:
    """Give the records back as what they went in as: a search only chooses."""
    return cast("Sequence[Served]", records)


class Faces:
    """The pool of a search across charts: faces, and nothing behind them."""

    def __init__(self, shown: Sequence[Shown]) -> None:
        self._shown = shown

    def of(self, kind: str) -> Sequence[Shown]:
        """List the faces."""
        return self._shown if kind == "Patient" else ()

    def get(self, kind: str, ident: str) -> Shown | None:
        """Give one face."""
        return next((one for one in self.of(kind) if one.id == ident), None)


_NAMES = frozenset({"name", "family", "given"})
_IN_FACE = _NAMES | {"_id", "identifier", "gender", "birthdate", "deceased", "phone", "telecom"}
_CONTROLS = frozenset({"_count", "_sort", "_total", "_summary", "_elements"})
_OUTSIDE_FACE = frozenset({"phone", "telecom"})


def _query(pairs: Pairs) -> Query:
    """Turn parameters into keywords; whatever else is asked narrows what they found."""
    names = [value for name, value in pairs if name.partition(":")[0] in _NAMES]
    given: dict[str, str] = {}
    for name, value in pairs:
        given.setdefault(name.partition(":")[0], value)
    born = given.get("birthdate", "").removeprefix("eq")
    phone = (given.get("phone") or given.get("telecom") or "").rpartition("|")[2]
    return Query(
        name=" ".join(names),
        birthdate=born if born[:1].isdigit() else "",
        identifier=given.get("identifier", ""),
        phone=phone,
    )


def _check_face(pairs: Pairs) -> None:
    """Refuse what a face cannot tell. Raises NotAllowedError: nobody found would be a lie."""
    for name, _ in pairs:
        if name.partition(":")[0] not in _IN_FACE | _CONTROLS:
            known = ", ".join(sorted(_IN_FACE))
            raise NotAllowedError("patients are found by what a face shows", hint=f"by {known}")


def _shown(door: Door, face: Face) -> Shown:
    ident = face.ident
    return Shown("Patient", ident, 1, door.house.clock(), face_resource(ident, face.person))


def _note(
    door: Door, caller: Caller, chart: ChartId, wanted: Search, found: Found, pool: Open | None
) -> None:
    names = ",".join(sorted({name for name, _ in wanted.self_pairs()}))
    door.note(
        caller, chart, "search", wanted.kind,
        query=names[:500], count=len(found.matches), held=pool,
    )  # fmt: skip


def _write(wanted: Search, found: Found, page: Page) -> bytes:
    """Write the searchset: a page of matches, then what they include."""
    total, counts = len(found.matches), wanted.summary == "count" or page.size == 0
    entries = []
    if not counts:
        entries = [_entry(wanted, page.base, one, "match") for one in page.cut(found.matches)]
        entries += [_entry(wanted, page.base, one, "include") for one in found.included]
    if wanted.ignored:
        words = f"ignored: {', '.join(wanted.ignored)}"
        issue = outcome([note("warning", "not-supported", words)])
        entries.append({"resource": decode(issue), "search": {"mode": "outcome"}})
    links = page.links(0 if counts else total, found.as_of)
    shown = None if wanted.total == "none" else total
    return bundle("searchset", entries, links, shown, found.as_of)


def _entry(wanted: Search, base: str, one: Served, mode: str) -> dict[str, object]:
    if not (wanted.elements or wanted.summary not in ("", "false")):
        return entry(base, one, mode)
    short = shorten(decode(one.json), wanted.summary, wanted.elements)
    return entry(base, one, mode, encode(short))
