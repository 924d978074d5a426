"""Goes round all that is kept, in random order, and names what does not verify.

A round takes each tile of 256 lines: every object against its line, every blob's file against its
line, the lines against their tile; then the tiles against those above and the root the writer
holds. What cannot be seen so, labels and what a line alone does not show, is `verify`'s.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from hashlib import sha256
from typing import Final

from chartkeep.errors import ChartkeepError, DamagedError, NotFoundError
from chartkeep.ledger.hashing import HASH_BYTES, hash_leaf
from chartkeep.ledger.tiles import TILE_WIDTH, tile_root, tile_width
from chartkeep.ledger.tree import Tree
from chartkeep.store.blobs import Blobs
from chartkeep.store.book import Reading
from chartkeep.store.records import RecordType, Row, blob_parts
from chartkeep.store.sequencer import LedgerHead
from chartkeep.store.tiling import tile_reader
from chartkeep.store.verify import name_row, object_faults

Say = Callable[[str, str], None]
Steps = Generator[None, None, None]
_WRAPS: Final = {RecordType.WRAP, RecordType.REWRAP}
_DROPPED: Final = _WRAPS | {RecordType.LABELS, RecordType.UNLABEL}
_ROWS: Final = 16
_PIECE: Final = 1 << 20
ROUND: Final = 86_400.0
"""Seconds a round may take."""
SHORTEST: Final = 60.0
"""Seconds a round takes at least: a small store is not read all day."""
MOST_DOUBTS: Final = 100
LEAST_SHARE, MOST_SHARE = 0.02, 0.25
"""Of one processor's time: where the least would not end the round in a day, it takes more."""


class Scrub:
    """The rounds of one store; `say` hears the thing and a sentence for each that is damaged."""

    def __init__(
        self, book: Reading, blobs: Blobs, head: Callable[[], LedgerHead], say: Say
    ) -> None:
        self._book = book
        self._blobs = blobs
        self._head = head
        self._say = say
        self._doubted: deque[bytes] = deque()
        self._looked: dict[bytes, float] = {}
        self._owed = 0
        self._shredded: set[bytes] = set()
        self._steps = self._rounds()
        self._began, self._done, self._tiles = time.monotonic(), 0, 1
        self.rounds = 0
        self.share = LEAST_SHARE

    def doubt(self, chart: bytes) -> None:
        """Look at a chart soon: somebody says that something of it does not open; any thread.

        Who says so of everything takes no more than half of the looking, and each chart is looked
        at once a minute: the rounds go on.
        """
        if len(self._doubted) < MOST_DOUBTS:
            self._doubted.append(chart)

    def work(self, seconds: float) -> float:
        """Check for some time at most, give or take one step; gives the seconds to rest then."""
        began = time.monotonic()
        while (spent := time.monotonic() - began) < seconds:
            if self._done >= self._tiles and not self._doubted and not self._is_due():
                return 1.0
            self._step()
        return spent * (1 / self.share - 1)

    def _step(self) -> None:
        try:
            next(self._steps)
        except ChartkeepError as error:  # the database itself; the round begins again
            self._say("database", str(error))
            self._steps = self._rounds()
            self._began, self._done, self._tiles = time.monotonic(), 1, 1

    def _is_due(self) -> bool:
        return time.monotonic() - self._began > SHORTEST

    def _rounds(self) -> Steps:
        while True:
            yield from self._doubts()
            if self._done < self._tiles or self._is_due():
                yield from self._round()
            self._owed = max(0, self._owed - TILE_WIDTH)
            yield

    def _doubts(self) -> Steps:
        """Look at a doubted chart, unless the rounds are owed as much work as the last one took."""
        while self._doubted and self._owed <= 0:
            chart = self._doubted.popleft()
            now = time.monotonic()
            if now - self._looked.get(chart, -SHORTEST) < SHORTEST:
                continue
            if len(self._looked) >= 10 * MOST_DOUBTS:
                self._looked.clear()
            self._looked[chart] = now
            lines = self._book.chart_lines(chart)
            self._owed += len(lines)
            for at in lines:
                yield from self._rows(self._book.rows(at, 1))

    def _round(self) -> Steps:
        head = self._head()
        order = list(range(-(-head.size // TILE_WIDTH)))
        secrets.SystemRandom().shuffle(order)
        self._began, self._done, self._tiles = time.monotonic(), 0, len(order) + 1
        yield
        for index in order:
            yield from self._tile(index, tile_width(head.size, 0, index))
            self._done += 1
            self._pace()
            self._owed = max(0, self._owed - TILE_WIDTH)
            yield from self._doubts()
        yield from self._above(head)
        self._done += 1
        self.rounds += 1
        yield

    def _pace(self) -> None:
        """Take a greater share of the processor when the round would not end in a day."""
        behind = (time.monotonic() - self._began) / ROUND - self._done / self._tiles
        self.share = min(self.share * 1.1, MOST_SHARE) if behind > 0 else LEAST_SHARE

    def _tile(self, index: int, width: int) -> Steps:
        first, hashes = index * TILE_WIDTH, b""
        for start in range(first, first + width, _ROWS):
            rows = list(self._book.rows(start, min(_ROWS, first + width - start)))
            if [row.at for row in rows] != list(range(start, start + len(rows))) or not rows:
                self._say(f"line {start}", f"line {start} or one of the next {_ROWS} is missing")
                return
            hashes += b"".join(hash_leaf(row.line) for row in rows)
            yield from self._rows(rows)
        kept = self._book.tile(0, index) if width == TILE_WIDTH else hashes
        if kept != hashes:
            self._say(f"tile 0/{index}", f"tile 0/{index} does not fit its lines")

    def _rows(self, rows: Iterable[Row]) -> Steps:
        for row in rows:
            for fault in self._faults(row):
                self._say(name_row(row), f"{name_row(row)}: {fault}")
            if row.type == RecordType.BLOB:
                yield from self._file(row)
        yield

    def _faults(self, row: Row) -> list[str]:
        try:
            if row.object is not None:
                return object_faults(row)
        except (ChartkeepError, ValueError, TypeError) as error:
            return [str(error)]
        return [] if self._may_be_dropped(row) else ["its object is missing"]

    def _may_be_dropped(self, row: Row) -> bool:
        if row.type not in _DROPPED:
            return False
        if row.type in _WRAPS and row.replaced is not None:
            return True
        if row.chart not in self._shredded:
            self._shredded = set(self._book.shreds())
        return row.chart in self._shredded

    def _file(self, row: Row) -> Steps:
        try:
            head, size, wanted = blob_parts(row.object or b"")
            digest, at = sha256(), 0
            while data := self._blobs.read(head.chart, head.blob_id, at, _PIECE):
                digest.update(data)
                at += len(data)
                yield
        except NotFoundError as error:
            self._say(name_row(row), str(error))
        except DamagedError:
            return  # its words were named already
        except ChartkeepError as error:
            self._say(name_row(row), f"{name_row(row)}: {error}")
        else:
            if (at, digest.digest()) != (size, wanted):
                self._say(name_row(row), f"{name_row(row)}: its file was changed")

    def _above(self, head: LedgerHead) -> Steps:
        """Check the tiles of tiles, and that all together give the root the writer holds."""
        level = 1
        while count := head.size >> 8 * (level + 1):
            for index in range(count):
                below = range(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)
                hashes = b"".join(self._root_of(level - 1, place) for place in below)
                if self._book.tile(level, index) != hashes:
                    name = f"tile {level}/{index}"
                    self._say(name, f"{name} does not fit those below")
                yield
            level += 1
        if Tree.load(head.size, tile_reader(self._book)).root() != head.root:
            self._say("root", "the lines do not give the root the writer holds")

    def _root_of(self, level: int, index: int) -> bytes:
        hashes = self._book.tile(level, index)
        return tile_root(hashes) if len(hashes) == TILE_WIDTH * HASH_BYTES else b""
