"""SQL dumps: INSERT and COPY statements as rows, of MySQL, PostgreSQL, SQLite and SQL Server.

A tokenizer of its own, for statements of any length: a value is held, a statement never is.
"""

import re
from collections.abc import Iterator
from io import TextIOWrapper

from chartkeep.incident.trace.intake.out import Out

_PIECE = 256 << 10
_LONGEST = 4 << 20
_NAME = r'(?:[`"\[]?[\w$ -]+[`"\]]?\.){0,2}[`"\[]?[\w$]+[`"\]]?'
_START = re.compile(
    rf"^[ \t]*(?:(?P<insert>INSERT|REPLACE)\s(?:[A-Z_]+\s){{0,3}}?INTO\s+(?P<into>{_NAME})\s*"
    rf"(?:\((?P<names>[^()]*)\))?\s*(?:OVERRIDING\s[A-Z ]+\s)?VALUES?\s*"
    rf"|COPY\s+(?P<copy>{_NAME})\s*(?:\((?P<copied>[^()]*)\))?\s*FROM\s+stdin\b[^;]*;[ \t]*\r?\n"
    rf"|CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<create>{_NAME})\s*\()",
    re.IGNORECASE | re.MULTILINE,
)
LOOKS_LIKE = _START
_STANDARD = re.compile(r"PostgreSQL|SQLite|^BEGIN TRANSACTION;|SET ANSI_NULLS", re.MULTILINE)
_TOKEN_MYSQL = re.compile(
    r"\s*(?:[NnBbXx_]?[a-z0-9]{0,8}'((?:[^'\\]|\\.|'')*)'|([(),;])|([^\s'(),;]+))", re.DOTALL
)
_TOKEN_STANDARD = re.compile(
    r"\s*(?:[EeNnBbXx]?'((?:[^']|'')*)'|([(),;])|([^\s'(),;]+))", re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "", "Z": "", "b": ""}
_COLUMN = re.compile(r'^\s*(?:[`"\[]([^`"\]]+)[`"\]]|([A-Za-z_]\w*))\s+\[?[A-Za-z]')
_NO_COLUMN = {"PRIMARY", "KEY", "UNIQUE", "CONSTRAINT", "INDEX", "FOREIGN", "CHECK", "FULLTEXT"}


class _Text:
    """A window that slides over the dump."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self.window = ""
        self.at = 0
        self.ended = False

    def more(self) -> bool:
        """Widen the window at its end and drop what was passed; False at the end of the dump."""
        piece = "" if self.ended else self._text.read(_PIECE)
        self.ended = not piece
        if piece:
            self.window, self.at = self.window[self.at :] + piece, 0
        return bool(piece)

    def line(self) -> str | None:
        """Return the next line without its end, None at the end of the dump."""
        while (end := self.window.find("\n", self.at)) < 0:
            if len(self.window) - self.at > _LONGEST or not self.more():
                end = len(self.window)
                break
        line, self.at = self.window[self.at : end], min(end + 1, len(self.window))
        return line if line or not self.ended or self.at < len(self.window) else None


def read_sql(text: TextIOWrapper, out: Out) -> None:
    """Read every row the dump puts into a table."""
    dump = _Text(text)
    dump.more()
    standard = bool(_STANDARD.search(dump.window[:20_000]))
    layouts: dict[str, tuple[str, ...]] = {}
    newest: tuple[str, tuple[str, ...]] = ("", ())
    while True:
        start = _START.search(dump.window, dump.at)
        if start is None or (start.end() > len(dump.window) - 4_096 and not dump.ended):
            dump.at = start.start() if start else max(dump.at, len(dump.window) - 4_096)
            if not dump.more() and start is None:
                return
            continue
        dump.at = start.end()
        if start["create"]:
            layouts[_bare(start["create"])] = _created(dump)
            continue
        name = _bare(start["into"] or start["copy"])
        named = start["names"] or start["copied"] or ""
        columns = tuple(_bare(each) for each in named.split(",")) if named else layouts.get(name)
        rows = _copied(dump) if start["copy"] else _inserted(dump, standard=standard)
        newest = _tell(rows, name, columns, newest, out)


def _tell(
    rows: Iterator[list[str]], name: str, columns: tuple[str, ...] | None,
    newest: tuple[str, tuple[str, ...]], out: Out,
) -> tuple[str, tuple[str, ...]]:  # fmt: skip
    """Say rows under their table's name, beginning a table where it is another."""
    for row in rows:
        wanted = (name, columns or ("",) * len(row))
        if wanted != newest:
            out.table(*wanted)
            newest = wanted
        out.row(row)
    return newest


def _inserted(  # noqa: C901, PLR0912 -- one token a branch, a million times
    dump: _Text, *, standard: bool
) -> Iterator[list[str]]:
    """Yield the rows after VALUES, up to the statement's end."""
    token = _TOKEN_STANDARD if standard else _TOKEN_MYSQL
    row: list[str] = []
    value, depth = "", 0
    while True:
        match = token.match(dump.window, dump.at)
        if match is None or match.end() > len(dump.window) - 2:
            if len(dump.window) - dump.at > _LONGEST:
                dump.at += 1  # no value is so long: passed, so that the next statement is found
            if dump.more():
                continue
            if match is None:
                return
        dump.at = match.end()
        quoted, mark, bare = match.groups()
        if quoted is not None:
            value = quoted.replace("''", "'") if standard else _ESCAPE.sub(_unescape, quoted)
        elif bare is not None:
            if depth == 0 and bare.isalpha() and bare.upper() not in ("ON", "AS"):
                return  # the next statement, where this one has no end
            value = "" if bare.upper() == "NULL" else value + bare
        elif mark == "(":
            depth += 1
            value = "" if depth == 1 else value
        elif mark == "," and depth:
            row.append(value)
            value = ""
        elif mark == ")" and depth:
            depth -= 1
            if depth == 0:
                yield [*row, value]
                row, value = [], ""
        elif mark == ";":
            return


def _copied(dump: _Text) -> Iterator[list[str]]:
    """Yield the rows of a COPY up to its end mark; tabs part, backslashes escape."""
    while (line := dump.line()) is not None and line.rstrip("\r") != "\\.":
        values = line.rstrip("\r").split("\t")
        yield [
            "" if value == "\\N" else _ESCAPE.sub(_unescape, value) if "\\" in value else value
            for value in values
        ]


def _created(dump: _Text) -> tuple[str, ...]:
    """Read the columns' names of a CREATE TABLE that has just begun."""
    while (end := dump.window.find(";", dump.at)) < 0:
        if len(dump.window) - dump.at > _PIECE or not dump.more():
            return ()
    body, dump.at = dump.window[dump.at : end], end
    names, depth, start = [], 0, 0
    for at, mark in enumerate(body + ","):
        depth += (mark == "(") - (mark == ")")
        if (mark == "," and depth <= 0) or depth < 0:
            column = _COLUMN.match(body[start:at])
            if column and (column[1] or column[2].upper() not in _NO_COLUMN):
                names.append(column[1] or column[2])
            start = at + 1
            if depth < 0:
                break
    return tuple(names)


def _unescape(match: re.Match[str]) -> str:
    escaped = match[1]
    return "'" if escaped is None else _ESCAPED.get(escaped, escaped)


def _bare(name: str) -> str:
    return name.strip().rsplit(".", 1)[-1].strip('`"[] \t\r\n')
