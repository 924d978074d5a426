"""Finding charts by the day's visits and by numbers: faces only, and each search is counted."""

import datetime as dt
import time
from typing import Any

import pytest

from chartkeep.clinical.visits import person_query, place_query
from chartkeep.custody.finding import charts_with_identifier, find_charts
from chartkeep.custody.release import Face, Look
from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.keyholder import actions
from chartkeep.model import ChartId, Purpose, Section, to_text
from tests.house import HouseRun
from tests.records import Json, patient, put

TODAY = dt.date(2026, 11, 22)
WEEK = dt.timedelta(6)


def visit(ident: str, day: dt.date = TODAY, **body: Any) -> Json:
    """A visit of a patient of the same name, to Dr Ito on 3W."""
    return put(
        "Encounter", ident, status="finished", subject={"reference": f"Patient/{ident}"},
        period={"start": f"{day}T09:00:00+09:00", "end": f"{day}T10:00:00+09:00"},
        location=[{"location": {"reference": "Location/3w"}}],
        participant=[{"individual": {"reference": "Practitioner/ito"}}],
        **{"class": {"code": "AMB"}}, **body,
    )  # fmt: skip


@pytest.fixture
def charts(house: HouseRun) -> list[ChartId]:
    """Two patients who came today."""
    house.send(put("Location", "3w", name="3W"), put("Practitioner", "ito"), kind="batch")
    numbers = [[{"system": "urn:visit", "value": f"V-00 {name}"}] for name in "ab"]
    sent = [
        house.send(patient(name), visit(name, identifier=number))
        for name, number in zip("ab", numbers, strict=True)
    ]
    return sorted(each.charts[0] for each in sent)


def ours(house: HouseRun, name: str) -> str:
    """The reference by which the house knows what the feed calls so."""
    return f"{name.partition('/')[0]}/{to_text(house.engine.entry_id('feed', name))}"


def find(house: HouseRun, token: bytes, keywords: list[str]) -> list[ChartId]:
    look = Look(token, frozenset({Section.FACE}), Purpose.TREATMENT)
    faces: list[Face] = find_charts(keywords, look, house.desk)
    return [face.chart for face in faces]


def at_3w(house: HouseRun, first: dt.date, last: dt.date) -> list[str]:
    return place_query("Encounter", ours(house, "Location/3w"), first, last)


def test_a_days_visits_are_found_by_the_houses_own_references(
    house: HouseRun, charts: list[ChartId]
) -> None:
    token, ito = house.login("carla"), ours(house, "Practitioner/ito")
    assert find(house, token, at_3w(house, TODAY, TODAY)) == charts
    assert find(house, token, person_query("Encounter", ito, TODAY - WEEK, TODAY)) == charts
    assert find(house, token, at_3w(house, TODAY - WEEK, TODAY - dt.timedelta(1))) == []
    assert find(house, token, person_query("Appointment", ito, TODAY, TODAY)) == []
    assert house.verbs().count("search") == 4
    assert house.verbs().count("release") == 4  # a line for each face, the second time too


def test_a_visit_that_moved_to_another_day_is_found_there_and_no_longer_here(
    house: HouseRun, charts: list[ChartId]
) -> None:
    token, old, new = house.login("carla"), at_3w(house, TODAY, TODAY), TODAY + WEEK
    house.send(visit("a", new))
    assert len(find(house, token, at_3w(house, new, new))) == 1
    deadline = time.monotonic() + 60
    while find(house, token, old) == charts and time.monotonic() < deadline:
        time.sleep(0.1)  # the keyholder asks the store once a second
    assert len(find(house, token, old)) == 1
    assert len(house.search(token, name="tanaka")) == 2  # the Patients' labels are theirs


def test_a_deposit_asks_for_all_its_labels_at_once(house: HouseRun) -> None:
    house.send(put("Location", "3w", name="3W"), put("Practitioner", "ito"), kind="batch")
    before = house.verbs().count("labels")
    house.send(patient("a"), visit("a", identifier=[{"system": "urn:visit", "value": "1"}]))
    assert house.verbs().count("labels") == before + 1


def test_an_identifier_finds_its_chart_exactly_and_opens_nothing(
    house: HouseRun, charts: list[ChartId]
) -> None:
    token = house.login("carla")

    def holding(kind: str, system: str, value: str) -> list[ChartId]:
        return charts_with_identifier(kind, system, value, token, house.desk)

    both = {
        *holding("Encounter", "urn:visit", "V-00 a"),
        *holding("Encounter", "urn:visit", "V-00 b"),
    }
    assert sorted(both) == charts
    for kind, system, value in (
        ("Encounter", "urn:visit", "V-00a"),
        ("Encounter", "", "V-00 a"),
        ("Appointment", "urn:visit", "V-00 a"),
    ):
        assert holding(kind, system, value) == []
    assert house.verbs().count("search") == 5
    assert "release" not in house.verbs()


def test_over_five_hundred_visits_must_be_narrowed(house: HouseRun) -> None:
    house.send(put("Location", "3w", name="3W"), put("Practitioner", "ito"), kind="batch")
    entries = [each for n in range(501) for each in (patient(f"p{n}"), visit(f"p{n}"))]
    assert house.send(*entries, kind="batch").refusals == []
    token = house.login("carla")
    with pytest.raises(RefusedError, match="over 500"):
        find(house, token, at_3w(house, TODAY, TODAY))


def test_nothing_to_search_by_asks_nothing(house: HouseRun) -> None:
    with pytest.raises(RefusedError, match="nothing to search by"):
        find(house, house.login("carla"), [])
    assert "search" not in house.verbs()


@pytest.mark.attack
def test_an_intruder_finds_no_visits(house: HouseRun, charts: list[ChartId]) -> None:
    asked = at_3w(house, TODAY, TODAY)
    for token in (b"t" * 32, house.login("erik")):
        with pytest.raises(NotAllowedError):
            find(house, token, asked)
        with pytest.raises(NotAllowedError):
            charts_with_identifier("Encounter", "urn:visit", "V-00 a", token, house.desk)


@pytest.mark.attack
def test_a_shredded_patient_is_found_by_no_visit(house: HouseRun, charts: list[ChartId]) -> None:
    officers = [house.login(name) for name in ("dewi", "gita")]
    proposal = house.desk.keyholder.act(officers[0], actions.Shred(charts[0], "")).proposal
    house.desk.keyholder.approve(officers[1], proposal)
    for _ in range(7):
        house.clock.move(hours=24)
    deadline = time.monotonic() + 60
    house.desk = house.join("desk", b"new worker".ljust(16))  # the old one is too old
    token = house.login("carla")
    while "shredded" not in house.verbs() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert find(house, token, at_3w(house, TODAY, TODAY)) == charts[1:]
    left = [
        chart
        for value in ("V-00 a", "V-00 b")
        for chart in charts_with_identifier("Encounter", "urn:visit", value, token, house.desk)
    ]
    assert left == charts[1:]
