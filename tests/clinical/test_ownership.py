from typing import Any

import pytest

from chartkeep.clinical.deciding import DECIDING, FACILITY, Absent
from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.ownership import ORDINARY, RESTRICTED, Owner, Strangers, owner

P1, P2 = {"reference": "Patient/p1"}, {"reference": "Patient/p2"}
MINE = Owner("Patient/p1")


def owner_of(kind: str, **elements: Any) -> Owner:
    return owner("the-key", {"resourceType": kind, **elements}, Strangers())


def nested(path: str, reference: object) -> dict[str, Any]:
    for step in reversed(path.split(".")):
        reference = {step: reference}
    assert isinstance(reference, dict)
    return reference


def test_a_patient_is_its_own_owner() -> None:
    assert owner_of("Patient", id="p1") == Owner("the-key")


@pytest.mark.parametrize("kind", sorted(set(DECIDING) - {"Patient", "Group"}))
def test_the_one_patient_in_the_deciding_element_owns_it(kind: str) -> None:
    assert owner_of(kind, **nested(DECIDING[kind].element, P1)) == MINE


@pytest.mark.parametrize("kind", sorted(set(DECIDING) - {"Patient"}))
def test_nobody_in_the_deciding_element_means_what_the_table_says(kind: str) -> None:
    match DECIDING[kind].absent:
        case Absent.REFUSED:
            with pytest.raises(BadElementError, match="decides whose chart"):
                owner_of(kind)
        case Absent.ORDINARY:
            assert owner_of(kind) == ORDINARY
        case Absent.RESTRICTED:
            assert owner_of(kind) == RESTRICTED


@pytest.mark.parametrize("kind", sorted(FACILITY))
def test_what_concerns_no_patient_is_refused_when_it_names_one(kind: str) -> None:
    assert owner_of(kind) == ORDINARY
    extension = [{"url": "x", "valueReference": P1}]
    with pytest.raises(BadElementError) as caught:
        owner_of(kind, extension=extension)
    assert caught.value.element == f"{kind}.extension[0].valueReference"


def test_other_patients_are_links_that_decide_nothing() -> None:
    assert owner_of("Observation", subject=P1, focus=[P2], performer=[P2]) == MINE
    assert owner_of("Coverage", beneficiary=P1, subscriber=P2) == MINE


def test_a_group_appointment_and_a_family_account_are_the_facilitys_under_lock() -> None:
    two = [{"actor": P1}, {"actor": P2}, {"actor": {"reference": "Location/l"}}]
    assert owner_of("Appointment", participant=two) == RESTRICTED
    assert owner_of("Appointment", participant=two[1:]) == Owner("Patient/p2")
    assert owner_of("Account", subject=[P1, P2]) == RESTRICTED


def test_a_group_of_one_patient_is_still_a_group() -> None:
    assert owner_of("Group", member=[{"entity": P1}]) == RESTRICTED
    assert owner_of("Group", member=[{"entity": {"reference": "Medication/m"}}]) == ORDINARY


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"reference": "Location/l"}, ORDINARY),
        ({"reference": "http://here/fhir/Location/l"}, ORDINARY),
        ({"reference": "Group/g"}, RESTRICTED),
        ({"reference": "Device/d"}, RESTRICTED),
        ({"reference": "urn:uuid:x", "type": "Location"}, ORDINARY),
        ({"reference": "urn:uuid:x"}, Owner("urn:uuid:x")),
        ({"reference": "Patient/p1/_history/3"}, MINE),
        ({"reference": "Patient?identifier=a%7Cb"}, Owner("Patient?identifier=a|b")),
        ({"reference": "http://else/Patient/p1"}, Owner("http://else/Patient/p1")),
    ],
)
def test_a_subject_that_is_no_patient_is_things_or_people(
    named: dict[str, str], expected: Owner
) -> None:
    assert owner_of("Observation", subject=named) == expected


@pytest.mark.parametrize(
    "named", [{"reference": "#p"}, {"type": "Patient", "identifier": {"value": "1"}}, {"id": "x"}]
)
def test_a_patient_not_named_by_a_reference_is_refused(named: dict[str, Any]) -> None:
    with pytest.raises(BadElementError) as caught:
        owner_of("Observation", subject=named)
    assert caught.value.element == "Observation.subject"


@pytest.mark.parametrize(
    "extra",
    [
        {"contained": [{"resourceType": "Patient"}]},
        {"note": [{"authorReference": P1}]},
        {"owner": {"type": "Patient", "identifier": {"value": "1"}}},
    ],
)
def test_a_device_of_nobody_may_not_speak_of_a_patient(extra: dict[str, Any]) -> None:
    with pytest.raises(BadElementError, match="names a patient"):
        owner_of("Device", **extra)


@pytest.mark.parametrize("kind", ["Bundle", "Parameters", "OperationOutcome", "Subscription"])
def test_containers_and_answers_are_never_kept(kind: str) -> None:
    with pytest.raises(BadElementError, match=r"kept|supported"):
        owner_of(kind)
