"""The `records` ledger as a vault takes it from a store: objects, blobs, what is gone and why.

Promises that a line is computed from its object, that a blob has the length and digest its line
says, and that a dropped object has a later line, proved to be in the ledger, that says so. What is
not so raises a DamagedError that names the line; nothing of it is kept. Whether the sealed bytes
open, nobody here can tell.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from chartkeep.errors import (
    ChartkeepError,
    DamagedError,
    LedgerBrokenError,
    NotFoundError,
    UnavailableError,
)
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.proofs import inclusion_proof, verify_inclusion
from chartkeep.ledger.tiles import ReadTile
from chartkeep.model import Millis
from chartkeep.recovery.archive import SHORT_BLOB, blob_name
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import NO_CHART, Ledger, Taken
from chartkeep.store.client import StoreClient
from chartkeep.store.protocol import Gone, Record
from chartkeep.store.records import RecordType, Row, blob_parts, read_row

PAGE: Final = 4_096
BLOB_PIECE: Final = 4 << 20
_ASKED_AT_ONCE: Final = 16 << 20
_HOPS: Final = 1_000
_WRAPS: Final = frozenset({RecordType.WRAP, RecordType.REWRAP})
_LABELS: Final = frozenset({RecordType.LABELS, RecordType.UNLABEL})


class RecordsSource:
    """A store, as a vault sees it."""

    ledger = Ledger.RECORDS

    def __init__(
        self,
        store: StoreClient,
        place: Place,
        until: Callable[[], Millis],
        without: Callable[[], Collection[int]] = tuple,
    ) -> None:
        """Take a store; long blobs go to `place`, kept at least until `until()`.

        `without`: lines that a person had the vault take without what is rotten at the store: a
        blob's file, anything else's object.
        """
        self._store = store
        self._place = place
        self._until = until
        self._without = without
        self._told = self._quiet = 0
        self._waits = False
        self._explained: dict[tuple[bytes, bytes], int] = {}
        self._tiles = lru_cache(64)(store.read_tile)
        self.read_tile: ReadTile = self._tiles

    def heads(self) -> tuple[str, str]:
        """Ask for the ledger's checkpoint, and the newest a witness cosigned."""
        self._tiles.cache_clear()  # an unfinished tile is another one as the ledger grows
        found = self._store.checkpoint()
        return found.note, found.cosigned

    def kept(self, size: int) -> bool:
        """Tell the store how many lines are safe, each tenth time also that nothing is new."""
        self._quiet = 0 if size != self._told else self._quiet + 1
        if not self._quiet % 10:
            self._waits = self._store.vaulted(size)
            self._told = size
        return self._waits

    def take(self, start: int, head: Checkpoint, room: int) -> list[Taken]:
        """Take lines from `start` on, one at least: about as many as fit into `room` bytes."""
        page = self._store.records(start, min(PAGE, head.size - start))
        if not page.records:
            raise LedgerBrokenError(f"line {start} is missing at the store")
        gone = {each.at: each for each in page.gone}
        skip = self._without()
        taken: list[Taken] = []
        for at, record in enumerate(page.records, start):
            if at in skip and record[0] != RecordType.BLOB:
                taken.append(self._bare(at))
            elif record[2] is None:
                taken.append(self._gone(at, record[0], gone.get(at), head))
            else:
                taken.append(_taken(at, record))
                room -= self.weigh(taken[-1])
            if room < 0:
                break
        return taken

    def weigh(self, taken: Taken) -> int:
        """Count what a line will take in a segment, with a short blob beside it."""
        words = taken.words or b""
        size = blob_parts(words)[1] if taken.type == RecordType.BLOB else 0
        return len(words) + (size if size <= SHORT_BLOB else 0)

    def _bare(self, at: int) -> Taken:
        """Take a line without the object the store has of it; the tree proves the line alone."""
        page = self._store.records(at, 1, bare=True)
        if not page.records or not page.gone:
            raise LedgerBrokenError(f"line {at} is missing at the store")
        (gone,) = page.gone
        return Taken(page.records[0][0], gone.line, gone.chart or NO_CHART, None)

    def _gone(self, at: int, kind: int, gone: Gone | None, head: Checkpoint) -> Taken:
        """Take a line without its object, once a later line is proved to explain that."""
        if gone is None:
            raise DamagedError(f"the object of line {at} is missing")
        if kind not in _WRAPS | _LABELS:
            raise DamagedError(f"the object of line {at} is missing, and such are never dropped")
        key = b"" if kind in _LABELS else gone.key
        known = self._explained.get((gone.chart, key), -1)
        if known <= at:
            self._explained[gone.chart, key] = self._explain(at, gone, key, head)
            if len(self._explained) > PAGE:
                del self._explained[next(iter(self._explained))]
        return Taken(kind, gone.line, gone.chart or NO_CHART, None)

    def _explain(self, at: int, gone: Gone, key: bytes, head: Checkpoint) -> int:
        """Find the line that explains why an object is gone, and prove it; gives its index."""
        why, record = gone.why, None
        for _ in range(_HOPS):  # a wrap is replaced by one that is replaced again
            if why >= head.size:
                raise UnavailableError(f"line {at} was dropped a moment ago")
            if why <= at:
                break
            page = self._store.records(why, 1)
            record = page.records[0] if page.records else None
            if record is None or record[2] is not None or not page.gone:
                break
            why = page.gone[0].why
        if why <= at or record is None or record[2] is None:
            raise DamagedError(f"the object of line {at} is missing, and no later line says why")
        row = _read_row(why, record)
        replaced = row.type == RecordType.REWRAP and key and row.key == key
        if row.chart != gone.chart or not (row.type == RecordType.SHRED or replaced):
            raise DamagedError(f"the object of line {at} is missing, and line {why} is no reason")
        proof = inclusion_proof(why, head.size, self.read_tile)
        verify_inclusion(hash_leaf(row.line), why, head.size, proof, head.root)
        return why

    def with_blobs(self, start: int, taken: list[Taken]) -> list[Taken]:
        """Fetch the sealed files of the blobs among proved lines; a long one is kept at once."""
        short: dict[bytes, list[tuple[int, Row]]] = {}
        skip = self._without()
        for at, each in enumerate(taken):
            if each.type != RecordType.BLOB or each.words is None or start + at in skip:
                continue
            row = read_row(start + at, each.type, each.words)
            if blob_parts(each.words)[1] > SHORT_BLOB:
                self._keep_long(row)
            else:
                short.setdefault(row.chart, []).append((at, row))
        for chart, rows in short.items():
            for at, sealed in self._read_short(chart, rows):
                taken[at] = taken[at]._replace(beside=sealed)
        return taken

    def _read_short(
        self, chart: bytes, rows: Sequence[tuple[int, Row]]
    ) -> Iterator[tuple[int, bytes]]:
        each_time = _ASKED_AT_ONCE // SHORT_BLOB
        for begin in range(0, len(rows), each_time):
            some = rows[begin : begin + each_time]
            asked = [(row.entry or b"", 0, SHORT_BLOB + 1) for _, row in some]
            for (at, row), part in zip(some, self._store.read_blobs(chart, asked), strict=True):
                _, size, digest = blob_parts(row.words)
                if len(part) != size or sha256(part).digest() != digest:
                    raise DamagedError(f"the blob of line {row.at} is not the one the ledger has")
                yield at, bytes(part)

    def _keep_long(self, row: Row) -> None:
        """Keep a long blob's sealed file, unless it is there."""
        _, size, digest = blob_parts(row.words)
        try:
            if self._place.size(blob_name(digest)) == size:
                return
        except NotFoundError:
            pass
        self._place.put(blob_name(digest), self._pieces(row, size, digest), self._until())

    def _pieces(self, row: Row, size: int, digest: bytes) -> Iterator[memoryview]:
        """Read a long blob; raises at its end, before anything is kept, if it is another one."""
        found, at = sha256(), 0
        while at < size:
            asked = [(row.entry or b"", at, min(BLOB_PIECE, size - at))]
            (part,) = self._store.read_blobs(row.chart, asked)
            if not part:
                break
            found.update(part)
            at += len(part)
            yield part
        if at != size or found.digest() != digest:
            raise DamagedError(f"the blob of line {row.at} is not the one the ledger has")


def _taken(at: int, record: Record) -> Taken:
    row = _read_row(at, record)
    return Taken(row.type, row.line, row.chart, row.words)


def _read_row(at: int, record: Record) -> Row:
    """Read an object as what its type says. Raises DamagedError naming the line."""
    kind, content, thing = record
    try:
        return read_row(at, kind, (content or b"") + (thing or b""))
    except (ChartkeepError, ValueError) as error:
        raise DamagedError(f"the object of line {at} is none of its type") from error
