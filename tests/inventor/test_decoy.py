from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from chartkeep.clinical.schema import check_resource
from chartkeep.inventor.decoy import decoy_patient, invent_decoy, invent_visit
from chartkeep.inventor.hospital import Hospital, invent_hospital

TODAY = date(2026, 11, 1)
SECRET = 991


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    return invent_hospital(7, 60, TODAY)


def shapes(bundle: bytes) -> set[tuple[str, ...]]:
    """Every path of element names in a bundle, without values."""
    found: set[tuple[str, ...]] = set()
    waiting: list[tuple[tuple[str, ...], Any]] = [((), orjson.loads(bundle))]
    while waiting:
        path, value = waiting.pop()
        found.add(path)
        if isinstance(value, dict):
            kind = value.get("resourceType", "")
            waiting += [((*path, kind, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(path, inner) for inner in value]
    return found


def test_decoys_have_no_element_that_patients_have_not(hospital: Hospital) -> None:
    patients = set().union(*(shapes(hospital.bundle(i)) for i in range(60)))
    decoys = set().union(
        *(shapes(invent_decoy(SECRET, i, hospital.site, TODAY)) for i in range(20))
    )
    assert decoys <= patients


def test_a_decoy_is_valid_and_in_the_words_of_its_site(hospital: Hospital) -> None:
    bundle = invent_decoy(SECRET, 3, hospital.site, TODAY)
    for entry in orjson.loads(bundle)["entry"]:
        resource = entry["resource"]
        check_resource(resource["resourceType"], resource, orjson.dumps(resource))
    assert hospital.name.encode() in bundle
    assert str(SECRET).encode() + b"/" not in bundle


def test_the_same_decoy_comes_back_from_the_same_secret(hospital: Hospital) -> None:
    first, again = (invent_decoy(SECRET, 3, hospital.site, TODAY) for _ in range(2))
    assert first == again
    assert first != invent_decoy(SECRET + 1, 3, hospital.site, TODAY)
    assert decoy_patient(SECRET, 3, hospital.site, TODAY).full_url.encode() in first


def test_no_decoy_has_a_number_of_a_patient(hospital: Hospital) -> None:
    decoys = [decoy_patient(SECRET, i, hospital.site, TODAY) for i in range(50)]
    taken = {n for i in range(60) for n in hospital.patient(i).identifiers}
    assert taken.isdisjoint(n for decoy in decoys for n in decoy.identifiers)


def test_a_later_visit_is_written_under_the_chart_it_belongs_to(hospital: Hospital) -> None:
    decoy = decoy_patient(SECRET, 3, hospital.site, TODAY)
    day = TODAY + timedelta(days=9)
    entries = orjson.loads(invent_visit(SECRET, decoy, "Patient/abc", hospital.site, day))["entry"]
    assert entries[0]["resource"]["period"]["start"].startswith(day.isoformat())
    for entry in entries:
        resource = entry["resource"]
        about = resource.get("subject") or resource["patient"]
        assert about == {"reference": "Patient/abc"}
        check_resource(resource["resourceType"], resource, orjson.dumps(resource))
