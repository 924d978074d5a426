"""The inbox: what came in and nobody can say by rule whose it is, sealed until a person looks.

Promises that a sender who is answered may forget: what lies here is durable, is found again by its
door, source and key, and is never deleted. What a person does with it is `custody.clearing`.
docs/formats/inbox.md.
"""

from hashlib import sha256
from io import BytesIO
from typing import BinaryIO, Literal, NamedTuple

import msgspec

from chartkeep.clinical.claim import Claim
from chartkeep.clinical.incoming import Bulk, Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.placing import Why
from chartkeep.custody.sending import drop_blobs, send_blob
from chartkeep.errors import ConflictError
from chartkeep.model import ID_BYTES, EntryId, Millis, Section, to_text
from chartkeep.sealing.entry import read_header
from chartkeep.store.client import PAGE
from chartkeep.store.protocol import Read

SOURCE = "inbox"
UNPLACED, UNPLACED_BYTES, SETTLED = "Unplaced", "UnplacedBytes", "UnplacedState"
KINDS = frozenset({UNPLACED, UNPLACED_BYTES, SETTLED})
FORMAT = "chartkeep-inbox-1"
_NOBODY = Owner()


class Aside(NamedTuple):
    """Something put aside: `key` names it at its source, the same when it comes again.

    `door` names who takes the bytes back when a person has said whose they are. `raw` are the
    bytes; of something long `stream` gives them once, and `raw` is empty. `said`: in words what is
    wrong, without content.
    """

    door: str
    source: str
    key: str
    why: Why
    claim: Claim
    media_type: str
    raw: bytes
    said: str = ""
    stream: BinaryIO | None = None


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the list shows of it; the bytes lie in an entry of their own."""

    format: str
    door: str
    source: str
    key: str
    why: Why
    claim: Claim
    media_type: str
    size: int
    said: str = ""


class Contents(msgspec.Struct, frozen=True):
    """The entry beside a row, whose blob holds the bytes as they came."""

    sha256: str
    size: int


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person said about it; a later row of the same thing waits again."""

    state: Literal["filed", "dismissed"]
    by: str
    chart: str = ""
    reason: str = ""


_encode = msgspec.json.Encoder().encode


def put_aside(aside: Aside, house: House) -> EntryId:
    """Keep something for a person to look at; durable when this returns, once however often sent.

    Raises ConflictError when other bytes lie there under the same key, and as `deposit`.
    """
    sent, bulk, digest, size = None, None, sha256(aside.raw).digest(), len(aside.raw)
    if aside.stream is not None:
        sent = send_blob(aside.stream, house.chart, Section.INBOX, house)
        digest, size = sent.digest, sent.size
    else:
        bulk = Bulk(size, lambda: BytesIO(aside.raw))
    name = f"{aside.door}/{aside.source}/{aside.key}"
    ident = house.entry_id(SOURCE, f"{UNPLACED}/{name}")
    beside, contents = beside_of(ident, UNPLACED_BYTES), _encode(Contents(digest.hex(), size))
    there = house.heads([beside])[0]
    if there.version and there.content != house.content(beside, contents):
        drop_blobs([sent] if sent else [], house)
        raise ConflictError(
            "something else waits in the inbox under this name", hint="send it under another key"
        )
    row = Row(
        format=FORMAT, door=aside.door, source=aside.source, key=aside.key, why=aside.why,
        claim=aside.claim, media_type=aside.media_type, size=size, said=aside.said,
    )  # fmt: skip
    items = [
        _item(UNPLACED, name, _encode(row)),
        _item(UNPLACED_BYTES, name, contents, bulk),
    ]
    named = {items[1].key: sent} if sent else {}
    ids = [ident, beside]
    deposit(Parcel(house.chart, SOURCE, items, ids, [{}, {}], sent=named), house)
    return ident


def settle(ident: EntryId, state: State, house: House) -> None:
    """Write down what a person said about something; what was said before stays in its history."""
    item = _item(SETTLED, to_text(ident), _encode(state))
    deposit(Parcel(house.chart, SOURCE, [item], [beside_of(ident, SETTLED)], [{}]), house)


def beside_of(ident: EntryId, kind: str) -> EntryId:
    """Name what belongs to something in the inbox; a reader has no key, and the id is keyed."""
    return EntryId(sha256(kind.encode() + ident).digest()[:ID_BYTES])


def waiting_since(house: House) -> list[Millis]:
    """Say since when each thing waits for a person, from clear headers: nothing is opened."""
    came: dict[EntryId, Millis] = {}
    said: dict[EntryId, Millis] = {}
    after = 0
    while True:
        read = Read(house.chart, [Section.INBOX], [UNPLACED, SETTLED], [], False, after, PAGE)
        page = house.store.page(read)
        for head in map(read_header, page.entries):
            (said if head.kind == SETTLED else came)[head.entry_id] = head.time
        after = page.more
        if not after:
            break
    never = Millis(-1)
    return sorted(at for one, at in came.items() if said.get(beside_of(one, SETTLED), never) < at)


def _item(kind: str, name: str, raw: bytes, blob: Bulk | None = None) -> Item:
    return Item(
        key=f"{kind}/{name}", kind=kind, raw=raw, owner=_NOBODY, section=Section.INBOX, links={},
        unresolved=(), keywords=frozenset(), face=None, where="inbox", blob=blob,
    )  # fmt: skip
