"""The keyholder and its witness: asked at start, shown the ledger's growth while running.

Promises that a ledger the witness contradicts, in words it signed, is not served: a rolled-back
disk, a fork, a keyholder another one replaced. A witness that hangs, or lies unsigned, holds up
nothing that runs; at start it leaves the care floor and break-glass. Two people can `recover`.
"""

import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from chartkeep.errors import (
    ChartkeepError,
    ConflictError,
    LedgerBrokenError,
    NotAllowedError,
    RefusedError,
    UnavailableError,
)
from chartkeep.keyholder import actions, details
from chartkeep.keyholder.core import Keyholder, Work
from chartkeep.keyholder.group import load_tree
from chartkeep.keyholder.protocol import Login
from chartkeep.keyholder.proving import prove_person
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.turn import Turn
from chartkeep.ledger.checkpoint import Checkpoint, Opened
from chartkeep.ledger.note import Note, to_base64
from chartkeep.ledger.proofs import consistency_proof
from chartkeep.sealing.keyed import token_hash
from chartkeep.sealing.keys import fresh_id, fresh_secret

PAUSE = 1.0
LATE = 10_000
REPLAY = 300
"""Seconds an answer of the witness may be old; its clock and ours may differ by that."""
CONTRADICTED = "two people recover, see docs/takeover.md"

Found = TypeVar("Found")


class Witness(Protocol):
    """What the keyholder asks of a witness; `wiring` gives it `chartkeep.witness.client`'s."""

    def latest(self, origin: str, not_before: int = 0) -> Opened:
        """Ask what it saw last of a log, size 0 if nothing; `not_before` in POSIX seconds."""

    def add_checkpoint(self, old_size: int, proof: list[bytes], signed: Note) -> Note:
        """Have a checkpoint cosigned. Raises ConflictError when it stands at another size."""


def check_start(keyholder: Keyholder, witness: Witness) -> None:
    """Ask the witness before the first line is written.

    Raises LedgerBrokenError when it saw a longer ledger, another one, or a higher epoch. When it
    does not answer, only the care floor and break-glass open until it does, or until two people
    accept the head this prints.
    """
    keyholder.witnessed = int(keyholder.book.mark("witnessed") or 0)
    keyholder.cosigned = str(keyholder.book.mark("cosigned") or "")
    try:
        seen = _ask(keyholder, witness, keyholder.open_turn().now)
    except ChartkeepError:
        head = to_base64(keyholder.start_head)
        keyholder.start_refused = f"the witness has not answered since start, at head {head}"
        return
    check_seen(keyholder, seen)


def check_seen(keyholder: Keyholder, seen: Checkpoint) -> None:
    """Hold the ledger against what the witness signed. Raises LedgerBrokenError."""
    size = keyholder.tree.size
    if seen.epoch > keyholder.standing.epoch:
        raise LedgerBrokenError(
            f"another keyholder took over at epoch {seen.epoch}", hint="see docs/takeover.md"
        )
    if any((gap.last, gap.root) == (seen.size, seen.root) for gap in keyholder.standing.gaps):
        # HOLE: until the witness's operator accepts the gap, it notices no further rollback.
        keyholder.witness_trouble = "the witness's operator must accept the gap in the ledger"
        return
    if seen.size > size:
        raise LedgerBrokenError(
            f"the witness saw {seen.size} lines, here are {size}", hint=CONTRADICTED
        )
    if seen.size and load_tree(keyholder.book, seen.size).root() != seen.root:
        raise LedgerBrokenError("the witness saw another ledger than this", hint=CONTRADICTED)
    keyholder.witnessed = max(keyholder.witnessed, seen.size)


def recover(keyholder: Keyholder, witness: Witness, people: tuple[Login, Login]) -> None:
    """Go on with a ledger the witness contradicts: two people, and a line that says what is lost.

    First copy back what the follower has (`mirror.copy_back`). All budgets count as spent then.
    Raises RefusedError when nothing is to be recovered, NotAllowedError for the wrong people.
    """
    turn = keyholder.open_turn()
    seen = _ask(keyholder, witness, turn.now)
    try:
        check_seen(keyholder, seen)
    except LedgerBrokenError:
        if seen.epoch > keyholder.standing.epoch:
            raise
    else:
        raise RefusedError("the witness does not contradict this ledger", hint="start as usual")
    first, second = (_proved(keyholder, turn, login) for login in people)
    if first.person == second.person:
        raise NotAllowedError("a second person is needed", hint="somebody else must agree")
    known = int(keyholder.book.mark("witnessed") or 0)
    query = "SELECT time FROM line WHERE idx = ?"
    since = keyholder.book.value(query, (max(known - 1, 0),)) or 0
    told = details.Gap(known, seen.size, since, seen.root, second.person)
    turn.line("gap", told, session=first)
    keyholder.write(turn)


def _ask(keyholder: Keyholder, witness: Witness, now: int) -> Checkpoint:
    return witness.latest(keyholder.name.origin, now // 1000 - REPLAY).checkpoint


def _proved(keyholder: Keyholder, turn: Turn, login: Login) -> Session:
    """Prove a person on the keyholder's host; the code is used up, the session ends at once."""
    standing = keyholder.standing
    person = standing.people.get(login.person)
    found = prove_person(keyholder.ring.people, person, login, turn.now / 1000)
    fresh = found.holds and found.step > standing.steps.get(login.person, -1)
    if person is None or not fresh or actions.AcceptHead not in person.rights.acts:
        raise NotAllowedError("this person cannot recover", hint="password, code, role")
    session = Session(fresh_id(), login.person, "", turn.now, turn.now)
    told = details.LoggedIn(token_hash(fresh_secret()), turn.now, found.step)
    turn.line("login", told, session=session)
    return session


class Witnessing:
    """A thread that shows the witness how the ledger grew, at most once a second."""

    def __init__(
        self, keyholder: Keyholder, inner: Callable[[Work], None], witness: Witness
    ) -> None:
        self._keyholder = keyholder
        self._inner = inner
        self._witness = witness
        self._answered = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End; a witness that hangs is not waited for long."""
        self._closed.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._closed.wait(PAUSE):
            try:
                self._show()
            except ChartkeepError as error:
                self._keyholder.witness_trouble = str(error)

    def _show(self) -> None:
        now, size, proof, note = self._in_lane(self._offer)
        self._answered = self._answered or now
        try:
            if self._keyholder.start_refused:
                self._compare(now)
                self._keyholder.start_refused = ""
            elif size != self._keyholder.witnessed:
                cosigned = self._witness.add_checkpoint(self._keyholder.witnessed, proof, note)
                self._in_lane(partial(self._keep, size, cosigned.raw().decode()))
        except UnavailableError as error:
            if now - self._answered > LATE:
                seconds = (now - self._answered) // 1000
                raise UnavailableError(f"the witness has not answered for {seconds} s") from error
        except ChartkeepError as error:
            # What it said may be anybody's; what it signed is not.
            self._compare(now)
            if not isinstance(error, ConflictError):
                raise
        else:
            self._answered = now
            self._keyholder.witness_trouble = ""

    def _compare(self, now: int) -> None:
        """Hold what the witness signed against the ledger; stop for good when they differ."""
        seen = _ask(self._keyholder, self._witness, now)
        try:
            self._in_lane(lambda _: check_seen(self._keyholder, seen))
        except LedgerBrokenError as error:
            self._keyholder.halted = str(error)
            self._inner(lambda _: None)
            raise

    def _offer(self, turn: Turn) -> tuple[int, int, list[bytes], Note]:
        """Sign the ledger as it is on disk, with the proof that it only grew."""
        kept, size = self._keyholder.witnessed, self._keyholder.tree.size
        proof = consistency_proof(kept, size, self._keyholder.read_tile) if kept < size else []
        return turn.now, size, proof, self._keyholder.checkpoint()

    def _keep(self, size: int, cosigned: str, turn: Turn) -> None:
        self._keyholder.witnessed, self._keyholder.cosigned = size, cosigned
        turn.change("mark", "witnessed", size)
        turn.change("mark", "cosigned", cosigned)

    def _in_lane(self, work: Callable[[Turn], Found]) -> Found:
        """Do a thing in the keyholder's one thread, between two groups, and give what it gave."""
        done: SimpleQueue[Any] = SimpleQueue()

        def run(turn: Turn) -> None:
            try:
                done.put((work(turn), None))
            except ChartkeepError as error:
                done.put((None, error))

        self._inner(run)
        try:
            found, error = done.get(timeout=30)
        except Empty as empty:
            raise UnavailableError("the keyholder has no time for its witness") from empty
        if error is not None:
            raise error
        result: Found = found
        return result
