"""Rows of a log file: whichever of CSV, JSON and syslog it is written in, as words by name.

    log = Log(file, unpacked)
    for number, row in log.rows(): …
    log.troubles

Names are lower case, letters and digits alone. Memory does not grow with the file; a row that is
none, or longer than a megabyte, is a trouble and the next one is read.
"""

import csv
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from chartkeep.incident.timeline.logs.syslog import is_syslog, read_message
from chartkeep.incident.timeline.logs.telling import LogTrouble, NotALog, NotALogError, Row
from chartkeep.incident.trace.intake.part import Part

LONGEST = 1 << 20
HEAD = 64 << 10
MOST_FIELDS = 300
DEEPEST = 6
DELIMITERS = ",;\t|"

_PLAIN = re.compile(r"[^a-z0-9]")
_WRAPPED = re.compile(r'\{\s*"(?:value|records|events|results|items|data)"\s*:\s*\[', re.IGNORECASE)
_SPACE = re.compile(r"[\s,]*")


def plain(name: str) -> str:
    """Write a column's name as all sources share it."""
    return _PLAIN.sub("", name.lower())


class Log:
    """One file; `form` is csv, json or syslog, `troubles` what could not be read and how often."""

    def __init__(
        self, file: io.BufferedReader, unpacked: Callable[[io.BufferedReader], Part]
    ) -> None:
        """Look at its first bytes; `unpacked`: opens a gzip. Raises NotALogError."""
        self.troubles: Counter[LogTrouble] = Counter()
        self._packed: Part | None = None
        try:
            if file.peek(2)[:2] == b"\x1f\x8b":
                self._packed = unpacked(file)
            self._bytes = io.BufferedReader(self._packed, HEAD) if self._packed else file
            head = self._bytes.peek(HEAD)[:HEAD]
        except (OSError, zlib.error) as error:
            raise NotALogError(NotALog.BROKEN) from error
        if self._is_cut() and not head:
            raise NotALogError(NotALog.BROKEN)
        self.coding = _coding(head)
        if self.coding == "":
            raise NotALogError(NotALog.NO_TEXT)
        self._text = io.TextIOWrapper(
            self._bytes, self.coding, errors="replace", newline="", write_through=True
        )
        text = head.decode(self.coding, "replace")
        self.form = _form(text)
        self._wrapped = self.form == "json" and not _is_whole(text)

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Give each row with its number, from 1."""
        match self.form:
            case "syslog":
                found = self._syslog()
            case "json":
                found = self._objects()
            case _:
                found = self._table()
        try:
            yield from found
        except (OSError, zlib.error):
            self.troubles[LogTrouble.ARCHIVE] += 1
        if self._is_cut():
            self.troubles[LogTrouble.ARCHIVE] += 1

    def _is_cut(self) -> bool:
        return self._packed is not None and self._packed.is_cut

    def _lines(self) -> Iterator[str]:
        """Give lines with their ends; one that is too long is passed over."""
        while line := self._text.readline(LONGEST):
            if len(line) == LONGEST and not line.endswith("\n"):
                self.troubles[LogTrouble.LONG] += 1
                while line and not line.endswith("\n"):
                    line = self._text.readline(LONGEST)
                continue
            yield line.replace("\0", "")

    def _syslog(self) -> Iterator[tuple[int, Row]]:
        for number, line in enumerate(self._lines(), 1):
            if not line.strip():
                continue
            row = read_message(line.rstrip("\r\n"))
            if row is None:
                self.troubles[LogTrouble.NO_SYSLOG] += 1
                continue
            yield number, row

    def _table(self) -> Iterator[tuple[int, Row]]:
        lines = self._lines()
        first = next(lines, "")
        delimiter = max(DELIMITERS, key=first.count)
        names = [plain(name) for name in next(csv.reader([first], delimiter=delimiter), [])]
        reader = csv.reader(lines, delimiter=delimiter)
        number = 1
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self.troubles[LogTrouble.NO_CSV] += 1
                continue
            row = {name: cell for name, cell in zip(names, cells, strict=False) if name and cell}
            # Windows' own export writes the message into a column without a name.
            if len(cells) > len(names):
                row.setdefault("message", cells[len(names)])
            if row:
                yield number, row

    def _objects(self) -> Iterator[tuple[int, Row]]:
        found_here = self._values() if self._wrapped else self._line_values()
        for number, found in enumerate(found_here, 1):
            if isinstance(found, dict):
                row: Row = {}
                _flatten(found, "", row, 0)
                yield number, row
            else:
                self.troubles[LogTrouble.NO_OBJECT] += 1

    def _line_values(self) -> Iterator[object]:
        """Give the value of each line."""
        for line in self._lines():
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                self.troubles[LogTrouble.NO_JSON] += 1

    def _values(self) -> Iterator[object]:
        """Give the values of the file's list one after the other, however its lines are broken.

        Where one cannot be read, nobody knows where the next begins: the file is left there.
        """
        decoder, more = json.JSONDecoder(), True
        held = _enter(self._text.read(HEAD))
        while True:
            held = held[_SPACE.match(held).end() :]  # type: ignore[union-attr]
            try:
                value, end = decoder.raw_decode(held)
            except (ValueError, RecursionError):
                if more and len(held) < LONGEST:
                    piece = self._text.read(HEAD)
                    more = bool(piece)
                    held += piece
                    continue
                if held.strip("]}, \r\n\t\0"):
                    self.troubles[LogTrouble.NO_JSON_AFTER] += 1
                return
            yield value
            held = held[end:]


def _coding(head: bytes) -> str:
    """Say how a file's text is written; empty for what is no text."""
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if head.startswith(mark):
            return name
    if head.count(0) > len(head) // 100:
        return ""
    for name in ("utf-8", "cp932"):
        try:
            head[: max(0, len(head) - 4)].decode(name)
        except UnicodeDecodeError as error:
            if error.start >= len(head) - 8:  # the piece ends within a letter
                return name
            continue
        return name
    return "latin-1"


def _form(head: str) -> str:
    text = head.lstrip("\ufeff \t\r\n")
    if text[:1] in {"{", "["}:
        return "json"
    return "syslog" if is_syslog(text.split("\n", 1)[0]) else "csv"


def _is_whole(head: str) -> bool:
    """Say whether the first line is a value of its own: then every line is one."""
    line = head.lstrip("\ufeff \t\r\n").partition("\n")[0]
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and not _WRAPPED.match(line)


def _enter(held: str) -> str:
    """Step into the list a file is, or holds under a name, as exports of services do."""
    held = held.lstrip("\ufeff \t\r\n")
    if held.startswith("["):
        return held[1:]
    wrapped = _WRAPPED.match(held)
    return held[wrapped.end() :] if wrapped else held


def _flatten(found: dict[str, object], path: str, row: Row, depth: int) -> None:
    """Name each value by its own name, and by its path where that is another."""
    for name, value in islice(found.items(), MOST_FIELDS):
        whole = plain(path + name)
        if isinstance(value, dict):
            if depth < DEEPEST:
                _flatten(value, f"{path}{name}.", row, depth + 1)
        elif value is not None and len(row) < MOST_FIELDS:
            told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            row.setdefault(whole, told)
            row.setdefault(plain(name), told)
