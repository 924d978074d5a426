"""The call desk: a letter's code or the steps of identity first, then what to tell this person.

Nothing is said before it is confirmed who calls, and whatever was not confirmed sounds alike: a
code there is none of, one whose person is another, one guessed at too often. Each call is a line of
the register before it is answered; a face is opened by the one road, so it is a line of the
releases ledger as well and counts on the agent's budget.
"""

import threading
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
from msgspec import structs

from chartkeep.clinical.face import LINK_KIND, PERSON_KIND, Person, read_link
from chartkeep.clinical.keywords import Query
from chartkeep.custody.bulk import Wanted, fetch, open_batch
from chartkeep.custody.house import House
from chartkeep.custody.release import MOST_MERGES, Look, charts_of, face_of, faces_of
from chartkeep.custody.sessions import Sessions
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import (
    BadInputError,
    NotAllowedError,
    NotFoundError,
    OverBudgetError,
    TooWideError,
)
from chartkeep.incident.notify.code import read_code
from chartkeep.incident.notify.confirming import Claim, agrees, agrees_in_face, name_key
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.letter import Occasion
from chartkeep.incident.notify.patience import check_agent, is_silent, misses
from chartkeep.incident.notify.register import Called, Outcome, Register, Row
from chartkeep.incident.notify.telling import Telling, tell_rows
from chartkeep.keyholder.roles import ROLES, mask
from chartkeep.model import ChartId, Millis, Purpose, Section, to_id
from chartkeep.sealing.keyed import keyed_hash

REASON = "a call about a letter"
MOST_MEANT = 20
"""People a claim without a code may mean: more is a search, not a person who calls."""

NEEDED = mask(Section.FACE, Section.IDENTITY)
PAGE: Final = "letter page"
"""The role of the program through which people look themselves."""
_EVER = Millis(1 << 62)


class NotConfirmedError(NotAllowedError):
    """Nobody was confirmed; it never says why."""

    def __init__(self) -> None:
        super().__init__(
            "not confirmed: tell them nothing",
            hint="ask once more; or they come, with a paper that shows who they are",
        )


def answers_calls(role: str) -> bool:
    """Say whether a role may: one that opens anybody's face and identity, as a clerk's."""
    return not NEEDED & ~ROLES[role].unrelated


class CallDesk:
    """Answers calls about one case, one at a time."""

    def __init__(self, register: Register, occasion: Occasion, house: House, secret: bytes) -> None:
        """`secret`: what the register's marks of codes and claims are keyed with."""
        self._register = register
        self._occasion = occasion
        self._house = house
        self._secret = secret
        self._sessions = Sessions(house)
        self._lock = threading.Lock()

    def by_code(self, typed: str, claim: Claim, token: bytes, language: str = "") -> Telling:
        """Tell whoever has a letter and is the person it is about; `token`: the agent's session.

        Raises NotConfirmedError, OverBudgetError after too many misses, and what refuses the
        release: then nothing was said.
        """
        try:
            code = read_code(typed)
        except BadInputError:
            code = ""  # a slip and a guess sound alike; both are written down
        about = self._mark("code", code or typed[:100])
        with self._lock:
            call = self._begin(about, token)
            row, rows = self._register.rows.get(code), None
            if row is None and not call.agent:
                raise NotConfirmedError  # nobody's letter: strangers fill no register
            if row is not None:
                seen = self._see(row.affected.chart, claim, token)
                agrees = seen.agrees(claim, third=row.discreet)
                rows = self._of_person(row, token) if agrees else None
            told = structs.replace(call, code=code)
            return self._answer(rows, told, State.RECEIVED, claim.name, language)

    def by_identity(self, claim: Claim, token: bytes, language: str = "") -> Telling:
        """Tell whoever says a whole name, a birth date, and a number or a phone on file.

        Who is known here and is not concerned is told so. Raises as `by_code` does.
        """
        about = self._mark("claim", name_key(claim.name), claim.birth_date)
        with self._lock:
            call = self._begin(about, token)
            if not call.agent:
                raise NotConfirmedError  # at the page nobody asks without a letter
            found = self._find(claim, token) if claim.is_whole else None
            rows = None if found is None else self._rows(found)
            code = rows[0].code if rows else ""
            told = structs.replace(call, code=code)
            return self._answer(rows, told, State.TOLD, claim.name, language)

    def _begin(self, about: bytes, token: bytes) -> Called:
        """Refuse before anything is asked of the house; gives the line to write if all agrees."""
        known = self._sessions.who(token)
        own = known.role == PAGE
        if not own and not answers_calls(known.role):
            raise NotAllowedError("this role answers no calls", hint="a clerk does")
        self._register.refresh()
        lately = misses(self._register.calls, self._house.clock())
        if own:  # no agent: whoever tries codes at the page must not close the call desk
            call = Called(Outcome.OWN_PAGE, about, "", known.session.hex())
        else:
            check_agent(lately, known.person)
            call = Called(Outcome.TOLD, about, known.person, known.session.hex())
        if is_silent(lately, about):
            if not own:  # at the page anybody could write it without end
                self._register.note(structs.replace(call, outcome=Outcome.SILENT))
            raise NotConfirmedError
        return call

    def _answer(
        self, rows: list[Row] | None, called: Called, reached: State, name: str, language: str
    ) -> Telling:
        """Write the call down, then answer it."""
        if rows is None:
            missed = structs.replace(called, outcome=Outcome.NOT_CONFIRMED, code="")
            self._register.note(missed)
            raise NotConfirmedError
        if not rows:
            called = structs.replace(called, outcome=Outcome.NOT_CONCERNED)
        self._register.note(called)
        telling = tell_rows(rows, self._register, self._occasion, language, name)
        how = "they called" if called.agent else "seen on their own page"
        self._register.reach(rows, reached, how)
        return telling

    def _see(self, chart: ChartId, claim: Claim, token: bytes) -> "_Seen":
        """Open a face, and the Patient where a phone was said: a line each."""
        faces = self._open(chart, (PERSON_KIND, Section.FACE), token)
        face = face_of(chart, faces)
        patient = None
        if face is not None and claim.phone:
            found = self._open(chart, ("Patient", Section.IDENTITY), token)
            own = (entry.raw for entry in found if bytes(entry.header.entry_id) == chart)
            patient = next(map(orjson.loads, own), None)
        return _Seen(face and face.person, patient)

    def _open(self, chart: ChartId, what: tuple[str, Section], token: bytes) -> list[OpenedEntry]:
        """Open a chart's entries of one kind; none where it is denied, or was shredded.

        What refuses the agent and not this chart is raised: their callers are not doubted for it.
        """
        kind, section = what
        look = Look(token, frozenset({section}), Purpose.PATIENT_REQUEST, REASON)
        sealed = fetch(chart, Wanted(kind, Millis(0), _EVER), look, self._house)
        if not sealed.wraps:
            return []
        found = open_batch([sealed], look, self._house)
        if found.spent:
            raise OverBudgetError("this would pass a budget", hint="wait, or ask a colleague")
        return found.entries

    def _find(self, claim: Claim, token: bytes) -> list[ChartId] | None:
        """Find the charts of the one person a claim is about; None when it is nobody, or two."""
        look = Look(token, frozenset({Section.FACE}), Purpose.PATIENT_REQUEST, REASON)
        query = Query(name=claim.name, birthdate=claim.birth_date)
        try:
            charts = sorted(charts_of(query, look, self._house, MOST_MEANT))
            faces = faces_of(charts, look, self._house)
        except (NotFoundError, TooWideError):
            return None
        likely = [face for face in faces if agrees_in_face(claim, face.person)]
        mine = [
            face for face in likely
            if not claim.phone or self._see(face.chart, claim, token).agrees(claim, third=True)
        ]  # fmt: skip
        people = {face.goes_on or face.chart for face in mine}
        if len(people) != 1:
            return None
        return self._merged(people.pop(), token)

    def _of_person(self, row: Row, token: bytes) -> list[Row]:
        """List the rows of all charts of a letter's person, the letter's first."""
        chart = row.affected.chart
        for _ in range(MOST_MERGES):
            links = self._open(chart, (LINK_KIND, Section.FACE), token)
            onward = [text for link in links if (text := read_link(link.raw).replaced_by)]
            if not onward:
                break
            chart = ChartId(to_id(onward[0]))
        others = self._rows(self._merged(chart, token))
        return [row, *(each for each in others if each.code != row.code)]

    def _merged(self, chart: ChartId, token: bytes) -> list[ChartId]:
        """List a person's charts: the one that goes on, and those merged into it.

        Whoever asks what is known of them must not be told of one of their charts alone.
        """
        found = [chart]
        for one in found:
            if len(found) > MOST_MERGES:
                break
            links = self._open(one, (LINK_KIND, Section.FACE), token)
            texts = (read_link(entry.raw).replaces for entry in links)
            found += [ChartId(to_id(text)) for text in texts if text]
        return list(dict.fromkeys(found))

    def _rows(self, charts: list[ChartId]) -> list[Row]:
        codes = (self._register.by_chart.get(chart) for chart in charts)
        return [self._register.rows[code] for code in codes if code is not None]

    def _mark(self, *what: str) -> bytes:
        return keyed_hash(self._secret, *(part.encode() for part in what))


class _Seen(NamedTuple):
    """What was opened of somebody to compare with."""

    person: Person | None
    patient: Mapping[str, Any] | None

    def agrees(self, claim: Claim, *, third: bool) -> bool:
        """Say whether a claim is so."""
        if self.person is None:
            return False
        return agrees(claim, self.person, self.patient, third=third)
