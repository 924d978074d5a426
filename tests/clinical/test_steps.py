"""Scheduled steps: an imaging order is on the worklist of its day, until it is done."""

from typing import Any

import orjson

from chartkeep.clinical.deriving import derive
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Strangers
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.steps import Step, read_step, step_query
from chartkeep.model import Section
from tests.records import Json

DCM = "http://dicom.nema.org/resources/ontology/DCM"
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
TITLES = "urn:dicom:aet"


def order(**changed: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "identifier": [
            {"type": ACSN, "system": "http://minato.example/accession", "value": "A-17"}
        ],
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "24627-2"}],
            "text": "CT thorax",
        },
        "orderDetail": [{"coding": [{"system": DCM, "code": "CT"}]}],
        "subject": {"reference": "Patient/p"},
        "occurrenceDateTime": "2026-11-22T09:30:00+09:00",
        "performer": [{"identifier": {"system": TITLES, "value": "CT1"}}],
        "reasonCode": [{"text": "cough"}],
        **changed,
    }


def item(body: Json) -> Item:
    raw = orjson.dumps(body)
    return derive("ServiceRequest/o", raw, read_resource(raw), Strangers(), where="o")


def steps(body: Json) -> set[str]:
    return {word for word in item(body).keywords if word.startswith(("step:", "order:"))}


def test_an_order_is_found_by_its_day_its_modality_its_station_and_its_number() -> None:
    day = ["2026-11-22"]
    assert steps(order()) == {
        *step_query(days=day, station="", modality=""),
        *step_query(days=day, station="", modality="CT"),
        *step_query(days=day, station="CT1", modality="CT"),
        *step_query(accession="a 17", days=day, station="", modality=""),
    }


def test_the_face_says_who_does_what_when_and_not_why() -> None:
    face = item(order()).face
    assert face is not None
    assert b"cough" not in face
    assert read_step(face) == Step(
        modality="CT",
        day="2026-11-22",
        time="09:30:00",
        station="CT1",
        accession="A-17",
        what="CT thorax",
        code=("24627-2", "http://loinc.org"),
        priority="urgent",
    )


def test_what_is_done_or_no_imaging_or_restricted_is_on_no_worklist() -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    for changed in (
        {"status": "completed"},
        {"status": "revoked"},
        {"orderDetail": [{"text": "bed rest"}]},
        {"meta": {"security": [label]}},
    ):
        found = item(order(**changed))
        assert found.face is None
        assert not steps(order(**changed))
    assert item(order()).section == Section.CLINICAL


def test_a_step_that_was_taken_back_says_nothing() -> None:
    assert read_step(b"{}") == Step()
