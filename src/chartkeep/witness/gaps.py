"""A ledger that lost its end goes on, by the word of the witness's operator.

    gaps.jsonl    {"time": <ms>, "by": "…", "saw": "<note>", "now": "<note>"}, a line each

Promises that what was seen before is kept beside it for ever, and that from the accepted checkpoint
on the ledger only grows again. Cannot know whether the lines were lost or taken away: that is why
a person compares the two sizes with what the house told them, on a way of their own.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from chartkeep.errors import LedgerBrokenError, RefusedError
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.note import Note, VerifierKey, open_note, parse_note
from chartkeep.model import Millis
from chartkeep.witness.memory import Memory
from chartkeep.witness.rules import Seen


class Gap(NamedTuple):
    """What the witness saw last of a ledger, and what it is asked to go on from."""

    saw: Seen
    now: Seen


def read_gap(folder: Path, raw: bytes, keys: Sequence[VerifierKey]) -> Gap:
    """Read a house's signed checkpoint beside what was seen of that ledger.

    Raises LedgerBrokenError when the ledger did not sign it, UnknownFormatError when it is none,
    RefusedError when nothing is to be accepted.
    """
    note = parse_note(raw)
    new = Checkpoint.parse(note.text)
    mine = [key for key in keys if key.name == new.origin]
    if not mine:
        raise RefusedError("this witness does not know that ledger", hint="is it another house's?")
    signed = Note(note.text, tuple(signature for _, signature in open_note(note, mine)))
    saw = _saw(folder, new.origin)
    if new.epoch < saw.checkpoint.epoch:
        raise LedgerBrokenError("this ledger is one that was taken over from")
    if (new.size, new.root) == (saw.checkpoint.size, saw.checkpoint.root):
        raise RefusedError("the witness saw this very ledger", hint="there is nothing to accept")
    return Gap(saw, Seen(new, signed))


def accept_gap(folder: Path, gap: Gap, by: str, now: Millis) -> None:
    """Go on from the house's checkpoint; durable on return. The witness may run meanwhile."""
    if not by.strip():
        raise RefusedError("who accepts a gap says who they are", hint="--by NAME")
    notes = {"saw": gap.saw.note.raw().decode(), "now": gap.now.note.raw().decode()}
    with (folder / "gaps.jsonl").open("ab") as file:  # written down, or it does not happen
        file.write(msgspec.json.encode({"time": now, "by": by, **notes}) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    memory = Memory(folder)
    try:
        memory.remember(gap.now)
    finally:
        memory.close()


def _saw(folder: Path, origin: str) -> Seen:
    memory = Memory(folder)
    try:
        return memory.last_seen(origin)
    finally:
        memory.close()
