import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from chartkeep.clinical.face import Identifier, Name, Person
from chartkeep.continuity.filling.chart import Given
from chartkeep.continuity.filling.fill import Bedside, fill_sheet
from chartkeep.continuity.sheet import PatientSheet, Says
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.model import Millis
from tests.continuity.filling.charts import NOW, PERSON, concept, given, sheet

SHARED = Path(os.environ.get("CHARTKEEP_SHARED", Path(__file__).parents[4] / "shared"))
SYNTHEA = sorted((SHARED / "data/synthea-r4").glob("*.json.gz"))

SOFT = concept("1", "Soft")


def opened(bundle: bytes) -> list[Given]:
    entries = msgspec.json.decode(bundle)["entry"]
    names = {each["fullUrl"]: each["fullUrl"].rpartition(":")[2] for each in entries}
    links = {
        each["fullUrl"]: f"{each['resource']['resourceType']}/{names[each['fullUrl']]}"
        for each in entries
    }
    return [
        Given(links[each["fullUrl"]], msgspec.json.encode(each["resource"]), links)
        for each in entries
    ]


def test_an_empty_chart_says_no_data_everywhere_and_none_nowhere() -> None:
    said = sheet([])
    parts = [getattr(said, each) for each in said.__struct_fields__]
    assert {part.says for part in parts if hasattr(part, "says")} == {Says.NO_DATA}


def test_none_is_said_only_where_somebody_recorded_it() -> None:
    none = sheet([given("AllergyIntolerance", "a", code=concept("716186003", "No known allergy"))])
    unknown = sheet([given("AllergyIntolerance", "a", code=concept("no-allergy-info"))])
    assert (none.allergies.says, unknown.allergies.says) == (Says.NONE, Says.NO_DATA)


def test_none_beside_an_allergy_is_no_none() -> None:
    both = sheet(
        [
            given("AllergyIntolerance", "a", code=concept("716186003", "No known allergy")),
            given(
                "AllergyIntolerance",
                "b",
                code=concept("91936005", "Penicillin"),
                criticality="high",
                recordedDate="2026-11-01",
            ),
        ]
    ).allergies
    assert both.says == Says.DATA
    assert {item.what for item in both.items} == {"No known allergy", "Penicillin"}


def test_names_are_told_apart_by_their_script_and_the_hospitals_number_is_first() -> None:
    person = Person(
        names=(Name(text="Hanako Yamada"), Name(text="ヤマダ ハナコ"), Name(text="山田 花子")),
        birth_date="1950-04-01",
        identifiers=(Identifier("99", type="NNJPN"), Identifier("12", type="MR")),
    )
    who = sheet([], person).who
    assert (who.name, who.reading, who.latin) == ("山田 花子", "ヤマダ ハナコ", "Hanako Yamada")
    assert [each.value for each in who.numbers] == ["12", "99"]


def test_a_name_in_one_script_is_the_name() -> None:
    who = sheet([], Person(names=(Name(family="Santoso", given=("Budi",)),))).who
    assert (who.name, who.reading, who.latin) == ("Santoso Budi", "", "")


def test_blood_groups_that_do_not_agree_are_all_shown() -> None:
    found = sheet(
        [
            given(
                "Observation",
                ident,
                status="final",
                code=concept("882-1", "ABO and Rh"),
                valueCodeableConcept=concept(code, text),
                effectiveDateTime=when,
            )
            for ident, code, text, when in (
                ("a", "1", "A Rh+", "2026-11-20T08:00:00+09:00"),
                ("b", "2", "B Rh+", "2019-01-01T08:00:00+09:00"),
                ("c", "1", "A Rh+", "2018-01-01T08:00:00+09:00"),
            )
        ]
    ).blood_group
    assert [item.what for item in found.items] == ["ABO and Rh A Rh+", "ABO and Rh B Rh+"]
    assert found.items[0].source == "Observation/a"
    assert found.older == 1


@pytest.mark.parametrize(
    ("part", "code", "text"),
    [
        ("code_status", "304253006", "Not for resuscitation"),
        ("code_status", "x", "心肺蘇生を行わない"),
        ("isolation", "409529001", "Contact precautions"),
        ("isolation", "x", "感染隔離"),
        ("legal", "x", "医療保護入院"),
        ("legal", "135847007", "Involuntary admission"),
        ("restraint", "x", "隔離"),
        ("alerts", "x", "Falls often"),
    ],
)
def test_a_flag_stands_where_it_is_looked_for(part: str, code: str, text: str) -> None:
    said = sheet([given("Flag", "f", status="active", code=concept(code, text))])
    assert [item.what for item in getattr(said, part).items] == [text]


def test_a_flag_that_ended_is_gone() -> None:
    said = sheet([given("Flag", "f", status="inactive", code=concept("304253006"))])
    assert said.code_status.says == Says.NO_DATA


def test_a_weight_keeps_its_digits() -> None:
    chart = given(
        "Observation",
        "w",
        status="final",
        code=concept("29463-7", "Body weight"),
        effectiveDateTime="2026-11-01",
        valueQuantity={"value": 0, "unit": "kg"},
    )
    spelled = chart._replace(raw=chart.raw.replace(b'"value": 0', b'"value": 41.50'))
    weight = sheet([spelled]).weight.items[0]
    assert (weight.value, weight.unit, weight.time) == ("41.50", "kg", "2026-11-01")


def test_contacts_and_diet_and_appointments_of_today() -> None:
    said = sheet(
        [
            given(
                "Patient",
                "p",
                contact=[
                    {
                        "name": {"text": "山田 太郎"},
                        "relationship": [concept("N", "next of kin")],
                        "telecom": [{"system": "phone", "value": "090"}, {"system": "email"}],
                    }
                ],
            ),
            given(
                "NutritionOrder", "n", status="active", oralDiet={"type": [concept("1", "Soft")]}
            ),
            given(
                "Appointment",
                "today",
                status="booked",
                start="2026-11-22T15:00:00+09:00",
                description="X-ray",
            ),
            given("Appointment", "later", status="booked", start="2026-11-24T15:00:00+09:00"),
            given("Appointment", "off", status="cancelled", start="2026-11-22T16:00:00+09:00"),
        ]
    )
    assert (said.contacts.items[0].what, said.contacts.items[0].phones) == ("山田 太郎", ["090"])
    assert [item.what for item in said.diet.items] == ["Soft"]
    assert [item.what for item in said.appointments.items] == ["X-ray"]


def test_what_is_no_json_is_counted_as_damaged_and_the_rest_is_shown() -> None:
    flag = given("Flag", "f", status="active", code=concept("x", "Falls"))
    said = sheet([Given("Flag/g", b"{broken", {}), Given("Flag/h", b"[]", {}), flag])
    assert (said.damaged, len(said.alerts.items)) == (2, 1)


def test_no_repr_shows_what_a_sheet_holds() -> None:
    assert "花子" not in repr(sheet([]))


def test_a_sheet_comes_back_from_its_json() -> None:
    hospital = invent_hospital(7, 40, date(2026, 11, 22))
    for index in list(hospital.census)[:3]:
        said = sheet(opened(hospital.bundle(index)))
        assert msgspec.json.decode(msgspec.json.encode(said), type=PatientSheet) == said
        assert said.medications.says == Says.DATA
        assert all(item.source for item in said.problems.items)


@pytest.mark.skipif(not SYNTHEA, reason="needs the Synthea set")
def test_every_synthea_chart_fills_a_sheet() -> None:
    filled = 0
    for path in SYNTHEA[:20]:
        chart = opened(gzip.decompress(path.read_bytes()))
        times = [msgspec.json.decode(each.raw).get("effectiveDateTime", "") for each in chart]
        if not any(times):
            continue
        now = datetime.fromisoformat(max(times)).astimezone(UTC)
        bedside = Bedside("c", "Patient/p", PERSON, "1", "", NOW, damaged=0, merged=0)
        said = fill_sheet(bedside, chart, Millis(int(now.timestamp() * 1000)))
        assert said.results.says == Says.DATA
        assert all(point.text for each in said.results.items for point in each.points)
        filled += 1
    assert filled > 10
