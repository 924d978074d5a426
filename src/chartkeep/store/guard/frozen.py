"""Whether the store is frozen: `guard.jsonl`, one event a line, and what follows from them.

    {"time": 1763798400000, "what": "frozen", "why": "a decoy was changed", "thing": "decoy 3"}
    {"time": 1763802000000, "what": "resumed", "why": "a disk was replaced", "by": "erik"}

Frozen, the store takes nothing in but the journal of who reads, so that reading goes on. Only a
person ends it (`resume`), on the store's host; what was damaged until then freezes nothing twice.
A file that cannot be read counts as frozen. What cannot be written to it holds until the end of
the process.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from chartkeep.errors import BadInputError, DamagedError, UnavailableError
from chartkeep.model import Millis, Section
from chartkeep.sealing.entry import read_header
from chartkeep.sealing.wrap import read_wrap
from chartkeep.store import protocol as ask

_CHANGING: Final = (
    ask.Commit, ask.OpenBlob, ask.BlobChunk, ask.ReplaceWraps, ask.DropLabels, ask.Shred,
)  # fmt: skip


MOST_KNOWN: Final = 10_000
"""Things the file names; a store with more of them damaged is restored, not looked through."""
MOST_SAID: Final = 10


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the file; `thing` names what was found damaged, `by` who resumed."""

    time: Millis
    what: Literal["frozen", "resumed"]
    why: str
    thing: str = ""
    by: str = ""


class Frozen:
    """The state of one store; safe to use from any thread. `say` hears each new sentence once."""

    def __init__(self, path: Path, clock: Callable[[], Millis], say: Callable[[str], None]) -> None:
        self._path = path
        self._clock = clock
        self._say = say
        self._lock = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self._known: set[str] = set()
        self._count = 0
        self._held = ""
        self.why = ""
        self.look()

    def freeze(self, thing: str, why: str) -> None:
        """Stop taking in because of a thing; one that a person has looked at only rings."""
        with self._lock:
            new = thing not in self._known
            if new and len(self._known) < MOST_KNOWN:
                self._known.add(thing)
                write_event(self._path, Event(self._clock(), "frozen", why, thing))
                self._stamp = _stamp(self._path)
            if new:
                self.why = self.why or why
                self._count += 1
            said = why if self._count <= MOST_SAID else "more was changed in the store's folders"
        self._say(said)

    def look(self) -> None:
        """Read the file again if somebody wrote to it: a person resumed, or it was changed."""
        with self._lock:
            stamp = _stamp(self._path)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                events = read_events(self._path)
            except DamagedError as error:
                self.why = str(error)
            else:
                self._known |= {event.thing for event in events}
                last = events[-1] if events else None
                self.why = last.why if last is not None and last.what == "frozen" else ""
                self._count = 0
            why = self.why
        if why:
            self._say(why)

    def hold(self, why: str) -> None:
        """Take nothing in as long as something lasts that passes by itself; empty: it passed."""
        self._held = why

    def check(self, request: Any) -> None:
        """Raise UnavailableError for what changes something while the store is frozen."""
        why = self.why or self._held
        if why and isinstance(request, _CHANGING) and not _only_journal(request):
            raise UnavailableError(
                f"the store is frozen and takes nothing in: {why}",
                hint="look at the store's host, then: chartkeep resume",
            )


def _only_journal(request: Any) -> bool:
    """Say whether a commit holds nothing but lines of the journal, and their keys."""
    if not isinstance(request, ask.Commit) or request.blobs or request.sent or request.labels:
        return False
    sections = {read_wrap(wrap).section for wrap in request.wraps}
    sections |= {read_header(new.sealed).section for new in request.entries}
    return sections == {Section.JOURNAL}


def resume(path: Path, by: str, why: str, now: Millis) -> list[Event]:
    """Write down that a person has looked and the store may go on; gives what froze it.

    Raises BadInputError where nothing is frozen, or nobody says who and why. A file that cannot
    be read is put aside.
    """
    if not by.strip() or not why.strip():
        raise BadInputError("who resumes a store says who they are and what they saw")
    try:
        events = read_events(path)
    except DamagedError:
        path.replace(path.with_suffix(".unreadable"))
        events = [Event(now, "frozen", "what froze it cannot be read any more")]
        write_event(path, events[0])
    last = max((at for at, event in enumerate(events) if event.what == "resumed"), default=-1)
    if not events[last + 1 :]:
        raise BadInputError("this store is not frozen", hint="see chartkeep status")
    write_event(path, Event(now, "resumed", why, by=by))
    return events[last + 1 :]


def read_events(path: Path) -> list[Event]:
    """Read the file, oldest first; none where there is none. Raises DamagedError."""
    try:
        return msgspec.json.Decoder(Event).decode_lines(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedError(
            "the store's guard.jsonl cannot be read", hint="look at the store's host"
        ) from error


def write_event(path: Path, event: Event) -> None:
    """Add a line, durably if the disk still can: a full disk must not keep an alarm silent."""
    try:
        with path.open("ab") as file:
            file.write(msgspec.json.encode(event) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_ctime_ns
