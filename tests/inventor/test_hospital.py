import base64
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import orjson
import pytest

from chartkeep.clinical.schema import check_resource
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.inventor.site import Resource

Entries = list[Resource]

TODAY = date(2026, 11, 1)
REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    return invent_hospital(7, 40, TODAY)


@pytest.fixture(scope="module")
def charts(hospital: Hospital) -> list[Entries]:
    return [orjson.loads(hospital.bundle(index))["entry"] for index in range(40)]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


def of_type(entries: Entries, kind: str) -> list[Resource]:
    return [e["resource"] for e in entries if e["resource"]["resourceType"] == kind]


def test_every_resource_is_valid_r4(hospital: Hospital, charts: list[Entries]) -> None:
    site = orjson.loads(hospital.organization_bundle())["entry"]
    for entry in [e for chart in charts for e in chart] + site:
        resource = entry["resource"]
        check_resource(resource["resourceType"], resource, orjson.dumps(resource))


def test_every_entry_is_a_post_under_a_name_of_its_own(charts: list[Entries]) -> None:
    names = [entry["fullUrl"] for chart in charts for entry in chart]
    assert len(set(names)) == len(names)
    assert all(name.startswith("urn:uuid:") for name in names)
    for entry in charts[0]:
        assert entry["request"] == {"method": "POST", "url": entry["resource"]["resourceType"]}


def test_every_reference_resolves_inside_its_bundle(
    hospital: Hospital, charts: list[Entries]
) -> None:
    for entries in [*charts, orjson.loads(hospital.organization_bundle())["entry"]]:
        names = {entry["fullUrl"] for entry in entries}
        pointed = set(references(entries))
        assert pointed
        assert pointed <= names


def test_all_entries_are_about_the_one_patient(charts: list[Entries]) -> None:
    for entries in charts:
        (patient,) = [e["fullUrl"] for e in entries if e["request"]["url"] == "Patient"]
        for resource in (e["resource"] for e in entries if e["fullUrl"] != patient):
            actors = [each["actor"] for each in resource.get("participant", ()) if "actor" in each]
            named = [resource[x] for x in ("subject", "patient", "beneficiary") if x in resource]
            assert {each["reference"] for each in [*named, *actors] if "reference" in each} == {
                patient
            }


def test_a_deep_chart_holds_some_hundred_resources_of_every_section(charts: list[Entries]) -> None:
    sizes = sorted(map(len, charts))
    kinds = Counter(e["request"]["url"] for chart in charts for e in chart)
    assert 150 <= sizes[len(sizes) // 2] <= 300
    assert set(kinds) >= {
        "AllergyIntolerance", "Condition", "Coverage", "DiagnosticReport", "DocumentReference",
        "Encounter", "ImagingStudy", "Immunization", "MedicationRequest", "Observation", "Patient",
        "Procedure",
    }  # fmt: skip


def test_a_light_chart_is_a_person_and_little_else() -> None:
    light = invent_hospital(7, 40, TODAY, depth=0)
    assert all(4 <= len(orjson.loads(light.bundle(i))["entry"]) <= 8 for i in range(40))


def test_the_same_seed_gives_the_same_bytes_in_another_process_and_another_order(
    hospital: Hospital,
) -> None:
    code = (
        "from datetime import date;from chartkeep.inventor.hospital import invent_hospital;"
        "import sys;sys.stdout.buffer.write(invent_hospital(7, 40, date(2026, 11, 1)).bundle(23))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5"}
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment, check=True
    )
    assert said.stdout == hospital.bundle(23)


def test_another_seed_gives_other_people(hospital: Hospital) -> None:
    other = invent_hospital(8, 40, TODAY)
    mine = {hospital.patient(i).full_url for i in range(40)}
    assert mine.isdisjoint(other.patient(i).full_url for i in range(40))


def test_the_summary_says_what_the_patient_resource_says(
    hospital: Hospital, charts: list[Entries]
) -> None:
    for index, entries in enumerate(charts):
        summary, (written,) = hospital.patient(index), of_type(entries, "Patient")
        assert entries[0]["fullUrl"] == summary.full_url
        assert written["birthDate"] == summary.birth.isoformat()
        assert written["name"][0]["text"] == summary.names.official.text
        assert written["telecom"][0]["value"] == summary.phone
        numbers = tuple((i["system"], i["value"]) for i in written["identifier"])
        assert numbers == summary.identifiers


def test_japanese_names_come_in_kanji_kana_and_romaji(charts: list[Entries]) -> None:
    names = [of_type(entries, "Patient")[0]["name"] for entries in charts]
    japanese = [spellings for spellings in names if len(spellings) == 3]
    assert japanese
    for spellings in japanese:
        codes = [s["extension"][0] for s in spellings]
        assert codes == [{"url": REPRESENTATION, "valueCode": c} for c in ("IDE", "SYL", "ABC")]
        assert not spellings[0]["family"].isascii()
        assert spellings[2]["family"].isascii()


def test_some_indonesian_names_are_a_single_word() -> None:
    many = invent_hospital(7, 400, TODAY, depth=0)
    single = [p for p in map(many.patient, range(400)) if not p.names.official.family]
    assert single
    assert {p.origin for p in single} == {"ID"}


def test_decimals_keep_their_zeros(hospital: Hospital) -> None:
    for index in range(40):
        assert b".00," in hospital.bundle(index) or b".50," in hospital.bundle(index)


def test_notes_are_utf8_text(charts: list[Entries]) -> None:
    notes = [note for entries in charts for note in of_type(entries, "DocumentReference")]
    texts = [base64.b64decode(n["content"][0]["attachment"]["data"]).decode() for n in notes]
    assert min(map(len, texts)) > 20
    assert not all(text.isascii() for text in texts)


def test_ecgs_are_numbers_as_sampled_data(charts: list[Entries]) -> None:
    leads = [
        part["valueSampledData"]
        for entries in charts
        for observation in of_type(entries, "Observation")
        for part in observation.get("component", [])
        if "valueSampledData" in part
    ]
    assert leads
    assert all(len([int(x) for x in lead["data"].split()]) == 200 for lead in leads)


def test_psychiatry_is_labelled_restricted(charts: list[Entries]) -> None:
    labels = Counter(
        label["code"]
        for entries in charts
        for entry in entries
        for label in entry["resource"].get("meta", {}).get("security", [])
    )
    assert labels["R"] == labels["PSY"] > 0


def test_nothing_in_a_chart_happened_after_today_or_before_birth(charts: list[Entries]) -> None:
    for entries in charts:
        born = date.fromisoformat(of_type(entries, "Patient")[0]["birthDate"])
        for encounter in of_type(entries, "Encounter"):
            days = [datetime.fromisoformat(x).date() for x in encounter["period"].values()]
            assert born <= min(days) <= max(days) <= TODAY


def test_each_bed_holds_one_current_inpatient_whose_encounter_is_open(
    hospital: Hospital, charts: list[Entries]
) -> None:
    placements = list(hospital.placements())
    assert len({p.bed for p in placements}) == len(placements) > 0
    for place in placements:
        assert place.patient == hospital.patient(place.index).full_url
        (stay,) = [
            e for e in of_type(charts[place.index], "Encounter") if e["status"] == "in-progress"
        ]
        assert [x["location"]["display"] for x in stay["location"]] == [place.ward, place.bed]
        assert stay["period"] == {"start": place.since.isoformat()}


def test_who_is_not_placed_has_no_open_encounter(hospital: Hospital, charts: list[Entries]) -> None:
    lying = {place.index for place in hospital.placements()}
    for index in set(range(40)) - lying:
        assert all(e["status"] == "finished" for e in of_type(charts[index], "Encounter"))


def test_staff_and_beds_have_handles_of_their_own() -> None:
    large = invent_hospital(7, 100_000, TODAY)
    beds = [bed for ward in large.wards for bed in ward.beds]
    assert len(set(beds)) == len(beds) >= 300
    assert len({p.handle for p in large.staff}) == len(large.staff)
    assert {w for p in large.staff for w in p.wards} == {ward.name for ward in large.wards}


@pytest.mark.parametrize("index", [-1, 40])
def test_it_knows_no_patient_outside_its_size(hospital: Hospital, index: int) -> None:
    with pytest.raises(IndexError):
        hospital.patient(index)


@pytest.mark.parametrize("patients", [0, 1, 2, 5])
def test_the_smallest_hospitals_are_hospitals_too(patients: int) -> None:
    small = invent_hospital(3, patients, TODAY)
    assert len(list(small.placements())) <= patients
    assert all(small.bundle(index) for index in range(patients))


def test_who_lies_in_a_bed_has_what_a_ward_writes_and_nobody_else_has() -> None:
    hospital = invent_hospital(3, 200, TODAY)
    written = [kinds(hospital, index) for index in range(60)]
    lying = [index in hospital.census for index in range(60)]
    ward = {"NutritionOrder", "MedicationAdministration", "ServiceRequest", "DeviceUseStatement"}
    assert [ward <= each for each in written] == lying
    assert [bool(ward & each) for each in written] == lying
    assert any(lying)


def kinds(hospital: Hospital, index: int) -> set[str]:
    entries = orjson.loads(hospital.bundle(index))["entry"]
    return {entry["resource"]["resourceType"] for entry in entries}
