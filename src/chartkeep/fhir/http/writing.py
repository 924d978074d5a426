"""create, update, patch and delete (http.html#create and after).

Writing needs no reading: create and update open nothing. Whoever changes what they must have seen,
by patch or delete, opens it first.
"""

import uuid
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.incoming import Item, Parsed
from chartkeep.clinical.ownership import Owner
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.rules import check_rules
from chartkeep.custody.deposit import Parcel, Taken, deposit
from chartkeep.custody.names import DIRECT, own_id
from chartkeep.custody.routing import route
from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.fhir.http import conditions
from chartkeep.fhir.http.asked import Answer, Asked, Pairs
from chartkeep.fhir.http.door import Door, Located, check_kind
from chartkeep.fhir.http.outcome import NotMetError, NotSupportedError, note, outcome
from chartkeep.fhir.http.reading import absent
from chartkeep.fhir.http.records import Resource
from chartkeep.fhir.http.strangers import StoredMates
from chartkeep.fhir.patching import apply_patch
from chartkeep.fhir.preconditions import etag, http_date, parse_if_match
from chartkeep.fhir.rendering import render
from chartkeep.model import Section, to_text
from chartkeep.web.caller import Caller

DELETED = b""


class Written(NamedTuple):
    """What became of one resource."""

    kind: str
    ident: str
    taken: Taken
    body: bytes
    """As it is served; empty when nobody knows its time without opening it."""


def create(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Take in something new. With an `Idempotency-Key` it is new once."""
    (kind,) = asked.path
    check_kind(kind)
    check_writer(caller)
    if header := asked.header("if-none-exist"):
        return _create_if_none(door, caller, asked, conditions.read_condition(header))
    written = write(door, caller, _item(door, kind, new_name(caller, asked), asked.body))
    return answer(asked, written, 201)


def new_name(caller: Caller, asked: Asked) -> str:
    """Name what is created: by the caller's own `Idempotency-Key`, or like nothing else.

    Quoted, so that no two callers' names and keys join to the same text.
    """
    once = asked.header("idempotency-key")
    if not once:
        return f"new {uuid.uuid4().hex}"
    return f"once {quote(caller.known.person, safe='')} {quote(once, safe='')}"


def _create_if_none(door: Door, caller: Caller, asked: Asked, pairs: Pairs) -> Answer:
    """Take it in when nothing meets the condition; what does is named, and not shown."""
    (kind,) = asked.path
    name = conditions.one(conditions.match(door, caller, kind, pairs))
    if name:
        return Answer(200, b"", (("Location", f"{asked.base}/{name}"),))
    key = conditions.condition(kind, pairs) or f"new {uuid.uuid4().hex}"
    item = msgspec.structs.replace(_item(door, kind, key, asked.body), if_absent=True)
    written = write(door, caller, item)
    return answer(asked, written, 200 if written.taken.before else 201)


def update_if(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Change what meets a condition, or take it in under the condition when nothing does."""
    (kind,) = asked.path
    check_kind(kind)
    check_writer(caller)
    name = conditions.one(conditions.match(door, caller, kind, asked.pairs))
    if name:
        return update(door, caller, asked._replace(path=tuple(name.split("/"))))
    key = conditions.condition(kind, asked.pairs)
    if not key:
        return create(door, caller, asked)
    written = write(door, caller, _item(door, kind, key, asked.body))
    return answer(asked, written, _status(written.taken))


def change_if(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Patch or delete what meets a condition, when it is one."""
    (kind,) = asked.path
    check_kind(kind)
    check_writer(caller)
    name = conditions.one(conditions.match(door, caller, kind, asked.pairs))
    if not name and asked.method == "DELETE":
        return Answer(204)
    if not name:
        raise NotFoundError("nothing meets the condition")
    change = delete if asked.method == "DELETE" else patch
    return change(door, caller, asked._replace(path=tuple(name.split("/"))))


def update(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Take in a next version, or the first one under an id of the client's own."""
    kind, ident = asked.path
    check_kind(kind)
    check_writer(caller)
    where = door.locate(kind, ident)
    expect = _expected(asked, where)
    item = _item(door, kind, f"{kind}/{ident}", asked.body, ident, expect)
    written = write(door, caller, item)
    return answer(asked, written, _status(written.taken))


def patch(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Change parts by JSON Patch. Its answer may show what the caller did not send: a release."""
    kind, ident = asked.path
    check_kind(kind)
    check_writer(caller)
    where = door.reach(caller, kind, ident)
    pool = door.open_for(caller, where.chart, {kind})
    found = pool.get(kind, ident)
    if found is None:
        raise absent(door, caller, where, kind, pool)
    # Its tests are questions, too: whoever asks one has read it.
    door.note(caller, where.chart, "read", kind, ident, held=pool, count=1)
    if isinstance(found, Resource) and found.entry.envelope.blob is not None:
        raise NotSupportedError(f"this {kind} is a file: it is replaced, not patched")
    if (expect := _expected(asked, where)) is None:
        expect = found.version
    patched = apply_patch(found.json, asked.body)
    item = _item(door, kind, f"{kind}/{ident}", patched, ident, expect)
    return answer(asked, write(door, caller, item), 200)


def delete(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Say that it is no more; its versions stay, and stay in its history."""
    kind, ident = asked.path
    check_kind(kind)
    check_writer(caller)
    parcel = deletion(door, caller, kind, ident, kind, asked.header("if-match"))
    if parcel is not None:
        receipt = deposit(parcel, door.house)
        version = receipt.taken[0].version
        door.note(caller, parcel.chart, "delete", kind, ident, version=version, receipt=receipt)
    return Answer(204)


def deletion(
    door: Door, caller: Caller, kind: str, ident: str, place: str, if_match: str = ""
) -> Parcel | None:
    """Make the next version that says it is no more; None when there is nothing of this name.

    Whoever deletes opens it first. `place` is for messages.
    """
    if kind == "Patient":
        raise NotSupportedError(
            "a Patient is not deleted: its chart would be without an owner",
            hint="two people shred a chart, see chartkeep shred --help",
        )
    where = door.reach(caller, kind, ident)
    pool = door.open_for(caller, where.chart, {kind})
    if pool.get(kind, ident) is None:
        if where.version:
            absent(door, caller, where, kind, pool)
        return None
    item = Item(
        f"{kind}/{ident}", kind, DELETED, Owner(), Section(where.section), {}, (),
        frozenset(), None, place, expect=expected(where, if_match, ""),
    )  # fmt: skip
    return Parcel(where.chart, DIRECT, [item], [where.entry], [{}])


def write(door: Door, caller: Caller, item: Item) -> Written:
    """Deposit one resource. Raises BadElementError for a reference to nobody."""
    named = conditions.known(door, caller, conditions.named_by([item]))
    routed = route(Parsed("http", [item], []), DIRECT, door.house, named)
    for refusal in routed.refusals:
        raise BadElementError(refusal.element, refusal.message, hint=refusal.hint)
    (parcel,) = routed.parcels
    receipt = deposit(parcel, door.house)
    taken = receipt.taken[0]
    ident = own_id(DIRECT, item.key, item.kind) or to_text(taken.entry)
    what = "create" if taken.version == 1 else "update"
    door.note(caller, parcel.chart, what, item.kind, ident, version=taken.version, receipt=receipt)
    body = b""
    if taken.time:
        body = render(item.raw, item.kind, ident, taken.version, taken.time, parcel.links[0])
    return Written(item.kind, ident, taken, body)


def answer(asked: Asked, written: Written, status: int) -> Answer:
    """Answer a write as `Prefer` wants it."""
    kind, ident, taken, body = written
    headers = [
        ("Location", f"{asked.base}/{kind}/{ident}/_history/{taken.version}"),
        ("ETag", etag(taken.version)),
    ]
    if taken.time:
        headers.append(("Last-Modified", http_date(taken.time)))
    wanted = asked.prefer("return")
    if wanted == "minimal":
        body = b""
    elif wanted == "OperationOutcome":
        body = outcome([note("information", "informational", "it is kept")])
    elif not body:
        body = outcome([note("information", "informational", "it was kept before, unchanged")])
    return Answer(status, body, tuple(headers))


def _status(taken: Taken) -> int:
    """Say whether an update made something: the same bytes sent again did not."""
    return 201 if taken.version == 1 and not taken.before else 200


def check_writer(caller: Caller) -> None:
    """Refuse roles that write nothing. The keyholder cannot see who a feed writes for."""
    if not caller.rights.writes:
        raise NotAllowedError(f"a {caller.known.role} writes nothing", hint="see docs/roles.md")


def _item(
    door: Door, kind: str, key: str, raw: bytes, ident: str = "", expect: int | None = None
) -> Item:
    """Read a resource into an Item. Raises BadInputError, naming the element."""
    resource = read_resource(raw)
    if resource.kind != kind:
        raise BadInputError("resourceType is not the type of the address")
    if ident and resource.body.get("id", ident) != ident:
        raise BadElementError(f"{kind}.id", "is not the id of the address")
    check_rules(kind, resource.body)
    item = derive(key, raw, resource, StoredMates(door), where=kind)
    return msgspec.structs.replace(item, expect=expect)


def _expected(asked: Asked, where: Located) -> int | None:
    return expected(where, asked.header("if-match"), asked.header("if-none-match"))


def expected(where: Located, if_match: str, if_none_match: str) -> int | None:
    """Give the version a change is bound to, 0 for none yet; None when it is not bound.

    Raises NotMetError when that is not how it stands.
    """
    if if_none_match:
        if if_none_match.strip() != "*":
            raise BadInputError("If-None-Match: only * goes with a change")
        if where.version:
            raise NotMetError("it is there already")
        return 0
    if not if_match:
        return None
    if not where.version or not parse_if_match(if_match).names(where.version):
        raise NotMetError("the version named is not the present one", hint="read it again")
    return where.version
