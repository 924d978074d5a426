"""5. What keeps the intruder out must not keep the hospital out: ordinary days, replayed."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from chartkeep.errors import ChartkeepError
from chartkeep.inventor.day import Open, Relation, ordinary_day
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.keyholder import actions, details
from chartkeep.keyholder.budget import DAY, HOUR
from chartkeep.keyholder.decide import Ask, decide_open
from chartkeep.keyholder.roles import mask
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.standing import Standing
from chartkeep.keyholder.verbs.opening import READ_LEASE
from chartkeep.ledger.line import Line
from tests.attacks.house import TODAY
from tests.attacks.site import chart_of

A_WEEK, A_MONTH = 7, 30
"""No budget is longer than a day: a week has every kind of day, and a month is for the figure."""
DESK = "desk"
"""All at one desk: the hardest case, since an instance's budget is below the site's."""
FACILITY = b"F" * 16


class Replay:
    """Decides each opening and applies its line, as the keyholder's turn does."""

    def __init__(self, hospital: Hospital) -> None:
        self.standing = Standing()
        self.sessions: dict[str, Session] = {}
        self.done = 0
        self.refused: Counter[str] = Counter()
        for one in hospital.staff:
            self.act(0, actions.AddPerson(one.handle, one.role.value, list(one.wards), "", ""))
        for index, stay in hospital.census.items():
            self.act(0, actions.Place(chart_of(index), stay.ward.name, stay.bed))

    def act(self, now: int, action: actions.Actions) -> None:
        self.standing.apply(Line(now, "act", detail=details.pack(details.Acted(action))))

    def register(self, opens: list[Open]) -> None:
        """Say before the day who is expected by whom, and who was asked for advice."""
        for one in opens:
            if one.relation in (Relation.APPOINTMENT, Relation.CONSULT):
                until = one.at + DAY
                self.act(one.at, actions.Relate(one.person.handle, chart_of(one.patient), until))

    def open(self, one: Open) -> None:
        session = self._session(one)
        chart, sections = chart_of(one.patient), mask(*one.sections)
        ask = Ask(session, chart, sections, one.purpose, "", b"")
        self.done += 1
        try:
            verdict = decide_open(self.standing, FACILITY, ask, one.at)
        except ChartkeepError as error:
            self.refused[f"{one.person.role}: {error}"] += 1
            return
        told = details.Released(
            one.purpose, "", verdict.kind, verdict.fresh, one.at + READ_LEASE, b"", 1
        )
        line = Line(
            one.at, "release", session.person, session.id, session.instance, b"", chart, sections,
            details.pack(told),
        )  # fmt: skip
        self.standing.apply(line)

    def _session(self, one: Open) -> Session:
        """A log-in lasts twelve hours."""
        known = self.sessions.get(one.person.handle)
        if known is None or known.expires <= one.at:
            ident = len(self.sessions).to_bytes(8, "big") + one.at.to_bytes(8, "big")
            known = Session(ident, one.person.handle, DESK, one.at + 12 * HOUR, one.at)
            self.sessions[one.person.handle] = known
        return known


def days(hospital: Hospital, count: int) -> Iterator[list[Open]]:
    return (ordinary_day(hospital, TODAY + timedelta(day), seed=7) for day in range(count))


@pytest.mark.attack
@pytest.mark.parametrize("count", [A_WEEK, pytest.param(A_MONTH, marks=pytest.mark.full)])
def test_of_ten_thousand_legitimate_openings_at_most_one_is_refused(
    record_property: Callable[[str, object], None], count: int
) -> None:
    hospital = invent_hospital(7, 2_000, TODAY, 0.02)
    replay = Replay(hospital)
    for opens in days(hospital, count):
        replay.register(opens)
        for one in opens:
            replay.open(one)
    refused = sum(replay.refused.values())
    record_property("figure", f"{refused} of {replay.done:,} refused in {count} days")
    assert replay.done > count * 15_000
    assert refused * 10_000 <= replay.done, replay.refused
