"""The register of a case's letters: who got which, what became of it, who called about it.

A book of its own (`incident.case.book`), sealed, that only grows; what holds now is a fold over it.
It keeps chart and code, never a name or an address: those are opened when they are needed.
"""

import shutil
from collections.abc import Callable, Iterable
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec

from chartkeep.errors import LedgerBrokenError, NotFoundError, UnknownFormatError
from chartkeep.incident.case.book import Book
from chartkeep.incident.case.case import Case, Now, open_case
from chartkeep.incident.case.events import Finding, Written
from chartkeep.incident.desk import Desk, sync_folder
from chartkeep.incident.notify.affected import Affected
from chartkeep.incident.notify.delivery import NEXT, REACHED, State, check_move
from chartkeep.incident.notify.recipient import To
from chartkeep.ledger.checkpoint import open_checkpoint
from chartkeep.model import ChartId, Millis
from chartkeep.sealing.keys import fresh_id

PART: Final = "letters"
"""What findings of letters are called in a case."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One person's letter. `first` and `pages`: its sheets in its batch's PDF, 0 when none.

    `where`: keyed, so that an address a letter came back from is known again.
    """

    code: str
    affected: Affected
    to: To
    language: str
    discreet: bool
    state: State
    first: int = 0
    pages: int = 0
    where: bytes = b""


class Made(msgspec.Struct, frozen=True, tag="made"):
    """Letters were made. `file`: SHA-256 of the batch among the case's evidence, or empty."""

    batch: int
    file: str
    rows: list[Row]


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """Letters came into a state."""

    codes: list[str]
    state: State
    why: str


class Outcome(StrEnum):
    """How a call, or a look at one's own page, ended."""

    TOLD = "told"
    NOT_CONCERNED = "told that nothing is known"
    NOT_CONFIRMED = "identity not confirmed"
    SILENT = "not asked: too many answers that did not agree"
    OWN_PAGE = "seen on their own page"


class Called(msgspec.Struct, frozen=True, tag="called"):
    """Somebody called. `about`: keyed, so that the same code or the same claim is known again.

    `agent`: empty for a look at one's own page. `session`: the agent's, or the page's, in hex,
    which the lines of the releases ledger name too.
    """

    outcome: Outcome
    about: bytes
    agent: str
    session: str
    code: str = ""


class Line(msgspec.Struct, frozen=True):
    """A line of the register."""

    time: Millis
    by: str
    what: Made | Moved | Called


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Line).decode


class Register:
    """A case's letters. One for each thread; several processes may each have one."""

    def __init__(self, book: Book, by: str, clock: Now) -> None:
        self.book = book
        self._by = by
        self._clock = clock
        self._read = 0
        self.rows: dict[str, Row] = {}
        self.states: dict[str, State] = {}
        self.by_chart: dict[ChartId, str] = {}
        self.batches: dict[int, Made] = {}
        self.calls: list[Line] = []
        self._made = 0
        """How many lines there were with the newest batch."""
        self.refresh()

    @property
    def head(self) -> bytes:
        """Give the signed head of the book, to be kept elsewhere."""
        return self.book.checkpoint

    def made_since(self, head: bytes) -> bool:
        """Say whether letters were made after a head of this book, empty for none at all."""
        size = open_checkpoint(head, self.book.key).checkpoint.size if head else 0
        return self._made > size

    def refresh(self) -> None:
        """Take in what others wrote. Raises what the book raises."""
        self.book.refresh()
        self._take()

    def make(self, file: str, rows: list[Row]) -> int:
        """Write down a batch of letters; gives its number, from 1."""
        batch = 0

        def body(_: int) -> bytes:
            nonlocal batch
            self._take()  # under the book's lock: no number is given twice
            batch = len(self.batches) + 1
            return self._line(Made(batch, file, rows))

        self._append(body)
        return batch

    def move(self, codes: Iterable[str], state: State, why: str = "") -> int:
        """Bring letters into a state, all or none; gives how many were not in it before.

        Raises NotFoundError for a code there is none of, RefusedError for a step there is not.
        """
        wanted = list(dict.fromkeys(codes))
        moved: list[str] = []

        def body(_: int) -> bytes:
            self._take()
            for code in wanted:
                if (there := self.states.get(code)) is None:
                    raise NotFoundError("there is no letter of this code in this case")
                if there is not state:
                    check_move(there, state)
                    moved.append(code)
            return self._line(Moved(moved, state, why))

        self._append(body)
        return len(moved)

    def reach(self, rows: Iterable[Row], state: State, why: str) -> None:
        """Bring into a state whoever was not reached before."""
        fresh = [row.code for row in rows if self.states[row.code] not in REACHED]
        if fresh:
            self.move(fresh, state, why)

    def note(self, called: Called) -> None:
        """Write down a call; durable when this returns, and only then anything is said."""
        self._append(lambda _: self._line(called))

    def of_batch(self, batch: int, state: State) -> list[str]:
        """List a batch's letters that may come into a state; those made again since are left out.

        Paper is not e-mailed, nor an e-mail printed or posted. Raises NotFoundError for no batch.
        """
        made = self.batches.get(batch)
        if made is None:
            raise NotFoundError(f"there is no batch {batch}", hint=f"there are {len(self.batches)}")
        paper = {State.MAILED: False, State.PRINTED: True, State.POSTED: True}.get(state)
        return [
            row.code
            for row in made.rows
            if self.rows[row.code] == row
            and paper in {None, row.pages > 0}
            and state in NEXT[self.states[row.code]]
        ]

    def counts(self) -> dict[State, int]:
        """Count the letters of each state."""
        found = dict.fromkeys(State, 0)
        for state in self.states.values():
            found[state] += 1
        return found

    def _append(self, body: Callable[[int], bytes]) -> None:
        self.book.append(body)
        self._take()

    def _line(self, what: Made | Moved | Called) -> bytes:
        return _encode(Line(self._clock(), self._by, what))

    def _take(self) -> None:
        for body in self.book.bodies(self._read):
            line = _read(body.body)
            self._apply(line)
            self._read += 1
            if isinstance(line.what, Made):
                self._made = self._read

    def _apply(self, line: Line) -> None:
        match line.what:
            case Made(rows=rows):
                self.batches[line.what.batch] = line.what
                for row in rows:
                    self.rows[row.code] = row
                    self.states[row.code] = row.state
                    self.by_chart[row.affected.chart] = row.code
            case Moved(codes=codes, state=state):
                self.states |= dict.fromkeys(codes, state)
            case Called():
                self.calls.append(line)


def open_register(desk: Desk, case: str, by: str, clock: Now) -> Register:
    """Open a case's register, begun on the first call.

    Raises NotFoundError for no case, LedgerBrokenError when it was cut or put back since letters
    were made: who guessed how often, and who has a letter, would be forgotten with it.
    """
    known = open_case(desk, case, by, clock)
    heads = [frame.evidence[0] for frame in made_in(known)]
    folder = desk.root / "letters" / case
    origin = f"chartkeep.example/{desk.file.id}/letters/{case}"
    secret = desk.key_for(f"letters/{case}")
    if not folder.exists():
        _begin(folder, lambda new: Book.create(new, origin, secret, desk.signing))
    book = Book(folder, origin, secret, desk.signing)
    if heads and not _follows(book, known, heads[-1]):
        raise LedgerBrokenError(
            "the register of letters was cut or put back", hint="bring the newer one from a copy"
        )
    return Register(book, by, clock)


def made_in(case: Case) -> list[Written]:
    """List what a case says of letters made: its evidence is the register's head, and the notice.

    Also what somebody superseded: nobody takes back what was sent.
    """
    return [
        each
        for each in case.events()
        if isinstance(each.what, Finding) and each.what.part == PART and each.evidence
    ]


def _follows(book: Book, case: Case, head: str) -> bool:
    into = BytesIO()
    case.read(head, into.write)
    return book.follows(into.getvalue())


def marks_key(desk: Desk, case: str) -> bytes:
    """Give what marks of codes, claims and addresses in a case's register are keyed with."""
    return desk.key_for(f"letters/{case}/marks")


def _begin(folder: Path, create: Callable[[Path], object]) -> None:
    """Begin a book whole, or not at all; of two that begin it at once one is the book."""
    folder.parent.mkdir(exist_ok=True, mode=0o700)
    new = folder.with_name(f".{folder.name}.{fresh_id().hex()}")
    new.mkdir(mode=0o700)
    create(new)
    try:
        new.rename(folder)
    except OSError:  # another was first, and has what both would have
        if not folder.exists():
            raise
        shutil.rmtree(new)
    sync_folder(folder.parent)


def _read(body: bytes) -> Line:
    try:
        return _decode(body)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError(
            "a register of letters has a line not known here", hint="use a newer chartkeep"
        ) from error
