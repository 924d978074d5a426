"""HL7 v2 (ER7) as text with marks: header, segments, fields, components, escapes.

Promises: bounded work for any bytes; a place that is not there is empty; a null (`""`) is empty,
too, since every message is read as the whole of what it speaks of. Source: HL7 v2.9 chapter 2.
Does not know what a field means. `hl7`, the package, reads the same from the same bytes (tests):
it takes 5 ms a message, this a fiftieth.
"""

import re
from functools import partial
from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.intake.hl7.charsets import decode_text

MOST_SEGMENTS = 5_000
MOST_FIELDS = 500
MOST_PARTS = 2_000
"""Repetitions of a field, components of a repetition, subcomponents of a component."""
LONGEST_HEADER = 4_096
NULL = '""'
_MARKS = re.compile(rb"MSH([^A-Za-z0-9\s])([^A-Za-z0-9\s]{3,5})\1", re.DOTALL)
_SEGMENT_NAME = re.compile("[A-Z][A-Z0-9]{2}")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_PLAIN = {"H": "", "N": "", ".br": "\n", ".sp": "\n", ".in": "", ".ti": "", ".fi": "", ".nf": ""}


class Marks(NamedTuple):
    """MSH-1 and MSH-2: what stands between fields, components, repetitions; the escape."""

    field: str
    component: str
    repetition: str
    escape: str
    sub: str
    charset: str

    def parts(self, text: str, mark: str) -> list[str]:
        """Split by a mark. Raises BadInputError for too many parts."""
        if len(text) > MOST_PARTS and text.count(mark) > MOST_PARTS:
            raise BadInputError("a field has too many parts", hint="split the message")
        return text.split(mark)

    def plain(self, text: str) -> str:
        """Take escapes and control characters out of one value; a null is empty."""
        if text.isalnum():  # most values: nothing to take out
            return text
        if text == NULL:
            return ""
        if self.escape in text:
            text = re.sub(
                f"{re.escape(self.escape)}([^{re.escape(self.escape)}]{{1,2000}})"
                f"{re.escape(self.escape)}",
                partial(_unescape, self),
                text,
            )
        return (text if text.isprintable() else _CONTROLS.sub("", text)).strip()


class Value:
    """One repetition of a field: components and subcomponents, numbered from 1 as HL7 does."""

    __slots__ = ("_marks", "_parts", "raw")

    def __init__(self, raw: str, marks: Marks) -> None:
        self.raw = raw
        self._marks = marks
        self._parts = marks.parts(raw, marks.component)

    def text(self, component: int = 1, sub: int = 1) -> str:
        """Give a component's text, or one of its parts; empty when it is not there."""
        if component > len(self._parts):
            return ""
        part = self._parts[component - 1]
        if not part:
            return ""
        if self._marks.sub in part:
            parts = self._marks.parts(part, self._marks.sub)
            part = parts[sub - 1] if sub <= len(parts) else ""
        elif sub > 1:
            return ""
        return self._marks.plain(part)

    @property
    def count(self) -> int:
        """Count its components."""
        return len(self._parts)

    def __bool__(self) -> bool:
        """Say whether it says anything."""
        return self.raw not in ("", NULL) and any(self._parts)


_NOTHING = Value("", Marks("|", "^", "~", "\\", "&", ""))
"""The value of a field that is not there."""


class Segment:
    """One segment: `fields[n]` is field n as it was written."""

    __slots__ = ("_first", "fields", "marks", "name")

    def __init__(self, name: str, fields: list[str], marks: Marks) -> None:
        self.name = name
        self.fields = fields
        self.marks = marks
        self._first: dict[int, Value] = {}

    def raw(self, field: int) -> str:
        """Give a field as it was written, with its marks."""
        return self.fields[field] if field < len(self.fields) else ""

    def value(self, field: int) -> Value:
        """Give the first repetition of a field; it is taken apart once."""
        found = self._first.get(field)
        if found is not None:
            return found
        raw, _, _ = self.raw(field).partition(self.marks.repetition)
        self._first[field] = found = Value(raw, self.marks) if raw else _NOTHING
        return found

    def values(self, field: int) -> list[Value]:
        """Give the repetitions of a field that say something."""
        raw = self.raw(field)
        if not raw:
            return []
        if self.marks.repetition not in raw:
            only = self.value(field)
            return [only] if only else []
        found = (Value(each, self.marks) for each in self.marks.parts(raw, self.marks.repetition))
        return [value for value in found if value]

    def text(self, field: int, component: int = 1, sub: int = 1) -> str:
        """Give the text of a component of a field's first repetition."""
        raw = self.fields[field] if field < len(self.fields) else ""
        if raw.isalnum():  # no marks in it: most fields that are asked for a text
            return raw if component == sub == 1 else ""
        return self.value(field).text(component, sub) if raw else ""

    def whole(self, field: int) -> str:
        """Give a field's text, taken as one value: for text nobody split on purpose."""
        return self.marks.plain(self.raw(field))


class Header(NamedTuple):
    """What MSH says: enough to answer, whatever the rest of the message is."""

    msh: Segment

    @property
    def event(self) -> str:
        """Name message type and trigger event: `ADT^A01`."""
        kind, event = self.msh.text(9), self.msh.text(9, 2)
        return f"{kind}^{event}" if event else kind

    @property
    def control_id(self) -> str:
        """Give MSH-10."""
        return self.msh.text(10)

    @property
    def sender(self) -> str:
        """Name sending application and facility: MSH-3 and MSH-4."""
        return f"{self.msh.text(3)}|{self.msh.text(4)}"

    @property
    def version(self) -> str:
        """Give MSH-12."""
        return self.msh.text(12)


class Message(NamedTuple):
    """A message's header and all its segments, MSH first."""

    header: Header
    segments: list[Segment]

    def first(self, name: str) -> Segment | None:
        """Give the first segment of a name."""
        return next((each for each in self.segments if each.name == name), None)

    def only(self, name: str) -> Segment:
        """Give the one segment of a name. Raises BadInputError for none, or for several."""
        found = self.all(name)
        if len(found) != 1:
            raise BadInputError(
                f"not one {name} segment", hint="a message is about one patient: send one each"
            )
        return found[0]

    def all(self, name: str) -> list[Segment]:
        """Give every segment of a name."""
        return [each for each in self.segments if each.name == name]


def read_header(raw: bytes) -> Header:
    """Read the first segment. Raises BadInputError when it is no MSH: nobody can be answered."""
    found = _MARKS.match(raw)
    if found is None:
        raise BadInputError("no MSH segment", hint="a message begins with MSH and its separators")
    field, component, repetition, escape, *rest = list((found[1] + found[2]).decode("latin-1"))
    line = re.split(rb"[\r\n]", raw[:LONGEST_HEADER], maxsplit=1)[0]
    charset = _field(line, found[1], 17).decode("latin-1")
    marks = Marks(field, component, repetition, escape, rest[0] if rest else "&", charset)
    if len({*marks[:5]}) < 5:
        raise BadInputError("MSH-2 has one separator twice", hint="send ^~\\&")
    return Header(_msh(line.decode("latin-1"), marks))


def read_message(raw: bytes, header: Header) -> Message:
    """Read all segments. Raises BadInputError: unknown characters, or what is no segment."""
    msh = header.msh
    text = decode_text(raw, msh.marks.charset, msh.marks.repetition)
    lines = text.replace("\r\n", "\r").replace("\n", "\r").split("\r", MOST_SEGMENTS)
    if len(lines) > MOST_SEGMENTS:
        raise BadInputError("too many segments", hint="split the message")
    segments = [_msh(lines[0], msh.marks)]
    for number, line in enumerate(lines[1:], 2):
        if line and not line.isspace():
            segments.append(_segment(line, number, msh.marks))
    return Message(Header(segments[0]), segments)


def _msh(line: str, marks: Marks) -> Segment:
    name, *fields = _fields(line, marks)
    return Segment(name, [name, marks.field, *fields], marks)


def _segment(line: str, number: int, marks: Marks) -> Segment:
    fields = _fields(line, marks)
    if not _SEGMENT_NAME.fullmatch(fields[0]):
        raise BadInputError(f"line {number} is no segment", hint="end segments with CR only")
    return Segment(fields[0], fields, marks)


def _fields(line: str, marks: Marks) -> list[str]:
    if line.count(marks.field) > MOST_FIELDS:
        raise BadInputError("a segment has too many fields", hint="split the message")
    return line.split(marks.field)


def _field(line: bytes, mark: bytes, number: int) -> bytes:
    fields = line.split(mark, MOST_FIELDS)
    return fields[number] if number < len(fields) else b""


def _unescape(marks: Marks, found: re.Match[str]) -> str:
    """Read one escape sequence; one nobody defined stays as it was written (chapter 2.7)."""
    code = found[1]
    standing = {
        "F": marks.field, "S": marks.component, "T": marks.sub, "R": marks.repetition,
        "E": marks.escape,
    }  # fmt: skip
    if code in standing:
        return standing[code]
    if code in _PLAIN:
        return _PLAIN[code]
    if code[0] == "X":
        try:
            return decode_text(bytes.fromhex(code[1:]), marks.charset, marks.repetition)
        except (ValueError, BadInputError):
            return found[0]
    command = code[:3]
    return _PLAIN[command] if command in _PLAIN and code[0] == "." else found[0]
