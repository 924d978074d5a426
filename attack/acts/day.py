"""A day on which something happens: a ward, a store with its guard, a witness, a vault elsewhere.

Everything but the wire is real, and runs in threads. The clocks are set by hand: where a minute
must pass, `wait` moves them, and the minute counts as waited.
"""

import os
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from tests.recovery.vaults import LOG, STORE_KEY, WITNESS, Direct, VaultRun
from tests.store.house import FACILITY, NOW, ORIGIN, Lease, ident, signing_key

from chartkeep.errors import ChartkeepError, ConflictError, UnavailableError
from chartkeep.ledger.checkpoint import Checkpoint, Opened
from chartkeep.ledger.hashing import EMPTY_ROOT
from chartkeep.ledger.note import Note, cosign
from chartkeep.ledger.proofs import verify_consistency
from chartkeep.model import Millis, Section
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.mirrored import check_sound
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault.alarms import VaultAlarms
from chartkeep.recovery.vault.clock import Reading as ByVault
from chartkeep.recovery.vault.clock import VaultClock
from chartkeep.recovery.vault.cover import Cover
from chartkeep.recovery.vault.pulling import Pulling
from chartkeep.recovery.vault.records import RecordsSource
from chartkeep.recovery.vault.refusals import Refusals
from chartkeep.recovery.vault.running import Parts, Vault
from chartkeep.recovery.vault.scrub import Scrub
from chartkeep.recovery.vault.tidying import Retention, Tidying
from chartkeep.store.guard.vitals import Reading
from chartkeep.store.protocol import Commit, Committed
from chartkeep.store.server import Identity, Store
from chartkeep.store.witnessing import Witness

PATIENCE = 120.0
"""Real seconds in which whatever comes must have come, however busy the machine is."""
CHARTS, ENTRIES = 5, 6
SHORT, LONG = 20_000, 300_000


class Heard(NamedTuple):
    """An alarm: who said it, what, and how many seconds after the act began.

    Counted are those the clocks were set on by and those this process worked: how busy the machine
    is with others proves nothing.
    """

    by: str
    said: str
    after: float


class Kept(NamedTuple):
    """What the store acknowledged, as it must come back: the hash of what was sealed."""

    chart: bytes
    ident: bytes
    digest: bytes


class PaperWitness:
    """A witness in memory, at another organisation."""

    def __init__(self, clock: Callable[[], Millis]) -> None:
        self._clock = clock
        self.seen = Opened(Checkpoint.at(ORIGIN, 0, EMPTY_ROOT), Note("", ()), {})

    def latest(self, origin: str, not_before: int = 0) -> Opened:
        """Say what was seen last."""
        del origin, not_before
        return self.seen

    def add_checkpoint(self, old_size: int, proof: list[bytes], signed: Note) -> Note:
        """Cosign what continues what was seen."""
        new = Checkpoint.parse(signed.text)
        old = self.seen.checkpoint
        if old_size != old.size or new.size < old.size:
            raise ConflictError("the witness stands elsewhere")
        if old_size:
            verify_consistency(old_size, old.root, new.size, new.root, proof)
        mine = cosign(signed.text, WITNESS.name, signing_key("witness"), self._clock() // 1000)
        note = Note(signed.text, (*signed.signatures, mine))
        self.seen = Opened(new, note, {})
        return note


class Rounds:
    """A vault over one place, running: the real one, of one ledger."""

    def __init__(self, day: "Day", place: Place, home: str = "home") -> None:
        folder = day.folder / home
        folder.mkdir(exist_ok=True)
        alarms = VaultAlarms(folder / "alarms.jsonl", lambda: day.now, day.hear_vault)
        clock = VaultClock(folder / "clock", lambda: ByVault(*day.clocks), alarms.ring)
        refusals = Refusals(folder)
        cover, retention = Cover(place, Ledger.RECORDS), Retention()
        source = RecordsSource(
            day.client(), place, lambda: Millis(clock.now() + retention.whole), refusals.without
        )
        pulling = Pulling(
            source, place, cover, (LOG, WITNESS), clock.now, retention.fresh, clock.vouch
        )
        tidying = Tidying(place, [cover], retention, alarms.ring)
        scrub = Scrub(place, partial(check_sound, place), alarms.ring)
        self._vault = Vault(
            Parts(
                {Ledger.RECORDS: pulling}, place, tidying, scrub, retention, clock, alarms,
                refusals, lambda: b"", lambda: None,
            ),
            pause=0.02,
        )  # fmt: skip
        self._vault.start()

    @property
    def size(self) -> int:
        """Count the lines it has."""
        return self._vault.states[Ledger.RECORDS].size

    def end(self) -> None:
        """End it."""
        self._vault.close()


class Day(VaultRun):
    """One day; `write` deposits, `settle` waits for the vault, the act follows."""

    def __init__(self, folder: Path) -> None:
        self.clocks = Reading(NOW, 0)
        self._began = 0.0
        self._moved = 0
        self.kept: list[Kept] = []
        self.heard: list[Heard] = []
        self.witness: Witness = PaperWitness(lambda: self.now)
        self.lies: dict[str, Callable[..., Any]] = {}
        self.settled = self.settled_size = 0
        self.other: Rounds | None = None
        self.down = False
        super().__init__(folder)
        self.shelf: Place = self.place
        self.vault = Rounds(self, self.place)

    @property
    def root(self) -> Path:
        """Give the folder everything of the primary lies in."""
        return self.folder / "store"

    def start_store(self) -> None:
        """Start the store; where it refuses, that is heard."""
        identity = Identity(FACILITY, ORIGIN, STORE_KEY)
        try:
            self.store = Store(
                self.root, identity, clock=lambda: self.now, witness=self.witness,
                clocks=lambda: self.clocks, hook=lambda said: self.hear("guard", said),
            )  # fmt: skip
        except ChartkeepError as error:
            self.down = True
            self.hear("store at its start", str(error))
        else:
            self.down = False

    def stop_store(self) -> None:
        """Stop the store, however it is."""
        if not self.down:
            self.down = True
            with suppress(ChartkeepError):
                self.store.close()

    def client(self, name: str = "vault") -> Any:
        """Give a client of whatever store runs when it asks."""
        return Answering(self, name)

    def write(self, charts: int = CHARTS, entries: int = ENTRIES, blobs: int = 2) -> int:
        """Deposit into some charts; gives how many of them were acknowledged."""
        return sum(self._write_one(f"chart {n}", entries, blobs) for n in range(charts))

    def _write_one(self, chart: str, entries: int, blobs: int) -> bool:
        lease: Lease = self.ward.lease(ident(chart), Section.CLINICAL)
        new = [self.ward.entry(lease, text=os.urandom(200)) for _ in range(entries)]
        names = [secrets.token_bytes(16) for _ in range(blobs)]
        sizes = (SHORT, LONG)
        files = [
            self.ward.blob(lease, name, os.urandom(sizes[at % 2])) for at, name in enumerate(names)
        ]
        commit = Commit(lease.chart, [lease.wrap], new, [], tuple(memoryview(f) for f in files))
        try:
            Direct(self.store, self.ward.peer).ask(commit, Committed)
        except ChartkeepError:
            return False
        mine = bytes(lease.chart)
        self.kept += [Kept(mine, b"", sha256(each.sealed).digest()) for each in new]
        self.kept += [
            Kept(mine, name, sha256(file).digest()) for name, file in zip(names, files, strict=True)
        ]
        return True

    def second_vault(self) -> None:
        """Have a second vault, of another operator; what is restored comes from there."""
        self.shelf = FolderPlace(self.folder / "second")
        self.other = Rounds(self, self.shelf, "second home")
        self.settle()

    def settle(self, *, heads: bool = True) -> None:
        """Wait until vaults and witness have all there is: from here on nothing may be lost."""
        size = self.store.service._state.sequencer.head.size
        vaults = [self.vault] + ([self.other] if self.other else [])
        self.until(lambda: all(each.size >= size for each in vaults))
        self.until(lambda: self.witness.latest("").checkpoint.size >= size)
        wanted = f"heads/records/{size:016x}-"
        places = {self.shelf, self.place} if heads else {self.shelf}
        self.until(lambda: all(any(True for _ in each.names(wanted)) for each in places))
        self.settled, self.settled_size = len(self.kept), size
        self.begin()

    def begin(self) -> None:
        """Begin to count the seconds: now something happens."""
        self._began = time.process_time()
        self._moved = 0
        self.heard.clear()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, "this never came"
            time.sleep(0.005)

    def until_heard(self, by: Sequence[str], about: str = "") -> Heard:
        """Wait until one of these has said something about that; gives what was said first."""
        found: list[Heard] = []

        def is_heard() -> bool:
            self.hear_store()
            found[:] = [each for each in self.heard if each.by in by and about in each.said]
            return bool(found)

        self.until(is_heard)
        return found[0]

    def wait(self, seconds: float) -> None:
        """Let time pass on all clocks."""
        self.move(wall=seconds, steady=seconds)
        self._moved += int(seconds)

    def move(self, *, wall: float = 0, steady: float = 0) -> None:
        """Set clocks."""
        self.now = self.ward.now = Millis(self.now + int(wall * 1000))
        self.clocks = Reading(self.now, self.clocks.steady + int(steady * 1000))

    def hear(self, by: str, said: str) -> None:
        """Write an alarm down, with its time."""
        self.heard.append(Heard(by, said, time.process_time() - self._began + self._moved))

    def hear_vault(self, said: str) -> None:
        """Write down what a vault rings."""
        self.hear("vault", said)

    def hear_store(self) -> None:
        """Hear what a store that still runs says in its status."""
        if self.down:
            return
        with suppress(ChartkeepError):
            known = {each.said for each in self.heard}
            health = self.client("ward-3").status()
            for said in [*health.alarms, *([health.frozen] if health.frozen else [])]:
                if said not in known:
                    self.hear("store", said)

    def files(self) -> list[Path]:
        """List everything that lies in the primary's folder, as a walker finds it.

        Not what SQLite has mapped into memory: who cuts that ends the process, which is this one.
        """
        found = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path for path in found if not path.name.endswith("-shm"))

    def until_watched(self) -> None:
        """Wait until the guard's watches are set."""
        folders = len({path.parent for path in self.root.glob("blobs/??/*/*")})
        watching = self.store.guard._watching
        assert watching is not None
        self.until(lambda: len(watching._charts) >= folders)

    def close(self) -> None:
        """End whatever runs."""
        self.vault.end()
        if self.other is not None:
            self.other.end()
        self.stop_store()


class Answering:
    """A client of the day's store, whichever runs now; a store that is down does not answer."""

    def __init__(self, day: Day, name: str) -> None:
        self._day, self._name = day, name

    def __getattr__(self, verb: str) -> Any:
        def ask(*args: Any, **more: Any) -> Any:
            if self._day.down:
                raise UnavailableError("the store does not answer")
            real = getattr(VaultRun.client(self._day, self._name), verb)
            lie = self._day.lies.get(verb)
            return real(*args, **more) if lie is None else lie(real, *args, **more)

        return ask
