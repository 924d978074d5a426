"""Consent: what is read is no less strict than what is written, the rest is refused by element."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.clinical.consent import SECTION_SYSTEM, TYPE_SYSTEM, read_consent
from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.reading import read_resource
from chartkeep.errors import BadInputError
from chartkeep.model import CHART_SECTIONS, Consent, Provision, Section

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACTREASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PRIVACY = "patient-privacy"
DENY_ALL = Provision(permit=False)


def consent(
    provision: dict[str, Any] | None = None, *, policy: str = "", scope: str = PRIVACY, **other: Any
) -> dict[str, Any]:
    """A Consent as somebody would send it."""
    body: dict[str, Any] = {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"code": scope}]},
        "category": [{"coding": [{"code": "59284-0"}]}],
        "patient": {"reference": "Patient/p"},
        "policy": [{"uri": "http://example.org/policy"}],
    }
    if provision is not None:
        body["provision"] = provision
    if policy:
        body["policyRule"] = {"coding": [{"code": policy}]}
    return body | other


def actor(name: str, *, system: str = "urn:chartkeep:person", role: str = "PRCP") -> dict[str, Any]:
    return {
        "role": {"coding": [{"code": role}]},
        "reference": {"identifier": {"system": system, "value": name}},
    }


def section(name: str) -> dict[str, str]:
    return {"system": SECTION_SYSTEM, "code": name}


def kind(name: str) -> dict[str, str]:
    return {"system": TYPE_SYSTEM, "code": name}


def bits(*sections: Section) -> int:
    return sum(1 << each for each in sections)


def read(body: dict[str, Any]) -> tuple[Consent, ...]:
    return read_consent(read_resource(orjson.dumps(body)).body)


def test_a_denial_of_everything_asks_nothing() -> None:
    assert read(consent({"type": "deny"})) == (Consent(DENY_ALL),)


def test_an_opt_out_without_a_provision_denies_everything() -> None:
    assert read(consent(policy="OPTOUT")) == (Consent(DENY_ALL),)
    assert read(consent(policy="OPTIN")) == (Consent(Provision(permit=True)),)


def test_people_and_roles_are_named_by_identifier_or_display() -> None:
    shown = {"role": {"text": "recipient"}, "reference": {"display": "clerk"}}
    named = [actor("budi"), actor("nurse", system="urn:chartkeep:role"), shown]
    (found,) = read(consent({"type": "deny", "actor": named}))
    assert found.root.whom == ("budi", "nurse", "clerk")


def test_purposes_are_codes_of_the_standard() -> None:
    purposes = [{"system": ACTREASON, "code": code} for code in ("HRESCH", "HPAYMT")]
    (found,) = read(consent({"type": "deny", "purpose": purposes}))
    assert found.root.purposes == ("HRESCH", "HPAYMT")


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        ([section("results")], bits(Section.RESULTS)),
        ([section("results"), section("face")], bits(Section.RESULTS, Section.FACE)),
        ([kind("Observation")], bits(Section.RESULTS, Section.RESTRICTED)),
        ([kind("Patient")], bits(Section.IDENTITY, Section.RESTRICTED, Section.FACE)),
        ([kind("Encounter")], bits(Section.CLINICAL, Section.RESTRICTED, Section.FACE)),
    ],
)
def test_a_denial_of_a_class_denies_all_it_can_lie_in(
    classes: list[dict[str, str]], expected: int
) -> None:
    (found,) = read(consent({"type": "deny", "class": classes}))
    assert found.root.sections == expected


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (CONFIDENTIALITY, "R"),
        (CONFIDENTIALITY, "V"),
        ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "HIV"),
    ],
)
def test_a_denial_of_a_restricting_label_denies_what_is_restricted(system: str, code: str) -> None:
    (found,) = read(consent({"type": "deny", "securityLabel": [{"system": system, "code": code}]}))
    assert found.root.sections == bits(Section.RESTRICTED)


def test_nested_provisions_are_exceptions() -> None:
    nested = [{"type": "permit", "actor": [actor("aiko")], "class": [section("clinical")]}]
    (found,) = read(consent({"type": "deny", "provision": nested}))
    permit = Provision(permit=True, sections=bits(Section.CLINICAL), whom=("aiko",))
    assert found == Consent(DENY_ALL, (permit,))


def test_an_opt_out_that_permits_somebody_denies_everybody_else() -> None:
    (found,) = read(consent({"type": "permit", "actor": [actor("aiko")]}, policy="OPTOUT"))
    assert found == Consent(DENY_ALL, (Provision(permit=True, whom=("aiko",)),))


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        ({"start": "1970-01-02", "end": "1970-01-02"}, 86_400_000, 2 * 86_400_000),
        ({"start": "1970", "end": "1970"}, 0, 365 * 86_400_000),
        ({"end": "1970-12"}, 0, 365 * 86_400_000),
        ({"start": "1970-01-01T09:00:00+09:00"}, 0, 0),
        ({"end": "1970-01-01T09:00:01+09:00"}, 0, 2_000),
        ({"end": "1960"}, 0, 1),
    ],
)
def test_a_period_holds_from_its_first_moment_to_its_last(
    period: dict[str, str], since: int, until: int
) -> None:
    (found,) = read(consent({"type": "deny", "period": period}))
    assert (found.root.since, found.root.until) == (since, until)


def test_an_end_nobody_lives_to_see_is_taken() -> None:
    for end in ("9999-12-31", "9999"):
        (found,) = read(consent({"type": "deny", "period": {"end": end}}))
        assert found.root.until > 1 << 47


@pytest.mark.parametrize(
    "status", ["draft", "proposed", "rejected", "inactive", "entered-in-error"]
)
def test_what_is_not_in_force_says_nothing(status: str) -> None:
    assert read(consent({"type": "deny"}, status=status)) == ()


@pytest.mark.parametrize("scope", ["research", "treatment", "adr"])
def test_a_consent_to_something_else_says_nothing_about_privacy(scope: str) -> None:
    assert read(consent({"type": "deny"}, scope=scope)) == ()


DENY = {"type": "deny"}


@pytest.mark.parametrize(
    ("provision", "element"),
    [
        (None, "Consent.provision.type"),
        ({}, "Consent.provision.type"),
        (DENY | {"code": [{"text": "x"}]}, "Consent.provision.code"),
        (DENY | {"dataPeriod": {"start": "2020"}}, "Consent.provision.dataPeriod"),
        (
            DENY | {"data": [{"meaning": "instance", "reference": {"display": "x"}}]},
            "Consent.provision.data",
        ),
        (
            DENY | {"action": [{"coding": [{"code": "correct"}]}]},
            "Consent.provision.action[0]",
        ),
        (DENY | {"action": [{"coding": [{"code": "disclose"}]}]}, "Consent.provision.action"),
        (DENY | {"purpose": [{"code": "BTG"}]}, "Consent.provision.purpose[0]"),
        (DENY | {"purpose": [{"code": "HMARKT"}]}, "Consent.provision.purpose[0]"),
        (DENY | {"actor": [actor("x", role="AUT")]}, "Consent.provision.actor[0].role"),
        (
            DENY | {"actor": [actor("x", system="http://other")]},
            "Consent.provision.actor[0].reference.identifier",
        ),
        (
            DENY | {"actor": [{"role": {}, "reference": {"reference": "Practitioner/1"}}]},
            "Consent.provision.actor[0].reference",
        ),
        (DENY | {"class": [section("soup")]}, "Consent.provision.class[0]"),
        (DENY | {"class": [section("journal")]}, "Consent.provision.class[0]"),
        (DENY | {"class": [{"system": "http://x", "code": "y"}]}, "Consent.provision.class[0]"),
        (
            DENY | {"securityLabel": [{"system": CONFIDENTIALITY, "code": "N"}]},
            "Consent.provision.securityLabel[0]",
        ),
        (
            DENY
            | {
                "class": [section("results")],
                "securityLabel": [{"system": CONFIDENTIALITY, "code": "R"}],
            },
            "Consent.provision",
        ),
        (DENY | {"provision": [{}]}, "Consent.provision.provision[0].type"),
        (
            DENY | {"provision": [DENY | {"provision": [DENY]}]},
            "Consent.provision.provision[0].provision",
        ),
        (
            DENY | {"provision": [{"type": "permit", "class": [kind("Condition")]}]},
            "Consent.provision.provision[0].class[0]",
        ),
        (
            DENY
            | {
                "provision": [
                    {
                        "type": "permit",
                        "securityLabel": [{"system": CONFIDENTIALITY, "code": "R"}],
                    }
                ]
            },
            "Consent.provision.provision[0].securityLabel",
        ),
        (DENY | {"period": {"start": "2021", "end": "2020"}}, "Consent.provision.period"),
        (DENY | {"provision": [DENY] * 51}, "Consent.provision.provision"),
        (DENY | {"actor": [actor("x")] * 51}, "Consent.provision.actor"),
        (DENY | {"actor": [actor("x" * 201)]}, "Consent.provision.actor[0].reference"),
    ],
)
def test_what_cannot_be_enforced_is_refused_by_its_element(
    provision: dict[str, Any] | None, element: str
) -> None:
    with pytest.raises(BadElementError) as refused:
        read(consent(provision))
    assert refused.value.element == element


def test_a_scope_that_says_nothing_is_refused() -> None:
    with pytest.raises(BadElementError) as refused:
        read(consent({"type": "deny"}, scope="soup"))
    assert refused.value.element == "Consent.scope"


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=8) | st.sampled_from(["deny", "permit", "9"]),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "period", "actor", "role", "reference", "purpose", "class", "start",
                 "securityLabel", "provision", "code", "system", "coding", "identifier", "display"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )
)  # fmt: skip
def test_whatever_is_sent_is_read_or_refused(provision: Any) -> None:
    try:
        found = read(consent({"type": "deny"} | {"provision": [provision]}))
    except BadInputError:
        return
    every = bits(*CHART_SECTIONS)
    assert all(not each.sections & ~every for one in found for each in one.exceptions)
