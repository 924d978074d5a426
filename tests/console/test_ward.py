"""My ward: its own people see its beds, and find others by their faces."""

import pytest

from chartkeep.console.faces import Age, age
from chartkeep.console.ward import is_enough, query_of
from chartkeep.keyholder import actions
from tests.console.conftest import Clinic, Web


def search(web: Web, typed: str, *, typing: bool = True) -> str:
    web.get("/ward")
    answer = web.post("/search", {"typed": typed}, hx_request="true" if typing else "")
    return answer.words


def test_it_shows_who_lies_where(clinic: Clinic) -> None:
    ward = clinic.web("aiko").get("/ward")
    assert "2 Hana Tanaka female 3 Aug 1956 (70 years) mrn-7p" in ward.words
    assert "Suzuki" not in ward.text


def test_beds_stand_as_people_count(clinic: Clinic) -> None:
    for bed, family in (("10", "Tenth"), ("1", "First")):
        clinic.house.admit(clinic.bring(family.lower(), family), bed=bed)
    words = clinic.web("aiko").get("/ward").words
    assert words.index("First") < words.index("Tanaka") < words.index("Tenth")


@pytest.mark.attack
def test_nobody_sees_the_beds_of_a_ward_that_is_not_theirs(clinic: Clinic) -> None:
    answer = clinic.web("budi").get("/ward?ward=3W")
    assert answer.status == 403
    assert "Tanaka" not in answer.text


def test_whoever_has_no_ward_is_told_to_search(clinic: Clinic) -> None:
    assert "You belong to no ward" in clinic.web("carla").get("/ward").words


@pytest.mark.parametrize("typed", ["suz", "SUZUKI", "hana suz", "MRN-7q", "suz 1956-8-3"])
def test_typing_finds_a_face(clinic: Clinic, typed: str) -> None:
    found = search(clinic.web("aiko"), typed)
    assert "Hana Suzuki" in found
    assert "1 found" in found


def test_without_script_enter_gives_the_whole_page(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    web.get("/ward")
    answer = web.post("/search", {"typed": "suzuki"})
    assert "<html" in answer.text
    assert "Hana Suzuki" in answer.words


def test_one_letter_asks_nothing_of_the_keyholder(clinic: Clinic) -> None:
    assert "Type two letters" in search(clinic.web("aiko"), "s")
    assert "search" not in clinic.house.verbs()


def test_two_letters_or_one_character_are_enough() -> None:
    poor = ("", " ", "s", "a b", "7", "123", "1956-08")
    good = ("su", "山", "か", "1234", "1956-08-03", "s su")
    assert [text for text in (*poor, *good) if is_enough(text)] == list(good)


def test_what_is_typed_is_a_name_a_birth_date_or_a_number() -> None:
    query = query_of("tanaka 1956/8/3 hana A-0123")
    assert query.name == "tanaka hana"
    assert (query.birthdate, query.identifier) == ("1956-08-03", "A-0123")


def test_too_many_are_not_shown_while_typing(clinic: Clinic) -> None:
    for number in range(21):
        clinic.bring(f"n{number}", "Nakamura")
    web = clinic.web("aiko")
    web.get("/ward")
    before = clinic.house.verbs().count("release")
    answer = web.post("/search", {"typed": "naka"}, hx_request="true")
    assert "Too many match" in answer.words
    assert clinic.house.verbs().count("release") == before
    assert "21 found" in search(web, "naka", typing=False)


def test_a_budget_that_is_used_up_is_a_sentence(clinic: Clinic) -> None:
    web = clinic.web("aiko", "ja")
    limit(clinic)
    assert "閲覧上限に達しました" in search(web, "suzuki")


def limit(clinic: Clinic) -> None:
    """Let nobody search any more: two people say so."""
    desk, house = clinic.house.desk.keyholder, clinic.house
    act = actions.SetLimit("person", "", "search", 3_600_000, 0)
    proposal = desk.act(house.login("erik"), act).proposal
    desk.approve(house.login("fumi"), proposal)


@pytest.mark.attack
def test_an_administrator_finds_nobody(clinic: Clinic) -> None:
    assert "Your role does not carry this" in search(clinic.web("erik"), "suzuki")


@pytest.mark.attack
def test_a_name_is_text_whatever_it_says(clinic: Clinic) -> None:
    bad = "<script>alert(1)</script>"
    clinic.house.admit(clinic.bring("x", bad), bed="3")
    text = clinic.web("aiko").get("/ward").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize(
    ("born", "old"),
    [
        ("1956-08-03", Age(70, "years")), ("2025-01-16", Age(23, "months")),
        ("2025-01-15", Age(2, "years")), ("2026-12-15", Age(1, "months")),
        ("2026-12-16", Age(30, "days")), ("2027-01-15", Age(0, "days")),
        ("2027-01-16", None), ("1956", None), ("", None),
    ],
)  # fmt: skip
def test_the_youngest_are_counted_in_months_and_days(born: str, old: Age | None) -> None:
    assert age(born, 1_800_000_000_000) == old
