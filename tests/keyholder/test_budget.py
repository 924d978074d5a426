"""Budgets: in no position of any window more is spent than the limit, before and after a start."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chartkeep.errors import ChartkeepError, RefusedError
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.acting import check_action
from chartkeep.keyholder.budget import DAY, HOUR, Kind, Limit, Scope, Spending, Who, Window
from chartkeep.keyholder.standing import Standing
from tests import cast
from tests.keyholder.desk import Desk

LIMITS = (
    Limit(Scope.PERSON, Kind.CHART, HOUR, 3),
    Limit(Scope.PERSON, Kind.CHART, DAY, 7),
    Limit(Scope.ROLE, Kind.CHART, HOUR, 5),
    Limit(Scope.SITE, Kind.CHART, HOUR, 6),
)
AIKO, BUDI = Who("aiko", "nurse", "desk"), Who("budi", "nurse", "second desk")
steps = st.lists(st.tuples(st.integers(0, HOUR // 2), st.sampled_from([AIKO, BUDI])), max_size=60)


def spent_in(times: list[int], end: int, width: int) -> int:
    return sum(end - width < time <= end for time in times)


@settings(max_examples=50)
@given(steps)
def test_in_no_window_position_more_is_spent_than_the_limit(asked: list[tuple[int, Who]]) -> None:
    spending, now, times = Spending(LIMITS), cast.START, dict[Who, list[int]]()
    for wait, who in asked:
        now += wait
        if spending.over(who, Kind.CHART, now) is None:
            spending.spend(who, Kind.CHART, now)
            times.setdefault(who, []).append(now)
    everyone = sorted(t for found in times.values() for t in found)
    assert all(spent_in(found, t, HOUR) <= 3 for found in times.values() for t in found)
    assert all(spent_in(found, t, DAY) <= 7 for found in times.values() for t in found)
    assert all(spent_in(everyone, t, HOUR) <= 5 for t in everyone)


@given(st.lists(st.tuples(st.integers(0, 2 * HOUR), st.integers(1, 5)), max_size=40))
def test_a_window_never_counts_less_than_what_lies_in_it(spent: list[tuple[int, int]]) -> None:
    window, now, times = Window(HOUR), cast.START, list[int]()
    for wait, count in spent:
        now += wait
        window.add(now, count)
        times += [now] * count
        assert window.used(now) >= spent_in(times, now, HOUR)
        late = now - HOUR - HOUR // 60
        assert window.used(now) <= sum(time > late for time in times)


class Site(RuleBasedStateMachine):
    """Openings, waits and changed limits of one site."""

    def __init__(self) -> None:
        super().__init__()
        self.spending = Spending(LIMITS)
        self.now = cast.START
        self.limit = {AIKO.person: 3, BUDI.person: 3}
        self.times: dict[str, list[int]] = {AIKO.person: [], BUDI.person: []}
        self.gap = -DAY

    @rule(who=st.sampled_from([AIKO, BUDI]), wait=st.integers(0, HOUR))
    def open_chart(self, who: Who, wait: int) -> None:
        self.now += wait
        if self.spending.over(who, Kind.CHART, self.now) is None:
            assert spent_in(self.times[who.person], self.now, HOUR) < self.limit[who.person]
            assert self.now - self.gap >= DAY, "after a gap every budget counts as spent"
            self.spending.spend(who, Kind.CHART, self.now)
            self.times[who.person].append(self.now)

    @rule(who=st.sampled_from([AIKO, BUDI]), most=st.integers(0, 6))
    def set_for_one(self, who: Who, most: int) -> None:
        self.spending.set_limit(Limit(Scope.PERSON, Kind.CHART, HOUR, most), who.person)
        self.limit[who.person] = most

    @rule()
    def lose_lines(self) -> None:
        self.spending.fill(self.now)
        self.gap = self.now

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.now += hours * HOUR

    @invariant()
    def nobody_passed_the_day(self) -> None:
        assert all(spent_in(found, self.now, DAY) <= 7 for found in self.times.values())


Site.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestSite = Site.TestCase


def test_a_limit_for_one_name_goes_before_the_one_for_all() -> None:
    spending = Spending(LIMITS)
    spending.set_limit(Limit(Scope.PERSON, Kind.CHART, HOUR, 1), "aiko")
    spending.set_limit(Limit(Scope.PERSON, Kind.CHART, HOUR, 9), "")
    spending.spend(AIKO, Kind.CHART, cast.START)
    spending.spend(BUDI, Kind.CHART, cast.START)
    assert spending.over(AIKO, Kind.CHART, cast.START) is not None
    assert spending.over(BUDI, Kind.CHART, cast.START) is None


def test_it_refuses_a_budget_over_more_than_the_day_a_start_reads() -> None:
    with pytest.raises(RefusedError, match="no such budget"):
        check_action(actions.SetLimit("person", "", "chart", DAY + 1, 5))


# A fold of the ledger is the live state, whatever was asked.

ASKS = st.lists(
    st.tuples(
        st.sampled_from(["open", "face", "search", "place", "limit", "freeze", "decoy", "out"]),
        st.sampled_from(["aiko", "budi", "carla"]),
        st.integers(0, 2),
        st.integers(0, 40),
    ),
    max_size=25,
)


def state_of(standing: Standing, now: int) -> dict[str, object]:
    """What stands, as values, with what every limit still counts."""
    kept = {k: v for k, v in vars(standing).items() if k not in ("spending", "most_leases")}
    kept["leases"] = {k: v for k, v in standing.leases.items() if v[1] > now}
    kept["sessions"] = {k: v for k, v in standing.sessions.items() if v.expires > now}
    kept["spent"] = {
        key: window.used(now)
        for key, window in standing.spending._windows.items()
        if window.used(now) and key[2] != Kind.LOGIN
    }
    return kept


def play(desk: Desk, script: list[tuple[str, str, int, int]]) -> None:
    tokens = {name: desk.login(name) for name in ("aiko", "budi", "carla", "erik", "fumi")}
    charts = [desk.chart("3W", bed) for bed in ("1", "")] + [desk.chart("5E", "2")]
    for what, person, number, wait in script:
        desk.clock.move(minutes=wait)
        try:
            do(desk, what, tokens, person, charts[number])
        except ChartkeepError:
            continue


def do(
    desk: Desk, what: str, tokens: dict[str, bytes], person: str, wanted: protocol.ChartWraps
) -> None:
    token, chart = tokens[person], wanted.chart
    match what:
        case "open":
            desk.open(token, wanted)
        case "face":
            desk.open(token, protocol.ChartWraps(chart, 2, wanted.wraps[:1]))
        case "search":
            desk.ask(protocol.ReadLabels(token, "TREAT", ["name:sato"]))
        case "place":
            desk.ask(protocol.Act(b"", actions.Place(chart, "5E", "9")), "engine")
        case "limit":
            limit = actions.SetLimit("person", person, "chart", HOUR, 2)
            desk.two(tokens["erik"], tokens["fumi"], limit)
        case "freeze":
            desk.ask(protocol.Act(token, actions.Freeze("person", person)))
        case "decoy":
            desk.ask(protocol.Act(b"", actions.MarkDecoy(chart)), "host")
        case "out":
            desk.ask(protocol.Logout(token))


@settings(max_examples=25, deadline=None)
@given(ASKS)
def test_a_start_knows_what_the_last_process_knew(script: list[tuple[str, str, int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), cast.FakeClock())
        play(desk, script)
        now = desk.keyholder.open_turn().now
        live = state_of(desk.keyholder.standing, now)
        again = desk.restart()
        assert state_of(again.keyholder.standing, now) == live
        again.stop()


def test_a_grant_stays_used_up_over_a_start_days_later(desk: Desk) -> None:
    dewi, gita = desk.login("dewi"), desk.login("gita")
    until = desk.clock.at + 20 * DAY
    grant = desk.two(dewi, gita, actions.Grant("carla", 1, 2, until, "HRESCH"))
    first, second = desk.chart(sections=[1]), desk.chart(sections=[1])
    carla = desk.login("carla")
    assert desk.open(carla, first, purpose="HRESCH", grant=grant) == [""]
    desk.clock.move(hours=72)
    again = desk.restart()
    carla = again.login("carla")
    assert again.open(carla, second, purpose="HRESCH", grant=grant) == ["OverBudgetError"]
    again.stop()


def test_a_clock_set_forward_opens_no_budget(desk: Desk) -> None:
    desk.two(
        desk.login("erik"), desk.login("fumi"), actions.SetLimit("person", "", "chart", HOUR, 1)
    )
    aiko = desk.login("aiko")
    assert desk.open(aiko, desk.chart("3W")) == [""]
    desk.clock.off = 5 * HOUR
    assert desk.open(aiko, desk.chart("3W")) == ["OverBudgetError"]
