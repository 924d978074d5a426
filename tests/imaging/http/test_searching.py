"""QIDO-RS: what is found, what a list shows, and what it takes to look deeper."""

import pytest

from chartkeep.inventor.dicom import cine, xray
from chartkeep.model import Section
from tests.imaging.http.conftest import BASE, LINDA, OTTO, VIEWER, Clinic, Web, where


@pytest.fixture(autouse=True)
def studies(clinic: Clinic) -> None:
    """Two studies of Linda's, one with two series; one of Otto's."""
    clinic.keep(
        xray(LINDA, where("a"), 16), xray(LINDA, where("a", 1, 2), 16),
        cine(LINDA, where("a", 2), 2, 16), xray(LINDA, where("b", day="20261120"), 16),
        xray(OTTO, where("o"), 16),
    )  # fmt: skip


STUDY, COUNT, NAME = "0020000D", "00201208", "00100010"


@pytest.mark.parametrize(
    "query",
    [
        "PatientID=4711",
        "00100020=4711",
        "PatientID=4711&IssuerOfPatientID=MINATO",
        "PatientName=SATO*",
        "PatientName=sato^linda",
        "PatientName=lin%20sat&fuzzymatching=true",
        "PatientBirthDate=19500102",
        "PatientID=4711&StudyDate=20261101-20261130",
    ],
)
def test_studies_are_found_by_their_patient_newest_first(aiko: Web, query: str) -> None:
    got = aiko.get(f"/studies?{query}")
    assert got.values(STUDY) == [where("a").study, where("b").study]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"StudyInstanceUID={where('a').study}", ["a"]),
        (f"StudyInstanceUID={where('a').study},{where('o').study}", ["a", "o"]),
        ("AccessionNumber=A-b", ["b"]),
        ("StudyDate=20261122&ModalitiesInStudy=CR", ["a", "o"]),
        ("StudyDate=20261122&ModalitiesInStudy=US", ["a"]),
        ("StudyDate=20261122", ["a", "o"]),
        ("StudyDate=20261119-20261121", ["b"]),
        ("PatientID=4711&StudyDate=20261120", ["b"]),
        ("PatientID=4711&ModalitiesInStudy=CR%5CUS", ["a", "b"]),
    ],
)
def test_studies_are_found_by_number_and_day(aiko: Web, query: str, found: list[str]) -> None:
    got = aiko.get(f"/studies?{query}")
    assert sorted(got.values(STUDY)) == sorted(where(each).study for each in found)


@pytest.mark.parametrize("query", ["PatientID=0000", "AccessionNumber=none", "StudyDate=20250101"])
def test_what_is_not_there_is_an_empty_answer(aiko: Web, query: str) -> None:
    assert aiko.get(f"/studies?{query}").status == 204


def test_a_row_tells_what_a_face_tells(aiko: Web) -> None:
    (row,) = aiko.get(f"/studies?StudyInstanceUID={where('a').study}").body
    assert row[NAME]["Value"] == [{"Alphabetic": "Sato^Linda"}]
    assert row["00100020"]["Value"] == ["4711"]
    assert row["00100030"]["Value"] == ["19500102"]
    assert row["00100040"]["Value"] == ["F"]
    assert row["00080020"]["Value"] == ["20261122"]
    assert row["00080030"]["Value"] == ["081500"]
    assert row["00080050"]["Value"] == ["A-a"]
    assert row["00080061"]["Value"] == ["CR", "US"]
    assert (row["00201206"]["Value"], row[COUNT]["Value"]) == ([2], [3])
    assert row["00081190"]["Value"] == [f"{BASE}/studies/{where('a').study}"]


def test_a_list_of_studies_opens_faces_and_nothing_else(clinic: Clinic, aiko: Web) -> None:
    before = len(clinic.house.lines())
    aiko.get("/studies?StudyDate=20261122&includefield=all")
    lines = clinic.house.lines()[before:]
    assert [line.verb for line in lines] == ["search", "release", "release"]
    assert {line.sections for line in lines[1:]} == {1 << Section.FACE}


def test_a_second_search_opens_no_face_again(clinic: Clinic, aiko: Web) -> None:
    aiko.get("/studies?StudyDate=20261122")
    before = clinic.verbs()
    assert len(aiko.get("/studies?StudyDate=20261122").body) == 2
    assert clinic.verbs()[len(before) :] == ["search"]


@pytest.mark.parametrize("query", ["", "StudyDate=20260101-20261231", "PatientSex=F",
                                   "StudyDescription=Chest", "StudyDate=20261122-"])  # fmt: skip
def test_a_search_that_is_too_wide_is_told_to_be_narrower(aiko: Web, query: str) -> None:
    got = aiko.get(f"/studies?{query}")
    assert got.status == 413
    assert "name a patient" in got.body["hint"]


def test_pages_are_cut_and_told_to_go_on(aiko: Web) -> None:
    first = aiko.get("/studies?PatientID=4711&limit=1")
    assert first.values(STUDY) == [where("a").study]
    assert "offset" in first.headers["warning"]
    second = aiko.get("/studies?PatientID=4711&limit=1&offset=1")
    assert second.values(STUDY) == [where("b").study]
    assert "warning" not in second.headers
    assert aiko.get("/studies?PatientID=4711&limit=1&offset=2").status == 204


def test_what_only_pictures_tell_is_matched_in_one_chart(clinic: Clinic, aiko: Web) -> None:
    got = aiko.get("/studies?PatientID=4711&BodyPartExamined=CHEST")
    assert got.values("00180015") == ["CHEST", "CHEST"]
    assert aiko.get("/studies?PatientID=4711&BodyPartExamined=KNEE").status == 204
    assert aiko.get("/studies?StudyDate=20261122&BodyPartExamined=CHEST").status == 413


def test_series_of_a_study_are_counted(aiko: Web) -> None:
    got = aiko.get(f"/studies/{where('a').study}/series")
    rows = {row["00080060"]["Value"][0]: row for row in got.body}
    assert {name: row["00201209"]["Value"] for name, row in rows.items()} == {"CR": [2], "US": [1]}
    assert rows["CR"]["00081190"]["Value"] == [
        f"{BASE}/studies/{where('a').study}/series/{where('a').series}"
    ]
    only = aiko.get(f"/studies/{where('a').study}/series?Modality=US")
    assert len(only.body) == 1


@pytest.mark.parametrize(
    ("url", "count"),
    [
        (f"/studies/{where('a').study}/instances", 3),
        (f"/studies/{where('a').study}/series/{where('a').series}/instances", 2),
        (f"/studies/{where('a').study}/instances?InstanceNumber=2", 1),
        ("/instances?PatientID=4711", 4),
        ("/series?PatientID=4711", 3),
        ("/series?AccessionNumber=A-b", 1),
        (f"/instances?SOPInstanceUID={where('b').instance}&PatientID=4711", 1),
    ],
)
def test_series_and_instances_are_found_at_every_level(aiko: Web, url: str, count: int) -> None:
    got = aiko.get(url)
    assert got.status == 200
    assert len(got.body) == count


def test_more_is_shown_where_it_is_asked_for(aiko: Web) -> None:
    url = f"/studies/{where('a').study}/series/{where('a').series}/instances"
    assert "00281050" not in aiko.get(url).body[0]
    assert "00281050" in aiko.get(f"{url}?includefield=WindowCenter,00281051").body[0]
    assert "00280101" in aiko.get(f"{url}?includefield=all").body[0]


def test_without_a_chart_series_of_several_patients_are_too_wide(aiko: Web) -> None:
    assert aiko.get("/series?StudyDate=20261122").status == 413


@pytest.mark.parametrize(
    "query", ["Nonsense=1", "StudyDate=tomorrow&PatientID=4711", "limit=x", "includefield=Nonsense"]
)
def test_a_query_that_is_none_is_refused(aiko: Web, query: str) -> None:
    assert aiko.get(f"/studies?{query}").status == 400


@pytest.mark.attack
def test_the_pictures_of_another_ward_open_to_nobody_by_searching(clinic: Clinic) -> None:
    budi = clinic.web("budi")
    assert len(budi.get("/studies?PatientID=4711").body) == 2  # a face: every nurse's
    study = where("a").study
    for url in (
        f"/studies/{study}/series",
        f"/studies/{study}/instances",
        "/series?PatientID=4711",
        "/studies?PatientID=4711&BodyPartExamined=CHEST",
    ):
        assert budi.get(url).status == 403
        assert clinic.verbs()[-1] == "refuse"


@pytest.mark.attack
def test_a_study_nobody_has_and_one_that_may_not_be_opened_are_refused_alike(
    clinic: Clinic,
) -> None:
    budi = clinic.web("budi")
    there = budi.get(f"/studies/{where('a').study}/series")
    nowhere = budi.get("/studies/2.25.1234/series")
    assert (there.status, there.raw) == (nowhere.status, nowhere.raw)
    there = budi.get(f"/studies/{where('a').study}/metadata")
    nowhere = budi.get("/studies/2.25.1234/metadata")
    assert (there.status, there.raw) == (nowhere.status, nowhere.raw)


@pytest.mark.attack
def test_an_officer_and_a_clerk_see_rows_and_no_pictures(clinic: Clinic) -> None:
    for person in ("carla", "dewi"):
        web = clinic.web(person)
        assert len(web.get("/studies?PatientID=4711").body) == 2
        assert web.get(f"/studies/{where('a').study}/series").status == 403


@pytest.mark.attack
def test_without_a_session_nothing_is_found(clinic: Clinic) -> None:
    stranger = Web(clinic.dispatch, b"x" * 32)
    for url in ("/studies?PatientID=4711", f"/studies/{where('a').study}/metadata"):
        assert stranger.get(url).status == 401


def test_a_search_is_in_the_journal_without_its_values(clinic: Clinic, aiko: Web) -> None:
    noted = []
    clinic.door.journal.note = noted.append  # type: ignore[method-assign]
    aiko.get("/studies?PatientID=4711&StudyDate=20261122")
    aiko.get(f"/studies/{where('a').study}/series")
    assert [(n.interaction, n.query, n.count) for n in noted] == [
        ("search", "00080020,00100020", 1), ("search", "", 2),
    ]  # fmt: skip
    assert noted[1].ident == where("a").study


def test_a_viewer_of_the_house_may_read_and_another_origin_not(clinic: Clinic, aiko: Web) -> None:
    asked = "/studies?PatientID=4711"
    assert aiko.get(asked, origin=VIEWER).headers["access-control-allow-origin"] == VIEWER
    assert "access-control-allow-origin" not in aiko.get(asked, origin="http://evil").headers
    before = aiko.ask("OPTIONS", "/studies", origin=VIEWER)
    assert before.status == 204
    assert "authorization" in before.headers["access-control-allow-headers"]
