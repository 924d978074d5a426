"""`$export` of all patients or a Group (FHIR Bulk Data Access 2.0), under a two-person grant.

    Patient/$export, Group/[id]/$export       kick-off: 202 and where to ask
    $export/[order]                           202 with X-Progress, 200 with the manifest; DELETE
    $export/[order]/[type].ndjson?from=&to=   a file, made while it is read

Each chart in a file is a release with its own line, under the grant named at the kick-off, by the
session that reads the file. Another person's export, one that ended and none are refused alike.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from chartkeep.custody.exports import Order, cancel_order, place_order, read_order
from chartkeep.custody.marking import A_HUNDRED
from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.fhir.http.asked import EXPORT, NDJSON, Answer, Asked
from chartkeep.fhir.http.bundles import instant_text
from chartkeep.fhir.http.cohort import list_charts, members
from chartkeep.fhir.http.door import ORDINARY, Door
from chartkeep.fhir.http.exports import File, Known, sections_of
from chartkeep.fhir.http.orders import parameters, read_request
from chartkeep.fhir.http.outcome import NotSupportedError, note, outcome
from chartkeep.fhir.preconditions import http_date
from chartkeep.model import ChartId, EntryId, Millis, Purpose, to_id, to_text
from chartkeep.web.caller import Caller

NONE_SUCH = "there is no such export"
ENDED = "it ended, or was cancelled"
OUTCOME = "OperationOutcome"


Handler = Callable[[Door, Caller, Asked], Answer]


class Placed(NamedTuple):
    """An order, its id, and whoever asks about it: by the order's grant and purpose."""

    ident: EntryId
    order: Order
    caller: Caller


def find(method: str, path: tuple[str, ...]) -> Handler:
    """Find what is asked of exports. Raises NotSupportedError."""
    match method, path:
        case "GET" | "POST", ("Patient", _) | ("Group", _, _):
            return kick_off
        case "GET", ("$export", _):
            return status
        case "DELETE", ("$export", _):
            return cancel
        case "GET", ("$export", _, _):
            return fetch_file
        case _:
            raise NotSupportedError(
                "this is not for this address", hint="Patient/$export or Group/[id]/$export"
            )


def kick_off(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Take an order: nothing is opened yet but the Group."""
    if "respond-async" not in asked.header("prefer").lower():
        raise BadInputError("an export is answered later", hint="Prefer: respond-async")
    pairs = parameters(asked)
    if not caller.grant:
        raise NotAllowedError("an export needs a grant", hint="ask two people for one")
    order = read_request(door, caller, asked, pairs)
    if order.group:
        members(door, caller, order)
    ident = place_order(order, door.house)
    _note(door, caller, asked.path[0], order.group, ",".join(sorted({n for n, _ in pairs})))
    where = f"{asked.base}/{EXPORT}/{to_text(ident)}"
    return Answer(202, headers=(("Content-Location", where),))


def status(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Say which files there are, once the store was looked through."""
    placed = _placed(door, caller, asked)
    known = door.exports.look_through(
        placed.ident, placed.order, lambda: list_charts(door, placed.caller, placed.order)
    )
    if known.files is None:
        words = f"looking through {known.looked} charts"
        return Answer(202, headers=(("X-Progress", words), ("Retry-After", "1")))
    return Answer(
        200, _manifest(asked, placed.order, placed.ident, known.files),
        (("Expires", http_date(Millis(placed.order.expires))),), "application/json",
    )  # fmt: skip


def cancel(door: Door, caller: Caller, asked: Asked) -> Answer:
    """End an export; a file that is being read ends at its next batch."""
    placed = _placed(door, caller, asked)
    cancel_order(placed.ident, placed.order, door.house)
    _note(door, placed.caller, "", to_text(placed.ident), "cancel")
    return Answer(202)


def fetch_file(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Release charts while a file is read. What refuses its first batch refuses the file."""
    placed = _placed(door, caller, asked)
    kind, dot, form = asked.path[2].partition(".")
    if dot + form != ".ndjson":
        raise NotFoundError("there is no such file", hint="see the manifest")
    known = door.exports.known(placed.ident)
    if kind == OUTCOME:
        return Answer(200, _told(known), kind=NDJSON)
    order, mine = placed.order, placed.caller
    if not sections_of(kind, order):
        raise NotFoundError("there is no such file", hint="see the manifest")
    first, last = _bound(asked, "from", b""), _bound(asked, "to", b"\xff" * 16)
    listed = known.listed = known.listed or list_charts(door, mine, order)
    charts = [chart for chart in listed.charts if first <= chart <= last]
    _note(door, mine, kind, to_text(placed.ident), "", len(charts))
    look = mine.look(frozenset())
    lines = door.exports.lines(placed.ident, order, look, kind, charts)
    return Answer(200, next(lines, b""), kind=NDJSON, stream=lines)


def _placed(door: Door, caller: Caller, asked: Asked) -> Placed:
    """Find an order of the caller's own, whose grant still holds. Raises NotFoundError."""
    try:
        ident = EntryId(to_id(asked.path[1]))
    except ValueError as error:
        raise NotFoundError(NONE_SUCH, hint=ENDED) from error
    order = read_order(ident, caller._replace(grant=b"").look(ORDINARY), door.house)
    if order.person != caller.known.person or order.expires <= door.house.clock():
        raise NotFoundError(NONE_SUCH, hint=ENDED)
    door.house.keyholder.read_grant(caller.token, order.grant)
    purpose = Purpose(order.purpose)
    return Placed(
        ident, order, caller._replace(purpose=purpose, reason=order.reason, grant=order.grant)
    )


def _manifest(asked: Asked, order: Order, ident: EntryId, files: list[File]) -> bytes:
    base = f"{asked.base}/{EXPORT}/{to_text(ident)}"
    output = [
        {
            "type": kind,
            "url": f"{base}/{kind}.ndjson?from={to_text(first)}&to={to_text(last)}",
        }
        for kind, first, last in files
    ]
    return msgspec.json.encode(
        {
            "transactionTime": instant_text(order.moment),
            "request": order.request,
            "requiresAccessToken": True,
            "output": output,
            "error": [{"type": OUTCOME, "url": f"{base}/{OUTCOME}.ndjson"}],
        }
    )


def _told(known: Known) -> bytes:
    """Say what is not in the files this worker sent so far: how much, and of nobody whose."""
    issues = []
    listed = known.listed
    if listed and listed.beyond:
        words = f"the grant lets {len(listed.charts)} charts, and there are more: it is incomplete"
        issues.append(note("warning", "incomplete", words))
    if absent := len(known.left_out) + (listed.missing if listed else 0):
        words = f"{absent} charts were not open under the grant and are not in it"
        issues.append(note("warning", "suppressed", words))
    if known.damaged:
        words = f"{known.damaged} entries did not open and are not in it"
        issues.append(note("error", "exception", words))
    if listed and len(listed.charts) >= A_HUNDRED:
        words = (
            "beside each hundred patients one is invented, to know a copy by: count without them"
        )
        issues.append(note("information", "informational", words))
    if not issues:
        issues.append(note("information", "informational", "nothing was left out so far"))
    return b"".join(outcome([each]) + b"\n" for each in issues)


def _bound(asked: Asked, name: str, absent: bytes) -> bytes:
    """Read an end of a file's charts. Raises BadInputError."""
    text = next((value for key, value in asked.pairs if key == name), "")
    try:
        return to_id(text) if text else absent
    except ValueError as error:
        raise BadInputError(f"{name}: is no id of a chart", hint="see the manifest") from error


def _note(
    door: Door, caller: Caller, kind: str, ident: str, query: str = "", count: int = 0
) -> None:
    door.note(caller, ChartId(b""), "export", kind, ident, query=query, count=count)
