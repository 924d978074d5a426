"""Rows of a log file: whichever of CSV, JSON and syslog it is written in, as words by name.

    with open_log(path) as log:
        for number, row in log.rows(): …
    log.troubles

Names are lower case, letters and digits alone. Memory does not grow with the file; a row that is
none, or longer than a megabyte, is a trouble and the next one is read.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Self

from chartkeep.errors import BadInputError
from chartkeep.incident.timeline.logs.syslog import is_syslog, read_message

LONGEST = 1 << 20
HEAD = 64 << 10
MOST_FIELDS = 300
DEEPEST = 6
DELIMITERS = ",;\t|"

Row = dict[str, str]
_PLAIN = re.compile(r"[^a-z0-9]")
_WRAPPED = re.compile(r'\{\s*"(?:value|records|events|results|items|data)"\s*:\s*\[', re.IGNORECASE)
NO_JSON = "values that are no JSON"
_SPACE = re.compile(r"[\s,]*")


def plain(name: str) -> str:
    """Write a column's name as all sources share it."""
    return _PLAIN.sub("", name.lower())


class Hashed(io.RawIOBase):
    """A file whose every byte is hashed as it is read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = sha256()

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        """Read and hash."""
        piece = self._file.read(len(buffer))
        self._hash.update(piece)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Close the file under it too."""
        self._file.close()
        super().close()

    def digest(self) -> str:
        """Read the rest, and give SHA-256 of all of it, hex."""
        while piece := self._file.read(LONGEST):
            self._hash.update(piece)
        return self._hash.hexdigest()


class Log:
    """One file; `form` is csv, json or syslog, `troubles` what could not be read and how often."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises BadInputError for a file that is no text, OSError."""
        self.path = path
        self.troubles: Counter[str] = Counter()
        self._raw = Hashed(path.open("rb"))
        file = io.BufferedReader(self._raw, LONGEST)
        packed = file.peek(2)[:2] == b"\x1f\x8b"
        self._bytes = io.BufferedReader(gzip.GzipFile(fileobj=file), HEAD) if packed else file
        try:
            head = self._bytes.peek(HEAD)[:HEAD]
        except (OSError, EOFError, zlib.error) as error:
            self.close()
            raise BadInputError(f"{path.name} is a broken archive") from error
        self.coding = _coding(head)
        if self.coding == "":
            self.close()
            raise BadInputError(f"{path.name} is no text", hint="export it as CSV, JSON or syslog")
        self._text = io.TextIOWrapper(
            self._bytes, self.coding, errors="replace", newline="", write_through=True
        )
        text = head.decode(self.coding, "replace")
        self.form = _form(text)
        self._wrapped = self.form == "json" and not _is_whole(text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._bytes.close()
        self._raw.close()

    def digest(self) -> str:
        """Give SHA-256 of the whole file, hex, once its rows were read."""
        return self._raw.digest()

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
        except (OSError, EOFError, zlib.error):
            self.troubles["the archive breaks off"] += 1

    def _lines(self) -> Iterator[str]:
        """Give lines with their ends; one that is too long is passed over."""
        while line := self._text.readline(LONGEST):
            if len(line) == LONGEST and not line.endswith("\n"):
                self.troubles["rows longer than a megabyte"] += 1
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
                self.troubles["lines that are no syslog"] += 1
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
                self.troubles["rows that are no CSV"] += 1
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
                self.troubles["values that are no object"] += 1

    def _line_values(self) -> Iterator[object]:
        """Give the value of each line."""
        for line in self._lines():
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                self.troubles[NO_JSON] += 1

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
                    self.troubles[f"{NO_JSON}, and nothing after it is read"] += 1
                return
            yield value
            held = held[end:]


def open_log(path: Path) -> Log:
    """Open a log file. Raises BadInputError, OSError."""
    return Log(path)


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
