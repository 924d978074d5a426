"""A running vault: a thread for each ledger, one for the kit and the upkeep. No wire, no process.

What goes wrong is one of three things. The wire or a disk is away: tried again, and an alarm after
a minute. Something is not what was promised: refused, alarmed at once, and refused until a person
looks. A fault of ours: alarmed, and tried again. None of them stops the other ledger.
"""

import threading
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple

from chartkeep.errors import ChartkeepError, NotAllowedError, UnavailableError
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault.alarms import VaultAlarms
from chartkeep.recovery.vault.clock import VaultClock
from chartkeep.recovery.vault.pulling import Pulling
from chartkeep.recovery.vault.refusals import Refusals
from chartkeep.recovery.vault.scrub import Scrub
from chartkeep.recovery.vault.tidying import Retention, Tidying

LATE: Final = 60_000
HURRY: Final = 0.02
KIT_EACH: Final = 60_000
MAX_KIT: Final = 4 << 20
MOST_KITS: Final = 24
"""Versions of the kit that are taken a day: a changing kit must not fill the vault."""
KEEP_EACH: Final = 86_400_000
FIRST_KEEP: Final = 600_000
"""The first upkeep comes so long (ms) after the start, when a witness has vouched for the clock."""


class Parts(NamedTuple):
    """What a vault is made of."""

    pulling: dict[Ledger, Pulling]
    place: Place
    tidying: Tidying
    scrub: Scrub
    retention: Retention
    clock: VaultClock
    alarms: VaultAlarms
    refusals: Refusals
    ask_kit: Callable[[], bytes]
    tend: Callable[[], None]
    """What the place itself wants done hourly: a probe of its bucket. Raises ChartkeepError."""


class State(NamedTuple):
    """How one ledger is: lines kept, when that was last known to be all, what is wrong."""

    size: int
    caught_up: int
    trouble: str
    refused: str


class Vault:
    """The threads of a vault, from `start` to `close`."""

    def __init__(self, parts: Parts, pause: float = 0.5) -> None:
        self._parts = parts
        self._pause = pause
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        now = parts.clock.now()
        self._states = {
            ledger: State(pulling.size, now, "", parts.refusals.why(ledger))
            for ledger, pulling in parts.pulling.items()
        }
        self._kit_asked = self._tended = -KEEP_EACH
        self._kept = now - KEEP_EACH + FIRST_KEEP
        self._kits: dict[str, int] = {}

    @property
    def states(self) -> dict[Ledger, State]:
        """Tell how each ledger is."""
        return dict(self._states)

    def start(self) -> None:
        """Begin to pull."""
        rounds = [partial(self.pull, ledger) for ledger in self._parts.pulling]
        for work in (*rounds, self.tidy):
            thread = threading.Thread(target=self._go_on, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """End; what is half done has no name."""
        self._ending.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _go_on(self, work: Callable[[], bool]) -> None:
        """Work until the end; at once again where that says that somebody waits."""
        while not self._ending.is_set():
            hurry = False
            try:
                hurry = work()
            except Exception as error:  # noqa: BLE001 - a thread that dies pulls nothing for ever
                self._parts.alarms.ring(f"the vault failed: {type(error).__name__}")
            self._ending.wait(HURRY if hurry else self._pause)

    def pull(self, ledger: Ledger) -> bool:
        """Do one round of one ledger, unless it is refused; tells whether somebody waits for it."""
        parts, state = self._parts, self._states[ledger]
        why = parts.refusals.why(ledger)
        if why:
            self._states[ledger] = state._replace(refused=why)
            return False
        try:
            size = parts.pulling[ledger].pull()
        except (UnavailableError, NotAllowedError) as error:
            self._wait(ledger, state, str(error))
        except ChartkeepError as error:
            parts.refusals.refuse(ledger, str(error), parts.clock.now())
            parts.alarms.ring(f"{ledger.word} is refused: {error}")
            self._states[ledger] = state._replace(refused=str(error))
        else:
            self._states[ledger] = State(size, parts.clock.now(), "", "")
            return parts.pulling[ledger].hurry
        return False

    def _wait(self, ledger: Ledger, state: State, trouble: str) -> None:
        size = self._parts.pulling[ledger].size
        self._states[ledger] = State(size, state.caught_up, trouble, "")
        late = self._parts.clock.now() - state.caught_up
        if late > LATE:
            self._parts.alarms.ring(f"{ledger.word} was not pulled for {late // 1000} s: {trouble}")

    def tidy(self) -> bool:
        """Do what is due: clock, probe, kit, merging, scrub, upkeep; tells if there is more."""
        parts = self._parts
        parts.clock.tick()
        now, merged = parts.clock.now(), False
        try:
            if now - self._tended > KEEP_EACH // 24:
                self._tended = now
                parts.tend()
            if now - self._kit_asked > KIT_EACH:
                self._kit_asked = now
                self._keep_kit()
            merged = parts.tidying.merge(now)
            parts.scrub.step()
            if not merged and now - self._kept > KEEP_EACH:
                self._kept = now
                parts.tidying.keep(now, trusted=parts.clock.trusted)
        except ChartkeepError as error:
            parts.alarms.ring(f"the vault's upkeep failed: {error}")
        return merged

    def _keep_kit(self) -> None:
        """Keep the kit if it is another one than was kept before."""
        parts = self._parts
        try:
            kit = parts.ask_kit()
        except UnavailableError:
            return  # the ledger's thread says that the store is away
        digest, now = sha256(kit).hexdigest(), parts.clock.now()
        if (
            not kit
            or digest in self._kits
            or any(name.endswith(digest) for name in parts.place.names("kit/"))
        ):
            return
        self._kits = {known: at for known, at in self._kits.items() if now - at < KEEP_EACH}
        if len(kit) > MAX_KIT or len(self._kits) >= MOST_KITS:
            parts.alarms.ring("the store gives kits that are too long or too many: not kept")
            return
        name = f"kit/{now:016x}-{digest}"
        parts.place.put(name, [kit], type(now)(now + parts.retention.whole))
        self._kits[digest] = now
