"""What the process that parses logs tells its parent: rows, and at the end what became of it.

Trouble is one of a fixed list: no words come out of a process that has seen a hostile log but the
rows' own.
"""

from enum import StrEnum

import msgspec

from chartkeep.incident.trace.intake.telling import Ask

Row = dict[str, str]


class LogTrouble(StrEnum):
    """What could not be read in a log; the values are the words people read."""

    ARCHIVE = "the archive breaks off"
    ENDED = "what follows was not read: it ended the process that read it"
    LONG = "rows longer than a megabyte"
    NO_CSV = "rows that are no CSV"
    NO_JSON = "values that are no JSON"
    NO_JSON_AFTER = "values that are no JSON, and nothing after it is read"
    NO_OBJECT = "values that are no object"
    NO_SYSLOG = "lines that are no syslog"
    UNPACKS = "it unpacks to far more than its size: not read further"


class NotALog(StrEnum):
    """Why a file is no log at all."""

    NO = ""
    BROKEN = "is a broken archive"
    NO_TEXT = "is no text"


class Parsed(msgspec.Struct, frozen=True, tag="parsed"):
    """Rows with their numbers."""

    rows: list[tuple[int, Row]]


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The file is at its end."""

    form: str
    troubles: dict[LogTrouble, int]
    refused: NotALog = NotALog.NO


Told = Ask | Parsed | Done


class NotALogError(Exception):
    """A file is no log. Inside the parsing process only."""

    def __init__(self, why: NotALog) -> None:
        super().__init__(why.name)
        self.why = why
