"""The call desk of a case as a program holds it, with the words its letters were made in."""

from datetime import datetime
from io import BytesIO
from threading import Lock

from chartkeep.custody.house import House
from chartkeep.errors import NotFoundError
from chartkeep.incident.case.case import Case, Now, open_case
from chartkeep.incident.case.events import Finding
from chartkeep.incident.desk import Desk
from chartkeep.incident.notify.calling import CallDesk
from chartkeep.incident.notify.letter import Occasion
from chartkeep.incident.notify.notice import Notice, read_notice
from chartkeep.incident.notify.register import (
    PART,
    Register,
    made_in,
    marks_key,
    open_register,
)
from chartkeep.model import Millis

KEPT_FOR = 600_000
"""Milliseconds a call desk is held: later letters may have other words."""
MOST = 20
"""Cases whose call desks are held at once."""


def write_made(case: Case, says: str, head: bytes, notice: bytes) -> None:
    """Say in a case that letters were made, with the register's head and the words they are in.

    Who puts the register back to before that is found out by its head (`open_register`).
    """
    files = [
        case.keep(head, "head of the register of letters", people=False),
        case.keep(notice, "notice of the letters", people=False),
    ]
    case.add(Finding(PART, says), evidence=files)


def say_made(case: Case, register: Register, version: int, notice: bytes) -> None:
    """Say in a case how letters stand, if any were made since it was said last.

    Not only by this run: one that was killed before this may have said nothing.
    """
    made = made_in(case)
    if register.made_since(_read(case, made[-1].evidence[0]) if made else b""):
        counts = register.counts().items()
        said = ", ".join(f"{count} {state.value}" for state, count in counts if count)
        write_made(case, f"of estimate {version}: {said}", register.head, notice)


def kept_notice(case: Case) -> Notice:
    """Read the words the newest letters were made in. Raises NotFoundError when none were."""
    made = made_in(case)
    if not made:
        raise NotFoundError("no letters were made in this case", hint="chartkeep incident letters")
    return read_notice(_read(case, made[-1].evidence[-1]))


def _read(case: Case, digest: str) -> bytes:
    into = BytesIO()
    case.read(digest, into.write)
    return into.getvalue()


def today(notice: Notice, at: Millis) -> Occasion:
    """Give the occasion of a moment: its day in the notice's zone."""
    return Occasion(notice, datetime.fromtimestamp(at / 1000, notice.clock).date())


def call_desk(desk: Desk, case: str, by: str, house: House, clock: Now) -> CallDesk:
    """Open a case's call desk. Raises NotFoundError for no case, or one without letters."""
    notice = kept_notice(open_case(desk, case, by, clock))
    register = open_register(desk, case, by, clock)
    return CallDesk(register, today(notice, clock()), house, marks_key(desk, case))


class CallDesks:
    """The call desks a program holds, safe to share between its threads."""

    def __init__(self, desk: Desk, house: House, clock: Now) -> None:
        self._desk = desk
        self._house = house
        self._clock = clock
        self._held: dict[str, tuple[Millis, CallDesk]] = {}
        self._lock = Lock()

    def of(self, case: str) -> CallDesk:
        """Give a case's call desk. Raises as `call_desk` does."""
        with self._lock:
            since, held = self._held.get(case, (Millis(0), None))
            if held is None or not 0 <= self._clock() - since < KEPT_FOR:
                held = call_desk(self._desk, case, "call desk", self._house, self._clock)
                if len(self._held) >= MOST:
                    self._held.clear()
                self._held[case] = self._clock(), held
            return held
