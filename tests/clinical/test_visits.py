import datetime as dt
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.ownership import Strangers
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.references import kind_in
from chartkeep.clinical.visits import (
    MOST_DAYS,
    person_query,
    place_query,
    resolve_name,
    visit_keywords,
)
from chartkeep.errors import BadInputError
from tests.records import Json

MONDAY = dt.date(2026, 11, 23)
SUNDAY = MONDAY + dt.timedelta(days=6)


def encounter(**body: Any) -> Json:
    return {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}, **body}


def period(start: str, end: str = "") -> dict[str, str]:
    return {"start": start} | ({"end": end} if end else {})


def keywords(visit: Json) -> set[str]:
    return set(visit_keywords(visit, kind_in))


AT = [{"location": {"reference": "Location/3w"}}]
WITH = [{"individual": {"reference": "Practitioner/ito"}}]


def test_a_visit_is_found_by_its_place_and_its_people_on_its_day() -> None:
    visit = encounter(
        period=period("2026-11-23T09:00:00+09:00", "2026-11-23T09:30:00+09:00"),
        location=AT,
        participant=WITH,
    )
    assert keywords(visit) == {
        "at:Encounter:2026-11-23:Location/3w",
        "with:Encounter:2026-11-23:Practitioner/ito",
    }
    assert keywords(visit) < {
        *place_query("Encounter", "Location/3w", MONDAY, SUNDAY),
        *person_query("Encounter", "Practitioner/ito", MONDAY, SUNDAY),
    }


def test_an_appointment_is_found_by_its_actors_and_not_by_its_patient() -> None:
    actors = ["Patient/p", "Practitioner/ito", "Location/3w", "HealthcareService/eeg"]
    visit: Json = {
        "resourceType": "Appointment",
        "status": "booked",
        "start": "2026-11-23T09:00:00Z",
        "end": "2026-11-23T09:30:00Z",
        "participant": [{"actor": {"reference": actor}} for actor in actors],
    }
    assert keywords(visit) == {
        "at:Appointment:2026-11-23:Location/3w",
        "with:Appointment:2026-11-23:Practitioner/ito",
        "with:Appointment:2026-11-23:HealthcareService/eeg",
    }


@pytest.mark.parametrize(
    ("place", "asked"),
    [
        ({"reference": "Location/3w", "display": "3 West"}, ["Location/3w"]),
        ({"identifier": {"system": "urn:ward", "value": "3W"}}, ["urn:ward|3W"]),
        ({"identifier": {"value": "3W"}, "display": "x"}, ["|3W"]),
        ({"display": "３ West"}, ["3 WEST", "3 west"]),  # noqa: RUF001 - full width is meant
    ],
)
def test_a_place_is_asked_for_as_it_is_named(place: Json, asked: list[str]) -> None:
    found = keywords(encounter(period=period("2026-11-23"), location=[{"location": place}]))
    assert len(found) == 1
    for name in asked:
        assert place_query("Encounter", name, MONDAY, MONDAY) == [*found]


def test_each_day_of_a_short_stay_counts_and_of_a_move_its_own_days() -> None:
    moved = [
        {"location": {"reference": "Location/icu"}, "period": period("2026-11-20", "2026-11-21")},
        {"location": {"reference": "Location/3w"}, "period": period("2026-11-21")},
    ]
    visit = encounter(period=period("2026-11-20T23:00:00Z", "2026-11-23"), location=moved)
    assert sorted(keywords(visit)) == [
        "at:Encounter:2026-11-20:Location/icu",
        "at:Encounter:2026-11-21:Location/3w",
        "at:Encounter:2026-11-21:Location/icu",
        "at:Encounter:2026-11-22:Location/3w",
        "at:Encounter:2026-11-23:Location/3w",
    ]


@pytest.mark.parametrize(
    ("span", "days"),
    [
        (period("2026-11-23"), 1),
        (period("2026-11-23", "2026-11-20"), 1),
        (period("2026-01-01", "2026-12-31"), MOST_DAYS),
        (period("2026-12-31", "9999-12-31"), MOST_DAYS),
        (period("9999-12-30", "9999-12-31"), 2),
        (period("2026-11"), 0),
        (period("2026-02-30T10:00:00Z"), 0),
        ({"end": "2026-11-23"}, 0),
        ({}, 0),
    ],
)
def test_the_days_of_a_visit_are_few(span: Json, days: int) -> None:
    assert len(keywords(encounter(period=span, location=AT))) == days


def test_what_was_entered_in_error_is_found_by_nothing() -> None:
    visit = encounter(period=period("2026-11-23"), location=AT) | {"status": "entered-in-error"}
    assert keywords(visit) == set()


@given(st.integers(0, 60), st.integers(0, 60))
def test_however_many_places_and_people_there_are_the_keyholder_takes_them(
    places: int, people: int
) -> None:
    visit = encounter(
        period=period("2026-01-01", "2026-12-31"),
        location=[{"location": {"reference": f"Location/{n}"}} for n in range(places)],
        participant=[{"individual": {"reference": f"Practitioner/{n}"}} for n in range(people)],
    )
    assert len(keywords(visit)) <= 2 * 20 * MOST_DAYS
    assert len(keywords(visit)) == MOST_DAYS * (min(places, 20) + min(people, 20))


def test_a_search_spans_at_most_seven_days() -> None:
    assert len(place_query("Encounter", "Location/3w", MONDAY, SUNDAY)) == 7
    for first, last in ((MONDAY, SUNDAY + dt.timedelta(days=1)), (SUNDAY, MONDAY)):
        with pytest.raises(BadInputError, match="seven days"):
            person_query("Encounter", "Practitioner/ito", first, last)


def test_a_reference_becomes_the_houses_own_and_nothing_else_is_touched() -> None:
    links = {"urn:uuid:1": "Practitioner/7", "sys|urn:uuid:1": "Patient/1"}
    assert resolve_name("with:Encounter:2026-11-23:urn:uuid:1", links) == (
        "with:Encounter:2026-11-23:Practitioner/7"
    )
    for keyword in (
        "with:Encounter:2026-11-23:urn:uuid:2",
        "rid:Encounter:sys|urn:uuid:1",
        "name:urn:uuid:1",
        "id:with:Encounter:2026-11-23:urn:uuid:1|x",
    ):
        assert resolve_name(keyword, links) == keyword


RESTRICTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PSY"}


@pytest.mark.attack
def test_where_somebody_was_is_no_keyword_of_what_is_restricted() -> None:
    visit = encounter(
        subject={"reference": "Patient/p"},
        identifier=[{"system": "urn:visit", "value": "V-1"}],
        period=period("2026-11-23"),
        location=AT,
        participant=WITH,
    )
    found = []
    for meta in ({}, {"security": [RESTRICTED]}):
        raw = orjson.dumps(visit | {"meta": meta})
        item = derive("Encounter/e", raw, read_resource(raw), Strangers(), where="")
        found.append({keyword.partition(":")[0] for keyword in item.keywords})
    assert found == [{"rid", "at", "with"}, {"rid"}]
