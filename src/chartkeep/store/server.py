"""Runs a store: opens its folder, checks it against the witness, serves until told to stop.

    store.db    the truth (docs/formats/records.md)
    blobs/      sealed files
    guard.jsonl what froze the store, and who let it go on
    peers.json  who may ask what

Promises to refuse to start on an old or changed copy while a witness answers. It reads no key
but its own signing key, which comes in from outside like the clock and the witness.
"""

import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.errors import ChartkeepError, NotAllowedError, UnavailableError, UnknownWriteError
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.hashing import EMPTY_ROOT
from chartkeep.ledger.note import parse_note
from chartkeep.model import FacilityId, InstanceId, Millis
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.alarms import Alarms
from chartkeep.store.answers import State
from chartkeep.store.blobs import Blobs
from chartkeep.store.book import Book
from chartkeep.store.guard.decoys import Decoys, decoys_of
from chartkeep.store.guard.frozen import Frozen
from chartkeep.store.guard.guard import Guard, Writer
from chartkeep.store.guard.vitals import Reading
from chartkeep.store.interim import MARK, Gate, check_not_restoring, refuse_writing
from chartkeep.store.peers import Peers
from chartkeep.store.sequencer import Clock, KeepNote, Look, Sequencer, check_against
from chartkeep.store.service import Errand, StoreService
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.vaulting import Vaulting
from chartkeep.store.witnessing import Witness, Witnessing
from chartkeep.wire.calls import Lane
from chartkeep.wire.frames import Peer
from chartkeep.wire.server import Listener

_MYSELF = Peer("store", InstanceId(b""), b"", -1)
READERS: Final = 2
FRESH: Final = 600
"""Seconds by which the witness's clock may stand behind ours."""


GAP: Final = "gap.note"
GAP_WORDS: Final = "records has lost lines the witness saw: its operator must accept the gap"


def accepted_gap(folder: Path) -> Checkpoint | None:
    """Read the witness's checkpoint that a restore could not reach, and its operators accepted."""
    try:
        return Checkpoint.parse(parse_note((folder / GAP).read_bytes()).text)
    except FileNotFoundError:
        return None


class Identity(NamedTuple):
    """Whose store this is: its facility, its ledger's origin, the key that signs its heads."""

    facility: FacilityId
    origin: str
    key: SigningKey


class Store:
    """A running store without a wire; `take` on its `service` is the way in."""

    def __init__(
        self,
        folder: Path,
        identity: Identity,
        *,
        clock: Clock,
        witness: Witness | None = None,
        book: Book | None = None,
        vfs: str = "",
        after_vault: bool = False,
        clocks: Callable[[], Reading] | None = None,
        hook: Callable[[str], None] | None = None,
    ) -> None:
        """Open the folder. `after_vault`: answer a commit only when a vault has it too.

        `clocks`: the wall's, and one in ms that nobody sets, read at once, for the guard; `hook`
        hears its alarms.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.stopped = threading.Event()
        self.failure: UnknownWriteError | None = None
        self.alarms = Alarms()
        self._hook = hook
        self.frozen = Frozen(folder / "guard.jsonl", clock, self._say)
        peers = Peers(folder / "peers.json")
        self._book = book or SqliteBook(
            folder / "store.db", identity.facility, identity.origin, vfs
        )
        self.blobs = Blobs(folder / "blobs")
        try:
            self.blobs.recover(self._book)
            sequencer = Sequencer(
                self._book, self.blobs, clock=clock, alarms=self.alarms, stop=self._stop_for,
                frozen=self.frozen,
            )  # fmt: skip
            seen = self._ask_witness(witness, identity, clock())
            if seen == accepted_gap(folder):
                self.alarms.ring(GAP_WORDS)
                seen = Checkpoint.at(identity.origin, 0, EMPTY_ROOT)
            check_against(seen, sequencer.head.size, self._book)
        except ChartkeepError:
            self._book.close()
            raise
        writing = Lane(sequencer.serve)
        self._readers = [self._book.reader() for _ in range(READERS + 1)]
        self.witnessing = Witnessing(
            witness,
            seen.size,
            self._readers[-1],
            lambda: sequencer.head,
            lambda note: writing.put(Errand(_MYSELF, KeepNote(note))),
            sign=(identity.origin, identity.key),
            clock=clock,
        )
        self.vaulting = Vaulting(lambda: sequencer.head.size, clock, after=after_vault)
        self.guard = Guard(
            folder,
            self._book.reader(),
            self.blobs,
            frozen=self.frozen,
            decoys=Decoys(folder, decoys_of(identity.facility, identity.key)),
            writer=Writer(
                lambda: sequencer.head,
                lambda: sequencer.served,
                lambda: writing.put(Errand(_MYSELF, Look())),
            ),
            clock=clocks or (lambda: _unmoved(clock())),
            tell=hook or (lambda _: None),
            whole=not (folder / MARK).exists(),
        )
        state = State(
            sequencer, self.blobs, self.alarms, self.witnessing, self.vaulting,
            folder / "kit.sealed", self.frozen, self.guard,
        )  # fmt: skip
        self.service = StoreService(writing, self._readers[:-1], peers, state)

    @property
    def is_view(self) -> bool:
        """Say whether the book shows an earlier time: then nothing may be written."""
        return self._readers[-1].view() is not None

    def _ask_witness(self, witness: Witness | None, identity: Identity, now: Millis) -> Checkpoint:
        """Ask what the witness saw last; its silence is an alarm, not a reason to stay closed."""
        nothing = Checkpoint.at(identity.origin, 0, EMPTY_ROOT)
        try:
            if witness is not None:
                return witness.latest(identity.origin, now // 1000 - FRESH).checkpoint
        except (UnavailableError, NotAllowedError) as error:
            self.alarms.ring(f"at start {error}: a rollback would have gone unnoticed")
        return nothing

    def _say(self, sentence: str) -> None:
        """Ring, and tell the hook what is new."""
        if self.alarms.ring(sentence) and self._hook is not None:
            self._hook(sentence)

    def _stop_for(self, failure: UnknownWriteError) -> None:
        self.failure = failure
        self._say(str(failure))
        self.stopped.set()

    def close(self) -> None:
        """Show the last head to the witness, serve what is queued, close the files."""
        self.guard.close()
        self.witnessing.close()
        self.service.close()
        self.vaulting.close()
        self.blobs.close()
        for reader in self._readers:
            reader.close()
        self._book.close()


def _unmoved(now: Millis) -> Reading:
    """Take the wall clock for one that nobody sets, where there is no other."""
    return Reading(now, now)


def run_store(
    folder: Path,
    address: str,
    identity: Identity,
    *,
    clock: Clock,
    witness: Witness | None = None,
    tls: ssl.SSLContext | None = None,
    stop: threading.Event | None = None,
    after_vault: bool = False,
    clocks: Callable[[], Reading] | None = None,
    hook: Callable[[str], None] | None = None,
) -> None:
    """Serve until `stop` is set.

    Raises LedgerBrokenError or DamagedError when the folder may not be served, and
    UnknownWriteError when the store had to end itself: then start it again.
    """
    check_not_restoring(folder)
    store = Store(
        folder, identity, clock=clock, witness=witness, after_vault=after_vault, clocks=clocks,
        hook=hook,
    )  # fmt: skip
    ending = stop or threading.Event()
    service = Gate(store.service, refuse_writing) if store.is_view else store.service
    listener = Listener(service, address, tls)
    listener.start()
    try:
        while not (ending.wait(0.2) or store.stopped.is_set()):
            continue
    finally:
        listener.stop()
        store.close()
    if store.failure is not None:
        raise store.failure
