"""Pages for paper: numbers, downtimes, and a form keyed by the people who treat the patient."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest

from chartkeep.continuity.forms import FormKind, FormNumber
from chartkeep.continuity.registry import issue_forms
from chartkeep.model import Millis, Section
from tests.console.conftest import Clinic, Got, Web
from tests.house import ALL, HouseRun
from tests.records import Json

HOUR = 3_600_000
CONFIRM = {"identifier": "mrn-7p", "born": "1956-08-03"}
GIVEN = {"medicine": "Latex 5 mg", "dose": "5 mg", "done": "given"}


class Ward(Clinic):
    """Aiko's ward after six hours of paper."""

    def __init__(self, house: HouseRun) -> None:
        super().__init__(house)
        ranges = issue_forms(
            "a pack", "3W", dict.fromkeys(FormKind, 2), Millis(house.now() + 24 * HOUR),
            self.desk.house,
        )  # fmt: skip
        self.numbers: dict[FormKind, FormNumber] = {
            each.kind: next(each.numbers()) for each in ranges
        }
        house.clock.move(hours=1)
        self.begins = house.now()
        house.clock.move(hours=6)

    def nurse(self, language: str = "en") -> Web:
        """Give aiko a browser that wrote down the downtime."""
        web = self.web("aiko", language)
        web.get("/paper")
        web.post("/paper/downtime", self.downtime())
        return web

    def downtime(self) -> Json:
        said = [datetime.fromtimestamp(at / 1000, UTC) for at in (self.begins, self.house.now())]
        begins, ends = (f"{at:%Y-%m-%dT%H:%M}" for at in said)
        return {"wards": "3W", "begins": begins, "ends": ends, "reason": "ransomware"}

    def page(self, kind: FormKind) -> str:
        return f"/paper/{self.numbers[kind]}"

    def begin(self, web: Web, kind: FormKind, **more: str) -> Got:
        page = web.get(self.page(kind)).text
        found = re.search(r'<option value="([0-9a-f-]{36})"', page)
        downtime = found.group(1) if found else ""
        return web.post(f"{self.page(kind)}/begin", {**CONFIRM, "downtime": downtime, **more})

    def key(self, web: Web, kind: FormKind, line: str, at: int = 1, **fields: str) -> Got:
        moment = datetime.fromtimestamp((self.begins + HOUR) / 1000, UTC)
        typed = {"at": at, "kind": line, "date": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}"}
        return web.post(f"{self.page(kind)}/line", typed | {"author": "b. sato"} | fields)

    def filed(self, kind: str) -> list[Json]:
        token = self.house.login("aiko", "serve")
        opened = self.house.open(token, self.mine, ALL - {Section.IDENTITY}, house=self.desk.house)
        mine = (each for each in opened.entries if each.envelope.source == "paper")
        return [orjson.loads(entry.raw) for entry in mine if entry.header.kind == kind]


@pytest.fixture
def ward(house: HouseRun) -> Iterator[Ward]:
    made = Ward(house)
    yield made
    for journal in made.journals:
        journal.close()


def test_what_has_no_end_is_listed_from_the_downtime_on(ward: Ward) -> None:
    web = ward.web("aiko")
    assert "Every number of every form has its end." in web.get("/paper").words
    said = ward.nurse().get("/paper").words
    assert "Numbers without an end 1" in said
    assert "ransomware" in web.get("/paper").text


def test_a_ward_nobody_made_packs_for_is_asked_about(ward: Ward) -> None:
    web = ward.web("aiko")
    web.get("/paper")
    got = web.post("/paper/downtime", ward.downtime() | {"wards": "3 West"})
    assert got.headers["location"] == "/paper?said=nopack"
    assert "is the ward's name right?" in web.get("/paper?said=nopack").words


def test_a_scanned_number_leads_to_its_form(ward: Ward) -> None:
    web = ward.nurse()
    number = ward.numbers[FormKind.VITALS]
    got = web.post("/paper/find", {"number": f" {number.printed}\t"})
    assert got.headers["location"] == ward.page(FormKind.VITALS)
    said = web.get(ward.page(FormKind.VITALS)).words
    assert "Vital signs" in said
    assert number.printed in said


@pytest.mark.attack
def test_a_wrong_digit_is_noticed_before_anything_is_asked(ward: Ward) -> None:
    web = ward.nurse()
    text = str(ward.numbers[FormKind.VITALS])
    got = web.post("/paper/find", {"number": text[:-1] + str((int(text[-1]) + 1) % 10)})
    assert got.status == 400
    assert "a digit is wrong, or two are swapped" in got.words


def test_vital_signs_are_keyed_once_and_stand_in_the_chart(ward: Ward) -> None:
    web = ward.nurse()
    assert ward.begin(web, FormKind.VITALS).status == 303
    assert "Tanaka" in web.get(ward.page(FormKind.VITALS)).words
    assert "begun" in web.get("/paper").words
    assert ward.key(web, FormKind.VITALS, "vitals", pulse="72", temperature="36,8").status == 303
    assert "filed" in web.get(ward.page(FormKind.VITALS)).words
    assert web.post(f"{ward.page(FormKind.VITALS)}/finish").headers["location"].endswith("entered")
    assert "Entered by aiko: 1 lines" in web.get(ward.page(FormKind.VITALS)).words
    assert len(ward.filed("Observation")) == 2
    assert "Heart rate" in web.get(ward.chart(ward.mine)).words


def test_the_second_keying_shows_nothing_of_the_first(ward: Ward) -> None:
    web = ward.nurse()
    ward.begin(web, FormKind.MEDICATION)
    ward.key(web, FormKind.MEDICATION, "given", medicine="Zyprexa", dose="5 mg", done="given")
    for page in ("", "?at=1"):
        got = web.get(ward.page(FormKind.MEDICATION) + page)
        assert "waits for its second keying" in got.words
        assert "Zyprexa" not in got.text
    assert "second keying: what does the paper say?" in got.words


def test_where_the_house_says_so_the_second_keying_is_another_persons(ward: Ward) -> None:
    web = ward.nurse()
    ward.begin(web, FormKind.ORDERS)
    strict = ward.web("aiko", desk=ward.desk._replace(second_person=True))
    strict.get("/paper")
    order = {"what": "other", "order": "chest X-ray"}
    assert ward.key(strict, FormKind.ORDERS, "order", **order).status == 303
    got = ward.key(strict, FormKind.ORDERS, "order", **order)
    assert (got.status, "another person keys it" in got.words) == (403, True)


def test_keyings_that_differ_are_shown_and_chosen_between(ward: Ward) -> None:
    web = ward.nurse()
    ward.begin(web, FormKind.ORDERS)
    for order in ("chest X-ray", "chess X-ray"):
        ward.key(web, FormKind.ORDERS, "order", what="other", order=order)
    assert "They differ in: Order" in web.get(ward.page(FormKind.ORDERS)).words
    web.post(f"{ward.page(FormKind.ORDERS)}/choose", {"at": "1", "chosen": "0"})
    assert ward.filed("ServiceRequest")[0]["code"] == {"text": "chest X-ray"}


@pytest.mark.attack
def test_what_an_allergy_forbids_waits_until_somebody_says_why(ward: Ward) -> None:
    web, form = ward.nurse(), ward.page(FormKind.MEDICATION)
    ward.begin(web, FormKind.MEDICATION)
    for _ in range(2):
        ward.key(web, FormKind.MEDICATION, "given", **GIVEN)
    assert "the chart has an allergy against it" in web.get(form).words
    assert web.post(f"{form}/finish").status == 422
    assert web.post(f"{form}/file", {"at": "1", "reason": " "}).status == 400
    assert ward.filed("MedicationAdministration") == []
    assert web.post(f"{form}/file", {"at": "1", "reason": "given, no reaction"}).status == 303
    assert len(ward.filed("MedicationAdministration")) == 1


def test_what_cannot_be_read_keeps_what_was_typed(ward: Ward) -> None:
    web = ward.nurse()
    ward.begin(web, FormKind.VITALS)
    got = ward.key(web, FormKind.VITALS, "vitals", pulse="seventy", temperature="36.8")
    assert got.status == 400
    assert "pulse is no number" in got.words
    assert 'value="seventy"' in got.text


@pytest.mark.attack
@pytest.mark.parametrize(
    "wrong",
    [{"identifier": "mrn-7q"}, {"born": "1956-08-04"}, {"identifier": ""}, {"born": "1956"}],
)
def test_a_patient_is_confirmed_by_two_identifiers_or_not_at_all(ward: Ward, wrong: Json) -> None:
    ward.bring("r", "Mori")
    web = ward.nurse()
    if wrong == {"identifier": "mrn-7q"}:
        wrong = {"identifier": "mrn-7q", "born": "1956-08-04"}
    got = ward.begin(web, FormKind.VITALS, **wrong)
    assert got.status == 400
    assert "Tanaka" not in got.text


@pytest.mark.attack
def test_a_form_of_one_patient_is_not_keyed_for_another(ward: Ward) -> None:
    web = ward.nurse()
    ward.begin(web, FormKind.VITALS)
    got = ward.begin(web, FormKind.VITALS, identifier="mrn-7q")
    assert got.status == 422
    assert "another patient's form" in got.words


@pytest.mark.attack
def test_markup_on_paper_is_shown_and_does_nothing(ward: Ward) -> None:
    web, evil = ward.nurse(), "<script>document.title='owned'</script>"
    ward.begin(web, FormKind.NOTES)
    ward.key(web, FormKind.NOTES, "note", text=evil, author=evil)
    got = web.get(ward.page(FormKind.NOTES))
    assert "<script>document" not in got.text
    assert "&lt;script&gt;" in got.text


@pytest.mark.attack
def test_a_form_sent_from_another_site_keys_nothing(ward: Ward) -> None:
    web = ward.nurse()
    ward.begin(web, FormKind.VITALS)
    web.form = "0" * 64
    assert ward.key(web, FormKind.VITALS, "vitals", pulse="72").status == 403
    assert ward.filed("Observation") == []


def test_paper_of_somebody_who_left_is_keyed_by_breaking_the_glass(ward: Ward) -> None:
    ward.begin(ward.nurse(), FormKind.VITALS)
    web, form = ward.web("budi"), ward.page(FormKind.VITALS)
    asks = web.get(form)
    assert (asks.status, "Tanaka" in asks.text) == (403, False)
    assert web.post(f"{form}/look", {"glass": "short"}).status == 422
    why = {"glass": "her ward is closed, paper is left"}
    assert "Tanaka" in web.post(f"{form}/look", why).words
    done = ward.key(web, FormKind.VITALS, "vitals", pulse="72", **why)
    assert (done.status, "filed" in done.words) == (200, True)
    told = [line for line in ward.house.lines() if line.verb == "release"]
    assert any(line.person == "budi" and line.chart == ward.mine for line in told)
    assert "her ward is closed" in ward.web("dewi").get("/officer").words


@pytest.mark.attack
@pytest.mark.parametrize(("person", "status"), [("budi", 403), ("carla", 403), ("hiro", 403)])
def test_who_does_not_treat_the_patient_keys_nothing(ward: Ward, person: str, status: int) -> None:
    ward.begin(ward.nurse(), FormKind.VITALS)
    web = ward.web(person)
    web.get("/paper")
    assert web.get(ward.page(FormKind.VITALS)).status == status
    assert ward.key(web, FormKind.VITALS, "vitals", pulse="72").status == status
    assert ward.filed("Observation") == []


@pytest.mark.attack
@pytest.mark.parametrize("person", ["dewi", "erik"])
def test_who_writes_in_no_chart_enters_no_paper(ward: Ward, person: str) -> None:
    assert ward.web(person).get("/paper").status == 403


@pytest.mark.attack
def test_what_a_stolen_session_keys_bears_its_name_and_is_in_the_journal(ward: Ward) -> None:
    """He keys nonsense: it is bounded to charts aiko treats, and each line says who keyed it."""
    web = ward.nurse()
    ward.begin(web, FormKind.VITALS)
    for at in range(1, 6):
        ward.key(web, FormKind.VITALS, "vitals", at=at, pulse="72")
    told = ward.filed("Provenance")
    assert len(told) == 5
    assert {each["agent"][-1]["who"]["display"] for each in told} == {"aiko"}
    assert ward.key(web, FormKind.VITALS, "vitals", at=61, pulse="72").status == 400


def test_left_over_forms_of_a_pack_are_ended_together_with_a_reason(ward: Ward) -> None:
    web = ward.nurse()
    page = web.get("/paper").text
    batch = re.search(r'name="batch" value="([^"]+)"', page)
    assert batch is not None
    assert (
        web.post("/paper/close", {"batch": batch[1], "ended": "void", "reason": "x"}).status == 400
    )
    done = web.post("/paper/close", {"batch": batch[1], "ended": "void", "reason": "not printed"})
    assert done.headers["location"] == "/paper?said=closed"
    assert "Every number of every form has its end." in web.get("/paper").words
    assert "not printed" in web.get(ward.page(FormKind.NOTES)).words


def test_one_number_is_missing_with_a_reason_and_turns_up(ward: Ward) -> None:
    web = ward.nurse()
    web.post(f"{ward.page(FormKind.NOTES)}/end", {"ended": "missing", "reason": "on the stairs"})
    assert "missing · aiko · on the stairs" in web.get(ward.page(FormKind.NOTES)).words
    ward.begin(web, FormKind.NOTES)
    ward.key(web, FormKind.NOTES, "note", text="slept")
    said = web.get(ward.page(FormKind.NOTES)).words
    assert "the number was void or missing, and turned up" in said


def test_a_sheet_without_a_number_is_given_one(ward: Ward) -> None:
    web = ward.nurse()
    got = web.post("/paper/byhand", {"kind": "4", "ward": "3W"})
    assert re.fullmatch(r"/paper/[0-9]{16}", got.headers["location"])
    assert "3W" in web.get(got.headers["location"]).words
    assert web.post("/paper/byhand", {"kind": "9", "ward": "3W"}).status == 400


def test_the_pages_are_there_in_japanese(ward: Ward) -> None:
    web = ward.nurse("ja")
    assert "未処理の番号" in web.get("/paper").words
    ward.begin(web, FormKind.MEDICATION)
    for _ in range(2):
        ward.key(web, FormKind.MEDICATION, "given", **GIVEN)
    assert "カルテにアレルギーの記載がある" in web.get(ward.page(FormKind.MEDICATION)).words


def test_a_look_at_a_form_is_a_look_at_its_chart(ward: Ward) -> None:
    web = ward.nurse()
    ward.begin(web, FormKind.VITALS)
    care = {Section.FACE, Section.CLINICAL, Section.RESULTS}

    def looks() -> list[int]:
        mine = (each for each in ward.house.lines() if each.chart == ward.mine)
        return [each.sections for each in mine if each.verb == "release"]

    wanted = sum(1 << section for section in care)
    assert wanted not in looks()
    web.get(ward.page(FormKind.VITALS))
    assert looks().count(wanted) == 1
