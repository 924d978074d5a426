"""read, vread and history of one resource (http.html#read)."""

from chartkeep.custody.blobs import Leased
from chartkeep.custody.names import chosen_ids
from chartkeep.custody.release import release
from chartkeep.errors import BadInputError, ChartkeepError, NotFoundError
from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.binaries import show_binary
from chartkeep.fhir.http.bundles import AS_OF, OFFSET, Page, history_bundle, since_of
from chartkeep.fhir.http.door import Door, Located, check_kind
from chartkeep.fhir.http.outcome import GoneError
from chartkeep.fhir.http.records import Open, Resource, Served
from chartkeep.fhir.preconditions import (
    etag,
    http_date,
    modified_since,
    parse_if_modified_since,
    parse_if_none_match,
)
from chartkeep.model import ChartId
from chartkeep.web.caller import Caller

BINARY = "Binary"
_HISTORY = frozenset({"_since", "_count", OFFSET, AS_OF})
ABSENT = "nothing of this name is among what is open to you"
HINT = "what carries a restricted label opens with Chartkeep-Sections: restricted"


def read(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Show the present version."""
    kind, ident = asked.path
    check_kind(kind)
    where = door.reach(caller, kind, ident, views=True)
    pool = door.open_for(caller, where.chart, {kind}, where.newest)
    found = pool.get(kind, ident)
    door.note(caller, where.chart, "read", kind, ident, held=pool, count=int(found is not None))
    if found is None:
        raise absent(door, caller, where, kind, pool)
    if _unchanged(asked, found):
        return Answer(304, headers=_headers(found))
    if isinstance(found, Resource) and kind == BINARY:
        return show_binary(asked, found, lambda: _section(door, caller, where, found), door.house)
    return show(found)


def _section(door: Door, caller: Caller, where: Located, found: Resource) -> Leased:
    """Open a Binary's section, or give it as it is open."""
    held = door.open_for(caller, where.chart, {BINARY}).held
    return next(each for each in held if each.section == found.entry.header.section)


def vread(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Show one version; each version is what was received then."""
    kind, ident, _, version = asked.path
    check_kind(kind)
    where = door.reach(caller, kind, ident)
    opened, versions = _versions(door, caller, where, kind)
    door.note(caller, where.chart, "vread", kind, ident, count=len(versions))
    found = next((one for one in versions if str(one.version) == version), None)
    if found is None:
        raise NotFoundError(ABSENT, hint=HINT)
    if found.deleted:
        raise GoneError("this version says that it was deleted")
    return show_binary(asked, found, lambda: opened, door.house) if kind == BINARY else show(found)


def history(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Show every version, the newest first (http.html#history)."""
    kind, ident, _ = asked.path
    check_kind(kind)
    where = door.reach(caller, kind, ident)
    _, versions = _versions(door, caller, where, kind)
    door.note(caller, where.chart, "history", kind, ident, count=len(versions))
    if not versions:
        raise NotFoundError(ABSENT, hint=HINT)
    if unknown := {name for name, _ in asked.pairs} - _HISTORY:
        words = f"{len(unknown)} parameters that a history does not have"
        raise BadInputError(words, hint="_since and _count")
    since = since_of(asked)
    shown = [each for each in reversed(versions) if each.time >= since]
    return Answer(200, history_bundle(shown, Page.of(asked)))


def show(found: Served, status: int = 200, *more: tuple[str, str]) -> Answer:
    """Answer with a resource."""
    return Answer(status, found.json, (*_headers(found), *more))


def _headers(found: Served) -> tuple[tuple[str, str], ...]:
    return ("ETag", etag(found.version)), ("Last-Modified", http_date(found.time))


def _unchanged(asked: Asked, found: Served) -> bool:
    """Say whether the caller has this version already (RFC 9110, 13.1.2 and 13.1.3)."""
    if header := asked.header("if-none-match"):
        return parse_if_none_match(header).names(found.version)
    if header := asked.header("if-modified-since"):
        return not modified_since(found.time, parse_if_modified_since(header))
    return False


def absent(door: Door, caller: Caller, where: Located, kind: str, pool: Open) -> ChartkeepError:
    """Say that it is not there, or that it was deleted; only once its section is open.

    Raises NotAllowedError for what a consent withholds: as for a name nobody gave, on its road.
    """
    held = next((each for each in pool.held if each.section == where.section), None)
    if held is None or held.withheld:
        door.open_for(caller, ChartId(where.entry), {kind})
    elif (entry := held.entries.get(where.entry)) is not None and not entry.raw:
        return GoneError("it was deleted", hint="its history is still there")
    return NotFoundError(ABSENT, hint=HINT)


def _versions(
    door: Door, caller: Caller, where: Located, kind: str
) -> tuple[Leased, list[Resource]]:
    """Open every version of one resource, the oldest first."""
    sections = door.asked(caller, where.chart, kind)
    opened = release(where.chart, caller.look(sections), door.house, history=True)
    mine = [entry for entry in opened.entries if entry.header.entry_id == where.entry]
    if not mine and opened.withheld:
        door.open_for(caller, ChartId(where.entry), {kind})
    chosen = chosen_ids(opened.entries).get(where.chart, "") if kind == "Patient" else ""
    shown = (Resource(entry, chosen) for entry in mine)
    return opened, sorted(shown, key=lambda each: each.version)
