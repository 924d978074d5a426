"""search: inside one open chart, among the facility's own, or across charts by faces.

Nothing is searched that is not open: matches, includes, chains and totals come from the sections
this look released, so they can tell of nothing else. Across charts only what the encrypted
keywords answer (DESIGN 6); the rest is refused in plain words.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple, cast

from chartkeep.clinical.deciding import FACILITY
from chartkeep.clinical.search import Record, Search, parse_search, shorten
from chartkeep.clinical.spelling import decode, encode
from chartkeep.custody.charts import Held
from chartkeep.custody.release import release
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import NotAllowedError
from chartkeep.fhir.http import across
from chartkeep.fhir.http.across import NARROW
from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.bundles import AS_OF, OFFSET, Page, bundle, entry, outcome_entry
from chartkeep.fhir.http.door import ORDINARY, Door, check_kind
from chartkeep.fhir.http.outcome import note
from chartkeep.fhir.http.records import Open, Served
from chartkeep.model import ChartId, Millis, Section
from chartkeep.web.caller import Caller

DEFAULT_COUNT = 50


class Found(NamedTuple):
    """What a search found, of when it tells (ms), and what must be said of what it did not."""

    matches: Sequence[Served]
    included: Sequence[Served]
    as_of: int
    notes: Sequence[dict[str, object]] = ()


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
    named = [value for name, value in wanted.self_pairs() if name == "_id"]
    if wanted.kind not in FACILITY | {"Patient"} and len(named) == 1 and "," not in named[0]:
        return _where_it_lies(door, caller, wanted, named[0], page)
    if wanted.kind in FACILITY:
        return _in_facility(door, caller, wanted, page)
    return _across(door, caller, wanted)


def _in_chart(door: Door, caller: Caller, wanted: Search, ident: str, page: Page) -> Found:
    where = door.locate("Patient", ident)
    pool = door.open_for(caller, where.chart, wanted.kinds(), where.newest)
    person = door.open_person(caller, where.chart, pool, door.sections(wanted.kinds(), caller))
    asked = _of_all(wanted, ident, person.others.values())
    found = _run(door, caller, asked, where.chart, person.pool, page)
    for chart in (where.chart, *person.others):
        _note(door, caller, chart, wanted, found, person.pool)
    return found._replace(notes=person.notes)


def _of_all(wanted: Search, ident: str, others: Iterable[str]) -> Search:
    """Ask for any of a person's ids wherever one is asked for: their charts were merged."""
    names = [ident, *others]
    if len(names) == 1:
        return wanted
    pairs = [
        (name, ",".join(value.removesuffix(ident) + each for each in names))
        if value == ident or value.endswith(f"Patient/{ident}")
        else (name, value)
        for name, value in wanted.pairs
    ]
    return parse_search(wanted.kind, pairs, base=wanted.base)


def _where_it_lies(door: Door, caller: Caller, wanted: Search, ident: str, page: Page) -> Found:
    """Search for one by its id: in its chart, on the road a read of it takes."""
    where = door.reach(caller, wanted.kind, ident)
    pool = door.open_for(caller, where.chart, wanted.kinds(), where.newest)
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


def _served(records: Sequence[Record]) -> Sequence[Served]:
    """Give the records back as what they went in as: a search only chooses."""
    return cast("Sequence[Served]", records)


def _across(door: Door, caller: Caller, wanted: Search) -> Found:
    """Show faces: of the patients a search means, or of those a search of another type leads to."""
    if wanted.kind == "Patient":
        matches, led = across.patients(door, caller, wanted.self_pairs()), []
    else:
        matches, led = [], across.led_to(door, caller, wanted.kind, wanted.self_pairs())
    found = Found(matches, led, int(door.house.clock()))
    _note(door, caller, ChartId(b""), wanted, found, None)
    return found


def moment_of(
    door: Door, caller: Caller, chart: ChartId, pool: Open, page: Page
) -> tuple[Open, int]:
    """Give what is open as it was when the first page was shown, and when that was (ms).

    A later page must not skip or repeat what was changed or added meanwhile.
    """
    # What is the facility's only comes along with a chart's matches: it is shown as it is now.
    # So is what another chart of the same person shows.
    others = frozenset() if chart == door.house.chart else ORDINARY
    beside = [held for held in pool.held if held.section in others or not _is_of(held, chart)]
    paged = [held for held in pool.held if held.section not in others and _is_of(held, chart)]
    newest = max((held.changed for held in paged), default=0)
    if not page.as_of or newest <= page.as_of:
        return pool, page.as_of or newest
    sections = frozenset(held.section for held in paged)
    opened = release(chart, caller.look(sections), door.house, history=True)
    here = _still_here(door, opened.entries, sections)
    then = [held.at(Millis(page.as_of), here) for held in paged]
    return Open(then + beside), page.as_of


def _is_of(held: Held, chart: ChartId) -> bool:
    """Say whether a section is of a chart; an empty one is of any."""
    return all(entry.header.chart == chart for entry in islice(held.entries.values(), 1))


def _still_here(
    door: Door, versions: Sequence[OpenedEntry], sections: frozenset[Section]
) -> list[OpenedEntry]:
    """Leave out what lies in another section by now: who labelled it later hid it from pages, too.

    Without this a link with an early `_as-of` shows what a read of the same name does not.
    """
    names = list({each.header.entry_id for each in versions})
    heads = door.house.heads(names)
    here = {name for name, head in zip(names, heads, strict=True) if head.section in sections}
    return [each for each in versions if each.header.entry_id in here]


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
    notes = list(found.notes)
    if wanted.ignored:
        words = f"ignored: {', '.join(wanted.ignored)}"
        notes.append(note("warning", "not-supported", words))
    if notes:
        entries.append(outcome_entry(notes))
    links = page.links(0 if counts else total, found.as_of)
    shown = None if wanted.total == "none" else total
    return bundle("searchset", entries, links, shown, found.as_of)


def _entry(wanted: Search, base: str, one: Served, mode: str) -> dict[str, object]:
    if not (wanted.elements or wanted.summary not in ("", "false")):
        return entry(base, one, mode)
    short = shorten(decode(one.json), wanted.summary, wanted.elements)
    return entry(base, one, mode, encode(short))
