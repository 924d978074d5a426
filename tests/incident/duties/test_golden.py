"""Clocks of duties are right to the minute: more than a hundred cases counted by hand."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.incident.duties.applying import Holds, Standing, apply_rules
from chartkeep.incident.duties.rule import Fact, read_rules
from chartkeep.model import Millis

LETTERS = dict(zip("hfuoasrRgvckKmMeA", (
    Fact.HEALTH_DATA, Fact.FINANCIAL_HARM, Fact.UNLAWFUL_ACT, Fact.DATA_OUT, Fact.DATA_LOST,
    Fact.UNREADABLE, Fact.RISK, Fact.HIGH_RISK, Fact.SIGNIFICANT, Fact.VITAL, Fact.HIGH_CATEGORY,
    Fact.OVER_1000, Fact.AT_LEAST_1000, Fact.AT_LEAST_500, Fact.OVER_500_STATE,
    Fact.CONSENT_ELECTRONIC, Fact.NO_ADDRESSES,
), strict=True))  # fmt: skip
RULES = read_rules()


class Case(NamedTuple):
    aware: Millis
    known: dict[Fact, bool]
    done: dict[tuple[str, str], Millis]
    rule: str
    duty: str
    expected: str


def moment(text: str) -> Millis:
    return Millis(int(datetime.fromisoformat(text).timestamp() * 1000))


def read_cases() -> list[Case]:
    lines = Path(__file__).with_name("golden.txt").read_text().splitlines()
    return [read_case(line) for line in lines if line and not line.startswith("#")]


def read_case(line: str) -> Case:
    aware, facts, asked, expected = (cell.strip() for cell in line.split("|"))
    facts, _, before = facts.partition(";")
    rule, _, duty = asked.partition(" ")
    known = {LETTERS[each[-1]]: not each.startswith("-") for each in facts.split()}
    key, _, at = before.strip().rpartition(" ")
    done = {(rule, key): moment(at)} if at else {}
    return Case(moment(aware), known, done, rule, duty, expected)


def said(one: Standing) -> str:
    """Write what a standing says as the golden file writes it."""
    if one.holds is Holds.NO:
        return "no"
    zone = one.rule.clock
    if one.deadline is None:
        words = "promptly" if one.within == "promptly" else "waits"
    else:
        end = datetime.fromtimestamp(one.deadline / 1000, zone)
        words = end.isoformat(timespec="minutes")
    return f"perhaps {words}" if one.holds is Holds.PERHAPS else words


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: f"{case.rule}-{case.duty}")
def test_a_clock_is_right_to_the_minute(case: Case) -> None:
    standings = apply_rules(RULES, case.known, case.aware, case.done, case.aware)
    [found] = [s for s in standings if (s.rule.rule, s.duty.key) == (case.rule, case.duty)]
    assert said(found) == case.expected


def test_there_are_a_hundred_cases_and_every_duty_is_in_one() -> None:
    cases = read_cases()
    assert len(cases) >= 100
    assert {(c.rule, c.duty) for c in cases} == {(r.rule, d.key) for r in RULES for d in r.duty}


def test_a_rule_past_its_date_says_so_and_goes_on_counting() -> None:
    later = moment("2028-01-01T00:00+00:00")
    standings = apply_rules(RULES, {Fact.DATA_OUT: True, Fact.RISK: True}, later, {}, later)
    assert all(one.stale for one in standings)
    assert any(one.deadline for one in standings)
