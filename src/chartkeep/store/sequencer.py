"""The one writer: serves calls in groups, each group one commit, each object one line.

A call that is answered is durable, with its line. One call's refusal never touches another's.
When nobody knows what was written, every call of the group hears so and the process stops.
"""

from collections.abc import Callable
from typing import NamedTuple

from chartkeep.errors import (
    ChartkeepError,
    FalseWriterError,
    LedgerBrokenError,
    NotAllowedError,
    UnavailableError,
    UnknownWriteError,
)
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.note import parse_note
from chartkeep.ledger.tree import Tree
from chartkeep.model import Millis
from chartkeep.sealing.wrap import read_wrap
from chartkeep.store import rules, upkeep
from chartkeep.store.alarms import Alarms
from chartkeep.store.blobs import Blobs, Filed
from chartkeep.store.book import Book, Plan, Question
from chartkeep.store.guard.frozen import Frozen
from chartkeep.store.protocol import (
    Commit,
    Committed,
    DropLabels,
    ReplaceWraps,
    Shred,
)
from chartkeep.store.records import shred_row
from chartkeep.store.rules import House
from chartkeep.store.tiling import tile_reader
from chartkeep.wire.calls import Call
from chartkeep.wire.frames import Done, Message

Clock = Callable[[], Millis]
Stop = Callable[[UnknownWriteError], None]


class LedgerHead(NamedTuple):
    """A ledger's size and root, both durable."""

    size: int
    root: bytes


class KeepNote(Message, frozen=True, array_like=True, tag=True):
    """Keep a signed checkpoint: asked by the store itself, never over the wire."""

    note: str


class Look(Message, frozen=True, array_like=True, tag=True):
    """Look at the database's files: asked by the store's guard, never over the wire."""


class Sequencer:
    """The writer's lane. `stop` ends the process: it is called once, from the lane's thread."""

    def __init__(
        self,
        book: Book,
        blobs: Blobs,
        *,
        clock: Clock,
        alarms: Alarms,
        stop: Stop,
        frozen: Frozen | None = None,
    ) -> None:
        self._book = book
        self._blobs = blobs
        self._clock = clock
        self._alarms = alarms
        self._stop = stop
        self._frozen = frozen
        self._stopped: UnknownWriteError | None = None
        self._tree = load_tree(book)
        self._shredded = False
        self.head = LedgerHead(self._tree.size, self._tree.root())
        self.served = 0
        """Counts groups: the guard sees by it that the writer moves."""

    def serve(self, calls: list[Call]) -> None:
        """Serve a group: decide and write each call, commit once, then answer all."""
        if self._stopped is not None:
            for call in calls:
                call.fail(self._stopped)
            return
        self.served += 1
        try:
            answers = self._write(calls)
        except UnknownWriteError as error:
            self._stopped = error
            for call in calls:
                call.fail(error)
            self._stop(error)
            return
        for call, answer in zip(calls, answers, strict=True):
            if isinstance(answer, ChartkeepError):
                self._refuse(call, answer)
            else:
                self._place(filed_of(call))
                call.answer(answer)

    def _refuse(self, call: Call, error: ChartkeepError) -> None:
        for filed in filed_of(call):
            self._blobs.discard(filed)
        call.fail(error)

    def _place(self, blobs: list[Filed]) -> None:
        """Give files that are promised their places; where one stays, a reader finds it too."""
        for filed in blobs:
            try:
                self._blobs.place(filed)
            except UnavailableError as error:
                self._alarms.ring(f"a kept file stays in coming: {error}")

    def _write(self, calls: list[Call]) -> list[Message | ChartkeepError]:
        now = self._clock()
        try:
            # 1. Everything the calls change is in one transaction, with its lines and full tiles:
            #    a crash before the commit leaves none of it, a crash after it all of it.
            with self._book.group():
                self._check_untouched()
                answers = [self._serve_one(call, now) for call in calls]
                self._book.keep_tiles(self._tree.take_tiles())
            # 2. Durable. What was dropped by a shred also leaves the log file of the database.
            if self._shredded:
                self._book.scrub()
                self._shredded = False
        except UnknownWriteError:
            raise
        except Exception as error:
            raise UnknownWriteError(
                f"the store's writer failed: {type(error).__name__}",
                hint="start the store again: what it acknowledged is there",
            ) from error
        # 3. Whoever signs checkpoints may now speak of it.
        if self._tree.size != self.head.size:
            self.head = LedgerHead(self._tree.size, self._tree.root())
        return answers

    def _check_untouched(self) -> None:
        """Freeze when somebody else wrote to the database: what was acknowledged stays readable."""
        if self._frozen is not None and self._book.touched:
            why = "the store's database was written to by somebody else"
            self._frozen.freeze(f"database at line {self._tree.size}", why)

    def _serve_one(self, call: Call, now: Millis) -> Message | ChartkeepError:
        try:
            return self._do(call, House(self._book.facility, call.peer.id, now))
        except UnknownWriteError:
            raise
        except ChartkeepError as error:
            # A rule said no before anything of this call was written.
            if isinstance(error, FalseWriterError):
                self._alarms.ring(f"{call.peer.instance}: {error}")
            return error

    def _do(self, call: Call, house: House) -> Message:
        if self._frozen is not None:
            self._frozen.check(call.request)
        match call.request:
            case Commit() as commit:
                return self._commit(commit, filed_of(call), house)
            case ReplaceWraps(chart, wraps):
                heads = [(read_wrap(wrap), wrap) for wrap in wraps]
                keys = [head.key_id for head, _ in heads]
                facts = self._book.facts(Question(chart, keys, [], []))
                return self._append(upkeep.replace_wraps(chart, heads, facts, self._tree.size))
            case DropLabels(chart, labels):
                rules.check_labels(labels)
                facts = self._book.facts(Question(chart, [], [], labels))
                return self._append(upkeep.drop_labels(chart, labels, facts, self._tree.size))
            case Shred(chart):
                return self._shred(chart, house)
            case KeepNote(note):
                self._book.keep_note(note)
                return Done()
            case Look():
                return Done()
            case _:
                raise NotAllowedError("the writer has no such verb")

    def _commit(self, commit: Commit, blobs: list[Filed], house: House) -> Committed:
        parsed = rules.parse(commit, blobs)
        facts = self._book.facts(parsed.question())
        plan, lines = rules.admit(parsed, facts, house, self._tree.size)
        self._append(plan)
        return Committed(lines, self._tree.size)

    def _shred(self, chart: bytes, house: House) -> Committed:
        rules.check_id(chart)
        facts = self._book.facts(Question(chart, [], [], []))
        wraps, labels = self._book.wrap_lines(chart), self._book.label_lines(chart)
        row = shred_row(self._tree.size, chart, house.now)
        self._shredded = True
        return self._append(upkeep.shred(facts, wraps, labels, row))

    def _append(self, plan: Plan) -> Committed:
        """Write a plan and its lines; from here on only the disk can fail."""
        if plan.rows:
            self._tree.append_many(row.line for row in plan.rows)
            self._book.append(plan)
        return Committed([row.at for row in plan.rows], self._tree.size)


def filed_of(call: Call) -> list[Filed]:
    """Give the files a call brought, which the lanes before this one made durable."""
    return call.finding or []


def load_tree(book: Book) -> Tree:
    """Rebuild the tree of a book and hold it against the newest checkpoint the store signed.

    Raises LedgerBrokenError if the book is shorter, or another one.
    """
    read = tile_reader(book)
    tree = Tree.load(book.size(), read)
    if note := book.note():
        signed = Checkpoint.parse(parse_note(note.encode()).text)
        check_against(signed, tree.size, book)
    return tree


def check_against(seen: Checkpoint, size: int, book: Book) -> None:
    """Check that a ledger of `size` continues what somebody saw. Raises LedgerBrokenError."""
    if seen.size > size:
        raise LedgerBrokenError(
            f"the records ledger has {size} lines, and {seen.size} were seen before",
            hint="an old copy was put back: restore the newest one, or fetch it from the vault",
        )
    if Tree.load(seen.size, tile_reader(book)).root() != seen.root:
        raise LedgerBrokenError(
            "the records ledger is not the one that was seen before",
            hint="chartkeep ledger verify names what was changed; restore from the vault",
        )
