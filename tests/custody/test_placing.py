"""Whose it is: the number decides, name and birth date must agree, a busy feed asks once."""

from typing import Any

import orjson
import pytest

from chartkeep.clinical.claim import Claim, Number
from chartkeep.clinical.deriving import derive
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Strangers
from chartkeep.clinical.reading import read_resource
from chartkeep.custody.deposit import deposit
from chartkeep.custody.placing import (
    MisplacedError,
    Why,
    find_chart,
    make_person,
    person_chart,
    person_parcel,
)
from chartkeep.errors import BadInputError, ConflictError, UnavailableError
from chartkeep.keyholder import actions
from chartkeep.model import ChartId
from tests.house import HouseRun
from tests.records import put

MRN = "http://minato.example/mrn"
SATO = Number(MRN, "4711")


def known(house: HouseRun, name: str = "a", number: Number = SATO, **body: Any) -> ChartId:
    """A patient with a number, sent by a FHIR feed."""
    given: dict[str, Any] = {
        "name": [{"family": "Sato", "given": ["Linda"]}, {"text": "佐藤 リンダ"}],
        "birthDate": "1950-01-02",
    }
    identifier = [{"system": number.system, "value": number.value}]
    return house.send(put("Patient", name, identifier=identifier, **(given | body))).charts[0]


def claim(*names: str, born: str = "", number: Number = SATO) -> Claim:
    return Claim((number,), names, born)


def why(house: HouseRun, asked: Claim) -> Why:
    with pytest.raises(MisplacedError) as raised:
        find_chart(asked, house.engine)
    return raised.value.why


@pytest.mark.parametrize(
    ("names", "born"),
    [
        ((), ""),
        (("Sato Linda",), "1950-01-02"),
        (("SATO",), ""),
        (("Suzuki Linda",), "1950-01-02"),
        (("Nobody", "佐藤"), "1950"),
        ((), "1950-01"),
    ],
)
def test_who_carries_the_number_and_agrees_is_it(
    house: HouseRun, names: tuple[str, ...], born: str
) -> None:
    chart = known(house)
    assert find_chart(claim(*names, born=born), house.engine) == chart


@pytest.mark.parametrize(
    ("names", "born"),
    [(("Suzuki Hana",), ""), (("Sato Linda",), "1950-01-03"), (("Sat",), ""), ((), "1951")],
)
def test_who_carries_the_number_and_is_somebody_else_is_not(
    house: HouseRun, names: tuple[str, ...], born: str
) -> None:
    known(house)
    assert why(house, claim(*names, born=born)) == Why.MISMATCH


def test_nobody_carries_a_number_of_another_issuer(house: HouseRun) -> None:
    known(house)
    assert find_chart(claim(number=Number("urn:other", "4711")), house.engine) is None


def test_without_a_number_nobody_knows(house: HouseRun) -> None:
    assert why(house, Claim((Number("", "4711"),), ("Sato Linda",))) == Why.NO_NUMBER


def test_a_number_two_people_carry_is_nobodys(house: HouseRun) -> None:
    known(house, "a")
    known(house, "b")
    assert why(house, claim("Sato")) == Why.SEVERAL


def test_a_busy_feed_asks_once_for_a_quarter_of_an_hour(house: HouseRun) -> None:
    chart = known(house)
    for _ in range(20):
        assert find_chart(claim("Sato Linda"), house.engine) == chart
    assert [verb for verb in house.verbs() if verb in ("match", "same")] == ["match", "same"]
    house.clock.move(minutes=16)
    find_chart(claim("Sato Linda"), house.engine)
    assert [verb for verb in house.verbs() if verb in ("match", "same")] == [
        "match",
        "same",
        "match",
    ]


def test_who_was_unknown_is_known_seconds_after_they_came(house: HouseRun) -> None:
    assert find_chart(claim(), house.engine) is None
    chart = known(house)
    house.clock.move(seconds=6)
    assert find_chart(claim(), house.engine) == chart


def test_a_feed_past_its_budget_waits_and_loses_nothing(house: HouseRun) -> None:
    chart = known(house)
    erik, fumi = house.login("erik"), house.login("fumi")
    limit = actions.SetLimit("instance", "engine", "match", 3_600_000, 0)
    proposed = house.desk.keyholder.act(erik, limit)
    house.desk.keyholder.approve(fumi, proposed.proposal)
    with pytest.raises(UnavailableError):
        find_chart(claim(), house.engine)
    limit = actions.SetLimit("instance", "engine", "match", 3_600_000, 9)
    proposed = house.desk.keyholder.act(erik, limit)
    house.desk.keyholder.approve(fumi, proposed.proposal)
    assert find_chart(claim(), house.engine) == chart


def newcomer(birth: str = "1950-01-02") -> Item:
    body = {
        "resourceType": "Patient",
        "name": [{"family": "Sato"}],
        "birthDate": birth,
        "identifier": [{"system": MRN, "value": "4711"}],
    }
    raw = orjson.dumps(body)
    return derive("A01-1", raw, read_resource(raw), Strangers(), where="PID")


def test_two_feeds_that_meet_a_new_patient_at_once_make_one_chart(house: HouseRun) -> None:
    feeds = house.engine, house.join("engine")
    assert all(find_chart(claim(), feed) is None for feed in feeds)
    charts = set()
    for feed in feeds:
        parcel = person_parcel(newcomer(), SATO, None, feed)
        deposit(parcel, feed)
        charts.add(parcel.chart)
    assert charts == {person_chart(SATO, house.engine)}
    house.clock.move(seconds=6)
    assert find_chart(claim("Sato"), house.engine) in charts
    assert len(house.search(house.login("aiko"), identifier=f"{MRN}|4711")) == 1


def test_a_patient_sent_again_with_changes_is_the_next_version(house: HouseRun) -> None:
    deposit(person_parcel(newcomer(), SATO, None, house.engine), house.engine)
    house.clock.move(seconds=6)
    there = find_chart(claim("Sato"), house.engine)
    changed = deposit(
        person_parcel(newcomer("1950-01-03"), SATO, there, house.engine), house.engine
    )
    assert [taken.version for taken in changed.taken] == [2]


def test_a_person_nobody_sent_is_made_of_what_a_claim_says(house: HouseRun) -> None:
    chart = make_person(claim("佐藤 リンダ", born="1950-01-02"), house.engine)
    (face,) = house.search(house.login("aiko"), name="佐藤", identifier=f"{MRN}|4711")
    assert (face.chart, face.person.birth_date) == (chart, "1950-01-02")
    assert find_chart(claim("リンダ"), house.engine) == chart


def test_nobody_is_made_twice_or_over_somebody_else(house: HouseRun) -> None:
    known(house)
    with pytest.raises(ConflictError):
        make_person(claim("Suzuki Hana"), house.engine)
    other = Number(MRN, "1")
    make_person(claim("Suzuki Hana", number=other), house.engine)
    with pytest.raises(ConflictError):
        make_person(claim("Mori Hana", number=other), house.join("engine"))
    with pytest.raises(BadInputError):
        make_person(Claim((), ("Suzuki Hana",)), house.engine)


@pytest.mark.attack
def test_after_five_different_wrong_names_a_person_must_look(house: HouseRun) -> None:
    known(house)
    for n in range(5):
        assert why(house, claim(f"Nobody{n}")) == Why.MISMATCH
    assert why(house, claim("Sato")) == Why.GUESSED
