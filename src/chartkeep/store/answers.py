"""Answers that change nothing: one set a reading thread, on a connection of its own.

They cost what they give. What they give is sealed: nobody here can tell whether it opens.
"""

from typing import Final, NamedTuple

from chartkeep.errors import BadInputError, DamagedError, NotAllowedError, NotFoundError
from chartkeep.model import to_text
from chartkeep.store import protocol as ask
from chartkeep.store.alarms import Alarms
from chartkeep.store.blobs import Blobs
from chartkeep.store.book import Reading
from chartkeep.store.records import blob_parts
from chartkeep.store.sequencer import Sequencer
from chartkeep.store.tiling import tile_reader
from chartkeep.store.witnessing import Witnessing
from chartkeep.wire.calls import Call
from chartkeep.wire.frames import Message

MAX_ASKED: Final = 10_000
MAX_RECORDS: Final = 4_096


class State(NamedTuple):
    """What the store knows besides its book."""

    sequencer: Sequencer
    blobs: Blobs
    alarms: Alarms
    witnessing: Witnessing


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
                return book.page(read)
            case ask.Newest(chart):
                return ask.Line(book.newest(chart))
            case ask.Kinds(charts, sections):
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
            case ask.ReadBlob() as read_blob:
                return self._read_blob(read_blob)
            case _:
                return self._tell(call.request)

    def _tell(self, request: Message) -> Message:
        """Answer about the ledger and the store itself."""
        match request:
            case ask.Records(start, limit):
                rows = self._book.rows(max(start, 0), min(limit, MAX_RECORDS))
                return ask.RecordList([ask.Record(row.type, row.line, row.words) for row in rows])
            case ask.Headers(chart, start, limit):
                headers = self._book.headers(chart, max(start, 0), min(limit, MAX_RECORDS))
                return ask.HeaderList(headers)
            case ask.Tile(level, index, width):
                return ask.TileBytes(tile_reader(self._book)(level, index, width))
            case ask.Checkpoint():
                return self._checkpoint()
            case ask.Status():
                return self._health()
            case _:
                raise NotAllowedError("the store has no such verb")

    def _checkpoint(self) -> ask.Note:
        """Give the cosigned checkpoint if it is of the present head, else sign the head."""
        head = self._state.sequencer.head
        kept = self._book.note()
        if kept.split("\n")[1:2] == [str(head.size)]:
            return ask.Note(kept)
        return ask.Note(self._state.witnessing.sign(head).raw().decode())

    def _health(self) -> ask.Health:
        tally = self._book.tally()
        witnessing = self._state.witnessing
        alarms = self._state.alarms.sentences() + witnessing.alarms()
        size = self._state.sequencer.head.size
        return ask.Health(
            tally.entries, tally.charts, tally.bytes, size, witnessing.witnessed, alarms
        )

    def _read_blob(self, request: ask.ReadBlob) -> ask.BlobBytes:
        words = self._book.blob(request.chart, request.blob)
        if not words:
            raise NotFoundError("there is no such blob in this chart")
        head, size, _ = blob_parts(words)
        data = self._state.blobs.read(request.chart, request.blob, request.start, request.length)
        if len(data) != max(0, min(request.length, size - request.start)):
            raise DamagedError(f"blob {to_text(request.blob)} has not its length")
        return ask.BlobBytes(data, size, self._book.wrap(request.chart, head.key_id))


def _check_count(asked: list[bytes]) -> list[bytes]:
    if len(asked) > MAX_ASKED:
        raise BadInputError("at most 10,000 things are asked for at a time")
    return asked
