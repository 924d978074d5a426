"""A store that serves some charts while the others are still on their way back.

    interim.db     the inpatients' charts, the ledger's tiles and its last lines: a store goes on
                   from there, so what is read is written down, and what is new is kept
    restoring      a mark: no other store may run here, it would take itself for an empty one

Promises that what it acknowledged is in the whole store afterwards (`join_tail`), and that nobody
is told that something is not there which is only not back yet.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from chartkeep.errors import ChartkeepError, RefusedError, UnavailableError
from chartkeep.model import FacilityId
from chartkeep.store import protocol as ask
from chartkeep.store.book import Plan, Question, Reading, Tally
from chartkeep.store.records import RecordType, Row, read_labels
from chartkeep.store.service import MAY, StoreService
from chartkeep.store.sqlite import SqliteBook
from chartkeep.wire.calls import Call
from chartkeep.wire.frames import Message, Peer

INTERIM: Final = "interim.db"
MARK: Final = "restoring"


Refuse = Callable[[Message], ChartkeepError | None]
"""Says why a request is not served, None when it is."""


class Gate:
    """A store's service behind a rule about what is served at all."""

    name = "store"
    requests = ask.REQUESTS

    def __init__(self, service: StoreService, refuse: Refuse) -> None:
        self._service = service
        self._refuse = refuse

    def public_key(self, instance: str) -> bytes:
        """Give a registered instance's key."""
        return self._service.public_key(instance)

    def greet(self, peer: Peer) -> None:
        """Count a worker's connections."""
        self._service.greet(peer)

    def part(self, peer: Peer) -> None:
        """Forget what a worker left unfinished."""
        self._service.part(peer)

    def suspect(self, instance: str, what: str) -> None:
        """Ring for a false proof or a replayed frame."""
        self._service.suspect(instance, what)

    def take(self, call: Call) -> None:
        """Serve a call, or say why not."""
        error = self._refuse(call.request)
        if error is not None:
            call.fail(error)
        else:
            self._service.take(call)


HasBlob = Callable[[bytes, bytes], bool]


def refuse_awaited(
    book: Reading, size: int, awaited: Callable[[bytes], bool], has_blob: HasBlob
) -> Refuse:
    """Make the rule of an interim store: what is about charts that are not back comes again.

    `size`: from which line on everything is here; `awaited` names charts not back yet, `has_blob`
    says whether a chart's blob is.
    """

    def must_wait(request: Message) -> bool:
        match request:
            case ask.Records(start) | ask.Headers(b"", start):
                return start < size
            case ask.Where(entries):
                return not all(head.version for head in book.heads(entries))
            case ask.Find(labels):  # a keyholder gives out no label that nobody has
                return not all(book.charts(labels))
            case ask.ReadBlobs(chart, ranges) if not awaited(chart):
                asked = dict.fromkeys(blob for blob, _, _ in ranges)
                return any(book.blob(chart, b) and not has_blob(chart, b) for b in asked)
            case ask.Faces(charts) | ask.Kinds(charts):
                return any(map(awaited, charts))
            case _:
                named: Any = getattr(request, "chart", b"")
                return bool(named) and awaited(named)

    def refuse(request: Message) -> ChartkeepError | None:
        if not must_wait(request):
            return None
        words = "the store is being restored: this chart, or image, is not back yet"
        return UnavailableError(words, hint="try again in some minutes")

    return refuse


def refuse_writing(request: Message) -> ChartkeepError | None:
    """Make the rule of a view: it shows an earlier time, and nobody changes that."""
    if MAY[type(request)] & {"write", "keep"} and not MAY[type(request)] & {"read", "pull"}:
        return RefusedError("this is a view of an earlier time", hint="deposit into the store")
    return None


def join_tail(whole: Path, interim: Path, size: int, facility: FacilityId, origin: str) -> int:
    """Add to a whole database of `size` lines what the interim store took in; gives how much.

    May be done again after a crash: it is one commit.
    """
    with (
        closing(SqliteBook(whole, facility, origin)) as book,
        closing(SqliteBook(interim, facility, origin)) as tail,
    ):
        if book.size() > size:  # a call before this one was cut short after its commit
            book.scrub()
            return book.size() - size
        rows = list(tail.rows(size, 1 << 40))
        with book.group():
            book.append(_plan_of(rows, book, tail, size))
            here = {(tile.level, tile.index) for tile in book.tiles()}
            book.keep_tiles([t for t in tail.tiles() if (t.level, t.index) not in here])
            book.keep_note(tail.note())
        book.scrub()  # out of the log and into the file that is renamed, or an error: a full disk
        return len(rows)


def _plan_of(rows: list[Row], book: SqliteBook, tail: SqliteBook, size: int) -> Plan:
    """Say what these later lines change in the book before them."""
    labels: dict[bytes, bytes] = {}
    unlabel: dict[bytes, None] = {}
    dropped: list[int] = []
    for row in rows:
        match row.type:
            case RecordType.LABELS if row.object is not None:
                labels |= dict.fromkeys(read_labels(row.object)[1], row.chart)
            case RecordType.UNLABEL if row.object is not None:
                gone = read_labels(row.object)[1]
                unlabel |= dict.fromkeys(label for label in gone if labels.pop(label, None) is None)
            case RecordType.SHRED:
                listed = book.label_lines(row.chart)
                dropped += book.wrap_lines(row.chart) + [at for at, _ in listed]
                unlabel |= dict.fromkeys(label for _, each in listed for label in each)
            case _:
                pass
    replaced = tail.replaced_since(size)
    wraps = {RecordType.WRAP, RecordType.REWRAP}
    dropped += [old for _, old, kind in replaced if kind in wraps]
    stored = [len(row.object) for row in rows if row.type == RecordType.ENTRY and row.object]
    charts = {row.chart for row in rows}
    fresh = [c for c in charts if not book.facts(Question(c, [], [], [])).known_chart]
    rows = _without_strangers(rows, book)
    tally = Tally(len(stored), len(fresh), sum(stored))
    changed = [(new, old) for new, old, _ in replaced]
    return Plan(rows, changed, dropped, list(labels.items()), list(unlabel), tally)


def _without_strangers(rows: list[Row], book: SqliteBook) -> list[Row]:
    """Let no entry be current that took the id of one which was not back yet.

    Ids follow from source and key, so a whole store would have refused it as a conflict.
    """
    ids = [row.entry for row in rows if row.entry is not None]
    there = book.facts(Question(b"", [], ids, [])).heads
    return [
        row._replace(replaced=row.at)
        if row.entry in there and there[row.entry].chart != row.chart and row.replaced is None
        else row
        for row in rows
    ]


def check_not_restoring(folder: Path) -> None:
    """Refuse a folder that is being restored. Raises UnavailableError."""
    if (folder / MARK).exists():
        raise UnavailableError(
            "this store is being restored", hint="run chartkeep restore again: it goes on"
        )


def forget(path: Path) -> None:
    """Remove a database of ours, with what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{end}").unlink(missing_ok=True)
