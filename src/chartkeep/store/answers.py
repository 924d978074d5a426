"""Answers that change nothing: one set a reading thread, on a connection of its own.

They cost what they give. What they give is sealed: nobody here can tell whether it opens.
"""

from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.store import protocol as ask
from chartkeep.store.alarms import Alarms
from chartkeep.store.blobs import Blobs
from chartkeep.store.book import MAX_PAGE_BYTES, Reading
from chartkeep.store.guard.frozen import Frozen
from chartkeep.store.guard.guard import Guard
from chartkeep.store.sequencer import Sequencer
from chartkeep.store.tiling import tile_reader
from chartkeep.store.vaulting import Vaulting
from chartkeep.store.witnessing import Witnessing
from chartkeep.wire.calls import Call
from chartkeep.wire.frames import Message

MAX_ASKED: Final = 10_000
MAX_WORDS: Final = 1_000
MAX_RECORDS: Final = 4_096


class State(NamedTuple):
    """What the store knows besides its book."""

    sequencer: Sequencer
    blobs: Blobs
    alarms: Alarms
    witnessing: Witnessing
    vaulting: Vaulting
    kit: Path
    frozen: Frozen
    guard: Guard

    def read_kit(self) -> bytes:
        """Read the kit as it lies; empty when operators were never named."""
        try:
            return self.kit.read_bytes()
        except FileNotFoundError:
            return b""


class Answers:
    """One reading thread's answers."""

    def __init__(self, book: Reading, state: State) -> None:
        self._book = book
        self._state = state

    def give(self, call: Call) -> Message:  # noqa: C901, PLR0911 - a table, one line a question
        """Answer a question. Raises BadInputError for one that asks for too much at once."""
        book = self._book
        match call.request:
            case ask.Read() as read:
                _check_count(read.entries)
                _check_words(len(read.kinds) + len(read.sections))
                return book.page(read)
            case ask.Newest(chart):
                return ask.Line(book.newest(chart))
            case ask.Kinds(charts, sections):
                _check_words(len(sections))
                return ask.KindList(book.kinds(_check_count(charts), sections))
            case ask.Faces(charts):
                return book.faces(_check_count(charts))
            case ask.Heads(entries):
                return ask.HeadList(book.heads(_check_count(entries)))
            case ask.Where(entries):
                heads = book.heads(_check_count(entries))
                lines = {head.chart: book.newest(head.chart) for head in heads if head.version}
                return ask.Places(heads, [lines.get(head.chart, -1) for head in heads])
            case ask.Find(labels):
                return ask.Charts(book.charts(_check_count(labels)))
            case ask.Wraps(chart):
                return ask.Found(book.wraps(chart), [], 0)
            case ask.Shreds():
                return ask.Charts(book.shreds())
            case ask.ReadBlobs(chart, ranges):
                newest = book.newest(chart)
                return ask.BlobBytes(self._read_blobs(chart, ranges), newest)
            case _:
                return self._tell(call.request)

    def _tell(self, request: Message) -> Message:  # noqa: PLR0911 - as above
        """Answer about the ledger and the store itself."""
        match request:
            case ask.Records(start, limit, bare):
                found = self._book.records(max(start, 0), _most(limit), bare=bare)
                return ask.RecordList(*found)
            case ask.Headers(chart, start, limit):
                headers = self._book.headers(chart, max(start, 0), _most(limit))
                return ask.HeaderList(headers)
            case ask.Tile(level, index, width):
                return ask.TileBytes(tile_reader(self._book)(level, index, width))
            case ask.Checkpoint():
                return self._checkpoint()
            case ask.Kit():
                return ask.KitBytes(self._state.read_kit())
            case ask.Vaulted(size):
                self._state.vaulting.told(size)
                return ask.Heard(self._state.vaulting.after)
            case ask.Status():
                return self._health()
            case _:
                raise NotAllowedError("the store has no such verb")

    def _checkpoint(self) -> ask.Note:
        """Give the cosigned checkpoint if it is of the present head, else sign the head."""
        head = self._state.sequencer.head
        kept = self._book.note()
        cosigned = kept if self._state.witnessing.witnessed else ""  # without a witness: our own
        if kept.split("\n")[1:2] == [str(head.size)]:
            return ask.Note(kept, cosigned)
        return ask.Note(self._state.witnessing.sign(head).raw().decode(), cosigned)

    def _health(self) -> ask.Health:
        tally = self._book.tally()
        witnessing = self._state.witnessing
        vaulting = self._state.vaulting
        alarms = self._state.alarms.sentences() + witnessing.alarms() + vaulting.alarms()
        alarms += self._state.guard.alarms()
        size = self._state.sequencer.head.size
        return ask.Health(
            tally.entries, tally.charts, tally.bytes, size, witnessing.witnessed, alarms,
            vaulting.vaulted, vaulting.lag(), self._state.frozen.why,
        )  # fmt: skip

    def _read_blobs(self, chart: bytes, ranges: list[tuple[bytes, int, int]]) -> list[memoryview]:
        """Read ranges of a chart's blobs; what is not there is the reader's to name."""
        if len(ranges) > MAX_ASKED or any(min(start, length) < 0 for _, start, length in ranges):
            raise BadInputError(
                "at most 10,000 ranges are asked for, each with a start and a length"
            )
        if sum(length for _, _, length in ranges) > MAX_PAGE_BYTES:
            raise BadInputError("at most 32 MiB of blobs are read at a time")
        there = {blob: bool(self._book.blob(chart, blob)) for blob, _, _ in ranges}
        parts = (self._part(chart, *each) if there[each[0]] else b"" for each in ranges)
        return [memoryview(part) for part in parts]

    def _part(self, chart: bytes, blob: bytes, start: int, length: int) -> bytes:
        try:
            return self._state.blobs.read(chart, blob, start, length)
        except NotFoundError:
            self._state.guard.doubt(chart)
            return b""


def _most(limit: int) -> int:
    return max(0, min(limit, MAX_RECORDS))


def _check_words(count: int) -> None:
    if count > MAX_WORDS:
        raise BadInputError("at most 1,000 sections and kinds are named at a time")


def _check_count(asked: list[bytes]) -> list[bytes]:
    if len(asked) > MAX_ASKED:
        raise BadInputError("at most 10,000 things are asked for at a time")
    return asked
