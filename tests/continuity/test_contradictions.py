"""What the chart says against a line, in any script, and what it does not."""

from datetime import UTC, datetime

import pytest

from chartkeep.continuity.paper.contradictions import (
    Chart,
    Contradiction,
    Downtime,
    contradictions,
)
from chartkeep.continuity.paper.lines import Line, LineKind
from chartkeep.model import Millis
from tests.records import Json

HOUR = 3_600_000
BEGINS = Millis(1_800_000_000_000)
DOWNTIME = Downtime(BEGINS, Millis(BEGINS + 6 * HOUR))
NOW = Millis(BEGINS + 8 * HOUR)
AT = Millis(BEGINS + 2 * HOUR)


def instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def allergy(text: str, **more: object) -> Json:
    return {"resourceType": "AllergyIntolerance", "code": {"text": text}, **more}


def order(text: str, status: str = "active") -> Json:
    concept = {"coding": [{"display": text}]}
    return {
        "resourceType": "MedicationRequest", "status": status,
        "medicationCodeableConcept": concept,
    }  # fmt: skip


def value(code: str, number: float, unit: str, hours: float = 1) -> Json:
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"code": code}]},
        "effectiveDateTime": instant(BEGINS - int(hours * HOUR)),
        "valueQuantity": {"value": number, "unit": unit, "code": unit},
    }  # fmt: skip


def given(medicine: str, *bodies: Json) -> list[Contradiction]:
    fields = {"medicine": medicine, "dose": "1", "done": "given"}
    line = Line(LineKind.GIVEN, AT, "b", fields)
    return contradictions(line, Chart("female", [*bodies, order(medicine)]), DOWNTIME, NOW)


def vitals(*bodies: Json, **fields: str) -> list[Contradiction]:
    line = Line(LineKind.VITALS, AT, "b", fields)
    return contradictions(line, Chart("", bodies), DOWNTIME, NOW)


@pytest.mark.attack
@pytest.mark.parametrize(
    ("medicine", "text"),
    [
        ("Amoxicillin 500 mg", "Penicillin allergy"),
        ("amoksisilin", "penisilin"),
        ("アモキシシリン", "ペニシリン"),
        ("ｾﾌｧｿﾞﾘﾝ", "セフェム系"),
        ("ロキソプロフェン", "アスピリン"),
        ("LATEX", "Allergy to latex"),
        ("ヨード造影剤", "造影剤"),
        ("Ibuprofène 400", "ibuprofène"),
    ],
)
def test_a_medicine_an_allergy_forbids_is_noticed(medicine: str, text: str) -> None:
    assert Contradiction.ALLERGY in given(medicine, allergy(text))


@pytest.mark.parametrize(
    "one",
    [
        allergy("egg"),
        allergy("penicillin", verificationStatus={"coding": [{"code": "refuted"}]}),
        allergy("penicillin", clinicalStatus={"coding": [{"code": "resolved"}]}),
    ],
)
def test_an_allergy_that_is_none_or_to_something_else_is_not(one: Json) -> None:
    assert given("Amoxicillin 500 mg", one) == []


def test_the_substance_of_a_reaction_counts() -> None:
    one = allergy(
        "drug allergy", reaction=[{"substance": {"coding": [{"display": "Penicillin V"}]}}]
    )
    assert given("ampicillin", one) == [Contradiction.ALLERGY]


def test_an_ended_order_beside_an_active_one_is_nothing() -> None:
    assert given("metformin 500", order("Metformin 500 MG", "stopped")) == []


def test_what_was_not_given_contradicts_nothing() -> None:
    fields = {"medicine": "penicillin", "dose": "1", "done": "not given"}
    line = Line(LineKind.GIVEN, AT, "b", fields)
    assert contradictions(line, Chart("", [allergy("penicillin")]), DOWNTIME, NOW) == []


def test_a_value_is_held_against_the_last_one_before_it() -> None:
    bodies = (value("29463-7", 40, "kg", hours=900), value("29463-7", 52, "kg"))
    assert vitals(*bodies, weight="53") == []
    assert vitals(*bodies, weight="40") == [Contradiction.FAR]
    after = value("29463-7", 90, "kg", hours=-5)
    assert vitals(*bodies, after, weight="53") == []


def test_another_unit_is_compared_with_nothing() -> None:
    assert vitals(value("29463-7", 115, "[lb_av]"), weight="52") == []


def test_without_a_downtime_every_line_waits() -> None:
    line = Line(LineKind.NOTE, AT, "b", {"text": "x"})
    assert contradictions(line, Chart("", []), None, NOW) == [Contradiction.NO_DOWNTIME]


def test_what_is_shut_to_whoever_keys_holds_every_line() -> None:
    line = Line(LineKind.NOTE, AT, "b", {"text": "x"})
    found = contradictions(line, Chart("", [], shut=True), DOWNTIME, NOW)
    assert found == [Contradiction.SHUT]


def test_an_allergy_where_the_chart_says_there_are_none_waits() -> None:
    none = allergy("none", code={"coding": [{"code": "716186003"}]})
    line = Line(LineKind.ALLERGY, AT, "b", {"substance": "latex"})
    assert contradictions(line, Chart("", [none]), DOWNTIME, NOW) == [Contradiction.NO_ALLERGIES]


@pytest.mark.attack
def test_absurd_resources_break_nothing() -> None:
    bodies = [
        value("8867-4", 70, "/min") | {"valueQuantity": {"value": "x"}},
        value("8867-4", 70, "/min") | {"effectiveDateTime": "2027"},
        {"resourceType": "Observation", "component": [{}]},
        allergy(""), {"resourceType": "AllergyIntolerance"}, {"resourceType": "MedicationRequest"},
        {"resourceType": "MedicationAdministration", "effectiveDateTime": "2027-01-15T99:99:99Z"},
    ]  # fmt: skip
    assert vitals(*bodies, pulse="70") == []
    assert given("aspirin", *bodies) == []
