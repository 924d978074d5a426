"""Letters made: identities opened under a grant, written, sealed as batches, each in a state.

The one road out: a line for each chart before it is opened (`custody.bulk`). Promises that a run
that ended anywhere goes on where it was, and that whoever could not be written to is in a state
that says why. A person with two charts gets two letters: data of two charts is never put together.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from msgspec.structs import replace

from chartkeep.custody.bulk import Sealed, Wanted, fetch_batches, open_batch
from chartkeep.custody.house import House
from chartkeep.custody.release import Look
from chartkeep.errors import BadInputError
from chartkeep.incident.case.case import Case
from chartkeep.incident.notify.affected import Affected, joined
from chartkeep.incident.notify.batch import Batch, Posted, e_mail, mailing_list
from chartkeep.incident.notify.code import fresh_code
from chartkeep.incident.notify.delivery import UNSENT, State
from chartkeep.incident.notify.fonts import Fonts
from chartkeep.incident.notify.letter import Occasion, compose, is_discreet
from chartkeep.incident.notify.pdf import Printer
from chartkeep.incident.notify.recipient import Recipient, To, recipient_of
from chartkeep.incident.notify.register import Register, Row, marks_key
from chartkeep.model import ChartId, Millis
from chartkeep.sealing.keyed import keyed_hash

Json = dict[str, Any]

BATCH = 200
"""Letters of one PDF."""
MAKE_AGAIN = frozenset({State.RETURNED, *UNSENT})


class Desk(NamedTuple):
    """Where letters are made: the case, its register, the house, and whose session looks."""

    case: Case
    register: Register
    look: Look
    house: House
    fonts: Fonts


class Report(NamedTuple):
    """What a run made. `left`: charts the grant did not reach: nothing is said of them yet.

    `short`: letters made before that say less than is known now, and were not made anew.
    """

    batches: int
    states: dict[State, int]
    left: int
    short: int


class Asked(NamedTuple):
    """Whom to write to. `agreed`: charts whose person agreed to be told by e-mail.

    `again`: also write to whose letter came back, or could not be made, before. `more`: also to
    whose letter said less than is known now.
    """

    affected: Iterable[Affected]
    agreed: frozenset[ChartId] = frozenset()
    again: bool = False
    more: bool = False


def make_letters(
    asked: Asked, occasion: Occasion, desk: Desk, tell: Callable[[int], None] = lambda _: None
) -> Report:
    """Make the letters that are not made yet; `tell` hears how many are.

    Raises what refuses all of it: a grant or a session that ended, a freeze, a keeper away. What
    was made until then stays made.
    """
    register, known = desk.register, joined(asked.affected)
    short = {chart for chart, each in known.items() if _says_less(chart, each, register)}
    due = short if asked.more else set[ChartId]()
    wanted = {
        chart: each
        for chart, each in known.items()
        if chart in due or _is_due(chart, register, again=asked.again)
    }
    states = dict.fromkeys(State, 0)
    batches = left = done = 0
    for group in _groups(wanted, desk):
        left += len(group.left)
        batch = _Batch(occasion, desk, asked.agreed)
        for chart in group.charts:
            batch.add(wanted[chart], group.patients.get(chart))
        if batch.rows:
            batch.close()
            batches += 1
        for row in batch.rows:
            states[row.state] += 1
        done += len(batch.rows)
        tell(done)
    made = {state: count for state, count in states.items() if count}
    return Report(batches, made, left, len(short - wanted.keys()))


def _is_due(chart: ChartId, register: Register, *, again: bool) -> bool:
    code = register.by_chart.get(chart)
    return code is None or (again and register.states[code] in MAKE_AGAIN)


def _says_less(chart: ChartId, known: Affected, register: Register) -> bool:
    """Say whether a letter names fewer sections than are known now, or is less sure."""
    code = register.by_chart.get(chart)
    if code is None:
        return False
    told = register.rows[code].affected
    whole = joined([told, known])[chart]
    return (told.sections, told.sure) != (whole.sections, whole.sure)


class _Group(NamedTuple):
    """Charts that were asked for together, and the Patients that opened."""

    charts: list[ChartId]
    patients: dict[ChartId, Json]
    left: list[ChartId]


def _groups(wanted: dict[ChartId, Affected], desk: Desk) -> Iterator[_Group]:
    """Open identities, as many at a time as one PDF holds."""
    kind = Wanted("Patient", Millis(0), desk.house.clock())
    charts: list[ChartId] = []
    patients: dict[ChartId, Json] = {}
    left: list[ChartId] = []
    seen: set[ChartId] = set()
    for sealed in fetch_batches(wanted, kind, desk.look, desk.house):
        opened, spent = _open(sealed, desk)
        patients |= opened
        seen |= {each.chart for each in sealed}
        for each in sealed:
            # Refused while the grant was spent: it is asked again under the next one.
            (left if spent and each.chart not in opened else charts).append(each.chart)
        if len(charts) >= BATCH:
            yield _Group(charts, patients, left)
            charts, patients, left = [], {}, []
    # What the store has nothing of is shredded, or all of it is restricted: said, not opened.
    charts += [chart for chart in wanted if chart not in seen]
    for at in range(0, len(charts), BATCH):
        yield _Group(charts[at : at + BATCH], patients, [])
    if left:
        yield _Group([], {}, left)


def _open(sealed: list[Sealed], desk: Desk) -> tuple[dict[ChartId, Json], bool]:
    # Asked each time: to a grant that has ended all charts would say no, as if each had a reason.
    desk.house.keyholder.read_grant(desk.look.token, desk.look.grant)
    found = open_batch(sealed, desk.look, desk.house)
    patients: dict[ChartId, Json] = {}
    for entry in found.entries:
        if bytes(entry.header.entry_id) == entry.header.chart:  # the Patient whose chart it is
            patients[entry.header.chart] = orjson.loads(entry.raw)
    return patients, found.spent


class _Batch:
    """Letters being written together."""

    def __init__(self, occasion: Occasion, desk: Desk, agreed: frozenset[ChartId]) -> None:
        self.rows: list[Row] = []
        self._occasion = occasion
        self._desk = desk
        self._agreed = agreed
        self._printer = Printer(desk.fonts)
        self._posted: list[Posted] = []
        self._mails: list[bytes] = []
        self._marks = marks_key(desk.case.desk, desk.case.id)

    def add(self, affected: Affected, patient: Json | None) -> None:
        """Write a person's letter, or say why there is none."""
        notice = self._occasion.notice
        code = self._desk.register.by_chart.get(affected.chart) or fresh_code()
        row = Row(
            code, affected, To.PERSON, notice.authoritative, is_discreet(affected, notice),
            State.NOT_OPENED, where=self._came_back(code),
        )  # fmt: skip
        if patient is not None:
            to = recipient_of(patient, self._occasion.on, notice.adult)
            language = notice.choose(to.language)
            row = replace(row, to=to.to, language=language, state=_hindrance(to))
            row = self._write(row, to)
        self.rows.append(row)

    def _write(self, row: Row, to: Recipient) -> Row:
        """Write an e-mail, or a letter, or neither: never again where the last one came back."""
        mail, post = self._mark(to.email), self._mark(*to.address)
        agreed = self._occasion.notice.email and row.affected.chart in self._agreed
        if to.fits and to.email and agreed and mail != row.where:
            return replace(self._mail(row, to), where=mail)
        if row.state is not State.MADE:
            return row
        if post == row.where:
            return replace(row, state=State.NO_ADDRESS)
        return replace(self._print(row, to), where=post)

    def _came_back(self, code: str) -> bytes:
        register = self._desk.register
        there = register.rows.get(code)
        return there.where if there and register.states[code] in MAKE_AGAIN else b""

    def _mark(self, *lines: str) -> bytes:
        return keyed_hash(self._marks, *(line.encode() for line in lines))

    def close(self) -> None:
        """Seal what was written, and write it down: before that, no letter is made."""
        file = ""
        if self._posted or self._mails:
            batch = Batch(self._printer.close(), mailing_list(self._posted), self._mails)
            raw = batch.encode()
            what = f"letters, {len(self._posted)} on paper, {len(self._mails)} e-mails"
            file = self._desk.case.keep(raw, what)
        self._desk.register.make(file, self.rows)

    def _print(self, row: Row, to: Recipient) -> Row:
        letter = compose(row.code, row.affected, to, self._occasion)
        try:
            sheet = self._printer.add(letter)
        except BadInputError:  # no font has a character of it, or the envelope no room
            return replace(row, state=State.UNPRINTABLE)
        posted = Posted(letter, sheet.first, sheet.pages, row.discreet, to.country)
        self._posted.append(posted)
        return replace(row, first=sheet.first, pages=sheet.pages)

    def _mail(self, row: Row, to: Recipient) -> Row:
        # An e-mail is read by whoever runs the servers on its way: it says no more than a postcard.
        letter = compose(row.code, row.affected, to, self._occasion, discreet=True)
        self._mails.append(e_mail(letter, to.email, self._occasion.notice.email))
        return replace(row, state=State.MADE)


def _hindrance(to: Recipient) -> State:
    if not to.fits:
        return State.UNPRINTABLE
    if to.subject and to.address:
        return State.MADE
    return State.NO_FAMILY if to.to is To.FAMILY else State.NO_ADDRESS
