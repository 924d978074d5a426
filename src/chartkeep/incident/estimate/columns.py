"""The `releases` ledger in columns, in a folder of the desk: row n is line n.

    columns = Columns(desk.root / "columns", desk.key_for("columns"))
    fill(columns, …)                        # `filling`: what the ledger has since, each line proved
    for block in columns.blocks(since, until): …

A copy, and never the evidence: whatever is asked of it is first held against the signed ledger
(`filling`), by the peaks of the tree it was read from. Sealed with a key of the desk. One process
at a time writes; `save` is what makes rows count, and a crash before it costs reading them again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from chartkeep.errors import DamagedError, LedgerBrokenError, RefusedError
from chartkeep.incident.desk import write_durably
from chartkeep.incident.estimate.block import LINES, PLACED, TYPES, Block, Span, damaged
from chartkeep.incident.estimate.ids import Ids
from chartkeep.incident.estimate.rows import CODED, IDS, WORDS, Column, Hole, Rows
from chartkeep.sealing.box import BoxKey, open_box, seal_box

FORMAT: Final = b"chartkeep-columns-2"
MOST_WORDS: Final = 1 << 16
What = tuple[str, int, str]


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A block that counts, and how many ids of each kind were known before it."""

    span: Span
    known: dict[str, int]


class State(msgspec.Struct, array_like=True):
    """What the folder holds: `size` lines, all there are before `until`, of one ledger."""

    origin: str
    size: int = 0
    until: int = 0
    peaks: tuple[bytes, ...] = ()
    blocks: list[Kept] = []
    words: dict[str, list[Any]] = {}
    holes: list[Hole] = []


class Columns:
    """The columns of one ledger. `until`: every line before this time is in them."""

    def __init__(self, folder: Path, secret: bytes, origin: str) -> None:
        """Open the folder, or begin it.

        Raises DamagedError when it was changed, RefusedError when it is another ledger's.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._key = BoxKey(secret, b"columns")
        self._state = self._read() or State(origin)
        if self._state.origin != origin:
            raise RefusedError("these columns are of another ledger", hint="use its own desk")
        kept = self._state.words
        self._words = {name: [_hashable(word) for word in kept.get(name, [])] for name in WORDS}
        for name in ("person", "instance", "ward"):
            self._words[name] = self._words[name] or [""]  # code 0 is nobody, nothing, nowhere
        self._codes = {
            name: {word: code for code, word in enumerate(words)}
            for name, words in self._words.items()
        }
        self._ids: dict[str, Ids] = {}
        self._tail: list[dict[str, Column]] = []
        self._tail_first = self._state.size
        self._pending: list[Kept] = []
        self._known: dict[str, int] = {}
        self._newest = max((kept.span.newest for kept in self._state.blocks), default=0)
        self._take_up_tail()

    @property
    def size(self) -> int:
        """How many lines are saved."""
        return self._state.size

    @property
    def until(self) -> int:
        """Before this time (ms) no line is missing."""
        return self._state.until

    @property
    def newest(self) -> int:
        """The time (ms) of the last line taken in, saved or not."""
        return self._newest

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The roots of the full subtrees of the lines read."""
        return self._state.peaks

    @property
    def holes(self) -> list[Hole]:
        """The gaps of the ledger."""
        return self._state.holes

    @property
    def whats(self) -> list[What]:
        """Each verb, sections (bits) and budget by its code."""
        return self._words["what"]

    @property
    def wards(self) -> list[str]:
        """Each ward by its code; the first is none."""
        return self._words["ward"]

    @property
    def people(self) -> list[str]:
        """Each person by its code; the first is nobody."""
        return self._words["person"]

    def ids(self, name: str) -> Ids:
        """Give the ids of a column, read once."""
        if name not in self._ids:
            blocks = [self._block(kept.span) for kept in self._state.blocks]
            self._ids[name] = Ids(b"".join(block.part(f"new {name}") for block in blocks))
        return self._ids[name]

    def word(self, column: str, code: int) -> str:
        """Give the person, the program or the ward of a code."""
        return str(self._words[column][code])

    def count(self, column: str) -> int:
        """Give how many codes a column has, 0 included."""
        return len(self.ids(column)) + 1 if column in IDS else len(self._words[column])

    def code(self, column: str, value: bytes) -> int:
        """Give the code of a value in a column, 0 when no line has it."""
        if column in IDS:
            return int(self.ids(column).codes([value])[0])
        return self._codes[column].get(value.decode(errors="replace"), 0)

    def blocks(self, since: int, until: int) -> Iterator[Block]:
        """Give the blocks that may hold lines with `since <= time < until`, in order."""
        for kept in self._state.blocks:
            if kept.span.newest >= since and kept.span.oldest < until:
                yield self._block(kept.span)

    def append(self, rows: Rows) -> None:
        """Take in the lines that follow. They count once they are saved.

        Raises LedgerBrokenError when their times go back: a line in a wrong place would hide.
        """
        if not len(rows.times):
            return
        if rows.times[0] < self._newest or (np.diff(rows.times) < 0).any():
            raise LedgerBrokenError("a line's time is before an earlier line's")
        self._newest = int(rows.times[-1])
        for name in IDS:
            self.ids(name)
        first = self._tail_first + sum(len(part["time"]) for part in self._tail)
        part = {"time": rows.times}
        for name in CODED:
            codes = self._codes_of(name, rows.values[name])
            part[name] = codes[rows.codes[name]].astype(TYPES[name])
        part[PLACED] = self._placed(rows)
        self._state.holes = [
            *self._state.holes,
            *(msgspec.structs.replace(hole, line=first + hole.line) for hole in rows.holes),
        ]
        self._tail.append(part)
        while sum(len(one["time"]) for one in self._tail) >= LINES:
            self._cut(LINES)

    def save(self, until: int, peaks: tuple[bytes, ...]) -> None:
        """Make all that was taken in count: all lines before `until`, of a tree with `peaks`."""
        state = self._state
        rows = sum(len(one["time"]) for one in self._tail)
        blocks = [kept for kept in state.blocks if len(self._block(kept.span)) == LINES]
        blocks += self._pending
        if rows:
            blocks.append(self._write(rows, self._joined()))
        size = blocks[-1].span.end if blocks else 0
        words: dict[str, list[Any]] = {name: list(self._words[name]) for name in WORDS}
        new = State(state.origin, size, until, peaks, blocks, words, state.holes)
        raw = seal_box(self._key, FORMAT, msgspec.msgpack.encode(new))
        write_durably(self._folder / "state", raw)
        self._state, self._pending = new, []
        names = {self._block(kept.span).path.name for kept in blocks}
        for path in self._folder.glob("*.columns*"):
            if path.name not in names:
                path.unlink()

    def _read(self) -> State | None:
        path = self._folder / "state"
        if not path.exists():
            return None
        try:
            plain = open_box(self._key, FORMAT, path.read_bytes())
            return msgspec.msgpack.decode(plain, type=State)
        except (OSError, DamagedError, msgspec.MsgspecError) as error:
            raise damaged() from error

    def _block(self, span: Span) -> Block:
        return Block(self._folder, self._key, self._state.origin, Span(*span))

    def _take_up_tail(self) -> None:
        """Go on in the last block when it is not full."""
        blocks = self._state.blocks
        if not blocks or blocks[-1].span.end - blocks[-1].span.first == LINES:
            self._known = {name: len(self.ids(name)) for name in IDS} if blocks else {}
            return
        self._known = blocks[-1].known
        block = self._block(blocks[-1].span)
        self._tail_first = block.span.first
        self._tail = [{**{name: block.column(name) for name in TYPES}, PLACED: block.placed()}]

    def _codes_of(self, name: str, values: list[Any]) -> Column:
        if name in IDS:
            return self.ids(name).add(values)
        return np.array([self._word(name, value) for value in values], np.uint32)

    def _word(self, name: str, value: Any) -> int:
        codes, words = self._codes[name], self._words[name]
        code = codes.setdefault(value, len(words))
        if code == len(words):
            if name != "person" and code >= MOST_WORDS:
                raise DamagedError(f"the ledger names more than {MOST_WORDS:,} of one column")
            words.append(value)
        return code

    def _placed(self, rows: Rows) -> Column:
        charts = self.ids("chart").codes([chart for _, chart, _ in rows.placed])
        return np.array(
            [
                (row, chart, self._word("ward", ward))
                for (row, _, ward), chart in zip(rows.placed, charts, strict=True)
            ],
            np.uint32,
        ).reshape(-1, 3)

    def _joined(self) -> dict[str, Column]:
        joined = {name: np.concatenate([part[name] for part in self._tail]) for name in TYPES}
        placed, start = [], 0
        for part in self._tail:
            placed.append(part[PLACED] + np.array([start, 0, 0], np.uint32))
            start += len(part["time"])
        return {**joined, PLACED: np.concatenate(placed)}

    def _cut(self, rows: int) -> None:
        """Write the oldest rows of the tail as a block of their own."""
        joined = self._joined()
        self._pending.append(self._write(rows, joined))
        self._known = {name: len(self.ids(name)) for name in IDS}
        rest = {name: joined[name][rows:] for name in TYPES}
        later = joined[PLACED][joined[PLACED][:, 0] >= rows]
        self._tail = [{**rest, PLACED: later - np.array([rows, 0, 0], np.uint32)}]
        self._tail_first += rows

    def _write(self, rows: int, joined: dict[str, Column]) -> Kept:
        times = joined["time"][:rows]
        first = self._tail_first
        span = Span(first, first + rows, int(times[0]), int(times[-1]))
        kept = Kept(span, dict(self._known))
        parts = {name: joined[name][:rows].astype(TYPES[name]).tobytes() for name in TYPES}
        parts[PLACED] = joined[PLACED][joined[PLACED][:, 0] < rows].astype("<u4").tobytes()
        for name in IDS:
            parts[f"new {name}"] = self.ids(name).raw(self._known.get(name, 0))
        self._block(span).write(parts)
        return kept


def _hashable(word: Any) -> Any:
    return tuple(word) if isinstance(word, list) else word
