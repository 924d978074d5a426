"""Shows the ledger's head to the witness, at most once a second, and never in a writer's way.

Promises that a head the witness cosigned is kept, and that people hear when it stops answering.
A store without a witness works, and says in its status that a rollback would not be noticed.
"""

import threading
from collections.abc import Callable
from typing import Final, Protocol

from chartkeep.errors import ChartkeepError, ConflictError, UnavailableError
from chartkeep.ledger.checkpoint import Checkpoint, Opened, sign_checkpoint
from chartkeep.ledger.note import Note
from chartkeep.ledger.proofs import consistency_proof
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.book import Reading
from chartkeep.store.sequencer import Clock, LedgerHead
from chartkeep.store.tiling import tile_reader

PAUSE: Final = 1.0
LATE: Final = 10_000


class Witness(Protocol):
    """What the store asks of a witness; `chartkeep.witness.client.Witness` is one."""

    def latest(self, origin: str, not_before: int = 0) -> Opened:
        """Ask what it saw last of a log, size 0 if nothing; `not_before` in POSIX seconds."""

    def add_checkpoint(self, old_size: int, proof: list[bytes], signed: Note) -> Note:
        """Have a checkpoint cosigned. Raises ConflictError when it stands at another size."""


class Witnessing:
    """A thread that keeps the witness up to date; `keep` takes each signed note."""

    def __init__(
        self,
        witness: Witness | None,
        seen: int,
        book: Reading,
        head: Callable[[], LedgerHead],
        keep: Callable[[str], None],
        *,
        sign: tuple[str, SigningKey],
        clock: Clock,
    ) -> None:
        self._witness = witness
        self._book = book
        self._head = head
        self._keep = keep
        self._origin, self._key = sign
        self._clock = clock
        self._ending = threading.Event()
        self._trouble = ""
        self._answered = clock()
        self._shown = seen
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def witnessed(self) -> int:
        """Count the lines the witness has cosigned."""
        return self._shown if self._witness is not None else 0

    def sign(self, head: LedgerHead) -> Note:
        """Sign a head as the log."""
        return sign_checkpoint(Checkpoint.at(self._origin, head.size, head.root), self._key)

    def alarms(self) -> list[str]:
        """Say what is wrong between us and the witness."""
        if self._witness is None:
            return ["no witness is set up: a rollback of the records ledger would not be noticed"]
        behind = self._head().size - self._shown
        silent = self._clock() - self._answered
        if self._trouble:
            return [f"the witness does not cosign the records ledger: {self._trouble}"]
        if behind and silent > LATE:
            return [f"the witness has not answered for {silent // 1000} s, {behind} lines behind"]
        return []

    def close(self) -> None:
        """Show the last head and end; a witness that hangs is not waited for long."""
        self._ending.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ending.wait(PAUSE):
            self._show()
        self._show()

    def _show(self) -> None:
        """Sign the head if it grew and have it cosigned; whatever fails is for `alarms`."""
        head = self._head()
        if head.size == self._shown:
            self._answered = self._clock()
            return
        try:
            note = self._cosigned(self.sign(head), head.size)
        except ConflictError:
            # An answer of its was lost: it stands at a size we did not hear of.
            self._catch_up()
        except UnavailableError:
            return
        except ChartkeepError as error:
            self._trouble = str(error)
        except Exception as error:  # noqa: BLE001 - this thread must live to say that it fails
            self._trouble = f"showing it failed: {type(error).__name__}"
        else:
            self._keep(note.raw().decode())
            self._trouble = ""
            self._shown, self._answered = head.size, self._clock()

    def _cosigned(self, note: Note, size: int) -> Note:
        if self._witness is None:
            return note
        proof: list[bytes] = []
        if self._shown:
            proof = consistency_proof(self._shown, size, tile_reader(self._book))
        return self._witness.add_checkpoint(self._shown, proof, note)

    def _catch_up(self) -> None:
        try:
            assert self._witness is not None, "only a witness conflicts"
            seen = self._witness.latest(self._origin).checkpoint.size
            if seen > self._head().size:
                self._trouble = f"it saw {seen} lines, so this is an old copy"
            else:
                self._shown = seen
        except ChartkeepError as error:
            self._trouble = str(error)
