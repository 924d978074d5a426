"""Exposure lists: what someone could have been shown, with the proof that nothing is missing.

Format and rules: docs/formats/exposure-list.md. Writing and checking both stream; memory does not
grow with the list. Does not choose the window, find its indexes, or open sealed bodies.
"""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, StrEnum
from itertools import islice
from typing import NamedTuple

import msgspec

from chartkeep.errors import LedgerBrokenError, UnknownFormatError
from chartkeep.ledger.body import Opening, Whole
from chartkeep.ledger.checkpoint import Opened, open_checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.line import (
    EXPOSING_VERBS,
    GAP_VERB,
    Line,
    field_value,
    read_time,
)
from chartkeep.ledger.note import VerifierKey, from_base64, to_base64
from chartkeep.ledger.proofs import Frontier, push_spans

HEADER = "chartkeep-exposure-list@v1"

_HEAD_LINES = 7


class Asked(StrEnum):
    """The field of a line an exposure is asked of."""

    PERSON = "person"
    SESSION = "session"
    INSTANCE = "instance"


class Question(msgspec.Struct, frozen=True):
    """Whose exposure, and when: `since <= time < until`, in milliseconds."""

    field: Asked
    value: bytes
    since: int
    until: int

    def within(self, time: int) -> bool:
        """Tell whether a time lies in the window."""
        return self.since <= time < self.until


class Range(msgspec.Struct, frozen=True):
    """Indexes `start … end` of the ledger, and the frontiers of `proofs.range_proof`."""

    start: int
    end: int
    left: tuple[bytes, ...]
    right: tuple[bytes, ...]


class Place(Enum):
    """Where a line stands in an answer."""

    LISTED = "listed"
    GAP = "gap"
    EXCLUDED = "excluded"


class Verdict(msgspec.Struct, frozen=True):
    """What a checked list proves, and how many lines of each kind its range holds."""

    question: Question
    opened: Opened
    range: Range
    listed: int
    gaps: int
    excluded: int


def place_line(line: Line, question: Question) -> Place:
    """Decide where a line stands (format, step 5)."""
    if line.verb == GAP_VERB:
        return Place.GAP if line.time >= question.since else Place.EXCLUDED
    exposing = line.verb in EXPOSING_VERBS and question.since <= line.time < question.until
    if exposing and field_value(line, question.field) == question.value:
        return Place.LISTED
    return Place.EXCLUDED


class Records(NamedTuple):
    """Records of some lines as the file has them, and how many there are of each place."""

    text: bytes
    counts: Counter[Place]


def write_records(question: Question, wholes: Iterable[Whole]) -> Records:
    """Write the records of lines that follow one another."""
    counts, text = Counter[Place](), list[bytes]()
    for whole in wholes:
        line = whole.line
        place = place_line(line, question)
        counts[place] += 1
        if place is not Place.EXCLUDED or line.verb == GAP_VERB:
            text += (b"W ", b64encode(whole.body), b"\n")
        else:
            shown = whole.open(_reason(line, question))
            text += (b"X ", b64encode(shown.raw()), b"\n")
    return Records(b"".join(text), counts)


def write_list(
    question: Question, checkpoint: bytes, proved: Range, pieces: Iterable[Records]
) -> Iterator[bytes]:
    """Write a list piece by piece: `pieces` are the records of `proved`, in order.

    The range begins with the last line before the window and ends with the first one after it, as
    far as the ledger has them.
    """
    yield _head(question, proved, checkpoint.count(b"\n")) + checkpoint
    counts = Counter[Place]()
    for piece in pieces:
        counts += piece.counts
        yield piece.text
    yield f"end {' '.join(str(counts[place]) for place in Place)}\n".encode()


def _head(question: Question, proved: Range, note_lines: int) -> bytes:
    lines = (
        HEADER,
        f"ask {question.field} {to_base64(question.value)}",
        f"window {question.since} {question.until}",
        f"range {proved.start} {proved.end}",
        " ".join(("left", *map(to_base64, proved.left))),
        " ".join(("right", *map(to_base64, proved.right))),
        f"checkpoint {note_lines}",
        "",
    )
    return "\n".join(lines).encode()


def _reason(line: Line, question: Question) -> set[str]:
    """Choose the fields that exclude a line, and no others."""
    if not question.within(line.time):
        return {"verb", "time"}
    return {"verb"} if line.verb not in EXPOSING_VERBS else {"verb", question.field}


def verify_list(
    lines: Iterable[bytes],
    log: VerifierKey,
    witnesses: Sequence[VerifierKey] = (),
    found: Callable[[int, Line, Place], None] = lambda _index, _line, _place: None,
) -> Verdict:
    """Check a list read line by line (an open binary file will do).

    `found` hears of each listed line and gap as it passes; believe it only once this returns.
    Raises LedgerBrokenError or UnknownFormatError, naming the index where there is one.
    """
    source = iter(lines)
    question, proved, note = _read_head(source)
    opened = open_checkpoint(note, log, witnesses)
    check = _Check(question, proved, opened.checkpoint.size)
    for index in range(proved.start, proved.end):
        place, line = check.take(index, next(source, b""))
        if line is not None:
            found(index, line, place)
    check.finish(opened.checkpoint.root)
    counts = [check.counts[place] for place in Place]
    if list(source) != [f"end {' '.join(map(str, counts))}\n".encode()]:
        raise LedgerBrokenError("the list's end does not fit its records")
    return Verdict(question, opened, proved, *counts)


class _Check:
    """The running state of a check: constant size."""

    def __init__(self, question: Question, proved: Range, size: int) -> None:
        if not 0 <= proved.start <= proved.end <= size or (proved.start == proved.end and size):
            raise LedgerBrokenError("the list's range is not in the ledger")
        self.counts = dict.fromkeys(Place, 0)
        self._question, self._range, self._size = question, proved, size
        self._latest, self._last_shown = 0, 0
        self._frontier = Frontier()
        push_spans(self._frontier, proved.start, list(proved.left))

    def take(self, index: int, record: bytes) -> tuple[Place, Line | None]:
        """Check one record; gives its line if it was opened whole and belongs in the answer."""
        try:
            place, line, entry, time = self._read(record)
        except (LedgerBrokenError, UnknownFormatError) as error:
            raise type(error)(f"line {index}: {error}") from error
        if time is not None:
            if time < self._latest:
                raise LedgerBrokenError(f"line {index}: its time is before an earlier line's")
            self._latest = time
        first_must_show = index == self._range.start > 0
        if first_must_show and (time is None or time >= self._question.since):
            raise LedgerBrokenError("the list does not reach back to before the window")
        self._last_shown = -1 if time is None else time
        self._frontier.push(hash_leaf(entry))
        self.counts[place] += 1
        return place, line if place is not Place.EXCLUDED else None

    def _read(self, record: bytes) -> tuple[Place, Line | None, bytes, int | None]:
        kind, raw = record[:2], _record_bytes(record[2:-1])
        if kind == b"W " and record.endswith(b"\n"):
            whole = Whole.parse(raw)
            line = whole.line
            place = place_line(line, self._question)
            if place is Place.EXCLUDED and line.verb != GAP_VERB:
                raise LedgerBrokenError("it is opened whole but not part of the answer")
            return place, line, whole.entry(), line.time
        if kind == b"X " and record.endswith(b"\n"):
            opening = Opening.parse(raw)
            return Place.EXCLUDED, None, opening.entry(), self._excluded(opening.shown())
        raise UnknownFormatError("it is no record")

    def _excluded(self, shown: dict[str, bytes]) -> int | None:
        question, verb = self._question, shown.get("verb", b"").decode("ascii", "replace")
        time = read_time(shown["time"]) if "time" in shown else None
        reasons = (
            verb not in EXPOSING_VERBS,
            shown.get(question.field, question.value) != question.value,
            time is not None and not question.within(time),
        )
        if "verb" not in shown or verb == GAP_VERB or not any(reasons):
            raise LedgerBrokenError("nothing shown of it excludes it")
        return time

    def finish(self, root: bytes) -> None:
        """Check that the range reaches past the window, and that all of it is in the ledger."""
        if self._range.end < self._size and self._last_shown < self._question.until:
            raise LedgerBrokenError("the list does not reach to the end of the window")
        push_spans(self._frontier, self._size, list(self._range.right))
        if self._frontier.root() != root:
            raise LedgerBrokenError("the list's records are not what the ledger holds")


def _record_bytes(text: bytes) -> bytes:
    try:
        raw = b64decode(text)
    except ValueError as error:
        raise UnknownFormatError("this is not base64") from error
    if b64encode(raw) != text:
        raise UnknownFormatError("base64 is not in its canonical form")
    return raw


def _read_head(source: Iterator[bytes]) -> tuple[Question, Range, bytes]:
    head = list(islice(source, _HEAD_LINES))
    if head[:1] != [HEADER.encode() + b"\n"]:
        raise UnknownFormatError("this is not an exposure list of a version we know")
    try:
        words = [line.decode("ascii").rstrip("\n").split(" ") for line in head[1:]]
        (_, field, value), (_, since, until), (_, start, end), left, right, (_, count) = words
        question = Question(Asked(field), from_base64(value), int(since), int(until))
        hashes = (tuple(map(from_base64, side[1:])) for side in (left, right))
        proved = Range(int(start), int(end), *hashes)
        note = b"".join(islice(source, int(count)))
    except ValueError as error:
        raise UnknownFormatError("an exposure list's head is malformed") from error
    if b"".join(head) != _head(question, proved, int(count)):
        raise UnknownFormatError("an exposure list's head is malformed")
    return question, proved, note
