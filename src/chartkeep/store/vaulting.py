"""How far a vault is behind, and commits that wait for it.

A vault pulls; all the store knows of it is what it says: that it durably has so many lines. With
`after`, a commit is answered only then, so that what is acknowledged survives this whole host.
The store itself cannot check a vault: that is what the drills are for.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from chartkeep.errors import BadInputError, ChartkeepError, UnavailableError
from chartkeep.store.protocol import Committed
from chartkeep.store.sequencer import Clock
from chartkeep.wire.calls import Call

LATE: Final = 60_000
PAUSE: Final = 0.5
PATIENCE: Final = 20_000
"""So long a commit waits for the vault (ms): less than a client waits for its answer."""
MAX_MARKS: Final = 256


class Waiting(NamedTuple):
    """A commit that is durable here and waits for the vault."""

    size: int
    since: int
    call: Call
    answer: Committed


class Vaulting:
    """What a vault has, by its own word; a thread marks how the ledger grew."""

    def __init__(self, size: Callable[[], int], clock: Clock, *, after: bool = False) -> None:
        """`size` gives the ledger's present size. `after`: hold commits until a vault has them."""
        self._size = size
        self._clock = clock
        self.after = after
        self._lock = threading.Lock()
        self._marks: deque[tuple[int, int]] = deque([(size(), clock())])
        self._waiting: deque[Waiting] = deque()
        self._ending = threading.Event()
        self.vaulted = -1
        self._beyond = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def hold(self, call: Call) -> Call:
        """Have a commit's answer wait for the vault, where this store does that."""
        return Held(call, self) if self.after else call

    def told(self, size: int) -> None:
        """Hear what a vault has, and answer who waited for it. Raises BadInputError for more."""
        if size > self._size():
            self._beyond = max(self._beyond, size)
            raise BadInputError("this vault has more lines than there are")
        with self._lock:
            self.vaulted = max(self.vaulted, size)
            while self._marks and self._marks[0][0] <= self.vaulted:
                self._marks.popleft()
            ready = [each for each in self._waiting if each.size <= self.vaulted]
            self._waiting = deque(each for each in self._waiting if each.size > self.vaulted)
        for each in ready:
            each.call.answer(each.answer)

    def wait(self, call: Call, answer: Committed) -> None:
        """Answer a commit when the vault has it; at once if it does."""
        with self._lock:
            if answer.size > self.vaulted:
                self._waiting.append(Waiting(answer.size, self._clock(), call, answer))
                return
        call.answer(answer)

    def lag(self) -> int:
        """Say for how long (ms) the oldest line has waited that no vault has; 0 for none."""
        with self._lock:
            since = self._marks[0][1] if self._marks else self._clock()  # not marked yet
        return max(0, self._clock() - since) if self._size() > max(self.vaulted, 0) else 0

    def alarms(self) -> list[str]:
        """Say what is wrong between us and the vault."""
        return self._false() + self._late()

    def _false(self) -> list[str]:
        if not self._beyond:
            return []
        words = f"the vault said it has {self._beyond:,} lines, which is more than there are"
        return [f"{words}: it lies, or this store was rolled back"]

    def _late(self) -> list[str]:
        size = self._size()
        if self.vaulted < 0 and size:
            return ["no vault has anything of this store: what happens here happens to all of it"]
        if self.lag() > LATE:
            behind = size - self.vaulted
            return [f"the vault is {self.lag() // 1000} s and {behind:,} lines behind"]
        return []

    def close(self) -> None:
        """End the thread; who still waits hears that the vault was not heard of."""
        self._ending.set()
        self._thread.join(timeout=5)
        self._give_up(self._clock() + PATIENCE)

    def _run(self) -> None:
        while not self._ending.wait(PAUSE):
            self._mark()
            self._give_up(self._clock())

    def _mark(self) -> None:
        """Remember when the ledger had how many lines; where too many wait, every other goes."""
        with self._lock:
            size = self._size()
            newest = self._marks[-1][0] if self._marks else self.vaulted
            if size > newest:
                self._marks.append((size, self._clock()))
            if len(self._marks) > MAX_MARKS:
                first, *rest = self._marks
                self._marks = deque([first, *rest[1::2]])

    def _give_up(self, now: int) -> None:
        """Tell those who waited too long: what they sent is kept, and may be sent again."""
        with self._lock:
            late = [each for each in self._waiting if now - each.since >= PATIENCE]
            self._waiting = deque(each for each in self._waiting if now - each.since < PATIENCE)
        for each in late:
            words = "the vault has not taken this yet; the store has it"
            each.call.fail(UnavailableError(words, hint="send it again, and look at the vault"))


class Held(Call):
    """A commit whose yes waits for the vault, and whose no does not."""

    def __init__(self, call: Call, vaulting: Vaulting) -> None:
        self._call = call
        self._vaulting = vaulting
        self.peer = call.peer
        self.request = call.request
        self.finding = None

    def answer(self, message: Any) -> None:
        """Answer when the vault has what was committed."""
        self._vaulting.wait(self._call, message)

    def fail(self, error: ChartkeepError) -> None:
        """Say no at once."""
        self._call.fail(error)
