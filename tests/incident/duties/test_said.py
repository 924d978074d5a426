"""One person's word lifts no duty: it is asked, not agreed, and the clocks run."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chartkeep.incident.case.events import Aware, Clock, Decision, Known, Note, Written
from chartkeep.incident.duties.applying import Holds, apply_rules
from chartkeep.incident.duties.rule import Fact, read_rules
from chartkeep.incident.duties.said import WeighedWords
from chartkeep.model import Millis

RULES = read_rules()
AWARE = Millis(int(datetime(2024, 5, 19, 7, tzinfo=UTC).timestamp() * 1000))
HOUR = 3_600_000
TWO = ("dewi", "gita")


def said(*events: Any, agreed: tuple[int, ...] = ()) -> WeighedWords:
    """Events in their order; a pair is one and the number of the event it stands for."""
    pairs = [each if isinstance(each, tuple) else (each, None) for each in events]
    written = [Written(at, AWARE, "dewi", *each) for at, each in enumerate(pairs)]
    return WeighedWords(written, dict.fromkeys(agreed, TWO))


def standing(words: WeighedWords, rule: str, key: str) -> tuple[Holds, Millis | None]:
    found = apply_rules(RULES, words.known, AWARE, words.done, AWARE, words.doubted)
    [one] = [each for each in found if (each.rule.rule, each.duty.key) == (rule, key)]
    return one.holds, one.deadline


THEFT = [Known(fact.value, holds=True) for fact in (Fact.HEALTH_DATA, Fact.DATA_OUT)]
SAFE = Known(Fact.UNREADABLE.value, holds=True)


@pytest.mark.attack
def test_unreadable_lets_nobody_off_before_a_second_person_says_so() -> None:
    alone, both = said(*THEFT, SAFE), said(*THEFT, SAFE, agreed=(2,))
    for rule, key in (("us-hipaa", "persons"), ("jp-appi", "preliminary")):
        assert standing(alone, rule, key)[0] is Holds.PERHAPS
        assert standing(alone, rule, key)[1] == standing(said(*THEFT), rule, key)[1]
    assert standing(both, "us-hipaa", "persons")[0] is Holds.NO


@pytest.mark.attack
def test_no_fact_of_one_person_makes_any_duty_go_away_or_end_later() -> None:
    done = {(rule.rule, duty.key): AWARE for rule in RULES for duty in rule.duty}
    empty = apply_rules(RULES, {}, AWARE, done, AWARE)
    before = {(each.rule.rule, each.duty.key): each for each in empty}
    for fact in Fact:
        for holds in (True, False):
            for each in apply_rules(RULES, {fact: holds}, AWARE, done, AWARE, [fact]):
                was = before[each.rule.rule, each.duty.key]
                assert each.holds is not Holds.NO
                assert (each.deadline or 0) <= (was.deadline or 0)


def test_what_binds_counts_at_once() -> None:
    assert standing(said(*THEFT), "us-hipaa", "persons")[0] is Holds.PERHAPS
    not_safe = Known(Fact.UNREADABLE.value, holds=False)
    assert standing(said(*THEFT, not_safe), "us-hipaa", "persons")[0] is Holds.YES


@pytest.mark.attack
def test_one_person_does_not_move_when_it_was_known() -> None:
    first, later = Aware("the nurse", AWARE), Aware("the board", Millis(AWARE + 99 * HOUR))
    moved = said(first, (later, 0))
    assert moved.aware == AWARE
    assert said(first, (later, 0), agreed=(1,)).aware == AWARE + 99 * HOUR
    earlier = Aware("the porter", Millis(AWARE - HOUR))
    assert said(first, (later, 0), (earlier, 1)).aware == AWARE - HOUR
    assert said(first, (later, 0), (Aware("x", Millis(AWARE + HOUR)), 1)).aware == AWARE


@pytest.mark.attack
def test_one_person_does_not_move_when_a_duty_was_done() -> None:
    done = Clock("jp-appi preliminary", "the commission", None, AWARE)
    later = Clock("jp-appi preliminary", "the commission", None, Millis(AWARE + HOUR))
    key = ("jp-appi", "preliminary")
    assert said(done, later).done[key] == AWARE
    assert said(done, (later, 0)).done[key] == AWARE
    assert said(done, (later, 0), agreed=(1,)).done[key] == AWARE + HOUR


def test_a_second_person_who_was_only_named_has_not_agreed() -> None:
    words = said(Decision("freeze", "dewi", "it goes on", "erik"), agreed=(0,))
    [frame] = words._events
    assert words.waits(frame)  # dewi and gita agreed, and erik did not
    words = said(Decision("freeze", "dewi", "it goes on", "gita"), agreed=(0,))
    assert not words.waits(words._events[0])


def test_it_says_what_waits() -> None:
    words = said(
        *THEFT, SAFE, Note("one"), Aware("a", AWARE), (Aware("b", Millis(AWARE + 1)), 4),
        Known(Fact.RISK.value, holds=False), (Known(Fact.RISK.value, holds=True), 6),
    )  # fmt: skip
    assert [each.number for each in words._events if words.waits(each)] == [2, 5]
