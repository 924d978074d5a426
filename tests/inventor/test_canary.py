from base64 import b64decode
from datetime import date

import orjson
import pytest

from chartkeep.clinical.schema import check_resource
from chartkeep.inventor.canary import canaries
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.inventor.site import Resource

MARKER = canaries(1, 3)[0]


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    hospital = invent_hospital(7, 20, date(2026, 11, 1))
    entries = [e for i in range(20) for e in orjson.loads(hospital.bundle(i, MARKER))["entry"]]
    return [entry["resource"] for entry in entries]


def first(resources: list[Resource], kind: str, element: str = "") -> Resource:
    return next(r for r in resources if r["resourceType"] == kind and (not element or element in r))


def test_canaries_are_all_different_and_plain_enough_for_any_element() -> None:
    many = canaries(1000, 3)
    assert len(set(many)) == 1000
    assert all(len(one) == 26 for one in many)
    assert "".join(many).isalnum()
    assert "".join(many).isascii()
    assert set(many).isdisjoint(canaries(1000, 4))


def test_every_resource_carries_the_marker_and_is_still_valid(resources: list[Resource]) -> None:
    for resource in resources:
        text = orjson.dumps(resource)
        assert MARKER.encode() in text
        check_resource(resource["resourceType"], resource, text)


def test_the_marker_stands_in_every_kind_of_element(resources: list[Resource]) -> None:
    patient = first(resources, "Patient")
    document = first(resources, "DocumentReference")
    for element in ("text", "name", "address", "identifier", "extension", "contact"):
        assert MARKER in str(patient[element])
    assert MARKER in first(resources, "Observation", "valueString")["valueString"]
    assert MARKER in str(first(resources, "Condition")["note"])
    attachment = document["content"][0]["attachment"]
    assert MARKER in b64decode(attachment["data"]).decode()


def test_without_a_marker_nothing_is_planted() -> None:
    hospital = invent_hospital(7, 20, date(2026, 11, 1))
    assert b"anary" not in hospital.bundle(3)
