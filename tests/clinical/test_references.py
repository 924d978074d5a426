from typing import Any

import orjson
import pytest

from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.references import (
    check_targets,
    conditional_form,
    kind_in,
    outer_name,
    reference_texts,
)


@pytest.mark.parametrize(
    ("reference", "kind", "outer"),
    [
        ("Patient/1", "Patient", "Patient/1"),
        ("Patient/1/_history/2", "Patient", "Patient/1"),
        ("https://a.b/fhir/Patient/1", "Patient", ""),
        ("urn:uuid:abc", "", "urn:uuid:abc"),
        ("Organization?identifier=s%7Cv", "Organization", "Organization?identifier=s|v"),
        ("Organization?identifier=s|v", "Organization", "Organization?identifier=s|v"),
        ("Organization?name=x", "Organization", ""),
        ("patient/1", "", ""),
        ("Patient/1/", "", ""),
    ],
)
def test_it_reads_each_form_of_a_reference(reference: str, kind: str, outer: str) -> None:
    assert kind_in(reference) == kind
    assert outer_name(reference) == outer


def test_only_one_exact_identifier_makes_a_condition() -> None:
    assert not conditional_form("Patient?identifier=a|b&birthdate=1956")
    assert not conditional_form("http://x/Patient?identifier=a|b")


def test_it_finds_references_wherever_and_however_they_are_written() -> None:
    body = {
        "subject": {"reference": "Patient/1"},
        "note": [{"text": '"reference":"Patient/9"', "authorReference": {"reference": 'a"\\b'}}],
        "content": [{"attachment": {"url": "urn:uuid:b"}}, {"attachment": {"url": "http://x"}}],
        "local": {"reference": "#c"},
    }
    assert reference_texts(orjson.dumps(body)) == {"Patient/1", 'a"\\b', "urn:uuid:b"}


@pytest.mark.parametrize(
    ("kind", "body", "element"),
    [
        ("Observation", {"subject": {"reference": "Practitioner/1"}}, "Observation.subject"),
        ("Encounter", {"location": [{"location": {"reference": "Patient/1"}}]}, "location[0].loc"),
        (
            "Consent",
            {"provision": {"provision": [{"actor": [{"reference": {"reference": "Slot/1"}}]}]}},
            "Consent.provision.provision[0].actor[0].reference",
        ),
    ],
)
def test_it_refuses_a_reference_to_a_type_its_element_may_not_name(
    kind: str, body: dict[str, Any], element: str
) -> None:
    with pytest.raises(BadElementError) as caught:
        check_targets(kind, body, kind_in)
    assert element in caught.value.element


def test_it_lets_pass_what_nobody_knows_and_what_may_be_anything() -> None:
    check_targets("Observation", {"subject": {"reference": "urn:uuid:x"}}, kind_in)
    check_targets("Observation", {"focus": [{"reference": "Slot/1"}]}, kind_in)
    check_targets("Observation", {"subject": {"reference": "Patient/1"}}, kind_in)
