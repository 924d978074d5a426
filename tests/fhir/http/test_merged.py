"""A merged person over FHIR: both charts in one answer, two releases, each decided by itself."""

import pytest

from chartkeep.custody.merging import merge, unmerge
from chartkeep.custody.note import Note
from chartkeep.keyholder import details
from tests.fhir.http.conftest import Clinic


@pytest.fixture
def merged(clinic: Clinic) -> Clinic:
    """The other chart goes on as aiko's patient's; both are hers to open."""
    clinic.house.admit(clinic.other[1], bed="2")
    merge(clinic.mine[1], clinic.other[1], clinic.house.engine)
    return clinic


def opened(clinic: Clinic) -> list[bytes]:
    """Whose charts were opened so far."""
    return [
        line.chart
        for line in clinic.house.lines()
        if line.verb == "release" and details.unpack(line).kind != "face"
    ]


@pytest.mark.parametrize("patient", ["p", "q"])
def test_everything_of_either_chart_is_everything_of_both(merged: Clinic, patient: str) -> None:
    found = merged.web("aiko").get(f"/Patient/{patient}/$everything")
    results = {f"Observation/o{n}-{name}" for n in (1, 2) for name in "pq"}
    assert results < set(found.ids)
    assert {"Patient/p", "Patient/q", "AllergyIntolerance/a-q"} < set(found.ids)
    assert set(opened(merged)) == {merged.mine[1], merged.other[1]}


@pytest.mark.parametrize("asked", ["p", "Patient/q"])
def test_a_search_by_either_patient_finds_what_lies_in_both(merged: Clinic, asked: str) -> None:
    found = merged.web("aiko").get(f"/Observation?patient={asked}&_sort=-_lastUpdated")
    assert {f"Observation/o{n}-{name}" for n in (1, 2) for name in "pq"} == set(found.ids)
    assert found.body["total"] == 4


def test_pages_go_through_both_charts(merged: Clinic) -> None:
    web = merged.web("aiko")
    page = web.get("/Observation?patient=p&_count=3")
    (onward,) = [link["url"] for link in page.body["link"] if link["relation"] == "next"]
    assert len({*page.ids, *web.get(onward).ids}) == 4


def test_a_merged_person_is_found_once(merged: Clinic) -> None:
    web = merged.web("aiko")
    for query in ("name=Suzuki", "name=Tanaka", "identifier=urn:mrn|mrn-q"):
        assert web.get(f"/Patient?{query}").ids == ["Patient/p"]


def test_what_may_not_be_opened_is_said_and_not_shown(clinic: Clinic) -> None:
    merge(clinic.mine[1], clinic.other[1], clinic.house.engine)
    web = clinic.web("aiko")
    for url in ("/Patient/p/$everything", "/Observation?patient=p"):
        found = web.get(url)
        shown = [e["resource"] for e in found.entries]
        assert not [each for each in shown if each.get("id", "").endswith("-q")]
        (said,) = [each for each in shown if each["resourceType"] == "OperationOutcome"]
        assert "merged" in said["issue"][0]["details"]["text"]


def test_parted_again_each_answers_for_itself(merged: Clinic) -> None:
    unmerge(merged.mine[1], merged.other[1], merged.house.engine)
    web = merged.web("aiko")
    assert set(web.get("/Observation?patient=q").ids) == {"Observation/o1-q", "Observation/o2-q"}
    assert "Patient/q" not in web.get("/Patient/p/$everything").ids


def test_each_of_both_is_in_the_journal(merged: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[Note] = []
    monkeypatch.setattr(merged.door.journal, "note", noted.append)
    web = merged.web("aiko")
    for url in ("/Patient/p/$everything", "/Observation?patient=p", "/Patient/p/$summary"):
        noted.clear()
        web.get(url)
        assert {note.chart for note in noted} == {merged.mine[1], merged.other[1]}


@pytest.mark.attack
def test_a_forged_merge_shows_nothing_of_the_other_chart(clinic: Clinic) -> None:
    """A stolen feed merges a stranger's chart into one of aiko's: her lists change, no more."""
    merge(clinic.mine[1], clinic.other[1], clinic.house.engine)
    before = opened(clinic)
    web = clinic.web("aiko")
    web.get("/Patient/p/$everything")
    assert web.get("/Observation?patient=q").status == 403
    assert clinic.other[1] not in opened(clinic)[len(before) :]
    unmerge(clinic.mine[1], clinic.other[1], clinic.house.engine)
    assert web.get("/Patient?name=Suzuki").ids == ["Patient/q"]
