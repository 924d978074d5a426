"""The inbox: what came in and nobody can say by rule whose it is, sealed until a person looks.

Promises that a sender who is answered may forget: what lies here is durable, is found again by its
door, source and key, and is never deleted. A registrar reads it (a release, a line) and files it:
the same bytes go the road of their door again with the chart named. Or dismisses it, with a reason.
docs/formats/inbox.md.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from chartkeep.clinical.claim import Claim
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.opening import Chart, open_all, sort_entries
from chartkeep.custody.placing import Why
from chartkeep.custody.release import Look, keys_of, sort_wraps
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import (
    BadInputError,
    ConflictError,
    DamagedError,
    NotFoundError,
    UnknownFormatError,
)
from chartkeep.keyholder.protocol import ChartWraps, OpenKeys
from chartkeep.model import ID_BYTES, ChartId, EntryId, Millis, Purpose, Section, to_id, to_text
from chartkeep.store.client import PAGE
from chartkeep.store.protocol import Read

SOURCE = "inbox"
UNPLACED, UNPLACED_BYTES, SETTLED = "Unplaced", "UnplacedBytes", "UnplacedState"
KINDS = frozenset({UNPLACED, UNPLACED_BYTES, SETTLED})
FORMAT = "chartkeep-inbox-1"
SHORTEST_REASON, LONGEST_REASON = 4, 500
_NOBODY = Owner()


class Aside(NamedTuple):
    """Something put aside: `key` names it at its source, the same when it comes again.

    `door` names who takes the bytes back when a person has said whose they are. `said`: in words
    what is wrong, without content.
    """

    door: str
    source: str
    key: str
    why: Why
    claim: Claim
    media_type: str
    raw: bytes
    said: str = ""


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the list shows of it; the bytes lie in an entry of their own."""

    format: str = FORMAT
    door: str
    source: str
    key: str
    why: Why
    claim: Claim
    media_type: str
    size: int
    said: str = ""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person said about it; a later row of the same thing waits again."""

    state: Literal["filed", "dismissed"]
    by: str
    chart: str = ""
    reason: str = ""


class Waiting(NamedTuple):
    """One thing in the inbox; `state` is None while it waits, `time` is when it came last."""

    ident: EntryId
    row: Row
    time: Millis
    state: State | None
    settled: Millis


class Kept(NamedTuple):
    """One thing taken out to be read or filed: its row and its bytes as they came."""

    ident: EntryId
    row: Row
    raw: bytes


Refile = Callable[[Kept, ChartId], None]
"""A door's own road for something whose chart a person has named. Raises what the road refuses."""

_row = msgspec.json.Decoder(Row)
_state = msgspec.json.Decoder(State)
_encode = msgspec.json.Encoder().encode


def put_aside(aside: Aside, house: House) -> EntryId:
    """Keep something for a person to look at; durable when this returns, once however often sent.

    Raises ConflictError when other bytes lie there under the same key, and as `deposit`.
    """
    name = f"{aside.door}/{aside.source}/{aside.key}"
    row = Row(
        door=aside.door, source=aside.source, key=aside.key, why=aside.why, claim=aside.claim,
        media_type=aside.media_type, size=len(aside.raw), said=aside.said,
    )  # fmt: skip
    ident = house.entry_id(SOURCE, f"{UNPLACED}/{name}")
    content = _beside(ident, UNPLACED_BYTES)
    there = house.heads([content])[0]
    if there.version and there.content != house.content(content, aside.raw):
        raise ConflictError(
            "something else waits in the inbox under this name", hint="send it under another key"
        )
    items = [_item(UNPLACED, name, _encode(row)), _item(UNPLACED_BYTES, name, aside.raw)]
    deposit(Parcel(house.chart, SOURCE, items, [ident, content], [{}, {}]), house)
    return ident


def list_inbox(look: Look, house: House) -> list[Waiting]:
    """List what was ever put aside, the newest first: a release, and a line.

    Raises what the keyholder refuses with: only a registrar's session opens it.
    """
    rows: dict[EntryId, OpenedEntry] = {}
    states: dict[EntryId, OpenedEntry] = {}
    for entry in _open([UNPLACED, SETTLED], [], look, house):
        if entry.header.kind == UNPLACED:
            rows[entry.header.entry_id] = entry
        else:
            states[entry.header.entry_id] = entry
    found = [_waiting(row, states.get(_beside(ident, SETTLED))) for ident, row in rows.items()]
    return sorted(found, key=lambda each: (each.time, each.ident), reverse=True)


def find_waiting(ident: EntryId, look: Look, house: House) -> Waiting:
    """Give one thing of the inbox. Raises NotFoundError."""
    asked = [ident, _beside(ident, SETTLED)]
    found = {e.header.kind: e for e in _open([UNPLACED, SETTLED], asked, look, house)}
    if UNPLACED not in found:
        raise NotFoundError("nothing lies in the inbox under this id", hint="list it again")
    return _waiting(found[UNPLACED], found.get(SETTLED))


def take_out(ident: EntryId, look: Look, house: House) -> Kept:
    """Give one thing with its bytes, to be shown or filed. Raises NotFoundError."""
    row = find_waiting(ident, look, house).row
    found = _open([UNPLACED_BYTES], [_beside(ident, UNPLACED_BYTES)], look, house)
    if not found:
        raise DamagedError("the bytes of this lie no longer in the inbox", hint="verify the store")
    return Kept(ident, row, found[0].raw)


def file_away(
    ident: EntryId, chart: ChartId, by: str, look: Look, house: House,
    refiles: Mapping[str, Refile],
) -> None:  # fmt: skip
    """Send something the road of its door again, into the chart a person named.

    Cut short it is filed again: the road takes the same bytes under the same key once.
    """
    kept = take_out(ident, look, house)
    refile = refiles.get(kept.row.door)
    if refile is None:
        raise BadInputError("its door is not open here", hint="file it where that door is")
    refile(kept, chart)
    _settle(ident, State("filed", by, to_text(chart)), house)


def dismiss(ident: EntryId, reason: str, by: str, look: Look, house: House) -> None:
    """Say that something belongs to nobody here; it stays, and can still be filed."""
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise BadInputError(
            f"a dismissal needs a reason of {SHORTEST_REASON} to {LONGEST_REASON} letters",
            hint="say why it belongs to nobody here",
        )
    find_waiting(ident, look, house)
    _settle(ident, State("dismissed", by, reason=reason), house)


def inbox_look(token: bytes) -> Look:
    """Look into the inbox, to run the house."""
    return Look(token, frozenset({Section.INBOX}), Purpose.OPERATIONS)


def read_ident(text: str) -> EntryId:
    """Read an id as the list shows it. Raises NotFoundError when it is none."""
    try:
        return EntryId(to_id(text))
    except ValueError as error:
        raise NotFoundError("nothing lies in the inbox under this id") from error


def _settle(ident: EntryId, state: State, house: House) -> None:
    name = to_text(ident)
    entry = _beside(ident, SETTLED)
    item = _item(SETTLED, name, _encode(state))
    deposit(Parcel(house.chart, SOURCE, [item], [entry], [{}]), house)


def _waiting(row: OpenedEntry, state: OpenedEntry | None) -> Waiting:
    """Join a row and what was said about it: what came again, otherwise, afterwards waits again."""
    came = row.header.time
    said = None if state is None or state.header.time < came else _read_state(state.raw)
    settled = state.header.time if state is not None and said is not None else Millis(0)
    return Waiting(row.header.entry_id, _read_row(row.raw), came, said, settled)


def _open(
    kinds: list[str], entries: Iterable[EntryId], look: Look, house: House
) -> list[OpenedEntry]:
    """Open entries of the inbox: one release for all."""
    wraps: dict[bytes, None] = {}
    sealed: list[bytes] = []
    after = 0
    while True:
        page = house.store.page(
            Read(house.chart, [Section.INBOX], kinds, list(entries), False, after, PAGE)
        )
        wraps |= dict.fromkeys(page.wraps)
        sealed += page.entries
        after = page.more
        if not after:
            break
    good, _ = sort_wraps(list(wraps), house.chart, look, house)
    if not good:
        return []
    wanted = ChartWraps(house.chart, look.mask, list(good))
    asked = OpenKeys(look.token, look.purpose, look.reason, look.grant, [wanted])
    keys = keys_of(good.values(), house.keyholder.open_keys(asked).charts[0])
    headers, _ = sort_entries(sealed, Chart(house.facility, house.chart))
    return list(open_all(headers, keys).entries.values())


def _beside(ident: EntryId, kind: str) -> EntryId:
    """Name what belongs to something in the inbox; a reader has no key, and the id is keyed."""
    return EntryId(sha256(kind.encode() + ident).digest()[:ID_BYTES])


def _item(kind: str, name: str, raw: bytes) -> Item:
    return Item(
        key=f"{kind}/{name}", kind=kind, raw=raw, owner=_NOBODY, section=Section.INBOX, links={},
        unresolved=(), keywords=frozenset(), face=None, where="inbox",
    )  # fmt: skip


def _read_row(raw: bytes) -> Row:
    try:
        row = _row.decode(raw)
    except msgspec.MsgspecError as error:
        raise DamagedError("something in the inbox is not as it was written") from error
    if row.format != FORMAT:
        raise UnknownFormatError("something in the inbox has an unknown format")
    return row


def _read_state(raw: bytes) -> State:
    try:
        return _state.decode(raw)
    except msgspec.MsgspecError as error:
        raise DamagedError("what was said about something in the inbox is not readable") from error
