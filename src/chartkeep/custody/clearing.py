"""Clearing the inbox: a registrar lists what waits, reads it, files it to a chart or dismisses it.

Each look is a release, and a line. What is filed goes the road of its own door again, the same
bytes with the chart named; what is said about it is an entry of its own, and nothing is deleted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BufferedReader, RawIOBase
from typing import Any, NamedTuple

import msgspec

from chartkeep.custody.blobs import Leased, stream_blob
from chartkeep.custody.house import House
from chartkeep.custody.inbox import (
    FORMAT,
    SETTLED,
    UNPLACED,
    UNPLACED_BYTES,
    Row,
    State,
    beside_of,
    settle,
)
from chartkeep.custody.opening import Chart, open_all, sort_entries
from chartkeep.custody.release import Look, Opened, keys_of, sort_wraps
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import BadInputError, DamagedError, NotFoundError, UnknownFormatError
from chartkeep.keyholder.protocol import ChartWraps, OpenKeys
from chartkeep.model import ChartId, EntryId, Millis, Purpose, Section, to_id, to_text
from chartkeep.store.client import PAGE
from chartkeep.store.protocol import Read

SHORTEST_REASON, LONGEST_REASON = 4, 500
MOST_RAW = 64 << 20
"""Bytes of something that are given in one piece; what is longer is read as it passes."""
PIECE = 1 << 20


class Waiting(NamedTuple):
    """One thing in the inbox; `state` is None while it waits, `time` is when it came last."""

    ident: EntryId
    row: Row
    time: Millis
    state: State | None
    settled: Millis


class Kept(NamedTuple):
    """One thing taken out, to be read or filed; its bytes come as they are asked for."""

    ident: EntryId
    row: Row
    pieces: Callable[[], Iterator[bytes]]

    @property
    def raw(self) -> bytes:
        """Give all its bytes at once. Raises BadInputError for what is too long for that."""
        if self.row.size > MOST_RAW:
            raise BadInputError("this is too long to be held whole", hint="read it as it passes")
        return b"".join(self.pieces())

    def open(self) -> BufferedReader:
        """Give its bytes from the start, as they are read."""
        return BufferedReader(_Flow(self.pieces()), PIECE)


Refile = Callable[[Kept, ChartId], None]
"""A door's own road for something whose chart a person has named. Raises what the road refuses."""

_row = msgspec.json.Decoder(Row)
_state = msgspec.json.Decoder(State)


def list_inbox(look: Look, house: House) -> list[Waiting]:
    """List what was ever put aside, the newest first: a release, and a line.

    Raises what the keyholder refuses with: only a registrar's session opens it.
    """
    opened = _open([UNPLACED, SETTLED], [], look, house)
    there = {entry.header.entry_id: entry for entry in opened.entries}
    found = [
        _waiting(entry, there.get(beside_of(ident, SETTLED)))
        for ident, entry in there.items()
        if entry.header.kind == UNPLACED
    ]
    return sorted(found, key=lambda each: (each.time, each.ident), reverse=True)


def find_waiting(ident: EntryId, look: Look, house: House) -> Waiting:
    """Give one thing of the inbox. Raises NotFoundError."""
    opened = _open([UNPLACED, SETTLED], [ident, beside_of(ident, SETTLED)], look, house)
    found = {entry.header.kind: entry for entry in opened.entries}
    if UNPLACED not in found:
        raise NotFoundError("nothing lies in the inbox under this id", hint="list it again")
    return _waiting(found[UNPLACED], found.get(SETTLED))


def take_out(ident: EntryId, look: Look, house: House) -> Kept:
    """Give one thing with its bytes, to be shown or filed. Raises NotFoundError."""
    row = find_waiting(ident, look, house).row
    beside = beside_of(ident, UNPLACED_BYTES)

    def again() -> Opened:
        return _open([UNPLACED_BYTES], [beside], look, house)

    opened = again()
    if not opened.entries:
        raise DamagedError("the bytes of this lie no longer in the inbox", hint="verify the store")
    entry, leases = opened.entries[0], [opened]

    def lease() -> Leased:
        return leases.pop() if leases else again()

    return Kept(ident, row, lambda: stream_blob(entry, lease, house))


def file_away(
    kept: Kept, chart: ChartId, by: str, house: House, refiles: Mapping[str, Refile]
) -> None:
    """Send something the road of its door again, into the chart a person named.

    Cut short it is filed again: the road takes the same bytes under the same key once.
    """
    refile = refiles.get(kept.row.door)
    if refile is None:
        raise BadInputError("its door is not open here", hint="file it where that door is")
    refile(kept, chart)
    settle(kept.ident, State("filed", by, to_text(chart)), house)


def dismiss(waiting: Waiting, reason: str, by: str, house: House) -> None:
    """Say that something belongs to nobody here; it stays, and can still be filed."""
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise BadInputError(
            f"a dismissal needs a reason of {SHORTEST_REASON} to {LONGEST_REASON} letters",
            hint="say why it belongs to nobody here",
        )
    settle(waiting.ident, State("dismissed", by, reason=reason), house)


def inbox_look(token: bytes) -> Look:
    """Look into the inbox, to run the house."""
    return Look(token, frozenset({Section.INBOX}), Purpose.OPERATIONS)


def read_ident(text: str) -> EntryId:
    """Read an id as the list shows it. Raises NotFoundError when it is none."""
    try:
        return EntryId(to_id(text))
    except ValueError as error:
        raise NotFoundError("nothing lies in the inbox under this id") from error


def _waiting(row: OpenedEntry, state: OpenedEntry | None) -> Waiting:
    """Join a row and what was said about it: what came again, otherwise, afterwards waits again."""
    came = row.header.time
    if state is None or state.header.time < came:
        return Waiting(row.header.entry_id, _read_row(row.raw), came, None, Millis(0))
    said = _read_state(state.raw)
    return Waiting(row.header.entry_id, _read_row(row.raw), came, said, state.header.time)


def _open(kinds: list[str], entries: Iterable[EntryId], look: Look, house: House) -> Opened:
    """Open entries of the inbox: one release for all; none where nothing of it is there."""
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
        return Opened(house.chart, -1, Millis(0), [], [])
    wanted = ChartWraps(house.chart, look.mask, list(good))
    answer = house.keyholder.open_keys(
        OpenKeys(look.token, look.purpose, look.reason, look.grant, [wanted])
    )
    keys = keys_of(good.values(), answer.charts[0])
    headers, damaged = sort_entries(sealed, Chart(house.facility, house.chart))
    shown = open_all(headers, keys)
    return Opened(
        house.chart, answer.charts[0].line, Millis(answer.lease_end), list(shown.entries.values()),
        damaged + shown.damaged, 0, keys,
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


class _Flow(RawIOBase):
    """Pieces as a file that is read once, in order."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, room: Any) -> int:
        if not self._rest:
            self._rest = next(self._pieces, b"")
        taken = len(part := self._rest[: len(room)])
        room[:taken] = part
        self._rest = self._rest[taken:]
        return taken
