"""$export: two people let one person take many charts away, each one written down."""

import orjson
import pytest

from chartkeep.custody.exports import list_orders
from chartkeep.custody.marking import Code, Mark, read_mark
from chartkeep.custody.release import Look
from chartkeep.fhir.http.asked import NDJSON
from chartkeep.fhir.http.door import ORDINARY
from chartkeep.fhir.http.marked import Marked
from chartkeep.fhir.http.records import Shown
from chartkeep.fingerprint.spacing import read_bits
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, EntryId, Millis, Purpose, Section, to_id, to_text
from tests.custody.test_consent import RESTRICTED, consent
from tests.fhir.http.conftest import Clinic
from tests.fhir.http.taker import CARE, HOUR, Taker, fetch, poll, released, rows, taker, told
from tests.records import lab, put


def test_two_people_let_one_take_every_chart_away(clinic: Clinic) -> None:
    carla = taker(clinic)
    manifest = carla.manifest("/Patient/$export?_since=2020-01-01T00:00:00Z")
    found = fetch(carla.web, manifest)
    assert {kind: sorted(ids) for kind, ids in found.items()} == {
        "Patient": ["p", "q"],
        "AllergyIntolerance": ["a-p", "a-q"],
        "Observation": ["o1-p", "o1-q", "o2-p", "o2-q"],
    }
    assert manifest["requiresAccessToken"] is True
    assert manifest["request"].endswith("/Patient/$export?_since=2020-01-01T00%3A00%3A00Z")
    assert told(carla.web, manifest) == ["nothing was left out so far"]


def test_what_is_exported_is_what_a_read_shows(clinic: Clinic) -> None:
    carla = taker(clinic)
    (file,) = carla.manifest("/Patient/$export?_type=Observation")["output"]
    shown = {row["id"]: row for row in rows(carla.web, file["url"])}
    assert shown["o1-p"] == clinic.web("aiko").get("/Observation/o1-p").body


def test_only_some_types_and_only_what_is_new(clinic: Clinic) -> None:
    carla = taker(clinic)
    before = carla.manifest("/Patient/$export?_type=Observation,Patient")
    assert set(fetch(carla.web, before)) == {"Observation", "Patient"}
    clinic.house.clock.move(seconds=1)
    clinic.house.send(lab("late", "Patient/q", 9), source="fhir")
    since = before["transactionTime"]
    after = carla.export(f"/Patient/$export?_since={since}&_type=Observation")
    assert "late" in after["Observation"]
    clinic.house.clock.move(seconds=1)
    (file,) = before["output"][1:]
    assert "late" not in [row["id"] for row in rows(carla.web, file["url"])]


def test_a_version_that_came_later_does_not_hide_the_one_that_stood(clinic: Clinic) -> None:
    carla = taker(clinic)
    manifest = carla.manifest("/Patient/$export?_type=Observation")
    clinic.house.clock.move(seconds=1)
    clinic.house.send(lab("o1-p", "Patient/p", 77), source="fhir")
    (file,) = manifest["output"]
    (found,) = [row for row in rows(carla.web, file["url"]) if row["id"] == "o1-p"]
    assert (found["valueQuantity"]["value"], found["meta"]["versionId"]) == (1, "1")


def test_named_patients_are_exported_by_post(clinic: Clinic) -> None:
    carla = taker(clinic)
    names = [{"name": "patient", "valueReference": {"reference": f"Patient/{i}"}} for i in "qz"]
    body = {
        "resourceType": "Parameters",
        "parameter": [*names, {"name": "_type", "valueString": "Patient"}],
    }
    manifest = carla.manifest(body=body)
    assert fetch(carla.web, manifest) == {"Patient": ["q"]}
    assert told(carla.web, manifest) == ["1 charts were not open under the grant and are not in it"]


def test_a_groups_members_are_exported_under_a_grant_that_carries_it(clinic: Clinic) -> None:
    member = {"entity": {"reference": "Patient/q"}}
    clinic.house.send(
        put("Group", "study", type="person", actual=True, member=[member]), source="fhir"
    )
    wide = taker(clinic, sections=CARE | mask(Section.RESTRICTED))
    assert wide.export("/Group/study/$export?_type=Patient") == {"Patient": ["q"]}
    narrow = taker(clinic)
    there, nowhere = (narrow.start(f"/Group/{name}/$export") for name in ("study", "none"))
    assert (there.status, there.issue) == (nowhere.status, nowhere.issue)
    assert there.status == 403


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        ("/Patient/$export", {"prefer": "return=minimal"}, 400),
        ("/Patient/$export?_outputFormat=csv", {}, 400),
        ("/Patient/$export?_typeFilter=Patient?active=true", {}, 400),
        ("/Patient/$export?_typeFilter=x", {"prefer": "respond-async, handling=lenient"}, 202),
        ("/Patient/$export?_type=Nothing", {}, 404),
        ("/Patient/$export?_since=yesterday", {}, 400),
        ("/Patient/$export?_type=DocumentReference", {}, 403),
        ("/Patient/$export", {"chartkeep_purpose": "TREAT"}, 403),
        ("/Patient/$export", {"chartkeep_grant": ""}, 403),
        ("/Observation/$export", {}, 405),
        ("/Patient/$export", {"accept": NDJSON}, 202),
    ],
)
def test_what_an_export_may_be_asked_for(
    clinic: Clinic, url: str, headers: dict[str, str], status: int
) -> None:
    assert taker(clinic).start(url, **headers).status == status


@pytest.mark.attack
def test_one_person_alone_exports_nothing(clinic: Clinic) -> None:
    keyholder, dewi = clinic.house.desk.keyholder, clinic.house.login("dewi")
    until = clinic.house.clock.at + HOUR
    wanted = actions.Grant("carla", 10, CARE, until, Purpose.RESEARCH)
    proposal = keyholder.act(dewi, wanted).proposal
    got = Taker(clinic.web("carla"), proposal).start()
    assert (got.status, got.issue["details"]["text"]) == (403, "no such grant holds now")


@pytest.mark.attack
def test_anothers_grant_and_anothers_export_are_like_none(clinic: Clinic) -> None:
    carla = taker(clinic)
    thief = Taker(clinic.web("aiko"), carla.grant)
    none = Taker(thief.web, b"g" * 16)
    assert (thief.start().status, thief.start().issue) == (403, none.start().issue)
    begun = carla.start().headers["content-location"]
    files = [file["url"] for file in poll(carla.web, begun).body["output"]]
    missing = thief.web.get(f"/$export/{to_text(b'x' * 16)}")
    for url in (begun, *files):
        got = thief.web.get(url)
        assert (got.status, got.issue) == (404, missing.issue)
    assert thief.web.ask("DELETE", begun).status == 404
    assert poll(carla.web, begun).status == 200


@pytest.mark.attack
def test_a_grant_for_fewer_charts_stops_and_says_so(clinic: Clinic) -> None:
    carla = taker(clinic, charts=1)
    manifest = carla.manifest()
    assert [len(ids) for ids in fetch(carla.web, manifest).values()] == [1, 1, 2]
    words = "the grant lets 1 charts, and there are more: it is incomplete"
    assert told(carla.web, manifest) == [words]
    assert len(released(clinic, carla.grant)) == 1


@pytest.mark.attack
def test_a_grant_used_up_on_others_lets_no_more_out(clinic: Clinic) -> None:
    carla = taker(clinic, charts=1)
    last = max(clinic.mine[1], clinic.other[1])
    caller = {"chartkeep_purpose": "HRESCH", "chartkeep_grant": to_text(carla.grant)}
    name = "p" if last == clinic.mine[1] else "q"
    assert carla.web.get(f"/Patient/{name}", **caller).status == 200
    manifest = carla.manifest("/Patient/$export?_type=Patient")
    assert fetch(carla.web, manifest) == {"Patient": []}
    assert len(told(carla.web, manifest)) == 2
    assert released(clinic, carla.grant) == {last}


@pytest.mark.attack
def test_sections_outside_the_grant_are_not_in_it(clinic: Clinic) -> None:
    clinic.house.send(lab("hiv", value=9, meta=RESTRICTED), source="fhir")
    carla = taker(clinic, sections=mask(Section.IDENTITY))
    assert set(carla.export()) == {"Patient"}
    wide = taker(clinic, sections=CARE | mask(Section.RESTRICTED))
    assert "hiv" not in wide.export()["Observation"]
    assert "hiv" in wide.export(chartkeep_sections="restricted")["Observation"]
    denied = carla.start(chartkeep_sections="restricted")
    assert denied.status == 202
    assert "hiv" not in str(carla.export(chartkeep_sections="restricted"))


def test_without_the_identity_a_patient_is_a_face(clinic: Clinic) -> None:
    carla = taker(clinic, sections=mask(Section.FACE))
    (file,) = carla.manifest()["output"]
    assert {row["meta"]["tag"][0]["code"] for row in rows(carla.web, file["url"])} == {"SUBSETTED"}


@pytest.mark.attack
def test_what_a_patient_denies_is_absent_and_only_counted(clinic: Clinic) -> None:
    assert clinic.house.send(consent(about="Patient/p"), source="fhir").refusals == []
    carla = taker(clinic)
    manifest = carla.manifest()
    found = fetch(carla.web, manifest)
    assert {tuple(ids) for ids in found.values()} == {("q",), ("a-q",), ("o1-q", "o2-q")}
    assert told(carla.web, manifest) == ["1 charts were not open under the grant and are not in it"]
    assert released(clinic, carla.grant) == {clinic.other[1]}


@pytest.mark.attack
def test_decoys_are_in_it_and_nothing_freezes(clinic: Clinic) -> None:
    clinic.house.join("host").keyholder.act(b"", actions.MarkDecoy(clinic.other[1]))
    carla = taker(clinic)
    assert sorted(carla.export()["Patient"]) == ["p", "q"]
    assert not {"decoy"} & {*clinic.house.verbs()}
    assert carla.web.get("/Patient?family=suzuki").status == 200


@pytest.mark.attack
def test_the_session_is_exposed_to_exactly_what_it_exported(clinic: Clinic) -> None:
    clinic.bring("r", "Ito")
    carla = taker(clinic, charts=2)
    carla.export()
    mine = clinic.door.sessions.who(carla.web.token).session
    lines = [x for x in clinic.house.lines() if x.verb == "release" and x.session == mine]
    charts = {line.chart for line in lines} - {clinic.door.house.chart}
    assert charts == released(clinic, carla.grant)
    assert len(charts) == 2


@pytest.mark.attack
def test_a_bundle_holds_no_export(clinic: Clinic) -> None:
    carla = taker(clinic)
    entry = {"request": {"method": "GET", "url": "Patient/$export"}}
    got = carla.web.post("", {"resourceType": "Bundle", "type": "batch", "entry": [entry]})
    assert got.body["entry"][0]["response"]["status"].startswith("405")


@pytest.mark.parametrize("what", ["?from=x", "?to=%00", "?from=" + 40 * "f"])
def test_what_is_no_file_is_refused(clinic: Clinic, what: str) -> None:
    carla = taker(clinic)
    begun = carla.start().headers["content-location"]
    assert carla.web.get(f"{begun}/Patient.ndjson{what}").status == 400
    assert carla.web.get(f"{begun}/Patient.csv").status == 404
    assert carla.web.get(f"{begun}/Nothing.ndjson").status == 404
    assert carla.web.get("/$export/x/Patient.ndjson").status == 404


def test_a_file_has_a_thousand_charts_at_most(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartkeep.fhir.http.exports.PART", 1)
    carla = taker(clinic)
    files = carla.manifest("/Patient/$export?_type=Patient")["output"]
    found = [[row["id"] for row in rows(carla.web, file["url"])] for file in files]
    assert sorted(found) == [["p"], ["q"]]


def test_every_file_is_in_the_journal(clinic: Clinic) -> None:
    carla = taker(clinic)
    seen = []
    note = clinic.door.journal.note
    clinic.door.journal.note = lambda each: (seen.append(each), note(each))[1]  # type: ignore[method-assign,assignment,return-value]
    carla.export("/Patient/$export?_type=Patient")
    assert [(each.interaction, each.kind, each.count) for each in seen] == [
        ("export", "Patient", 0),
        ("export", "Patient", 2),
    ]
    assert {each.purpose for each in seen} == {"HRESCH"}


def test_an_export_carries_its_own_mark_also_when_it_was_cancelled(clinic: Clinic) -> None:
    carla = taker(clinic)
    drawn = set()
    for _ in range(2):
        begun = carla.start()
        where = begun.headers["content-location"]
        ident = EntryId(to_id(where.rpartition("/")[2]))
        sent = [
            line
            for file in poll(carla.web, where).body["output"]
            for line in carla.web.get(file["url"], accept=NDJSON).raw.splitlines()
        ]
        assert carla.web.ask("DELETE", where).status == 202
        look = Look(carla.web.token, ORDINARY, Purpose.RESEARCH)
        mark = read_mark(list_orders(look, clinic.door.house)[ident].mark)
        for raw in sent:
            row, bits = read_bits(raw) or (b"", [])
            assert bits == [mark.word[place] for place in mark.code.places(row)]
        drawn.add(tuple(mark.word))
    assert len(drawn) == 2


def test_beside_a_hundred_patients_one_is_invented_in_their_shape() -> None:
    mark = Mark(Code(b"c" * 16), b"o" * 16)
    charts = [ChartId(at.to_bytes(16, "big")) for at in range(100)]
    body = {
        "resourceType": "Patient", "id": "p-1", "meta": {"versionId": "3", "lastUpdated": "x"},
        "identifier": [{"system": "urn:mrn", "value": "K-0012"}],
        "name": [{"family": "Okafor", "given": ["Ada"]}], "birthDate": "1950-05-05",
        "extension": [{"url": "urn:secret", "valueString": "hers alone"}],
    }  # fmt: skip
    rows = [Shown("Patient", f"p-{at}", 1, Millis(HOUR), body) for at in range(100)]
    lines = [orjson.loads(line) for line in Marked(mark, charts, charts).lines(rows)]
    (made,) = [line for line in lines if line["id"] != "p-1"]
    assert len(lines) == 101
    assert set(made) == {"resourceType", "id", "meta", "identifier", "name", "birthDate"}
    assert made["identifier"][0]["system"] == "urn:mrn"
    assert "Okafor" not in str(made)
