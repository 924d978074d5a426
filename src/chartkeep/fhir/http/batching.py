"""batch and transaction (http.html#transaction): many requests in one bundle.

A transaction's changes are one patient's chart and the facility's; they are one commit for each,
the facility's first, and all or nothing is decided before the first (DESIGN 7). A batch may touch
many charts; each of its entries stands for itself.
"""

from collections import Counter
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from chartkeep.clinical.incoming import Item, Parsed, Refusal
from chartkeep.clinical.references import conditional_form
from chartkeep.custody.deposit import Parcel, Taken, deposit
from chartkeep.custody.names import DIRECT, own_id
from chartkeep.custody.routing import route
from chartkeep.errors import BadInputError, ChartkeepError
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.fhir.http import conditions
from chartkeep.fhir.http.asked import JSON, Answer, Asked
from chartkeep.fhir.http.bundles import instant_text
from chartkeep.fhir.http.door import Door, check_kind
from chartkeep.fhir.http.outcome import NotMetError, RefusedPlacesError, refuse
from chartkeep.fhir.http.writing import check_writer, deletion, expected, new_name
from chartkeep.fhir.preconditions import etag
from chartkeep.model import ChartId, to_text
from chartkeep.web.caller import Caller

MOST_ENTRIES = 20_000
_WRITES = frozenset({"POST", "PUT"})
_WHOLE = _WRITES | {"GET", "HEAD", "DELETE"}
_encode = msgspec.json.Encoder().encode


class _Request(msgspec.Struct, frozen=True, rename="camel"):
    method: str = ""
    url: str = ""
    if_match: str = ""
    if_none_match: str = ""
    if_none_exist: str = ""
    if_modified_since: str = ""


class _Entry(msgspec.Struct, rename="camel"):
    request: _Request = _Request()
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Bundle(msgspec.Struct, rename="camel"):
    type: str = ""
    entry: list[_Entry] = []


_bundle = msgspec.json.Decoder(_Bundle)


class Done(NamedTuple):
    """What became of one deposited item."""

    item: Item
    taken: Taken


def perform(door: Door, caller: Caller, asked: Asked, single: Any) -> Answer:
    """Carry out a bundle; `single` answers one request that is no create or update."""
    bundle = _read(asked.body)
    if any(each.request.method in _WRITES | {"DELETE"} for each in bundle.entry):
        check_writer(caller)
    if bundle.type == "transaction":
        _check_whole(bundle)
    named = conditions.known(
        door, caller, _conditions(bundle) | conditions.conditions_in(asked.body)
    )
    parsed = parse_bundle(asked.body, "http", new_name(caller, asked), named, strict=True)
    named |= conditions.known(door, caller, conditions.named_by(parsed.items) - named.keys())
    mine = {f"entry[{at}]" for at, e in enumerate(bundle.entry) if e.request.method in _WRITES}
    refusals = [each for each in parsed.refusals if each.where in mine or not each.where]
    atomic = bundle.type == "transaction"
    if atomic and refusals:
        raise RefusedPlacesError(refusals)
    parsed, unmet = _bind_all(door, bundle, parsed, atomic=atomic)
    routed = route(parsed, DIRECT, door.house, named)
    refusals += routed.refusals
    if atomic and refusals:
        raise RefusedPlacesError(refusals)
    parcels = routed.parcels
    if atomic:
        parcels = _with_deletions(door, caller, bundle, parcels)
    done, failed = _deposit(door, caller, parcels, atomic=atomic)
    if refused := len(refusals) + len(unmet) + len(failed):
        what = f"{refused} resources"
        door.note(
            caller, ChartId(b""), "transaction", "Bundle", what, count=refused,
            refused="RefusedError",
        )  # fmt: skip
    outcomes = {refusal.where: _refused(refusal) for refusal in refusals}
    outcomes |= unmet | failed
    entries = [
        outcomes.get(where)
        or (_written(done[where]) if where in done else _single(asked, each, single))
        for at, each in enumerate(bundle.entry)
        for where in [f"entry[{at}]"]
    ]
    body = {"resourceType": "Bundle", "type": f"{bundle.type}-response", "entry": entries}
    return Answer(200, _encode(body))


def _read(raw: bytes) -> _Bundle:
    try:
        bundle = _bundle.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError("the body is not a Bundle: broken JSON, or wrong JSON types") from error
    if bundle.type not in ("batch", "transaction"):
        raise BadInputError("Bundle.type: a batch or a transaction is taken here")
    if len(bundle.entry) > MOST_ENTRIES:
        raise BadInputError(
            f"Bundle.entry: at most {MOST_ENTRIES:,} at a time", hint="send several bundles"
        )
    return bundle


def _check_whole(bundle: _Bundle) -> None:
    """Refuse a transaction with a change that is not part of its one commit.

    Raises RefusedPlacesError: half of it done would be worse.
    """
    refusals = [
        Refusal(f"entry[{at}]", "", f"Bundle.entry[{at}].request.method",
                "only POST, PUT, DELETE and GET go into a transaction", "send it in a batch")
        for at, each in enumerate(bundle.entry)
        if each.request.method not in _WHOLE
    ]  # fmt: skip
    if refusals:
        raise RefusedPlacesError(refusals)


def _with_deletions(
    door: Door, caller: Caller, bundle: _Bundle, parcels: list[Parcel]
) -> list[Parcel]:
    """Put what a transaction deletes into the parcel of its chart; what is not there needs none.

    Raises RefusedPlacesError when that makes it a transaction over several patients.
    """
    by_chart = {parcel.chart: parcel for parcel in parcels}
    for at, each in enumerate(bundle.entry):
        if each.request.method != "DELETE":
            continue
        place = f"entry[{at}]"
        kind, _, ident = each.request.url.removeprefix("/").partition("/")
        check_kind(kind)
        one = deletion(door, caller, kind, ident, place, each.request.if_match)
        if one is None:
            continue
        there = by_chart.get(one.chart, one._replace(items=[], ids=[], links=[]))
        by_chart[one.chart] = there._replace(
            items=[*there.items, *one.items], ids=[*there.ids, *one.ids],
            links=[*there.links, *one.links],
        )  # fmt: skip
    if len(by_chart.keys() - {door.house.chart}) > 1:
        message = "Bundle.type is transaction, but it touches several patients"
        raise RefusedPlacesError([Refusal("", "Bundle", "Bundle.type", message, "send a batch")])
    for parcel in by_chart.values():
        counts = Counter(parcel.ids)
        named = zip(parcel.items, parcel.ids, strict=True)
        if twice := [item.where for item, ident in named if counts[ident] > 1]:
            message = "changes what another entry of the transaction changes, too"
            raise RefusedPlacesError([Refusal(w, "", f"Bundle.{w}", message) for w in twice])
    return sorted(by_chart.values(), key=lambda parcel: parcel.chart != door.house.chart)


def _bind_all(
    door: Door, bundle: _Bundle, parsed: Parsed, *, atomic: bool
) -> tuple[Parsed, dict[str, dict[str, object]]]:
    """Bind changes to the versions they name; gives what each that is not met is answered.

    Raises NotMetError for one of a transaction.
    """
    items: list[Item] = []
    failed: dict[str, dict[str, object]] = {}
    requests = {f"entry[{at}]": each.request for at, each in enumerate(bundle.entry)}
    for item in parsed.items:
        try:
            items.append(_bind(door, item, requests[item.where]))
        except ChartkeepError as error:
            if atomic:
                raise
            failed[item.where] = _failed(error)
    return msgspec.structs.replace(parsed, items=items), failed


def _bind(door: Door, item: Item, request: _Request) -> Item:
    """Bind a PUT to the version its `ifMatch` names, or to none yet by `ifNoneMatch: *`."""
    if request.method != "PUT" or not (request.if_match or request.if_none_match):
        return item
    ident = own_id(DIRECT, item.key, item.kind)
    if not ident:
        raise NotMetError("a condition is bound to no version", hint="name it by its id")
    where = door.locate(item.kind, ident)
    expect = expected(where, request.if_match, request.if_none_match)
    return msgspec.structs.replace(item, expect=expect)


def _conditions(bundle: _Bundle) -> set[str]:
    """Give the conditions of creates and updates, each in its one spelling."""
    asked = [each.request for each in bundle.entry if each.request.method in _WRITES]
    found = {each.url.removeprefix("/") for each in asked if "?" in each.url}
    found |= {f"{each.url.strip('/')}?{each.if_none_exist.removeprefix('?')}" for each in asked
              if each.if_none_exist}  # fmt: skip
    return {form for form in map(conditional_form, found) if form}


def _deposit(
    door: Door, caller: Caller, parcels: list[Parcel], *, atomic: bool
) -> tuple[dict[str, Done], dict[str, dict[str, object]]]:
    """Deposit chart by chart. Raises what is refused of a transaction."""
    done: dict[str, Done] = {}
    failed: dict[str, dict[str, object]] = {}
    for parcel in parcels:
        try:
            receipt = deposit(parcel, door.house)
        except ChartkeepError as error:
            if atomic:
                raise
            failed |= {item.where: _failed(error) for item in parcel.items}
            continue
        for item, taken in zip(parcel.items, receipt.taken, strict=True):
            done[item.where] = Done(item, taken)
        what = f"{len(receipt.taken)} resources"
        count = len(receipt.taken)
        door.note(caller, parcel.chart, "transaction", "Bundle", what, count=count, receipt=receipt)
    return done, failed


def _written(done: Done) -> dict[str, object]:
    item, taken = done
    if not item.raw:
        return {"response": {"status": "204 No Content", "etag": etag(taken.version)}}
    ident = own_id(DIRECT, item.key, item.kind) or to_text(taken.entry)
    response: dict[str, object] = {
        "status": "201 Created" if taken.version == 1 and not taken.before else "200 OK",
        "location": f"{item.kind}/{ident}/_history/{taken.version}",
        "etag": etag(taken.version),
    }
    if taken.time:
        response["lastModified"] = instant_text(taken.time)
    return {"response": response}


def _single(asked: Asked, each: _Entry, single: Any) -> dict[str, object]:
    """Answer one entry as if it had come alone."""
    request = each.request
    url = urlsplit(request.url.removeprefix(asked.base).removeprefix("/"))
    headers = {k: v for k, v in asked.headers.items() if k.startswith(("authorization", "chartk"))}
    headers |= {"if-match": request.if_match, "if-none-match": request.if_none_match}
    headers |= {"if-modified-since": request.if_modified_since, "accept": JSON}
    answer: Answer = single(
        Asked(
            request.method, tuple(part for part in url.path.split("/") if part),
            parse_qsl(url.query, keep_blank_values=True), headers, bytes(each.resource), asked.base,
        )
    )  # fmt: skip
    return _answered(answer)


def _answered(answer: Answer) -> dict[str, object]:
    headers = {name.lower(): value for name, value in answer.headers}
    response: dict[str, object] = {"status": str(answer.status)}
    for name in ("etag", "location"):
        if name in headers:
            response[name] = headers[name]
    if answer.status >= 400:
        return {"response": response | {"outcome": msgspec.Raw(answer.body)}}
    made: dict[str, object] = {"response": response}
    return {"resource": msgspec.Raw(answer.body)} | made if answer.body else made


def _failed(error: ChartkeepError) -> dict[str, object]:
    return _answered(refuse(error))


def _refused(refusal: Refusal) -> dict[str, object]:
    return _failed(RefusedPlacesError([refusal]))
