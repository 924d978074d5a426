"""Paper keyed back in: nothing is filed in silence, nothing twice, nothing for somebody else."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

import orjson
import pytest

from chartkeep.continuity.forms import FormKind
from chartkeep.continuity.numbers import Stand, put_number
from chartkeep.continuity.paper.contradictions import Contradiction
from chartkeep.continuity.paper.keying import (
    Policy,
    choose,
    drop_line,
    file_held,
    key_line,
    waiting,
)
from chartkeep.continuity.paper.resources import FORM_SYSTEM
from chartkeep.continuity.paper.sheets import find_sheet, finish, give_up
from chartkeep.continuity.registry import end_number, unreconciled
from chartkeep.custody.paper import Kind
from chartkeep.errors import (
    BadInputError,
    ConflictError,
    NotAllowedError,
    NotFoundError,
    StaleError,
    UnavailableError,
)
from chartkeep.fhir.http.records import resources
from chartkeep.model import Section, to_text
from tests.continuity.paper_ward import ABOUT, GIVEN, VITALS, Ward, ward
from tests.house import ALL, Meddling

__all__ = ["ward"]


def test_vital_signs_are_filed_with_their_digits_and_where_they_come_from(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    assert ward.key(number, "vitals", **VITALS).state == "filed"
    found = {each["code"]["coding"][0]["code"]: each for each in ward.filed("Observation")}
    assert found.keys() == {"85354-9", "8310-5", "8867-4"}
    assert any(b'"value":37.50,' in raw for raw in ward.raw("Observation"))
    assert found["8867-4"]["identifier"] == [{"system": FORM_SYSTEM, "value": f"{number}/1"}]
    (told,) = ward.filed("Provenance")
    assert told["activity"]["text"].startswith("written on paper during downtime from 20")
    assert [each["who"]["display"] for each in told["agent"]] == ["n. budi", "aiko"]
    assert told["occurredDateTime"] != told["recorded"]
    assert len(told["target"]) == 3


def test_it_is_served_as_fhir_and_what_the_house_keeps_about_paper_is_not(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    ward.key(number, "vitals", pulse="72")
    opened = ward.house.open(
        ward.house.login("aiko", "serve"), ward.chart, ALL - {Section.IDENTITY}, house=ward.serve
    )
    served = [orjson.loads(one.json) for one in resources(opened.entries)]
    assert not any(one["resourceType"].startswith("Paper") for one in served)
    by_kind = {one["resourceType"]: one for one in served if "urn:uuid" not in str(one)}
    told = by_kind["Provenance"]
    mine = {f"Observation/{one['id']}" for one in served if one["resourceType"] == "Observation"}
    assert {each["reference"] for each in told["target"]} <= mine
    assert told["target"]


def test_who_cannot_be_read_is_said_to_be_so(ward: Ward) -> None:
    ward.key(ward.begin(FormKind.VITALS), "vitals", pulse="72", author="")
    (told,) = ward.filed("Provenance")
    assert told["agent"][0]["who"] == {"display": "not legible"}


def test_a_line_keyed_again_is_taken_once(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    for _ in range(3):
        assert ward.key(number, "vitals", pulse="72").state == "filed"
    assert len(ward.filed("Observation")) == 1


def test_a_filed_line_is_not_filed_with_other_words(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    ward.key(number, "vitals", pulse="72")
    with pytest.raises(ConflictError, match="keyed before"):
        ward.key(number, "vitals", pulse="77")
    assert len(ward.filed("Observation")) == 1


def test_of_two_who_key_one_line_at_once_one_is_filed(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    first, second = ward.desk(number), ward.desk(number)
    key_line(first, 1, "vitals", {**ward.at(2), "pulse": "72"}, ward.serve)
    with pytest.raises(StaleError):
        key_line(second, 1, "vitals", {**ward.at(2), "pulse": "77"}, ward.serve)
    assert len(ward.filed("Observation")) == 1


def ordered(ward: Ward, status: str = "active") -> None:
    ward.know(
        "MedicationRequest", "m", status=status, intent="order", subject=ABOUT,
        medicationCodeableConcept={"text": "metformin hydrochloride 500 MG oral tablet"},
    )  # fmt: skip


def test_an_answer_that_was_lost_files_nothing_twice(ward: Ward) -> None:
    """The store took it and its answer broke off: keyed again, it stands as filed."""
    number = ward.begin(FormKind.VITALS)
    typed = {**ward.at(2), "pulse": "72"}

    def lost(commit: Callable[..., Any], *words: Any) -> None:
        commit(*words)
        raise UnavailableError("the line broke")

    broken = ward.house.join("serve")
    broken.store = Meddling(broken.store, commit=lost)  # type: ignore[assignment]
    desk = ward.desk(number)
    with pytest.raises(UnavailableError):
        key_line(desk, 1, "vitals", typed, broken)
    with pytest.raises(StaleError):
        key_line(desk, 1, "vitals", typed, ward.serve)
    assert ward.key(number, "vitals", pulse="72").state == "filed"
    assert len(ward.filed("Observation")) == len(ward.filed("Provenance")) == 1


def test_a_commit_that_fails_leaves_neither_line_nor_resource(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)

    def away(commit: Callable[..., Any], *words: Any) -> None:
        raise UnavailableError("the store is away")

    broken = ward.house.join("serve")
    broken.store = Meddling(broken.store, commit=away)  # type: ignore[assignment]
    with pytest.raises(UnavailableError):
        key_line(ward.desk(number), 1, "vitals", {**ward.at(2), "pulse": "72"}, broken)
    assert ward.filed("Observation") == []
    assert ward.desk(number).lines == {}


def test_medication_is_filed_when_two_keyings_agree(ward: Ward) -> None:
    ordered(ward)
    number = ward.begin(FormKind.MEDICATION)
    assert ward.key(number, "given", **GIVEN).state == "once"
    assert ward.filed("MedicationAdministration") == []
    assert ward.key(number, "given", **GIVEN | {"medicine": "metformin  500 MG"}).state == "filed"
    (given,) = ward.filed("MedicationAdministration")
    assert (given["status"], given["dosage"]) == ("completed", {"text": "500 mg"})


def test_keyings_that_differ_wait_for_a_choice(ward: Ward) -> None:
    ordered(ward)
    number = ward.begin(FormKind.MEDICATION)
    ward.key(number, "given", **GIVEN)
    found = ward.key(number, "given", **GIVEN | {"dose": "5000 mg"})
    assert found.state == "differs"
    assert ward.filed("MedicationAdministration") == []
    assert choose(ward.desk(number), 1, 0, ward.serve).state == "filed"
    assert ward.filed("MedicationAdministration")[0]["dosage"] == {"text": "500 mg"}


def test_where_the_house_says_so_another_person_keys_it_again(ward: Ward) -> None:
    ordered(ward)
    strict = Policy(UTC, another_person=True)
    number = ward.begin(FormKind.MEDICATION)
    ward.key(number, "given", policy=strict, **GIVEN)
    with pytest.raises(NotAllowedError, match="another person"):
        ward.key(number, "given", policy=strict, **GIVEN)


def test_a_note_and_an_order_that_is_no_medicine_are_filed(ward: Ward) -> None:
    notes, orders = ward.begin(FormKind.NOTES), ward.begin(FormKind.ORDERS)
    assert ward.key(notes, "note", text="slept well\n<script>").state == "filed"
    assert ward.twice(orders, "order", what="other", order="chest X-ray").state == "filed"
    assert ward.filed("ServiceRequest")[0]["code"] == {"text": "chest X-ray"}
    assert len(ward.filed("DocumentReference")) == 1


def test_an_allergy_learnt_on_paper_is_filed_unconfirmed(ward: Ward) -> None:
    number = ward.begin(FormKind.NOTES)
    assert ward.twice(number, "allergy", substance="latex", criticality="high").state == "filed"
    (filed,) = ward.filed("AllergyIntolerance")
    assert filed["verificationStatus"]["coding"][0]["code"] == "unconfirmed"


@pytest.mark.attack
def test_a_drug_the_charts_allergy_forbids_waits_for_a_person(ward: Ward) -> None:
    ward.know("AllergyIntolerance", "a", patient=ABOUT, code={"text": "ペニシリン"})
    number = ward.begin(FormKind.MEDICATION)
    held = ward.twice(number, "given", **GIVEN | {"medicine": "Amoxicillin 250 mg"})
    assert held.state == "held"
    assert held.against == (Contradiction.ALLERGY, Contradiction.NO_ORDER)
    assert ward.filed("MedicationAdministration") == []
    filed = file_held(ward.desk(number), 1, "it was given, she had a rash", ward.serve)
    assert (filed.state, filed.by) == ("filed", "aiko")
    assert len(ward.filed("MedicationAdministration")) == 1


@pytest.mark.attack
def test_an_order_that_had_ended_waits_for_a_person(ward: Ward) -> None:
    ordered(ward, "stopped")
    number = ward.begin(FormKind.MEDICATION)
    assert ward.twice(number, "given", **GIVEN).against == (Contradiction.ORDER_ENDED,)


@pytest.mark.attack
def test_a_dose_given_twice_within_an_hour_waits_for_a_person(ward: Ward) -> None:
    ordered(ward)
    number = ward.begin(FormKind.MEDICATION)
    ward.twice(number, "given", **GIVEN)
    assert ward.twice(number, "given", at=2, **GIVEN).against == (Contradiction.TWICE,)


@pytest.mark.attack
@pytest.mark.parametrize(
    ("hours", "against"),
    [(-1, Contradiction.BEFORE), (6.05, Contradiction.AFTER), (30, Contradiction.FUTURE)],
)
def test_a_time_outside_the_downtime_waits(
    ward: Ward, hours: float, against: Contradiction
) -> None:
    ward.house.clock.move(minutes=30)
    number = ward.begin(FormKind.VITALS)
    assert against in ward.key(number, "vitals", hours=hours, pulse="72").against


@pytest.mark.attack
def test_values_no_body_has_or_far_from_the_last_wait(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    assert ward.key(number, "vitals", weight="52.0").state == "filed"
    held = ward.key(number, "vitals", at=2, hours=3, weight="83", pulse="720")
    assert held.against == (Contradiction.IMPOSSIBLE, Contradiction.FAR)
    swapped = ward.key(number, "vitals", at=3, systolic="80", diastolic="120")
    assert swapped.against == (Contradiction.SWAPPED,)


@pytest.mark.attack
def test_a_form_that_says_another_sex_waits_line_by_line(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS, sex="male")
    assert ward.key(number, "vitals", pulse="72").against == (Contradiction.SEX,)


@pytest.mark.attack
def test_a_form_printed_for_another_patient_waits_line_by_line(ward: Ward) -> None:
    number = ward.numbers[FormKind.VITALS]
    said = Stand(number=str(number), state="printed", by="sato", printed=to_text(b"q" * 16))
    put_number(number, Kind.PRINTED, said, 0, ward.serve)
    ward.begin(FormKind.VITALS)
    assert ward.key(number, "vitals", pulse="72").against == (Contradiction.PRINTED,)


def test_what_is_dropped_is_not_filed_and_may_be_keyed_again(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    ward.key(number, "vitals", pulse="720")
    assert drop_line(ward.desk(number), 1, "it says 72", ward.serve).state == "dropped"
    assert ward.filed("Observation") == []
    assert ward.key(number, "vitals", pulse="72").state == "filed"


def test_a_form_is_entered_when_none_of_its_lines_waits(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    ward.key(number, "vitals", pulse="72")
    ward.key(number, "vitals", at=2, pulse="720")
    sheet, lines = ward.desk(number).sheet, ward.desk(number).lines
    with pytest.raises(ConflictError, match="1 lines of this form wait"):
        finish(sheet, 1, len(waiting(lines)), "aiko", ward.hold("aiko"))
    drop_line(ward.desk(number), 2, "blot", ward.serve)
    finish(sheet, 1, 0, "aiko", ward.hold("aiko"))
    assert ward.desk(number).sheet.state == "entered"


@pytest.mark.attack
def test_an_entered_number_is_nobodys_else_and_never_void(ward: Ward) -> None:
    other = ward.bring("q", "Suzuki")
    number = ward.begin(FormKind.VITALS)
    ward.key(number, "vitals", pulse="72")
    finish(ward.desk(number).sheet, 1, 0, "aiko", ward.hold("aiko"))
    with pytest.raises(ConflictError, match="another patient's"):
        ward.begin(FormKind.VITALS, other)
    with pytest.raises(ConflictError):
        end_number(number, "void", "never mind", "aiko", ward.hold("aiko"))


@pytest.mark.attack
def test_a_form_begun_for_one_patient_is_not_keyed_for_another(ward: Ward) -> None:
    other = ward.bring("q", "Suzuki")
    ward.begin(FormKind.VITALS)
    with pytest.raises(ConflictError, match="another patient's"):
        ward.begin(FormKind.VITALS, other)


def test_a_form_begun_for_the_wrong_patient_is_given_up_and_begun_again(ward: Ward) -> None:
    other = ward.bring("q", "Suzuki")
    number = ward.begin(FormKind.VITALS)
    give_up(ward.desk(number).sheet, 0, 0, "it is Suzuki's", "aiko", ward.hold("aiko"))
    ward.begin(FormKind.VITALS, other)
    held = ward.key(number, "vitals", pulse="72")
    assert held.against == (Contradiction.LOST,)


@pytest.mark.attack
def test_a_nurse_of_another_ward_keys_nothing(ward: Ward) -> None:
    number = ward.begin(FormKind.VITALS)
    with pytest.raises(NotAllowedError):
        ward.key(number, "vitals", person="budi", pulse="72")


@pytest.mark.attack
def test_a_number_nobody_gave_out_is_keyed_nowhere(ward: Ward) -> None:
    number = ward.numbers[FormKind.VITALS]._replace(serial=4)
    with pytest.raises(NotFoundError):
        find_sheet(number, ward.hold("aiko"))


@pytest.mark.attack
def test_a_hundred_thousand_letters_are_refused_without_a_word_of_them(ward: Ward) -> None:
    number = ward.begin(FormKind.NOTES)
    with pytest.raises(BadInputError, match="text is too long") as caught:
        ward.key(number, "note", text="secret" * 20_000)
    assert "secret" not in str(caught.value)


def test_the_downtime_makes_the_newest_pack_of_its_ward_due(ward: Ward) -> None:
    assert unreconciled(ward.serve).batches == 1
