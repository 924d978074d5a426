"""What is being exported, for whom, under which grant: an order, kept as a sealed entry.

It lies in the facility's ordinary section, so that every worker finds it and a restart loses none;
nothing that was exported lies anywhere. Cancelling is a next version that says so.
"""

from typing import Annotated

import msgspec

from chartkeep.custody.bulk import Wanted, fetch, open_batch
from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.house import House
from chartkeep.custody.marking import draw_mark
from chartkeep.custody.release import Look
from chartkeep.errors import NotFoundError
from chartkeep.model import EntryId, Millis, Section, to_text
from chartkeep.sealing.keys import fresh_id

KIND = "Export"
SOURCE = "export"
_EVER = Millis(1 << 62)


class Order(msgspec.Struct, frozen=True, array_like=True):
    """Who exports what: charts as they stood at `moment`, entries not older than `since`.

    `group` is a Group's logical id, empty for all patients. `sections` are bits. `kinds` and
    `patients` (logical ids) empty mean all. `request` is the URL it came by. `mark` is what its
    lines carry (`custody.marking`): it lies sealed here and nowhere else.
    """

    person: str
    group: str
    grant: bytes
    purpose: str
    reason: str
    sections: int
    kinds: list[str]
    patients: Annotated[list[str], msgspec.Meta(max_length=1_000)]
    since: int
    moment: int
    expires: int
    request: str
    mark: bytes = b""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Order).decode


def place_order(order: Order, house: House) -> EntryId:
    """Keep an order: it is durable when this returns."""
    ident = EntryId(fresh_id())
    _commit(ident, 1, _encode(msgspec.structs.replace(order, mark=draw_mark(ident, house))), house)
    return ident


def read_order(ident: EntryId, look: Look, house: House) -> Order:
    """Open an order, with `look` of the ordinary section. Raises NotFoundError for none."""
    found = fetch(house.chart, Wanted(KIND, Millis(0), _EVER, (ident,)), look, house)
    if found.wraps:
        for entry in open_batch([found], look, house).entries:
            if entry.raw and entry.header.version == 1:
                return _decode(entry.raw)
    raise NotFoundError("there is no such export", hint="it ended, or was cancelled")


def list_orders(look: Look, house: House) -> dict[EntryId, Order]:
    """Open all orders there ever were, ended or cancelled, with `look` of the ordinary section."""
    found = fetch(house.chart, Wanted(KIND, Millis(0), _EVER), look, house)
    entries = open_batch([found], look, house).entries if found.wraps else []
    return {entry.header.entry_id: _decode(entry.raw) for entry in entries if entry.raw}


def cancel_order(ident: EntryId, order: Order, house: House) -> None:
    """Say of an order that it is no more: what is being sent ends at its next batch.

    The next version keeps what was ordered, for whoever has to know where a copy came from.
    """
    ended = _encode(msgspec.structs.replace(order, expires=0))
    _commit(ident, house.heads([ident])[0].version + 1, ended, house)


def check_order(ident: EntryId, house: House) -> None:
    """Refuse to go on with an order that was cancelled. Raises NotFoundError."""
    if house.heads([ident])[0].version != 1:
        raise NotFoundError("this export was cancelled")


def _commit(ident: EntryId, version: int, raw: bytes, house: House) -> None:
    envelope, content = Envelope(SOURCE, to_text(ident)), house.content(ident, raw)
    draft = Draft(ident, version, KIND, Section.ORDINARY, envelope, raw, content, house.clock())
    deposit_own(draft, house)
