"""`Out`: what a reader says of one file or member, told to the parent in batches."""

from collections.abc import Sequence

from chartkeep.fingerprint.spacing import HEADS, Bits, read_bits
from chartkeep.incident.trace.found import PROSE, Clock, Kind, Row
from chartkeep.incident.trace.intake.line import Line
from chartkeep.incident.trace.intake.prose import Prose
from chartkeep.incident.trace.intake.telling import (
    MOST_SPACED,
    Began,
    Ended,
    Place,
    Rows,
    Shown,
    Trouble,
)

MOST_VALUE = 4_096
MOST_COLUMNS = 2_000
MOST_LINE = 2_000
"""Characters of running text looked at together; a longer line is several."""
_BATCH_ROWS = 500
_BATCH_CELLS = 10_000


class Out:
    """One for each file or member. Values are cut at `MOST_VALUE` characters."""

    def __init__(self, line: Line, at: Place) -> None:
        self._line = line
        self._at = at
        self._batch: list[Row] = []
        self._most = _BATCH_ROWS
        self._width = 0
        self._number = 0
        self._prose: Prose | None = None
        self.clocks: dict[Clock, int] = {}
        self.trouble = Trouble.NONE
        self._spaced: list[Bits] = []

    def table(self, name: str, columns: Sequence[str], *, prose: bool = False) -> None:
        """Begin a table; rows that follow are its."""
        self.flush()
        names = tuple(_plain(column) for column in columns[:MOST_COLUMNS])
        self._width = len(names)
        self._most = max(1, min(_BATCH_ROWS, _BATCH_CELLS // max(self._width, 1)))
        self._number = 0
        self._line.tell(Began(_plain(name), names, prose))

    def row(self, values: Sequence[str], number: int = 0) -> None:
        """Say one row, as wide as its table; without a `number` it is the next."""
        self._number = number or self._number + 1
        row = tuple([value[:MOST_VALUE] for value in values[: self._width]])
        row += ("",) * (self._width - len(row))
        self._batch.append(Row(self._number, row))
        if len(self._batch) >= self._most:
            self._send()

    def text(self, line: str) -> None:
        """Say one line of running text: who may be meant there becomes rows of a prose table."""
        if self._prose is None:
            self.table("text", PROSE, prose=True)
            self._prose = Prose()
        for at in range(0, len(line) or 1, MOST_LINE):
            for row in self._prose.feed(line[at : at + MOST_LINE]):
                self.row(row)

    def end_text(self) -> None:
        """Say what the last lines of the text held."""
        if self._prose is not None:
            for row in self._prose.finish():
                self.row(row)
            self._prose = None

    def spaces(self, text: str) -> None:
        """Note what the spaces of a JSON line say, of the first ones only: a few hundred tell."""
        if len(self._spaced) < MOST_SPACED and text.startswith(HEADS):
            found = read_bits(text.encode("utf-8", "replace"))
            self._spaced += [found] if found else []

    def picture(self, sop_uid: str, pixels: bytes, fields: Sequence[str]) -> None:
        """Say that it is a DICOM instance."""
        told = tuple(_plain(field) for field in fields)
        self._line.tell(Shown(_plain(sop_uid), pixels, told))

    def clock(self, clock: Clock, millis: int) -> None:
        """Say a time; of several of one kind the latest stays."""
        self.clocks[clock] = max(millis, self.clocks.get(clock, millis))

    def flush(self) -> None:
        """Send what waits."""
        self.end_text()
        if self._batch:
            self._send()

    def end(self, kind: Kind, size: int, digest: bytes, trouble: Trouble) -> None:
        """Say that it is at its end; trouble met on the way stays if there is no worse."""
        self.flush()
        trouble = trouble or self.trouble
        self._line.tell(Ended(kind, size, digest, self.clocks, trouble, self._spaced))

    def _send(self) -> None:
        rows, self._batch = self._batch, []
        try:
            self._line.tell(Rows(rows))
        except UnicodeEncodeError:  # half a surrogate pair, which no text holds by right
            plain = [Row(row.number, tuple(_plain(value) for value in row.values)) for row in rows]
            self._line.tell(Rows(plain))


def _plain(text: str) -> str:
    return text[:MOST_VALUE].encode("utf-8", "replace").decode()
