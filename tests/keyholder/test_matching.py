"""What a feed may ask: an exact number, yes or no to a name; counted, and few guesses a chart."""

import pytest

from chartkeep.errors import (
    BadInputError,
    FrozenError,
    GuessedError,
    NotAllowedError,
    OverBudgetError,
)
from chartkeep.keyholder import actions
from chartkeep.keyholder.protocol import Act, MatchNumber, SamePerson
from tests.keyholder.desk import Desk, write_labels

HOUR = 3_600_000
NUMBER = "id:http://minato.example/mrn|4711"


def person(desk: Desk, *words: str) -> bytes:
    chart = desk.chart().chart
    desk.ask(write_labels(chart, words or (NUMBER, "whole:sato", "born:1950-01-02")), "engine")
    return chart


def same(desk: Desk, chart: bytes, *words: str) -> bool:
    answer: bool = desk.ask(SamePerson(chart, list(words)), "engine").same
    return answer


def labels(desk: Desk, keyword: str) -> list[bytes]:
    found: list[bytes] = desk.ask(MatchNumber(keyword), "engine").labels
    return found


def limit(desk: Desk, most: int, scope: str = "instance") -> None:
    act = actions.SetLimit(scope, "", "match", HOUR, most)
    desk.two(desk.login("erik"), desk.login("fumi"), act)


def test_a_number_gives_the_labels_of_who_carries_it(desk: Desk) -> None:
    person(desk)
    assert len(labels(desk, NUMBER)) == 1
    assert labels(desk, NUMBER + "0") == []


def test_only_whole_numbers_of_a_system_are_asked_about(desk: Desk) -> None:
    for keyword in ("name:sat", "id:|4711", "born:1950-01-02", "phone:1234", "id:urn:x|", "x"):
        with pytest.raises(BadInputError):
            labels(desk, keyword)


def test_a_person_is_the_same_by_birth_date_and_any_part_of_a_name(desk: Desk) -> None:
    chart = person(desk)
    assert same(desk, chart, "born:1950-01-02", "whole:linda", "whole:sato")
    assert same(desk, chart, "whole:sato")
    assert same(desk, chart, "born:1950-01-02")
    assert not same(desk, chart, "born:1950-01-03", "whole:sato")
    assert not same(desk, chart, "born:1950-01-02", "whole:linda")


def test_nothing_but_names_and_one_birth_date_is_compared(desk: Desk) -> None:
    chart = person(desk)
    for words in ([], [NUMBER], ["name:sa"], ["born:1950-01-02", "born:1950-01-03"]):
        with pytest.raises(BadInputError):
            same(desk, chart, *words)


def test_every_question_is_a_line(desk: Desk) -> None:
    chart = person(desk)
    labels(desk, NUMBER)
    labels(desk, NUMBER + "0")
    same(desk, chart, "whole:sato")
    same(desk, chart, "whole:ito")
    assert [told.hits for told in desk.told("match")] == [1, 0]
    assert [told.same for told in desk.told("same")] == [True, False]


def test_an_instance_without_the_ability_asks_nothing(desk: Desk) -> None:
    chart = person(desk)
    for request in (MatchNumber(NUMBER), SamePerson(chart, ["whole:sato"])):
        with pytest.raises(NotAllowedError):
            desk.ask(request, "desk")


def test_a_frozen_feed_asks_nothing(desk: Desk) -> None:
    chart = person(desk)
    desk.ask(Act(desk.login("dewi"), actions.Freeze("instance", "engine")))
    for request in (MatchNumber(NUMBER), SamePerson(chart, ["whole:sato"])):
        with pytest.raises(FrozenError):
            desk.ask(request, "engine")


def test_guesses_are_forgotten_after_an_hour_and_not_by_a_restart(desk: Desk) -> None:
    chart = person(desk)
    for n in range(5):
        assert not same(desk, chart, f"whole:n{n}")
    again = desk.restart()
    with pytest.raises(GuessedError):
        same(again, chart, "whole:sato")
    again.clock.move(hours=1)
    assert same(again, chart, "whole:sato")
    again.stop()


def test_the_same_wrong_name_again_is_no_new_guess(desk: Desk) -> None:
    chart = person(desk)
    for _ in range(50):
        assert not same(desk, chart, "born:1950-01-02", "whole:misspelt")
    assert same(desk, chart, "whole:sato")


@pytest.mark.attack
def test_a_stolen_feeds_dictionary_of_names_ends_at_five_guesses(desk: Desk) -> None:
    chart, other = person(desk), person(desk, "whole:ito")
    for n in range(5):
        assert not same(desk, chart, f"whole:n{n}")
    with pytest.raises(GuessedError):
        same(desk, chart, "whole:sato")
    with pytest.raises(GuessedError):  # nor by dates, nor by taking back a name
        same(desk, chart, "born:1950-01-02")
    assert same(desk, other, "whole:ito")


@pytest.mark.attack
def test_a_stolen_feeds_dictionary_of_numbers_ends_at_the_budget_and_freezes_nobody(
    desk: Desk,
) -> None:
    limit(desk, 100)
    asked = 0
    for n in range(1_000):
        try:
            labels(desk, f"id:urn:mrn|{n}")
        except OverBudgetError:
            break
        asked += 1
    assert asked == len(desk.told("match")) == 100
    assert not desk.keyholder.standing.frozen


@pytest.mark.attack
def test_a_dictionary_of_numbers_nobody_carries_ends_early_and_says_nothing_more(
    desk: Desk,
) -> None:
    person(desk)
    act = actions.SetLimit("instance", "", "unknown number", HOUR, 20)
    desk.two(desk.login("erik"), desk.login("fumi"), act)
    for n in range(20):
        labels(desk, NUMBER)
        labels(desk, f"id:urn:mrn|{n}")
    for keyword in (NUMBER, "id:urn:mrn|99"):  # alike: a refusal is no answer
        with pytest.raises(OverBudgetError):
            labels(desk, keyword)


@pytest.mark.attack
def test_two_feeds_together_end_at_the_sites_budget(desk: Desk) -> None:
    limit(desk, 10, "site")
    for n in range(10):
        desk.ask(MatchNumber(f"id:urn:mrn|{n}"), ("engine", "serve")[n % 2])
    for instance in ("engine", "serve"):
        with pytest.raises(OverBudgetError):
            desk.ask(MatchNumber("id:urn:mrn|10"), instance)
    assert not desk.keyholder.standing.frozen
