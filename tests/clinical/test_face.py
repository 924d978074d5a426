from typing import Any

import pytest

from chartkeep.clinical.face import (
    Identifier,
    Name,
    Person,
    Place,
    person_face,
    place_face,
    read_person,
    read_place,
)
from chartkeep.errors import DamagedError

STAY: dict[str, Any] = {
    "resourceType": "Encounter",
    "status": "in-progress",
    "class": {"code": "IMP"},
    "period": {"start": "2024-05-19T08:00:00+09:00"},
    "location": [
        {"location": {"display": "Ward 9"}, "status": "completed"},
        {"location": {"display": "Ward 3"}, "physicalType": {"coding": [{"code": "wa"}]}},
        {"location": {"display": "3-12"}, "physicalType": {"coding": [{"code": "bd"}]}},
    ],
}


def test_the_person_part_shows_a_patient_list_and_nothing_more() -> None:
    patient = {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": "山田", "given": ["太郎", None]}],
        "gender": "male",
        "birthDate": "1956-08-03",
        "deceasedDateTime": "2024-01-01",
        "identifier": [{"system": "s", "value": "1", "type": {"coding": [{"code": "MR"}]}}, {}],
        "address": [{"text": "somewhere"}],
        "telecom": [{"value": "090"}],
    }
    assert read_person(person_face(patient)) == Person(
        names=(Name("山田", ("太郎",), "", "official"),),
        gender="male",
        birth_date="1956-08-03",
        identifiers=(Identifier("1", "s", "MR"),),
        deceased=True,
    )


def test_the_place_part_shows_where_an_inpatient_lies() -> None:
    face = place_face(STAY)
    assert face is not None
    assert read_place(face) == Place("Ward 3", "3-12", "2024-05-19T08:00:00+09:00", "")


def test_a_stay_that_ended_shows_no_ward_but_its_end() -> None:
    face = place_face(STAY | {"status": "finished", "period": {"start": "2024", "end": "2025"}})
    assert face is not None
    assert read_place(face) == Place(since="2024", until="2025")


@pytest.mark.parametrize(
    "change", [{"class": {"code": "AMB"}}, {"status": "planned", "period": {}}]
)
def test_who_does_not_lie_here_has_no_place(change: dict[str, Any]) -> None:
    assert place_face(STAY | change) is None


def test_bytes_that_are_no_face_are_damage() -> None:
    for read in (read_person, read_place):
        with pytest.raises(DamagedError, match="not readable"):
            read(b"\x00")
