from typing import Any

import pytest

from chartkeep.clinical.ownership import ORDINARY, RESTRICTED, Owner
from chartkeep.clinical.sections import RESTRICTING, section_of
from chartkeep.model import Section

MINE = Owner("Patient/p1")
LABELS = [(system, code) for system, codes in RESTRICTING.items() for code in sorted(codes)]


def labelled(system: str, code: str) -> dict[str, Any]:
    return {"resourceType": "Condition", "meta": {"security": [{"system": system, "code": code}]}}


@pytest.mark.parametrize(
    ("kind", "section"),
    [
        ("Patient", Section.IDENTITY),
        ("ExplanationOfBenefit", Section.IDENTITY),
        ("Immunization", Section.CLINICAL),
        ("Observation", Section.RESULTS),
        ("ImagingStudy", Section.IMAGING),
        ("DocumentReference", Section.DOCUMENTS),
    ],
)
def test_each_type_lies_in_its_section(kind: str, section: Section) -> None:
    assert section_of({"resourceType": kind}, MINE) == section


def test_the_facility_has_two_sections() -> None:
    assert section_of({"resourceType": "Location"}, ORDINARY) == Section.ORDINARY
    assert section_of({"resourceType": "Group"}, RESTRICTED) == Section.RESTRICTED


@pytest.mark.parametrize(("system", "code"), LABELS)
def test_a_restricting_label_moves_a_resource_under_lock(system: str, code: str) -> None:
    assert section_of(labelled(system, code), MINE) == Section.RESTRICTED
    assert section_of(labelled(system, code), ORDINARY) == Section.RESTRICTED
    inside = {"resourceType": "Observation", "contained": [labelled(system, code)]}
    assert section_of(inside, MINE) == Section.RESTRICTED


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N"),
        ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HIV"),
        ("", "R"),
    ],
)
def test_other_labels_move_nothing(system: str, code: str) -> None:
    assert section_of(labelled(system, code), MINE) == Section.CLINICAL
