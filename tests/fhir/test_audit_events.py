"""Every kind of thing that happens is a valid AuditEvent in the shape BALP gives it."""

from typing import Any

import orjson
import pytest

from chartkeep.clinical.schema import check_resource
from chartkeep.custody.note import Note, Noted
from chartkeep.fhir.audit_events import BALP, Site, audit_event
from chartkeep.incident.happening import Happening, of_line, of_note, of_record, signed
from chartkeep.keyholder import actions, details
from chartkeep.keyholder.details import DETAILS
from chartkeep.ledger.line import Line
from chartkeep.model import (
    ChartId,
    EntryId,
    FacilityId,
    InstanceId,
    KeyId,
    Millis,
    Section,
    to_text,
)
from chartkeep.sealing.entry import EntryHeader
from tests import cast

SITE = Site("Minato Hospital", cast.FACILITY.id)
CHART, SESSION, WORKER, ENTRY = (bytes([n]) * 16 for n in range(1, 5))
NOW = cast.START + 7
FACE_AND_RESULTS = 1 << Section.FACE | 1 << Section.RESULTS
DCM = "http://dicom.nema.org/resources/ontology/DCM"

TOLD = {
    "release": details.Released("TREAT", "", "chart", True, NOW, b"", 3, "nurse"),
    "refuse": details.Refused("OpenKeys", "OverBudgetError", "too many", "", "nurse"),
    "seal_key": details.Sealed(NOW, False),
    "search": details.Counted(3, "TREAT", "search", 12, "nurse"),
    "labels": details.Counted(7),
    "same": details.Compared(1),
    "match": details.Counted(1),
    "login": details.LoggedIn(b"h" * 32, NOW, 5),
    "act": details.Acted(actions.AddPerson("x", "nurse", [], "sealed secret", "totp"), "fumi"),
    "consent": details.Consented(ENTRY, []),
    "propose": details.Proposed(b"p" * 16, actions.Freeze("site", "")),
    "gap": details.Gap(5, 9, NOW),
    "pack": details.Packed("3W", ENTRY, 12),
    "packed": details.Packed("3W", ENTRY, 12, b"p" * 16, NOW),
}
PLAIN = ["start", "alarm", "epoch", "hello", "gone", "logout", "rotate", "audit", "decoy",
         "decoys", "sameness", "follow", "backup", "rekey", "shredded", "mark"]  # fmt: skip
NOTES = ["read", "vread", "history", "search", "page", "everything", "summary", "create", "update",
         "patch", "delete"]  # fmt: skip


def line(verb: str, detail: details.Detail | None = None, chart: bytes = CHART) -> Happening:
    told = details.pack(detail or TOLD.get(verb) or details.Told("a sentence", 3))
    made = Line(NOW, verb, "aiko", SESSION, "serve", WORKER, chart, FACE_AND_RESULTS, told)
    return of_line(41, made)


def note(interaction: str, **more: Any) -> Happening:
    told: dict[str, Any] = {"kind": "Observation", "ident": "o-1", "version": 2, "role": "nurse"}
    told |= {"query": "code,patient", "count": 4, "line": 41} | more
    made = Note(NOW, SESSION, "aiko", "TREAT", CHART, interaction, **told)
    return of_note(Noted(ENTRY, 3, b"i" * 16, "serve", WORKER, made), {})


def record(version: int = 1, chart: bytes = CHART, kind: str = "Observation") -> Happening:
    header = EntryHeader(
        FacilityId(SITE.chart), ChartId(chart), Section.RESULTS, KeyId(b"k" * 16), EntryId(ENTRY),
        version, Millis(NOW), InstanceId(b"i" * 16), kind,
    )  # fmt: skip
    return of_record(9, header, {b"i" * 16: "engine"})


EVERY = [
    *(pytest.param(line(verb), id=verb) for verb in [*TOLD, *PLAIN]),
    *(pytest.param(note(verb), id=f"note of {verb}") for verb in NOTES),
    pytest.param(record(), id="first version"),
    pytest.param(record(2), id="second version"),
    pytest.param(record(kind="DicomInstance"), id="a picture"),
    pytest.param(note("read", kind="ImagingStudy", ident="1.2.840.9"), id="a study by its UID"),
    pytest.param(record(chart=SITE.chart), id="the facility's"),
    pytest.param(signed(record(2), note("patch")), id="signed"),
    pytest.param(note("read", refused="NotAllowedError"), id="refused by the door"),
    pytest.param(note("read", kind="../..", ident="x y\n"), id="an id that is none"),
    pytest.param(line("hello", chart=b""), id="without a chart"),
]


def codes(event: Any) -> set[str]:
    return {code["code"] for code in [event["type"], *event["subtype"]]}


def agents(event: Any) -> dict[str, str]:
    found = {}
    for agent in event["agent"]:
        code = agent.get("type", {}).get("coding", [{"code": "second"}])[0]["code"]
        found[code] = agent["who"]["identifier"]["value"]
    return found


def test_every_verb_has_an_example() -> None:
    assert set(DETAILS) <= set(TOLD)


@pytest.mark.parametrize("what", EVERY)
def test_it_is_what_fhir_says(what: Happening) -> None:
    event = audit_event(what, SITE)
    check_resource("AuditEvent", event, orjson.dumps(event))
    assert event["id"] == what.id


@pytest.mark.parametrize("what", EVERY)
def test_it_keeps_the_rules_of_the_profile_it_claims(what: Happening) -> None:
    event = audit_event(what, SITE)
    for profile in event.get("meta", {}).get("profile", []):
        name = profile.removeprefix(BALP)
        assert event["outcome"] == "0"
        assert event["type"]["code"] == "rest"
        assert {"110152", "110153"} <= agents(event).keys()
        roles = {entity["role"]["code"]: entity for entity in event["entity"]}
        if name.startswith("Patient"):
            assert roles["1"]["what"]["reference"] == f"Patient/{to_text(CHART)}"
        if name.endswith("Query"):
            assert event["action"] == "E"
            assert roles["24"]["query"]
            assert not {"what", "detail"} & roles["24"].keys()
        else:
            assert roles["4"]["what"]
        for agent in event["agent"]:
            is_machine = "network" in agent
            assert is_machine or agent["who"]["identifier"]["system"].endswith("/person")


def test_a_release_says_who_whose_what_and_why() -> None:
    event = audit_event(line("release"), SITE)
    assert event["meta"]["profile"] == [BALP + "PatientRead"]
    assert (event["action"], codes(event)) == ("R", {"rest", "read", "release"})
    assert event["recorded"] == "2027-01-15T08:00:00.007Z"
    # what is read flows from the house to the program
    assert agents(event) == {"110152": "serve", "110153": "Minato Hospital", "IRCP": "aiko"}
    person = event["agent"][2]
    assert person["role"][0]["coding"][0]["code"] == "nurse"
    assert person["purposeOfUse"][0]["coding"][0]["code"] == "TREAT"
    assert event["entity"][1]["detail"][0] == {"type": "sections", "valueString": "face results"}


def test_break_glass_is_an_emergency_override_with_its_reason() -> None:
    told = details.Released("BTG", "collapsed in the corridor", "break-glass", True, NOW, b"", 3)
    event = audit_event(line("release", told), SITE)
    assert "110127" in codes(event)
    assert event["purposeOfEvent"][0]["text"] == "collapsed in the corridor"


def test_a_refusal_is_what_was_asked_with_another_outcome_and_no_profile() -> None:
    event = audit_event(line("refuse"), SITE)
    assert (event["outcome"], event["outcomeDesc"]) == ("4", "OverBudgetError: too many")
    assert "read" in codes(event)
    assert "meta" not in event


def test_a_search_names_its_parameters_and_flows_to_the_house() -> None:
    event = audit_event(note("search"), SITE)
    assert event["meta"]["profile"] == [BALP + "PatientQuery"]
    assert agents(event)["110153"] == "serve"
    assert event["entity"][1]["description"] == "Observation?code&patient: 4 found"


def test_a_write_is_the_programs_until_a_note_says_whose() -> None:
    event = audit_event(record(2), SITE)
    assert event["meta"]["profile"] == [BALP + "PatientUpdate"]
    assert agents(event) == {"110153": "engine", "110152": "Minato Hospital"}
    whose = audit_event(signed(record(2), note("patch")), SITE)
    assert agents(whose)["AUT"] == "aiko"
    assert whose["id"] == event["id"]
    assert whose["entity"][1]["what"]["reference"].endswith(f"{to_text(ENTRY)}/_history/2")


def test_pictures_and_their_studies_are_named_and_not_referred_to() -> None:
    picture = audit_event(record(kind="DicomInstance"), SITE)["entity"][1]["what"]
    assert picture == {"type": "ImagingStudy", "identifier": {"value": to_text(ENTRY)}}
    study = audit_event(note("read", kind="ImagingStudy", ident="1.2.840.9"), SITE)
    uid = {"system": "urn:dicom:uid", "value": "urn:oid:1.2.840.9"}
    assert study["entity"][1]["what"]["identifier"] == uid


def test_what_concerns_no_patient_names_none() -> None:
    event = audit_event(record(chart=SITE.chart), SITE)
    assert event["meta"]["profile"] == [BALP + "Create"]
    assert {entity["role"]["code"] for entity in event["entity"]} == {"4"}


@pytest.mark.attack
def test_an_act_names_what_was_done_and_shows_no_means_to_log_in() -> None:
    event = audit_event(line("act"), SITE)
    assert event["outcomeDesc"] == "AddPerson"
    assert agents(event)["second"] == "fumi"
    assert b"sealed secret" not in orjson.dumps(event)
    assert event["type"]["system"] == DCM


@pytest.mark.attack
@pytest.mark.parametrize("ident", ["../../Patient/1", "x y", "é", "a" * 65])
def test_a_made_up_id_is_no_reference(ident: str) -> None:
    event = audit_event(note("read", ident=ident), SITE)
    assert event["entity"][1]["what"]["reference"] == f"Patient/{to_text(CHART)}"
