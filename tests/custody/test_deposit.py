"""The road in: taken once, kept as received, all or nothing."""

import pytest

from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.errors import ConflictError, UnavailableError
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Section, to_text
from tests.house import HouseRun
from tests.records import lab, organization, patient, post, stay


def test_the_same_bundle_again_adds_nothing_and_has_the_same_ids(house: HouseRun) -> None:
    first = house.send(patient(), lab())
    entries = house.store_client("verifier").status().entries
    again = house.send(patient(), lab(), house=house.join("engine"))
    assert (first.new, again.new, again.ids) == (2, 0, first.ids)
    assert house.store_client("verifier").status().entries == entries


def test_the_same_key_of_another_source_is_another_entry(house: HouseRun) -> None:
    first = house.send(patient(), source="north")
    second = house.send(patient(), source="south")
    assert set(first.ids).isdisjoint(second.ids)


def test_it_refuses_other_bytes_under_a_key_that_came_and_names_the_entry(house: HouseRun) -> None:
    def about(value: float) -> list[object]:
        made = lab("o", "urn:uuid:p", value)["resource"]
        return [post("Patient", "urn:uuid:p"), post("Observation", "urn:uuid:o", **made)]

    house.send(*about(5.5))
    with pytest.raises(ConflictError, match=r"^entry\[1\]: Observation came before"):
        house.send(*about(6.5))


def test_a_put_of_other_bytes_is_the_next_version_and_of_the_same_none(house: HouseRun) -> None:
    house.send(patient(), lab(value=1))
    versions = [house.send(lab(value=value)).receipts[0].taken[0][1:3] for value in (1, 2, 2, 1, 1)]
    assert versions == [(1, True), (2, False), (2, True), (3, False), (3, True)]


def test_a_conditional_update_is_the_next_version(house: HouseRun) -> None:
    def update(family: str) -> object:
        entry = patient("p", family, identifier=[{"system": "urn:mrn", "value": "7"}])
        entry["request"]["url"] = "Patient?identifier=urn:mrn|7"
        return entry

    versions = [house.send(update(name)).receipts[0].taken[0].version for name in ("Ito", "Mori")]
    assert versions == [1, 2]


def test_a_conditional_create_leaves_what_is_there(house: HouseRun) -> None:
    def create(family: str) -> object:
        entry = post("Patient", "urn:uuid:p", name=[{"family": family}])
        entry["request"]["ifNoneExist"] = "identifier=urn:mrn|7"
        return entry

    first, again = house.send(create("Ito")), house.send(create("Mori"))
    assert (again.new, again.ids) == (0, first.ids)


def test_the_facilitys_parcel_goes_first(house: HouseRun) -> None:
    sent = house.send(patient(), lab(), organization())
    assert sent.charts[0] == house.engine.chart
    assert len(sent.charts) == 2


def test_links_say_what_a_reference_means_here(house: HouseRun) -> None:
    sent = house.send(
        post("Patient", "urn:uuid:p", managingOrganization={"reference": "urn:uuid:g"}),
        post("Organization", "urn:uuid:g", name="Minato"),
    )
    (org,), (person,) = (receipt.taken for receipt in sent.receipts)
    token = house.login("carla")
    opened = house.open(token, person.entry, frozenset({Section.IDENTITY}))
    link = {"urn:uuid:g": f"Organization/{to_text(org.entry)}"}
    assert opened.entries[0].envelope.links == link


def test_a_link_to_a_refused_mate_stays_and_is_whole_after_the_mend(house: HouseRun) -> None:
    report = {"status": "final", "code": {"text": "x"}, "subject": {"reference": "urn:uuid:p"}}
    entries = [
        post("Patient", "urn:uuid:p"),
        post("DiagnosticReport", "urn:uuid:r", **report, result=[{"reference": "urn:uuid:o"}]),
        post("Observation", "urn:uuid:o", **report, effectiveDateTime="2024-13-40"),
    ]
    first = house.send(*entries)
    assert [refusal.where for refusal in first.refusals] == ["entry[2]"]
    entries[2]["resource"]["effectiveDateTime"] = "2024-12-31"
    mended = house.send(*entries)
    house.admit(first.charts[-1])
    opened = house.open(house.login("aiko"), first.charts[-1])
    (told,) = (e for e in opened.entries if e.header.kind == "DiagnosticReport")
    assert to_text(mended.ids[-1]) in told.envelope.links["urn:uuid:o"]
    assert (mended.new, mended.refusals) == (1, [])


def test_a_reference_to_nobody_is_refused_by_place_and_element(house: HouseRun) -> None:
    sent = house.send(patient(), lab("o1"), lab("o2", encounter={"reference": "Encounter/none"}))
    (refusal,) = sent.refusals
    assert (refusal.where, refusal.element) == ("entry[2]", "Observation.encounter")
    assert sent.new == 2


def test_a_patient_nobody_sent_is_named_as_such(house: HouseRun) -> None:
    (refusal,) = house.send(lab("o", "Patient/nobody")).refusals
    assert refusal.element == "Observation.subject"


def test_what_an_earlier_file_sent_is_found_again(house: HouseRun) -> None:
    sent = house.send(patient())
    later = house.send(lab("o"), house=house.join("engine"))
    by_id = house.send(lab("o2", f"Patient/{to_text(sent.charts[0])}"))
    assert later.charts == by_id.charts == sent.charts


def test_an_encounter_that_becomes_a_stay_and_then_ends_is_followed(house: HouseRun) -> None:
    chart = house.send(patient(), stay("e", "planned")).charts[0]
    token = house.login("carla")
    assert house.search(token, name="tanaka")[0].place is None
    house.send(stay("e", "in-progress", start="2026-03-01"))
    assert house.search(token, name="tanaka")[0].place.ward == "3W"
    house.send(stay("e", "in-progress", ward="5E", start="2026-03-01"))
    assert house.search(token, name="tanaka")[0].place.ward == "5E"
    house.send(stay("e", "entered-in-error", start="2026-03-01"))
    (face,) = house.search(token, name="tanaka")
    assert (face.chart, face.place) == (chart, None)


def test_keys_are_leased_once_an_hour(house: HouseRun) -> None:
    house.send(patient(), lab(value=1))
    asked = house.verbs().count("seal_key")
    house.send(lab(value=2))
    assert house.verbs().count("seal_key") == asked
    house.clock.move(hours=1)
    house.send(lab(value=3))
    assert house.verbs().count("seal_key") == asked + 1


def test_a_section_never_written_before_asks_only_for_its_own_key(house: HouseRun) -> None:
    house.send(patient())
    house.send(lab())
    sections = [line.sections for line in house.lines() if line.verb == "seal_key"]
    first = mask(Section.FACE, Section.IDENTITY, Section.FINGERPRINTS)
    assert sections == [first, mask(Section.RESULTS)]


def test_ten_thousand_entries_of_one_chart_go_in_at_once(house: HouseRun) -> None:
    chart = house.send(patient()).charts[0]
    raw = b'{"resourceType":"Observation"}'
    items = [
        Item(
            f"urn:{n}", "Observation", raw, Owner(), Section.RESULTS, {}, (), frozenset(), None, ""
        )
        for n in range(10_050)
    ]
    ids = [house.engine.entry_id("feed", item.key) for item in items]
    parcel = Parcel(ChartId(chart), "feed", items, ids, [{}] * len(items))
    deposit(parcel, house.engine)
    assert all(taken.before for taken in deposit(parcel, house.join("engine")).taken)


def test_while_a_keeper_is_down_nothing_is_taken_and_later_it_is(house: HouseRun) -> None:
    house.stop_store()
    with pytest.raises(UnavailableError):
        house.send(patient())
    house.start_store()
    house.keyholder.stop()
    with pytest.raises(UnavailableError):
        house.send(patient(), house=house.engine)
    house.keyholder.start()
    assert house.send(patient(), house=house.join("engine")).new == 1


def test_one_bad_item_takes_its_parcel_with_it_and_no_label_is_asked(house: HouseRun) -> None:
    first = house.send(
        patient(), post("Basic", "urn:x", code={"text": "a"}, subject={"reference": "Patient/p"})
    )
    assert first.new == 2
    with pytest.raises(ConflictError):
        house.send(
            patient(family="Mori"),
            post("Basic", "urn:x", code={"text": "b"}, subject={"reference": "Patient/p"}),
        )
    assert house.verbs().count("labels") == 1
    assert [
        face.chart for face in house.search(house.login("carla"), name="tanaka")
    ] == first.charts
