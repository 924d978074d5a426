"""Leaks other servers had, each attacked by an intruder who rides on aiko's session.

p lies on her ward; q is a stranger's chart; z is nobody. Whatever is asked of q must be answered
as if it were asked of z: same status, same bytes, same kinds of steps, same kinds of lines. More
of the same stands beside what it attacks: test_reading, test_searching, test_consent,
test_conditions.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.custody.test_consent import RESTRICTED, consent, only, to
from tests.fhir.http.conftest import BASE, Clinic, Got, Web
from tests.house import Meddling
from tests.records import lab, put

pytestmark = pytest.mark.attack
PATCH = "application/json-patch+json"


def same(intruder: Web, url: str, method: str = "GET", body: Any = None, **headers: str) -> Got:
    """Ask of q's and of nobody's: the answers are alike to the last byte. Gives the first."""
    theirs = intruder.ask(method, url.replace("@", "q"), body, **headers)
    nobodys = intruder.ask(method, url.replace("@", "z"), body, **headers)
    assert theirs == nobodys
    assert theirs.status >= 400
    assert not {"total", "entry"} & theirs.body.keys()
    return theirs


@pytest.mark.parametrize(
    "url",
    [
        "/Observation/o1-@", "/Observation/o1-@/_history", "/Observation/o1-@/_history/1",
        "/Observation/o1-@/_history/9", "/Observation/o1-@/$validate", "/AllergyIntolerance/a-@",
        "/Patient/@/_history", "/Patient/@/$everything", "/Patient/@/$summary",
        "/Patient/@/$everything?_type=Observation&_count=1&_offset=1", "/AllergyIntolerance/o1-@",
        "/Observation/@", "/Patient/o1-@", "/Consent/o1-@", "/Binary/@",
    ],
)  # fmt: skip
def test_get_vread_history_and_everything_reach_no_other_chart(clinic: Clinic, url: str) -> None:
    assert same(clinic.web("aiko"), url).status == (404 if url.startswith("/Patient/o1") else 403)


@pytest.mark.parametrize("name", ["if_none_match", "if_match", "if_modified_since"])
def test_no_etag_tells_whether_it_exists(clinic: Clinic, name: str) -> None:
    said = "Sat, 21 Nov 2126 08:00:00 GMT" if "since" in name else 'W/"1"'
    got = same(clinic.web("aiko"), "/Observation/o1-@", **{name: said})
    assert not {"etag", "last-modified"} & got.headers.keys()


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
@pytest.mark.parametrize("condition", ['W/"1"', 'W/"7"', "*"])
def test_no_change_tells_whether_it_exists(clinic: Clinic, method: str, condition: str) -> None:
    body = [{"op": "test", "path": "/status", "value": "final"}] if method == "PATCH" else None
    kind = PATCH if method == "PATCH" else "application/fhir+json"
    intruder = clinic.web("aiko")
    same(intruder, "/Observation/o1-@", method, body, content_type=kind, if_match=condition)


@pytest.mark.parametrize(
    "url",
    [
        f"/Observation?subject={BASE}/Patient/@", f"/Observation?patient={BASE}/Patient/@",
        "/Observation?subject=Patient/@&_summary=count", "/Observation?patient=@&_count=0",
        "/Observation?patient=p,@", "/Observation?patient=@&_offset=1&_as-of=1",
        "/Observation?patient=@&_has:Provenance:target:recorded=2026",
        "/Observation?subject:Patient=@", "/Observation?_id=o1-@",
        "/Provenance?target=Observation/o1-@",
        "/List?item=Observation/o1-@", "/Group?member=Patient/@", "/Group?_id=g&member=Patient/@",
        "/Appointment?actor=Patient/@", "/DiagnosticReport?result=Observation/o1-@",
        "/Encounter?patient=@&_revinclude=Observation:encounter", "/Consent?patient=@",
    ],
)  # fmt: skip
def test_no_search_reaches_another_chart_by_any_reference(clinic: Clinic, url: str) -> None:
    intruder = clinic.web("aiko")
    same(intruder, url)
    path, _, query = url.partition("?")
    form = {"content_type": "application/x-www-form-urlencoded"}
    theirs = query.replace("@", "q").encode()
    assert intruder.post(f"{path}/_search", theirs, **form) == intruder.post(
        f"{path}/_search", query.replace("@", "z").encode(), **form
    )


def test_an_absolute_reference_to_another_server_names_nobody_here(clinic: Clinic) -> None:
    intruder = clinic.web("aiko")
    found = intruder.get("/Observation?patient=http://elsewhere.example/fhir/Patient/p")
    assert "entry" not in (found.body or {})
    sent = {
        "resourceType": "Bundle", "type": "batch",
        "entry": [
            {"request": {"method": "GET", "url": url}}
            for url in (f"{BASE}/Observation/o1-q", "http://elsewhere.example/fhir/Observation/o1-p",
                        "//elsewhere.example/Observation/o1-p", "../Observation/o1-q",
                        "/fhir/Observation/o1-q")
        ],
    }  # fmt: skip
    answers = intruder.post("/", sent).body["entry"]
    assert all("resource" not in each for each in answers)
    assert all(each["response"]["status"] >= "400" for each in answers)


def linked(clinic: Clinic) -> None:
    """Put records into p's chart that point to q's in every way."""
    theirs = [{"reference": "Observation/o1-q"}]
    clinic.house.send(
        put("List", "l", status="current", mode="working", subject={"reference": "Patient/p"},
            entry=[{"item": {"reference": "Observation/o1-q"}},
                   {"item": {"reference": f"{BASE}/Observation/o2-q"}}]),
        put("Observation", "twin", status="final", code={"text": "twin"},
            subject={"reference": "Patient/p"}, focus=[{"reference": "Patient/q"}],
            hasMember=theirs, derivedFrom=[{"reference": f"{BASE}/Observation/o2-q"}]),
        put("DiagnosticReport", "r", status="final", code={"text": "r"}, result=theirs,
            subject={"reference": "Patient/p"}),
        source="fhir",
    )  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "/Observation?patient=p&_include=*&_include:iterate=*",
        "/Observation?patient=p&_include=Observation:focus:Patient",
        "/Observation?patient=p&_include=Observation:derived-from",
        "/Observation?patient=p&_include=Observation:has-member&_include:iterate=Observation:subject",
        "/DiagnosticReport?patient=p&_include=DiagnosticReport:result",
        "/List?patient=p&_include=List:item&_include:iterate=Observation:subject",
        "/Patient?_id=p&_revinclude=Observation:focus", "/Patient/p/$everything",
        "/Patient/p/$summary",
    ],
)  # fmt: skip
def test_includes_reach_no_other_patient(clinic: Clinic, url: str) -> None:
    linked(clinic)
    got = clinic.web("aiko").get(url)
    assert got.status == 200
    assert not [ident for ident in got.ids if ident.endswith("-q") or ident == "Patient/q"]
    assert b"Suzuki" not in got.raw


@pytest.mark.parametrize(
    ("guess", "true"),
    [
        ("/Observation?patient=p&derived-from:Observation.value-quantity=2", "2"),
        ("/Observation?patient=p&focus:Patient.name=suzuki", "suzuki"),
        ("/DiagnosticReport?patient=p&result.value-quantity=1", "1"),
        ("/DiagnosticReport?patient=p&result.subject:Patient.family=suzuki", "suzuki"),
        ("/List?patient=p&item:Observation.code:text=glucose", "glucose"),
        ("/Patient?_id=p&_has:Observation:focus:_has:Observation:subject:code=x", "x"),
    ],
)
def test_a_chain_or_has_over_a_link_is_no_oracle(clinic: Clinic, guess: str, true: str) -> None:
    linked(clinic)
    intruder = clinic.web("aiko")
    right, wrong = intruder.get(guess), intruder.get(guess.removesuffix(true) + "999")
    assert (right.status, right.body.get("total")) == (wrong.status, wrong.body.get("total"))
    assert right.body.get("total", 0) == 0


def test_a_clerk_learns_no_results_by_has_chain_include_or_sort(clinic: Clinic) -> None:
    carla = clinic.web("carla")
    for asked, *guesses in (
        ("_has:Observation:patient:value-quantity", "1", "2", "999"),
        ("_has:Observation:patient:code:text", "glucose", "no"),
        ("_has:AllergyIntolerance:patient:code:text", "latex", "no"),
    ):
        answers = [carla.get(f"/Patient?_id=p&{asked}={guess}") for guess in guesses]
        assert len({(each.status, each.body.get("total", 0)) for each in answers}) == 1
    shown = carla.get("/Patient?_id=p&_revinclude=Observation:subject&_include=*")
    assert {ident.split("/")[0] for ident in shown.ids} <= {"Patient"}
    whole = carla.get("/Patient/p/$everything")
    assert {ident.split("/")[0] for ident in whole.ids} == {"Patient"}
    assert whole.body["total"] == 1


def test_no_list_or_group_tells_its_members(clinic: Clinic) -> None:
    members = [{"entity": {"reference": f"Patient/{ident}"}} for ident in ("p", "q")]
    clinic.house.send(
        put("Group", "g", type="person", actual=True, member=members),
        put("List", "l-q", status="current", mode="working", subject={"reference": "Patient/q"},
            entry=[{"item": {"reference": "Patient/q"}}]),
        source="fhir",
    )  # fmt: skip
    intruder = clinic.web("aiko")
    for there, absent in (("/Group/g", "/Group/h"), ("/List/l-q", "/List/l-z"),
                          ("/Group/g/_history", "/Group/h/_history"),
                          ("/Group?_id=g", "/Group?_id=h"),
                          ("/Group?member=Patient/q", "/Group?member=Patient/z")):  # fmt: skip
        got = intruder.get(there)
        assert (got.status, got.body.get("total", 0)) == (
            intruder.get(absent).status, intruder.get(absent).body.get("total", 0),
        )  # fmt: skip
        assert b"Patient/q" not in got.raw
    shown = intruder.get("/Patient?_id=p&_revinclude=Group:member&_revinclude=List:subject")
    assert shown.ids == ["Patient/p"]


def deny(clinic: Clinic, *sections: str) -> None:
    denied = consent(about="Patient/p", actor=to("aiko"), **{"class": only(*sections)})
    assert clinic.house.send(denied, source="fhir").refusals == []


def test_everything_and_summary_are_without_what_consent_hides(clinic: Clinic) -> None:
    intruder = clinic.web("aiko")
    assert intruder.get("/Patient/p/$everything").body["total"] == 4
    deny(clinic, "results")
    whole, summary = intruder.get("/Patient/p/$everything"), intruder.get("/Patient/p/$summary")
    assert not [ident for ident in whole.ids + summary.ids if ident.startswith("Observation")]
    assert whole.body["total"] == len(whole.ids)
    assert b"glucose" not in whole.raw + summary.raw
    only_results = intruder.get("/Patient/p/$everything?_type=Observation")
    assert (only_results.body["total"], only_results.ids) == (0, [])


def test_a_denial_between_two_pages_empties_the_next(clinic: Clinic) -> None:
    intruder = clinic.web("aiko")
    first = intruder.get("/Patient/p/$everything?_count=2")
    (after,) = [link["url"] for link in first.body["link"] if link["relation"] == "next"]
    clinic.house.clock.at += 5
    deny(clinic, "results")
    second = intruder.get(after)
    assert not [ident for ident in second.ids if ident.startswith("Observation")]
    assert second.body["total"] < first.body["total"]
    assert not [link for link in second.body["link"] if link["relation"] == "next"]


def test_no_include_or_chain_goes_round_a_consent(clinic: Clinic) -> None:
    report = put(
        "DiagnosticReport", "r", status="final", code={"text": "r"},
        subject={"reference": "Patient/p"}, result=[{"reference": "Observation/hidden"}],
    )  # fmt: skip
    hidden = lab("hidden", value=77, meta=RESTRICTED)
    clinic.house.send(hidden, report, source="fhir")
    intruder, extra = clinic.web("aiko"), {"chartkeep_sections": "restricted"}
    deny(clinic, "restricted")
    for url in ("/DiagnosticReport?patient=p&_include=DiagnosticReport:result",
                "/Patient?_id=p&_revinclude=Observation:subject",
                "/Observation?patient=p&_sort=-value-quantity&_count=1"):  # fmt: skip
        got = intruder.get(url, **extra)
        assert got.status == 200
        assert "Observation/hidden" not in got.ids
    chained = "/DiagnosticReport?patient=p&result.value-quantity="
    assert intruder.get(f"{chained}77", **extra).body["total"] == 0
    assert intruder.get(f"{chained}78", **extra).body["total"] == 0


# -- steps: what takes another road takes another time


class Steps:
    """What a door asks its keepers, in order."""

    def __init__(self, clinic: Clinic) -> None:
        self.taken: list[str] = []
        house = clinic.door.house
        self._door = clinic.door
        for keeper in ("keyholder", "store"):
            client = getattr(house, keeper)
            verbs = [verb for verb in dir(client) if not verb.startswith("_")]
            setattr(house, keeper, Meddling(client, **{v: self._noting(keeper, v) for v in verbs}))

    def _noting(self, keeper: str, verb: str) -> Callable[..., Any]:
        def call(real: Callable[..., Any], *args: Any, **named: Any) -> Any:
            self.taken.append(f"{keeper}.{verb}")
            return real(*args, **named)

        return call

    def of(self, ask: Callable[[], Got]) -> list[str]:
        """Give the steps of one request."""
        self.taken.clear()
        ask()
        return list(self.taken)


@pytest.mark.parametrize(
    "url",
    [
        "/Observation/o1-@", "/Observation/o1-@/_history", "/Observation/o1-@/_history/1",
        "/Patient/@/$everything", "/Patient/@/$summary", "/Observation?patient=@",
        "/Observation?patient=@&_include=*&_count=1&_offset=3&_as-of=7", "/AllergyIntolerance/a-@",
    ],
)  # fmt: skip
def test_forbidden_and_absent_take_the_same_steps_and_write_the_same_lines(
    clinic: Clinic, url: str
) -> None:
    intruder, steps = clinic.web("aiko"), Steps(clinic)
    intruder.get("/Observation/o1-p")
    clinic.door.journal.flush()  # its key is a line, which must not fall between two questions
    lines: list[list[str]] = []
    taken = []
    for ident in ("q", "z", "q", "z"):
        before = len(clinic.house.lines())
        taken.append(steps.of(lambda name=ident: intruder.get(url.replace("@", name))))
        lines.append([line.verb for line in clinic.house.lines()[before:]])
    assert taken[0] == taken[1] == taken[2] == taken[3]
    assert lines[0] == lines[1] == lines[2] == lines[3]
    assert lines[0].count("refuse") >= 1
