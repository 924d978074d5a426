from typing import Any

import pytest

from chartkeep.clinical.ownership import ORDINARY, RESTRICTED, Owner
from chartkeep.model import Section
from tests.fhir.bundles import PATIENT, lab, parse, post

BROKEN = PATIENT | {"birthDate": "2024-13-40"}
COLLECTION = "collection"


@pytest.mark.parametrize(
    ("full_url", "own_url", "reference"),
    [
        ("urn:uuid:p", "urn:uuid:o", "urn:uuid:p"),
        ("urn:uuid:p", "urn:uuid:o", "Patient/p"),
        ("http://a/fhir/Patient/p", "http://a/fhir/Observation/o", "Patient/p"),
        ("http://a/fhir/Patient/p", "http://a/fhir/Observation/o", "Patient/p/_history/2"),
        ("http://a/fhir/Patient/p", "urn:uuid:o", "http://a/fhir/Patient/p/_history/2"),
    ],
)
def test_a_reference_finds_its_bundle_mate(full_url: str, own_url: str, reference: str) -> None:
    _, item = parse(post(full_url, PATIENT), post(own_url, lab(reference))).items
    assert item.owner == Owner(full_url)
    assert item.links == {reference: full_url}
    assert item.unresolved == ()


def test_a_relative_reference_stays_on_its_own_server() -> None:
    here, there = "http://a/Patient/p", "http://b/Patient/p"
    patients = [post(here, PATIENT), post(there, PATIENT | {"active": True})]
    items = parse(*patients, post("http://b/Observation/o", lab("Patient/p")), kind="batch").items
    assert items[2].owner == Owner(there)
    items = parse(*patients, post("urn:uuid:o", lab("Patient/p")), kind="batch").items
    assert items[2].unresolved == ("Patient/p",)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("urn:uuid:nobody", "urn:uuid:nobody"),
        ("Patient/nobody/_history/1", "Patient/nobody"),
        ("Patient?identifier=a%7Cb", "Patient?identifier=a|b"),
        ("http://else/Patient/1", "http://else/Patient/1"),
    ],
)
def test_a_reference_to_nobody_here_is_handed_on(reference: str, name: str) -> None:
    (item,) = parse(post("urn:uuid:o", lab(reference))).items
    assert item.owner == Owner(name)
    assert item.unresolved == (name,)
    assert item.links == {reference: name}


def test_other_servers_resources_are_no_concern_of_ours() -> None:
    entry = post("urn:uuid:o", lab(performer=[{"reference": "http://else/Practitioner/1"}]))
    (_, item) = parse(post("urn:uuid:p", PATIENT), entry).items
    assert item.links == {"urn:uuid:p": "urn:uuid:p"}


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (post("urn:uuid:x", PATIENT), "urn:uuid:x"),
        (post("urn:uuid:x", PATIENT, method="PUT", url="Patient/p"), "Patient/p"),
        (post("urn:uuid:x", PATIENT, ifNoneExist="identifier=a%7Cb"), "Patient?identifier=a|b"),
        (
            post("", PATIENT, method="PUT", url="Patient?identifier=a|b"),
            "Patient?identifier=a|b",
        ),
        (post("", PATIENT), "Patient/p"),
    ],
)
def test_an_entry_has_the_same_key_on_every_run(entry: dict[str, Any], key: str) -> None:
    (item,) = parse(entry).items
    assert item.key == key
    assert item.owner == Owner(key)
    assert item.if_absent == ("ifNoneExist" in entry["request"])


def test_an_entry_without_any_name_goes_by_its_bytes() -> None:
    (item,) = parse({"resource": {"resourceType": "Location"}}, kind=COLLECTION).items
    assert item.key.startswith("sha256:")


def test_a_conditional_reference_finds_the_conditional_create_of_its_own_bundle() -> None:
    place = post("urn:uuid:l", {"resourceType": "Location"}, ifNoneExist="identifier=a|b")
    (_, item) = parse(place, post("urn:uuid:o", lab("Location?identifier=a%7Cb"))).items
    assert item.owner == ORDINARY
    assert item.links == {"Location?identifier=a%7Cb": "Location?identifier=a|b"}
    assert item.unresolved == ()


def test_what_belongs_to_a_refused_patient_falls_with_it() -> None:
    provenance = {
        "resourceType": "Provenance",
        "target": [{"reference": "urn:uuid:o"}],
        "recorded": "2024-01-01T00:00:00Z",
        "agent": [{"who": {"display": "x"}}],
    }
    entries = [
        post("urn:uuid:o", lab()),
        post("urn:uuid:p", BROKEN),
        post("urn:uuid:v", provenance),
    ]
    parsed = parse(*entries, post("urn:uuid:l", {"resourceType": "Location"}))
    assert [refusal.where for refusal in parsed.refusals] == ["entry[0]", "entry[1]", "entry[2]"]
    assert parsed.refusals[0].message == "its patient, entry[1], was refused"
    assert [item.kind for item in parsed.items] == ["Location"]


def test_a_link_to_another_refused_entry_stays_for_the_mend() -> None:
    broken = post("urn:uuid:e", {"resourceType": "Encounter", "status": "odd"})
    entry = post("urn:uuid:o", lab(encounter={"reference": "urn:uuid:e"}))
    parsed = parse(post("urn:uuid:p", PATIENT), entry, broken)
    assert parsed.items[1].links["urn:uuid:e"] == "urn:uuid:e"
    assert len(parsed.refusals) == 1


def test_entries_that_share_a_name_are_all_refused() -> None:
    other = PATIENT | {"active": True}
    twins = [post("urn:uuid:p", PATIENT), post("urn:uuid:p", other), post("urn:uuid:o", lab())]
    parsed = parse(*twins)
    assert [refusal.where for refusal in parsed.refusals] == ["entry[0]", "entry[1]", "entry[2]"]
    assert "shares its name with entry[1]" in parsed.refusals[0].message


def test_the_same_bytes_sent_twice_are_one_entry() -> None:
    parsed = parse(
        post("urn:uuid:p", PATIENT), post("urn:uuid:p", PATIENT), post("urn:uuid:o", lab())
    )
    assert [item.where for item in parsed.items] == ["entry[0]", "entry[2]"]
    assert [refusal.where for refusal in parsed.refusals] == ["entry[1]"]


def device(**extra: Any) -> dict[str, Any]:
    return {"resourceType": "Device", **extra}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (device(patient={"reference": "urn:uuid:p"}), Owner("urn:uuid:p")),
        (device(), ORDINARY),
        ({"resourceType": "Location"}, ORDINARY),
        (
            {
                "resourceType": "Group",
                "type": "person",
                "actual": True,
                "member": [{"entity": {"reference": "urn:uuid:p"}}],
            },
            RESTRICTED,
        ),
    ],
)
def test_an_entry_goes_where_the_mate_that_decides_for_it_goes(
    resource: dict[str, Any], expected: Owner
) -> None:
    entries = [post("urn:uuid:o", lab("urn:uuid:d")), post("urn:uuid:d", resource)]
    items = parse(*entries, post("urn:uuid:p", PATIENT)).items
    assert [item.owner for item in items] == [expected, expected, Owner("urn:uuid:p")]


def test_a_circle_of_deciding_mates_ends_under_lock() -> None:
    first = {"resourceType": "Basic", "code": {}, "subject": {"reference": "urn:uuid:b"}}
    second = {"resourceType": "Basic", "code": {}, "subject": {"reference": "urn:uuid:a"}}
    items = parse(post("urn:uuid:a", first), post("urn:uuid:b", second)).items
    assert [item.section for item in items] == [Section.RESTRICTED, Section.RESTRICTED]


def test_a_very_long_chain_of_deciding_mates_ends_too() -> None:
    chain = [
        {"resourceType": "Basic", "code": {}, "subject": {"reference": f"urn:uuid:{n + 1}"}}
        for n in range(2000)
    ]
    items = parse(*(post(f"urn:uuid:{n}", each) for n, each in enumerate(chain))).items
    assert len(items) == 2000


def test_a_binary_belongs_to_what_its_security_context_names_or_is_refused() -> None:
    scan = {"resourceType": "Binary", "contentType": "image/png"}
    owned = scan | {"securityContext": {"reference": "urn:uuid:p"}}
    entries = [post("urn:uuid:p", PATIENT), post("urn:uuid:a", owned), post("urn:uuid:b", scan)]
    parsed = parse(*entries)
    assert parsed.items[1].owner == Owner("urn:uuid:p")
    assert [refusal.element for refusal in parsed.refusals] == ["Binary.securityContext"]
