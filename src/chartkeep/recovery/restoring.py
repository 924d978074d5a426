"""From a vault's shelf to a store's folder: inpatients first, then all, and what is missing.

    restore = StoreRestore(shelf, folder, house, tell)
    restore.lay()               # every line, proved segment by segment
    restore.first(charts)       # interim.db: those charts, the facility's own, all shreddings
    restore.rest()              # everything, in the order of segments; blobs beside it
    restore.end()               # store.db stands; `outcome` says what does not

Promises that nothing is taken that its line does not prove, that a damaged segment is replaced by
the ones it was merged from where they are still there, and that a folder looks whole only when it
is: killed at any point, the same calls go on or begin again. It opens nothing and asks nobody.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from chartkeep.errors import ChartkeepError, DamagedError
from chartkeep.ledger.note import VerifierKey
from chartkeep.model import UNTOLD, FacilityId, Millis
from chartkeep.recovery.archive import Archive, segment_names
from chartkeep.recovery.blobs import ReturningBlobs
from chartkeep.recovery.folder import sync_folder
from chartkeep.recovery.outcome import Outcome, Progress, Tell
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.reading import (
    checkpoints,
    newest_proved,
    pieces_by_chart,
    pieces_of,
    root_of,
    rows_of,
)
from chartkeep.recovery.segment import Ledger, Object, Segment
from chartkeep.store.interim import INTERIM, MARK, forget, join_tail
from chartkeep.store.records import RecordType, Row
from chartkeep.store.refilling import Filling, Lost
from chartkeep.store.sequencer import LedgerHead
from chartkeep.store.sqlite import open_snapshot

_STEP: Final = 5_000
_UNTOLD: Final = frozenset(int(section) for section in UNTOLD)


class House(NamedTuple):
    """Whose ledger it is, and the key that signs it."""

    facility: FacilityId
    origin: str
    log: VerifierKey


class Base(msgspec.Struct, frozen=True):
    """What is being restored, kept beside it: a second call goes on with the same."""

    size: int
    root: bytes


class StoreRestore:
    """One restore of one store; used by one thread."""

    def __init__(
        self, shelf: Shelf, folder: Path, house: House, tell: Tell, until: Millis | None = None
    ) -> None:
        self._shelf, self._folder, self._house = shelf, folder, house
        self._tell, self._until = tell, until
        self._mark = folder / MARK
        self._interim = folder / INTERIM
        self._filling: Filling | None = None
        self.base: Base | None = None
        self._without: set[str] = set()
        self._first_blobs: list[Row] = []
        self._went_on = False
        self._lost: list[Lost] = []
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._blobs = ReturningBlobs(shelf, folder / "blobs")
        self._archive = Archive(shelf, Ledger.RECORDS)

    @property
    def interim(self) -> Path:
        """Name the database that serves meanwhile."""
        return self._interim

    def has_blob(self, chart: bytes, blob: bytes) -> bool:
        """Say whether a blob's file is back."""
        return self._blobs.has(chart, blob)

    @property
    def lines(self) -> Filling:
        """Give the laid lines and tiles."""
        assert self._filling is not None, "lay comes first"
        return self._filling

    def lay(self) -> LedgerHead:
        """Take all lines; a segment whose lines do not give its peaks is passed over.

        Raises DamagedError when what is there is shorter than what this restore began with.
        """
        began = _read_base(self._mark)
        self._went_on = began is not None
        while True:
            self._archive = Archive(self._shelf, Ledger.RECORDS, self._without)
            size = self._archive.size if began is None else began.size
            if self._archive.size < size:
                raise DamagedError("the vault has fewer lines than when this restore began")
            head = self._lay(size)
            if head is not None:
                break
        if began is not None and began.root != head.root:
            raise DamagedError("the vault has other lines than when this restore began")
        self.base = Base(*head)
        self._mark.write_bytes(msgspec.json.encode(self.base))
        return head

    def _lay(self, size: int) -> LedgerHead | None:
        """Lay the lines of the present cover; None when a segment had to be passed over."""
        path = self._folder / "store.filling"
        filling = self._filling = Filling(path, *self._house[:2], self._until)
        head = filling.lay(())
        for segment in self._archive.segments:
            name = segment.name
            try:
                lines = islice(segment.lines(), max(0, min(size, name.end) - name.first))
                head = filling.lay(lines)
                whole = head.size < name.end or head.root == root_of(name.end, segment.peaks)
            except ChartkeepError:
                whole = False
            if not whole:
                self._without.add(name.text())
                filling.close()
                return None
            self._tell(Progress("lines", head.size, size))
        return head

    def first(self, charts: Iterable[bytes], shredded: Iterable[bytes] = ()) -> int:
        """Fill the interim database, unless it stands already; gives the number of charts.

        `shredded`: charts known to be, which saves looking for them.
        """
        if self._went_on and self._interim.exists():
            return len(self.here())
        forget(self._interim)
        part = Filling(self._folder / "interim.filling", *self._house[:2], None)
        part.lay_from(self.lines)
        part.take_ends()
        listed = frozenset((*charts, self._house.facility))
        pieces = chain(self._shreddings(shredded), self._of(listed))
        part.take_some(self._below(pieces), self._take_short, _UNTOLD)
        part.finish(self._note())
        part.path.rename(self._interim)
        return len(listed) - 1

    def _of(self, charts: frozenset[bytes]) -> Iterator[Object]:
        """Give the objects of some charts, segment by segment."""
        for done, segment in enumerate(self._archive.segments, 1):
            for row in rows_of(segment, charts):
                with suppress(ChartkeepError):
                    yield from segment.objects(row)
            self._tell(Progress("inpatients", done, len(self._archive.segments), self._blobs.bytes))

    def _take_short(self, row: Row, beside: bytes) -> None:
        """Keep a blob that came along; the long ones come first of all the rest."""
        if beside:
            self._blobs.take(row, beside)
        else:
            self._first_blobs.append(row)

    def here(self) -> set[bytes]:
        """Name the charts of the interim database."""
        with closing(open_snapshot(self._interim)) as book:
            return book.listed_charts()

    def awaited(self) -> Callable[[bytes], bool]:
        """Make the question whether a chart is still on its way."""
        here, archive = self.here(), Archive(self._shelf, Ledger.RECORDS, self._without)

        @lru_cache(maxsize=100_000)
        def awaits(chart: bytes) -> bool:
            return any(segment.find(chart) for segment in archive.segments)

        return lambda chart: chart not in here and awaits(chart)

    def rest(self) -> None:
        """Take every object, segment by segment, then once more what was not right."""
        assert self.base is not None, "lay comes first"
        size = self.size
        with self._blobs.taking() as take:
            for row in self._first_blobs:
                take(row, b"")
            early = {row.line for row in self._first_blobs}

            def later(row: Row, beside: bytes) -> None:
                if row.line not in early:
                    take(row, beside)

            for segment in self._archive.segments:
                first, end = segment.name.first, min(segment.name.end, size)
                if first >= end:
                    break
                weight = segment.object_pieces().left
                self.lines.take(first, end, self._counted(segment, size), weight, later)
            if self.lines.holes:
                self.lines.mend(self._second_copies(), take)
        self._blobs.sync()
        self._tell(Progress("objects", size, size, self._blobs.bytes))
        self._lost = self.lines.finish(self._note())

    def end(self) -> Outcome:
        """Join what the interim store took in, and give everything its name.

        The interim store has ended. What a crash leaves of this is ended by the next call.
        """
        assert self.base is not None, "lay comes first"
        later = 0
        if self._interim.exists():
            facility, origin, _ = self._house
            whole = self._folder / "store.filling"
            later = join_tail(whole, self._interim, self.base.size, facility, origin)
        (self._folder / "store.filling").rename(self._folder / "store.db")
        sync_folder(self._folder)  # before what stands beside it is given up
        self._blobs.close()
        self._mark.unlink()  # from here on it is a store's folder
        sync_folder(self._folder)  # never a mark without what would be joined again
        forget(self._interim)
        beyond = [(n.first, n.end) for n in self._archive.beyond()]
        return Outcome(
            LedgerHead(*msgspec.structs.astuple(self.base)), later, self._lost,
            sorted(self._blobs.lost), sorted(self._without), beyond,
        )  # fmt: skip

    def _note(self) -> str:
        """Choose the newest checkpoint of ours that these lines prove, a cosigned one first."""
        found = checkpoints(self._archive, self._house.log)
        found.sort(key=lambda opened: len(opened.note.signatures), reverse=True)
        newest = newest_proved(found, self.lines.tree_reader(), self.size)
        return "" if newest is None else newest.note.raw().decode()

    @property
    def size(self) -> int:
        """Count the lines this restore brings back."""
        assert self.base is not None, "lay comes first"
        return self.base.size

    def _below(self, pieces: Iterable[Object]) -> Iterator[Object]:
        """Leave out what came into the vault after this restore began."""
        return (piece for piece in pieces if piece.at < self.size)

    def _shreddings(self, known: Iterable[bytes]) -> Iterator[Object]:
        """Find every shredding: in the charts known to be shredded, the others by looking."""
        wanted = set(self.lines.where(RecordType.SHRED))
        for chart in known if wanted else ():
            for piece in self._archive.chart(chart):
                if piece.type == RecordType.SHRED and piece.at in wanted:
                    wanted.discard(piece.at)
                    yield piece
        for segment in reversed(self._archive.segments):
            if any(segment.name.first <= at < segment.name.end for at in wanted):
                found = [piece for piece in pieces_of(segment) if piece.at in wanted]
                wanted.difference_update(piece.at for piece in found)
                yield from found

    def _counted(self, segment: Segment, size: int) -> Iterator[Object]:
        first = segment.name.first
        for done, piece in enumerate(pieces_of(segment)):
            if not done % _STEP:
                self._tell(Progress("objects", min(first + done, size), size, self._blobs.bytes))
            yield piece
        self._tell(Progress("objects", min(segment.name.end, size), size, self._blobs.bytes))

    def _second_copies(self) -> Iterator[Object]:
        """Give objects of every segment that has lines with holes, chart by chart."""
        holes = sorted(self.lines.holes)
        for name in segment_names(self._shelf, Ledger.RECORDS):
            at = bisect_left(holes, name.first)
            if at < len(holes) and holes[at] < name.end:
                yield from pieces_by_chart(Segment(self._shelf, name))


def _read_base(path: Path) -> Base | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Base)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
