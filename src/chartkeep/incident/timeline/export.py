"""The timeline for outside experts: read-only, signed, checked without this software.

    timeline.jsonl   an event a line, in the columns Timesketch and others read
    about.json       sources with their digests and clocks, the window, the proposal
    timeline.note    a C2SP note over both, signed by the desk

Format: docs/formats/timeline.md. No content of a chart stands in it: no reason somebody typed, no
search; charts are their ids. People, machines and addresses do, and the words of imported logs.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from chartkeep.errors import RefusedError
from chartkeep.incident.desk import Desk
from chartkeep.incident.timeline.cause import Cause
from chartkeep.incident.timeline.event import Event
from chartkeep.incident.timeline.signs import Sign
from chartkeep.ledger.note import VerifierKey, sign_note

FORMAT: Final = "chartkeep-timeline@v1"
EVENTS, ABOUT, NOTE = "timeline.jsonl", "about.json", "timeline.note"
READ_ONLY: Final = 0o444


class Export:
    """A folder being written: `add` events in their order, then `finish` once, and `close`.

    It has its name when it is signed; whatever ends before leaves nothing of that name.
    """

    def __init__(self, folder: Path) -> None:
        """Begin. Raises RefusedError when something lies there already."""
        if folder.exists() and any(folder.iterdir()):
            raise RefusedError(f"{folder} is not empty", hint="name a new folder")
        self.folder = folder
        whole = folder.absolute()
        self._new = whole.with_name(f".{whole.name}.new")
        shutil.rmtree(self._new, ignore_errors=True)  # of a process that was killed
        self._new.mkdir(parents=True, mode=0o700)  # it names staff, in clear
        self.count = 0
        self._hash = sha256()
        self._file: BinaryIO = (self._new / EVENTS).open("xb")

    def add(self, event: Event, signs: Sequence[Sign]) -> None:
        """Write an event, and what is foreign in it."""
        line = msgspec.json.encode(row_of(event, signs)) + b"\n"
        self._file.write(line)
        self._hash.update(line)
        self.count += 1

    def close(self) -> None:
        """Let go of the file; without `finish` nothing stays."""
        self._file.close()
        shutil.rmtree(self._new, ignore_errors=True)

    def finish(self, about: dict[str, Any], desk: Desk, now: int) -> None:
        """Write what it is about, sign all of it, make it read-only, and give it its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        raw = msgspec.json.format(msgspec.json.encode({"format": FORMAT} | about))
        (self._new / ABOUT).write_bytes(raw)
        told = f"{self.count} {self._hash.hexdigest()}\n{sha256(raw).hexdigest()}\n{_iso(now)}\n"
        name = VerifierKey.parse(desk.file.key).name
        note = sign_note(f"{FORMAT}\n{name}\n{told}", name, desk.signing)
        (self._new / NOTE).write_bytes(note.raw())
        for each in (EVENTS, ABOUT, NOTE):
            (self._new / each).chmod(READ_ONLY)
        self._new.rename(self.folder)


def row_of(event: Event, signs: Iterable[Sign]) -> dict[str, Any]:
    """Write one event's row: three columns every tool knows, then ours, the empty ones left out."""
    outcome = "" if event.ok else ", refused"
    words = f": {event.text}" if event.text else ""
    row: dict[str, Any] = {
        "message": f"{event.what}{outcome}{words}",
        "datetime": _iso(event.time),
        "timestamp_desc": f"{event.source} {event.what}",
        "source": event.source,
        "place": event.place,
        "ok": event.ok,
        "source_time": _iso(event.said),
        "within_ms": event.within,
    }
    named = ("host", "address", "target", "person", "session", "chart", "how", "program", "parent")
    row |= {name: getattr(event, name) for name in (*named, "digest") if getattr(event, name)}
    if event.line >= 0:
        row["releases_line"] = event.line
    tags = [sign.words for sign in signs]
    return row | ({"foreign": tags} if tags else {})


def cause_row(cause: Cause) -> dict[str, Any]:
    """Write the proposal: a door and a first act with reasons, or what is missing to name them."""
    first = row_of(cause.first, ()) if cause.first else None
    return {
        "door": cause.door.value,
        "first": first,
        "reasons": list(cause.reasons),
        "missing": list(cause.missing),
        "others": [cause_row(each) for each in cause.others],
    }


def _iso(millis: int) -> str:
    """Write a time; one no calendar has is said as its number."""
    try:
        return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return f"{millis} ms"
