"""The trail: all that happened in a window, of three sources, in order of time, each thing once.

    trail = Trail(look, house, log, programs)          # `look`: the officer's token and purpose
    for what in trail.happened(Question(since, until, chart=…)): …
    trail.one("releases-41")

The sources are the lines of `releases`, proved against its signed head; the entries' headers in
`records`; and the journal, whose notes say of a write who it was. Reading them is a line itself,
and only for roles that audit: the keyholder is asked first. Memory does not grow with the window.
`damaged` names what could not be read. `programs` names instances by their ids.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from heapq import heappop, heappush, merge
from typing import NamedTuple

from chartkeep.clinical.face import PART
from chartkeep.clinical.studies import STUDY_KIND
from chartkeep.custody.exports import KIND as ORDER_KIND
from chartkeep.custody.house import House
from chartkeep.custody.inbox import KINDS as INBOX_KINDS
from chartkeep.custody.journal import KIND as JOURNAL_KIND
from chartkeep.custody.journal_pages import LATE, JournalPages
from chartkeep.custody.lines import Window
from chartkeep.custody.paper import PAPER, Kind, Opening, fetch_kept, openings_look, read_said
from chartkeep.custody.prints import KIND as PRINTS_KIND
from chartkeep.custody.release import Look
from chartkeep.errors import BadInputError, NotFoundError, SealBrokenError
from chartkeep.incident.happening import (
    Happening,
    of_line,
    of_note,
    of_opening,
    of_record,
    signed,
)
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import GAP_VERB, Line
from chartkeep.ledger.note import VerifierKey
from chartkeep.model import to_id
from chartkeep.sealing.entry import EntryHeader, read_cut_header

INTERNAL = frozenset({JOURNAL_KIND, ORDER_KIND, STUDY_KIND, PRINTS_KIND, *INBOX_KINDS})
"""Kinds of entries the house makes itself, of what somebody wrote or read; and parts of faces."""
APART = 60_000
"""Milliseconds the note about a write may come after it."""
MOST_HELD = 50_000
"""Happenings kept back to bring them in order, of each source."""
PAGE = 2_000
MOST_DIGITS = 15


class Question(NamedTuple):
    """Which happenings: of a window in milliseconds, and as far as named, of whom and what."""

    since: int
    until: int
    chart: bytes = b""
    person: str = ""
    instance: str = ""
    verbs: frozenset[str] = frozenset()
    action: str = ""
    outcome: str = ""
    kind: str = ""
    ident: str = ""

    def takes(self, what: Happening) -> bool:
        """Say whether a happening is asked for."""
        pairs = (
            (self.chart, what.chart),
            (self.instance, what.instance),
            (self.action, what.action),
            (self.outcome, what.outcome),
            (self.kind, what.kind),
            (self.ident, what.ident),
        )
        named = all(not wanted or wanted == found for wanted, found in pairs)
        people = not self.person or self.person in (what.person, what.second)
        return named and people and (not self.verbs or what.verb in self.verbs)


class Trail:
    """One auditor's reading of what happened."""

    def __init__(
        self, look: Look, house: House, log: VerifierKey, programs: Mapping[bytes, str]
    ) -> None:
        self._look = look
        self._house = house
        self._log = log
        self._programs = programs
        self.damaged: list[str] = []

    def happened(self, question: Question) -> Iterator[Happening]:
        """Give what happened, oldest first.

        Raises NotAllowedError for a role that does not audit, before anything is read, and
        LedgerBrokenError when the ledger is not what was signed.
        """
        since, until = question.since, question.until
        sources = (
            self.lines(since, until, question.chart),
            in_order(self._records(since, until, question.chart)),
            in_order(self.notes(since, until, question.chart)),
        )
        told = fold(merge(*sources, key=lambda what: what.time))
        return (what for what in told if question.takes(what))

    def one(self, ident: str) -> Happening:
        """Give one happening by its id. Raises NotFoundError, BadInputError."""
        # Asked first: what there is, and what not, is for auditors only.
        self._house.keyholder.open_lines(self._look.token, 0, 0)
        try:
            time = self._time_of(*ident.split("-", 1)) if "-" in ident else 0
        except ValueError as error:
            raise BadInputError("no audit event has such an id", hint="search for it") from error
        near = self.happened(Question(time - APART, time + APART)) if time else ()
        found = [what for what in near if what.id == ident]  # read on: it is proved at its end
        if found:
            return found[0]
        raise NotFoundError("there is no such audit event", hint="search for it")

    def lines(self, since: int, until: int, chart: bytes = b"") -> Iterator[Happening]:
        """Give the lines of a window, of one chart, with all gaps, or of all.

        The keyholder is asked at once. Believe them only once all have come.
        """
        window = Window(self._house.keyholder, self._log, self._look.token, since, until)
        return _lines(window, window.place(since), window.place(window.until), chart)

    def notes(self, since: int, until: int, chart: bytes = b"") -> Iterator[Happening]:
        """Give the notes of the journal of a window, as they were written."""
        pages = JournalPages(self._look, self._house)
        for noted in pages.notes(since, until):
            if chart in (b"", noted.note.chart):
                yield of_note(noted, self._programs)
        self.damaged += pages.damaged

    def openings(self) -> list[Happening]:
        """Give what ward PCs wrote down about packs, as far as it was handed in; oldest first."""
        kept = fetch_kept((Kind.OPENING,), openings_look(self._look.token), self._house)
        told = [of_opening(each.ident, read_said(each.raw, Opening)) for each in kept]
        return sorted(told, key=lambda what: what.time)

    def _records(self, since: int, until: int, chart: bytes) -> Iterator[Happening]:
        """Give the entries of a window: who writes under a lease of an hour is not later."""
        at = self._place(since, chart)
        while headers := self._house.store.headers(chart, at, PAGE):
            for at, raw in headers:
                header = self._read(at, raw)
                if header is None or _is_own(header.kind):
                    continue
                if header.time > until + LATE:
                    return
                if since <= header.time < until:
                    yield of_record(at, header, self._programs)
            at += 1

    def _place(self, since: int, chart: bytes) -> int:
        """Find the first line of `records` whose entry is of this time, by halving."""
        low, high = 0, self._house.store.status().size
        while low < high:
            middle = (low + high) // 2
            found = self._house.store.headers(chart, middle, 1)
            header = self._read(*found[0]) if found else None
            if header is not None and header.time < since - LATE:
                low = middle + 1
            else:
                high = middle
        return low

    def _read(self, at: int, raw: bytes) -> EntryHeader | None:
        try:
            return read_cut_header(raw)
        except SealBrokenError:
            self.damaged.append(f"line {at} of records has no header")
            return None

    def _time_of(self, source: str, place: str) -> int:
        """Find when something happened; 0 when nothing did. Raises ValueError for no place."""
        house, time = self._house, 0
        if source == "releases":
            time = next((line.time for _, line in house.keyholder.lines(*_at(place))), 0)
        elif source == "records":
            found = house.store.headers(b"", _at(place)[0], 1)
            time = next((read_cut_header(raw).time for _, raw in found), 0)
        elif source == "journal":
            entry, _, at = place.rpartition("-")
            noted = JournalPages(self._look, house).note(to_id(entry), _at(at)[0])
            time = noted.note.time
        return time


def _at(place: str) -> tuple[int, int]:
    """Read an index, and the one after it. Raises ValueError for what is none."""
    if not place.isdecimal() or len(place) > MOST_DIGITS:
        raise ValueError(place)
    return int(place), int(place) + 1


def _lines(window: Window, first: int, end: int, chart: bytes) -> Iterator[Happening]:
    at = first
    for count, found in window.read(first, end, partial(_sift, chart)) if first < end else ():
        yield from (of_line(at + offset, line) for offset, line in found)
        at += count


def _sift(chart: bytes, page: Iterable[Whole]) -> tuple[int, list[tuple[int, Line]]]:
    """Count the lines of a page, and keep those of one chart, or all; and gaps, for they hide."""
    lines = [whole.line for whole in page]
    kept = [
        (offset, line)
        for offset, line in enumerate(lines)
        if chart in (b"", line.chart) or line.verb == GAP_VERB
    ]
    return len(lines), kept


def in_order(happenings: Iterable[Happening], most: int = MOST_HELD) -> Iterator[Happening]:
    """Bring what is nearly in order of time in order, within a bound of memory."""
    held: list[tuple[int, int, Happening]] = []
    for count, what in enumerate(happenings):
        heappush(held, (what.time, count, what))
        if len(held) > most:
            yield heappop(held)[2]
    while held:
        yield heappop(held)[2]


def fold(happenings: Iterable[Happening]) -> Iterator[Happening]:
    """Write who it was, by the notes about writes, into the writes; the rest goes through.

    A note that finds no write stays what it is: then nothing was written, or long before.
    """
    held: deque[list[Happening]] = deque()
    writes: dict[int, list[Happening]] = {}
    for what in happenings:
        is_record = what.id.startswith("records-")
        if is_record or not _sign(what, writes):
            cell = [what]
            held.append(cell)
            if is_record:
                writes[what.first] = cell
        while held and (held[0][0].time < what.time - APART or len(held) > MOST_HELD):
            (done,) = held.popleft()
            writes.pop(done.first, None)
            yield done
    for (done,) in held:
        yield done


def _sign(note: Happening, writes: dict[int, list[Happening]]) -> bool:
    """Sign the writes a note is about, if it comes from the one who wrote them."""
    found = False
    for at in range(note.first, min(note.last, note.first + MOST_HELD) + 1) if writes else ():
        cell = writes.get(at)
        if cell and (cell[0].writer, cell[0].chart) == (note.writer, note.chart):
            cell[0] = signed(cell[0], note)
            found = True
    return found


def _is_own(kind: str) -> bool:
    """Say whether the house itself made an entry of a kind."""
    return kind.startswith((PART, PAPER)) or kind in INTERNAL
