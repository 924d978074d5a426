"""AuditEvent over the door: what everybody did, for those who audit and for nobody else."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chartkeep.custody import lines
from chartkeep.custody.journal import Journal
from chartkeep.fhir.http.dispatch import Dispatch
from chartkeep.fhir.http.door import Door
from chartkeep.model import to_text
from tests import cast
from tests.fhir.http.conftest import Clinic, Got
from tests.fhir.http.taker import taker
from tests.house import HouseRun
from tests.records import lab

SINCE = "date=ge2026-01-01"


@pytest.fixture
def audited(house: HouseRun, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    """A clinic whose door may audit, after a nurse's morning."""
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    made = Clinic(house)
    made.door.journal.close()
    joined = house.join("serve")
    made.door = Door(joined, Journal(joined), "Minato", None, house.releases_key, {})
    made.dispatch = Dispatch(made.door)
    morning(made)
    yield made
    made.door.journal.close()


def morning(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    mine = clinic.mine[0]
    (first, second) = aiko.get(f"/Observation?patient={mine}").entries
    for each in (first, second, first):
        clinic.house.clock.move(seconds=1)
        assert aiko.get(f"/Observation/{each['resource']['id']}").status == 200
    assert aiko.get(f"/Observation?patient={clinic.other[0]}").status == 403
    written = lab("new", f"Patient/{mine}", 9)["resource"]
    assert aiko.post("/Observation", written).status == 201
    clinic.door.journal.flush()
    clinic.house.clock.move(seconds=5)


def verbs(got: Got) -> Counter[str]:
    assert got.status == 200, got.body
    events = [entry["resource"] for entry in got.entries]
    return Counter(event["subtype"][-1]["code"] + event["outcome"] for event in events)


def agents(event: Any) -> set[str]:
    return {agent["who"]["identifier"]["value"] for agent in event["agent"]}


def test_the_officer_finds_what_a_nurse_did_each_once(audited: Clinic) -> None:
    got = audited.web("dewi").get(f"/AuditEvent?{SINCE}&agent=aiko")
    found = verbs(got)
    assert (found["read0"], found["create0"], found["release4"], found["search0"]) == (3, 1, 1, 1)
    assert len(set(got.ids)) == len(got.ids)


def test_one_event_is_read_by_its_id(audited: Clinic) -> None:
    dewi = audited.web("dewi")
    (entry, *_) = dewi.get(f"/AuditEvent?{SINCE}&agent=aiko&subtype=read").entries
    assert dewi.get(entry["fullUrl"]).body == entry["resource"]
    assert dewi.get("/AuditEvent/releases-99999").status == 404
    assert dewi.get("/AuditEvent/releases-x").status == 400


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("agent=aiko&type=rest&action=C", {"create0": 1}),
        ("agent-name=aiko&outcome=4", {"release4": 1}),
        ("patient={other}&agent=aiko", {"release4": 1}),
        ("agent=aiko&subtype=http://hl7.org/fhir/restful-interaction|search-type", {"search0": 1}),
        ("agent=aiko&date=lt2020-01-01", {}),
        ("agent=nobody", {}),
    ],
)
def test_it_is_searched_as_fhir_says(audited: Clinic, asked: str, found: dict[str, int]) -> None:
    ids = {"mine": audited.mine[0], "other": audited.other[0]}
    assert verbs(audited.web("dewi").get(f"/AuditEvent?{SINCE}&{asked.format(**ids)}")) == found


def test_pages_and_the_newest_first(audited: Clinic) -> None:
    dewi = audited.web("dewi")
    whole = dewi.get(f"/AuditEvent?{SINCE}&agent=aiko").ids
    got = dewi.get(f"/AuditEvent?{SINCE}&agent=aiko&_count=2")
    ids = got.ids
    while following := [link for link in got.body["link"] if link["relation"] == "next"]:
        got = dewi.get(following[0]["url"])
        ids += got.ids
    assert ids == whole
    newest = dewi.get(f"/AuditEvent?{SINCE}&agent=aiko&_sort=-date&_count=3").ids
    assert newest == whole[::-1][:3]


def test_a_patient_is_given_an_accounting_in_one_call(audited: Clinic) -> None:
    patient = audited.mine[0]
    got = audited.web("dewi").get(f"/Patient/{patient}/$disclosures?{SINCE}")
    found = verbs(got)
    assert (found["read0"], found["search0"]) == (3, 1)
    assert found["release0"] >= 1
    assert not found["create0"]
    patients = {
        each["what"]["reference"]
        for entry in got.entries
        for each in entry["resource"]["entity"]
        if each["role"]["code"] == "1"
    }
    assert patients == {f"Patient/{to_text(audited.mine[1])}"}


@pytest.mark.attack
@pytest.mark.parametrize("person", ["aiko", "budi", "carla", "erik"])
def test_nobody_else_is_told_anything(audited: Clinic, person: str) -> None:
    web = audited.web(person)
    for url in (
        f"/AuditEvent?{SINCE}", f"/AuditEvent?{SINCE}&agent={person}", "/AuditEvent/releases-3",
        f"/Patient/{audited.mine[0]}/$disclosures?{SINCE}",
    ):  # fmt: skip
        got = web.get(url)
        assert got.status in (403, 404), (url, got.body)
        assert got.body["resourceType"] == "OperationOutcome"


@pytest.mark.attack
@pytest.mark.parametrize(
    "asked",
    ["date=soon", "date=ap2024", "color=red", "_sort=agent", "_count=x", "_offset=99999"],
)
def test_what_cannot_be_asked_is_refused(audited: Clinic, asked: str) -> None:
    assert audited.web("dewi").get(f"/AuditEvent?{asked}").status == 400


def test_nothing_of_a_chart_is_in_an_event(audited: Clinic) -> None:
    got = audited.web("dewi").get(f"/AuditEvent?{SINCE}&_count=1000")
    assert len(got.entries) > 20
    for word in (b"Tanaka", b"Suzuki", b"latex", b"glucose", cast.PASSWORD.encode()):
        assert word not in got.raw


def test_an_export_is_there_with_its_grant(audited: Clinic) -> None:
    carla = taker(audited)
    carla.export("/Patient/$export?_type=Patient")
    audited.door.journal.flush()
    audited.house.clock.move(seconds=5)
    got = audited.web("dewi").get(f"/AuditEvent?{SINCE}&agent=carla&_count=1000")
    assert verbs(got)["export0"] == 2
    named = [
        detail["valueString"]
        for entry in got.entries
        for each in entry["resource"].get("entity", [])
        for detail in each.get("detail", [])
        if detail["type"] == "grant"
    ]
    assert named == [carla.grant.hex()] * 2
