"""Searching: what was written is found, counted and bounded; no dictionary runs through it."""

import pytest

from chartkeep.errors import (
    BadInputError,
    FrozenError,
    NotAllowedError,
    OverBudgetError,
    RefusedError,
)
from chartkeep.keyholder import actions
from chartkeep.keyholder.protocol import (
    Act,
    Labels,
    ReadLabels,
    Sameness,
    SamePerson,
)
from tests.conftest import KeyholderRun
from tests.keyholder.desk import Desk, Letter, write_labels

HOUR = 3_600_000


def write(desk: Desk, chart: bytes, *words: str) -> list[bytes]:
    given: list[bytes] = desk.ask(write_labels(chart, words), "engine").labels
    return given


def read(desk: Desk, token: bytes, *words: str) -> list[Labels]:
    found: list[Labels] = desk.ask(ReadLabels(token, "TREAT", list(words))).found
    return found


def test_a_reader_finds_what_a_writer_wrote_and_nothing_else(desk: Desk) -> None:
    first, second, aiko = desk.chart().chart, desk.chart().chart, desk.login("aiko")
    one = write(desk, first, "name:sato", "birth:1950")
    two = write(desk, second, "name:sato")
    sato, birth, ito = read(desk, aiko, "name:sato", "birth:1950", "name:ito")
    assert len(set(sato.labels) & set(one)) == len(set(sato.labels) & set(two)) == 1
    assert len(sato.labels) == 2
    assert set(birth.labels) < set(one)
    assert ito.labels == []


def test_over_five_hundred_tell_only_that_there_are_more(desk: Desk) -> None:
    aiko = desk.login("aiko")
    charts = [desk.chart().chart for _ in range(500)]
    desk.send(Letter("engine", write_labels(chart, ["sex:f"])) for chart in charts)
    assert len(read(desk, aiko, "sex:f")[0].labels) == 500
    write(desk, desk.chart().chart, "sex:f")
    assert read(desk, aiko, "sex:f") == [Labels([], more=True)]


# Who may ask, and how often.


def test_each_side_has_its_own_verb(desk: Desk) -> None:
    chart, aiko = desk.chart().chart, desk.login("aiko")
    for request, instance in (
        (write_labels(chart, ["a"]), "desk"),
        (Sameness(), "desk"),
        (ReadLabels(aiko, "TREAT", ["a"]), "engine"),
    ):
        with pytest.raises(NotAllowedError):
            desk.ask(request, instance)


def test_the_key_for_sameness_is_no_key_of_labels(desk: Desk) -> None:
    key = desk.ask(Sameness(), "engine").key
    rows = desk.keyholder.book.rows("SELECT name, wrapped FROM root_key")
    assert len(key) == 32
    assert key not in b"".join(wrapped for _, wrapped in rows)
    assert key not in (desk.keyholder.ring._root("search"), desk.keyholder.ring._root("lines"))


def test_searches_have_a_budget(desk: Desk) -> None:
    aiko = desk.login("aiko")
    desk.two(
        desk.login("erik"), desk.login("fumi"), actions.SetLimit("person", "", "search", HOUR, 3)
    )
    for _ in range(3):
        read(desk, aiko, "name:sato")
    with pytest.raises(OverBudgetError):
        read(desk, aiko, "name:sato")


def test_the_sites_ceiling_of_searches_freezes_the_site(desk: Desk) -> None:
    aiko, budi = desk.login("aiko"), desk.login("budi")
    desk.two(
        desk.login("erik"), desk.login("fumi"), actions.SetLimit("site", "", "search", HOUR, 1)
    )
    read(desk, aiko, "name:sato")
    with pytest.raises(OverBudgetError):
        read(desk, budi, "name:sato")
    with pytest.raises(FrozenError):
        read(desk, aiko, "name:sato")


def test_a_frozen_instance_searches_and_compares_nothing(desk: Desk) -> None:
    chart, aiko = desk.chart().chart, desk.login("aiko")
    for instance in ("desk", "engine"):
        desk.ask(Act(desk.login("dewi"), actions.Freeze("instance", instance)))
    with pytest.raises(FrozenError):
        read(desk, aiko, "name:sato")
    with pytest.raises(FrozenError):
        desk.ask(SamePerson(chart, ["whole:sato"]), "engine")


def test_a_search_says_a_purpose_we_know(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="purpose"):
        desk.ask(ReadLabels(desk.login("aiko"), "x" * 100, ["name:sato"]))


def test_thirteen_keywords_at_once_are_out_of_bounds(keyholder: KeyholderRun) -> None:
    aiko = keyholder.login("aiko")
    with pytest.raises(BadInputError, match="out of bounds"):
        keyholder.client().read_labels(aiko, "TREAT", ["a"] * 13)


# A dictionary of names.


@pytest.mark.attack
def test_a_name_dictionary_through_search_ends_at_the_budget_and_is_written_down(
    desk: Desk,
) -> None:
    aiko, names = desk.login("aiko"), [f"name:{n:05}" for n in range(6_000)]
    tried = 0
    for at in range(0, len(names), 12):
        try:
            read(desk, aiko, *names[at : at + 12])
        except RefusedError:
            break
        tried += 12
    assert tried == 600
    assert sum(told.keywords for told in desk.told("search")) == tried
