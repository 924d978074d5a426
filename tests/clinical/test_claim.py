"""Whose it is, as a sender says: numbers under the system this house writes, names, a date."""

import pytest

from chartkeep.clinical.claim import MOST_TOKENS, Claim, Number, read_date
from chartkeep.clinical.issuers import UNKNOWN, Issuers
from chartkeep.clinical.keywords import patient_keywords

MRN = "http://minato.example/mrn"
ISSUERS = Issuers({"MINATO": MRN, "1.2.392.100": "http://minato.example/insurance"})


@pytest.mark.parametrize(
    ("authority", "system"),
    [
        ("", "urn:default"),
        ("MINATO", MRN),
        ("minato ", MRN),
        ("MINATO&1.2.3&ISO", MRN),
        ("^1.2.392.100^ISO", "http://minato.example/insurance"),
        ("urn:oid:1.2.392.100", "http://minato.example/insurance"),
        ("1.2.840.99", "urn:oid:1.2.840.99"),
        ("&1.2.840.99&ISO", "urn:oid:1.2.840.99"),
        ("http://other.example/mrn", "http://other.example/mrn"),
        ("OTHER HOSPITAL", UNKNOWN),
    ],
)
def test_an_authority_is_the_system_the_house_writes(authority: str, system: str) -> None:
    assert ISSUERS.system(authority, "urn:default") == system


def test_a_number_without_a_system_decides_nothing() -> None:
    assert not Number("", "4711").keyword
    assert not Number(MRN, " ").keyword
    assert Number(MRN, " 47-11").keyword == Number(MRN, "4711").keyword


def test_what_a_claim_asks_is_what_its_patient_carries() -> None:
    claim = Claim((Number(MRN, "1"),), ("Sató Linda", "佐藤 リンダ"), "1950-01-02")
    carried = patient_keywords(
        {
            "name": [{"family": "Sato", "given": ["Linda"]}, {"text": "佐藤りんだ"}],
            "birthDate": "1950-01-02",
            "identifier": [{"system": MRN, "value": "1"}],
        }
    )
    assert claim.keywords[0] == "born:1950-01-02"
    assert {"whole:sato", "whole:linda", "whole:佐藤リンダ"} <= carried & set(claim.keywords)
    assert claim.numbers[0].keyword in carried


def test_an_initial_agrees_with_nobody() -> None:
    assert Claim((), ("Sato J",)).keywords == ("whole:sato",)


def test_a_claim_is_no_dictionary() -> None:
    names = tuple(f"name{n}" for n in range(1_000))
    assert len(Claim((), names).keywords) == MOST_TOKENS


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("19500102", "1950-01-02"),
        ("19500102123000+0900", "1950-01-02"),
        ("195001", "1950-01"),
        ("1950", "1950"),
        ("1950-01-02", "1950-01-02"),
        ("", ""),
        ("unknown", ""),
    ],
)
def test_a_birth_date_is_read_as_feeds_write_it(text: str, date: str) -> None:
    assert read_date(text) == date
