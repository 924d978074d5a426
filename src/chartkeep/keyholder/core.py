"""The keyholder: decides in turns, writes each turn down, and only then lets keys go.

`serve` is the crash-critical order. It does no networking and reads no clock of its own; whatever
it cannot write stops it, and a new start reads what is really on the disk.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from chartkeep.errors import ChartkeepError, LedgerBrokenError, UnavailableError
from chartkeep.keyholder import details
from chartkeep.keyholder.book import Book, Change
from chartkeep.keyholder.budget import DAY, SLICES
from chartkeep.keyholder.clock import Clock, Reading
from chartkeep.keyholder.group import load_tree, pack_group
from chartkeep.keyholder.name import Name
from chartkeep.keyholder.refusals import Refusals, ours
from chartkeep.keyholder.ring import KeyRing
from chartkeep.keyholder.standing import Standing
from chartkeep.keyholder.turn import After, Turn
from chartkeep.ledger.body import Whole
from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.ledger.note import Note
from chartkeep.sealing.lines import open_body, seal_body
from chartkeep.wire.frames import Message, Peer


class Asked(Protocol):
    """A call of the wire as the core sees it."""

    peer: Peer
    request: Any
    finding: Any

    def answer(self, message: Message) -> None:
        """Answer it."""

    def fail(self, error: ChartkeepError) -> None:
        """Refuse it."""


class Mirror(Protocol):
    """The follower as the primary sees it."""

    acknowledged: int
    """Up to which group it is known to have everything."""
    trouble: str
    """Why it is not in step, for people."""

    def pull(self, book: Book) -> bool:
        """Fetch the group this disk lost in a crash; False when the follower does not answer.

        Raises LedgerBrokenError when this disk is older than that, or somebody took over there.
        """

    def begin(self, book: Book) -> None:
        """Begin to keep it in step, from a reader of its own."""

    def in_step(self) -> bool:
        """Say whether it has every group and takes the next one at once."""

    def send(self, number: int, group: bytes) -> None:
        """Begin to send a group. Raises LedgerBrokenError when somebody took over there."""

    def wait(self) -> bool:
        """Wait until the group is durable there; False when the follower does not answer."""

    def close(self) -> None:
        """Speak to it no more."""


Work = Callable[[Turn], None]
"""Something the keyholder does by itself within a turn."""

Handler = Callable[["Keyholder", Turn, Asked], After]


class Keyholder:
    """One facility's keyholder, in the one thread that calls it."""

    def __init__(
        self, book: Book, ring: KeyRing, name: Name, read_clock: Callable[[], Reading]
    ) -> None:
        self.book = book
        self.ring = ring
        self.name = name
        self.mirror: Mirror | None = None
        self.mirrored = False
        """Whether the last group is durable at the follower too."""
        self._told_trouble = ""
        self.witnessed = 0
        self.cosigned = ""
        self.retention = 0
        self.start_refused = ""
        """Why only the care floor and break-glass open: the witness has not answered yet."""
        self.halted = ""
        """Why nothing more may be served: a newer keyholder, or a witness saw another ledger."""
        self.errand_trouble = ""
        self._jump_noted = False
        self.next_label: int = book.mark("labels") or 0
        """The number of the next label, whatever its keyword: no number is taken twice."""
        self.witness_trouble = ""
        self.refusals = Refusals()
        self._read_clock = read_clock
        ring.open_roots(name.origin)
        self.standing = Standing(decoy_key=ring.decoy_marks)
        size = book.size()
        self.tree = load_tree(book, size)
        self.start_head = self.tree.root()
        """The ledger's head at start, which two people can accept while the witness is silent."""
        self._recall(size)
        start, query = read_clock(), "SELECT time FROM line ORDER BY idx DESC LIMIT 1"
        self.last_written = book.value(query) or start.wall
        """When the last line on disk at start was written."""
        self._clock = Clock(start, self.last_written)
        self._number = book.mark("group") or 0

    def serve(self, asked: Sequence[tuple[Asked, Handler]], works: Sequence[Work] = ()) -> None:
        """Decide a group of requests, make it durable, then answer.

        Raises UnknownWriteError or LedgerBrokenError, after which the process must stop.
        """
        if self.halted:
            raise LedgerBrokenError(self.halted, hint="see docs/takeover.md")
        if self.mirror is not None:
            self.mirrored = self.mirror.in_step()
        turn = self.open_turn()
        for work in works:
            work(turn)
        # 1. Decided: every request has its lines, refusals too; nothing has left this process.
        answers = [(call, self._decide(turn, call, handler)) for call, handler in asked]
        # 2. Durable, here and at the follower. A crash before this point leaves no trace and no
        #    key has gone out; a crash after it leaves lines of keys nobody received: too many
        #    lines are safe, too few are not.
        self.write(turn)
        # 3. Out: only now are wraps opened and answers sent.
        for call, after in answers:
            self._answer(call, after)

    def open_turn(self) -> Turn:
        """Begin a turn at the present time."""
        return Turn(self.standing, self.tree.size, self._clock.now(self._read_clock()))

    def write(self, turn: Turn) -> None:
        """Make a turn durable. Raises UnknownWriteError, after which the process must stop."""
        if not turn.lines and not turn.changes:
            return
        self._number += 1
        mark: Change = ("mark", ("group", self._number))
        changes = [*self._line_changes(turn), *turn.changes, mark]
        if self.standing.detached:
            self._detach()
            changes.append(("outbox_done", (self._number,)))
        if self.mirror is None and not self.standing.following:
            self.book.apply(changes)
            return
        # The group goes to the follower while the local disk works. It also lies in the outbox
        # until the follower has it, so that a crash or a cut wire loses nothing of it.
        group = pack_group(self.tree, changes)
        changes.append(("outbox", (self._number, group)))
        if self.mirror is None:
            self.book.apply(changes)
            return
        self.mirror.send(self._number, group)
        self.book.apply([*changes, ("outbox_done", (self.mirror.acknowledged,))])
        self.mirrored = self.mirror.wait()

    def attach(self, mirror: Mirror | None) -> None:
        """Keep a follower in step from now on, before the first turn; none if it was detached."""
        self.mirrored = False
        if mirror is None:
            return
        if self.standing.detached:
            mirror.close()
            return
        mirror.begin(self.book.reader())
        self.mirror = mirror

    def note_follower(self, turn: Turn) -> None:
        """Write down that the follower has everything, which makes it needed; and its troubles."""
        if self.mirror is None:
            return
        if self.mirror.in_step() and not self.standing.following:
            turn.line("follow", details.Told("the follower has everything", self._number))
        if self.mirror.trouble not in ("", self._told_trouble):
            turn.line("alarm", details.Told(self.mirror.trouble))
        self._told_trouble = self.mirror.trouble

    def _detach(self) -> None:
        if self.mirror is not None:
            self.mirror.close()
            self.mirror = None

    def check_guarded(self, *, spared: bool) -> None:
        """Refuse all but the spared while the witness or the follower has not answered.

        Spared are the care floor and break-glass: they go on with local durability.
        """
        if spared:
            return
        if self.start_refused and self.standing.head_accepted != self.start_head:
            raise UnavailableError(self.start_refused, hint="two people can accept the head")
        if self.standing.following and not self.mirrored:
            raise UnavailableError(
                "the follower does not answer", hint="mend it, or two people detach it"
            )

    def note_clock(self, turn: Turn) -> None:
        """Write down, once, that the wall clock jumped: it opens no budget, but is looked into."""
        jumped = bool(self._clock.jumped)
        if jumped and not self._jump_noted:
            turn.line("alarm", details.Told("the wall clock jumped, ms", self._clock.jumped))
        self._jump_noted = jumped

    @property
    def clock_jump(self) -> int:
        """Say by how many ms the wall clock stands off, 0 while it is believed."""
        return self._clock.jumped

    def follower_state(self) -> str:
        """Say how the follower is, in a word."""
        if self.mirror is not None and self.mirror.in_step():
            return "in step"
        if self.standing.following:
            return "unreachable"
        return "none" if self.mirror is None else "seeding"

    def checkpoint(self) -> Note:
        """Sign the ledger as it stands; only what is durable is in the tree."""
        at = Checkpoint.at(self.name.origin, self.tree.size, self.tree.root(), self.standing.epoch)
        return sign_checkpoint(at, self.ring.signing)

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Read any tile of the ledger as it stands."""
        return self.tree.reader(self.book.read_tile)(level, index, width)

    def _decide(self, turn: Turn, call: Asked, handler: Handler) -> After | ChartkeepError:
        try:
            return handler(self, turn, call)
        except Exception as error:  # noqa: BLE001 - one request's fault must not end all service
            self.refusals.note(turn, call.peer, call.request, error)
            return ours(error)

    def _answer(self, call: Asked, after: After | ChartkeepError) -> None:
        if isinstance(after, ChartkeepError):
            call.fail(after)
            return
        try:
            answer = after()
        except Exception as error:  # noqa: BLE001 - the line is written, the key stays here
            call.fail(ours(error))
        else:
            call.answer(answer)

    def _line_changes(self, turn: Turn) -> list[Change]:
        """Seal the turn's bodies, grow the tree, and give the rows of both."""
        rows: list[Change] = []
        for index, line in enumerate(turn.lines, turn.first):
            body = seal_body(self.ring.lines, index, line.body)
            rows.append(("line", (index, line.time, int(line.standing), line.entry, body)))
        self.tree.append_many(line.entry for line in turn.lines)
        rows += [("tile", (t.level, t.index, t.hashes)) for t in self.tree.take_tiles()]
        return rows

    def _recall(self, size: int) -> None:
        """Rebuild what stands: every standing line, and all lines of the last day for budgets."""
        newest = self.book.value("SELECT time FROM line WHERE idx = ?", (size - 1,)) or 0
        recent = self.first_since(newest - DAY - DAY // SLICES)
        query = "SELECT idx, entry, body FROM line WHERE standing = 1 OR idx >= ? ORDER BY idx"
        for index, entry, sealed in self.book.scan(query, (recent,)):
            key = self.ring.lines.bundle(index // 256)
            body = open_body(key, index, sealed)
            line = Whole.parse(body)
            if line.entry() != entry:
                raise LedgerBrokenError(f"line {index} is not what was written", hint="restore")
            self.standing.apply(line.line, index)

    def first_since(self, time: int) -> int:
        """Find the first line at or after a time; times never decrease, so by halving."""
        low, high = 0, self.tree.size
        while low < high:
            middle = (low + high) // 2
            found = self.book.value("SELECT time FROM line WHERE idx = ?", (middle,))
            low, high = (middle + 1, high) if found < time else (low, middle)
        return low
