"""The officer's page: review, end, freeze, unfreeze by two, and what goes on now."""

import pytest

from tests.console.conftest import Clinic, Web
from tests.console.test_chart import WHY

WORDS = "asked the ward, it was an emergency"


def broken(clinic: Clinic) -> None:
    """Let aiko break the glass."""
    web = clinic.web("aiko")
    web.get("/ward")
    assert web.post(clinic.chart(clinic.other), {"reason": WHY}).status == 200


def officer(clinic: Clinic, name: str = "dewi") -> Web:
    web = clinic.web(name)
    web.get("/officer")
    return web


def test_a_break_glass_is_reviewed_in_words(clinic: Clinic) -> None:
    broken(clinic)
    web = officer(clinic)
    line = clinic.house.desk.keyholder.reviews(clinic.house.login("gita"))[0].line
    assert web.post("/officer/review", {"line": line, "words": "short"}).status == 400
    done = web.post("/officer/review", {"line": line, "words": WORDS})
    assert (done.status, done.headers["location"]) == (303, "/officer?said=done")
    words = web.get("/officer?said=done").words
    assert "Done, and written down" in words
    assert "Nothing waits for review" in words


def test_anybodys_session_is_ended(clinic: Clinic) -> None:
    aiko, web = clinic.web("aiko"), officer(clinic)
    live = clinic.house.desk.keyholder.sessions(clinic.house.login("gita"))
    session = next(each.session for each in live if each.person == "aiko")
    assert web.post("/officer/end", {"session": session.hex()}).status == 303
    clinic.house.clock.move(seconds=2)
    assert aiko.get("/ward").status == 401


def test_a_freeze_is_one_persons_and_its_end_two_peoples(clinic: Clinic) -> None:
    web = officer(clinic)
    person = {"scope": "person", "who": "aiko"}
    assert web.post("/officer/freeze", person).status == 400
    assert web.post("/officer/freeze", {**person, "sure": "yes"}).status == 303
    assert "person aiko" in web.get("/officer").words
    waits = web.post("/officer/unfreeze", person)
    assert waits.headers["location"] == "/officer?said=second"
    assert "Approve" not in web.get("/officer").words
    second = officer(clinic, "gita")
    proposal = clinic.house.desk.keyholder.proposals(clinic.house.login("gita"))[0].proposal
    assert second.post("/officer/approve", {"proposal": proposal.hex()}).status == 303
    assert "Nothing is frozen" in second.get("/officer").words


def test_nobody_is_their_own_second_person(clinic: Clinic) -> None:
    web = officer(clinic)
    site = {"scope": "site", "who": "", "sure": "yes"}
    web.post("/officer/freeze", site)
    web.post("/officer/unfreeze", site)
    proposal = clinic.house.desk.keyholder.proposals(clinic.house.login("gita"))[0].proposal
    assert web.post("/officer/approve", {"proposal": proposal.hex()}).status == 403


def test_what_goes_on_is_shown_newest_first(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    aiko.get(clinic.chart(clinic.mine))
    aiko.get(clinic.chart(clinic.other))
    web = officer(clinic)
    clinic.house.clock.move(seconds=1)
    lines = web.get("/officer/lines?left=2", hx_request="true")
    words = lines.words
    assert words.index("logged in dewi") < words.index("opened refused") < words.index("treatment")
    assert 'hx-get="/officer/lines?left=1"' in lines.text
    assert clinic.house.verbs()[-1] == "audit"


def test_watching_ends_by_itself(clinic: Clinic) -> None:
    web = officer(clinic)
    assert "hx-trigger" not in web.get("/officer/lines?left=0", hx_request="true").text
    for asked in ("99999", "-1", "x", "999"):
        text = web.get(f"/officer/lines?left={asked}", hx_request="true").text
        assert ("left=59" in text) == (asked == "999")


def test_the_names_of_a_list_are_one_row(clinic: Clinic) -> None:
    for bed in range(3, 6):
        clinic.house.admit(clinic.bring(f"b{bed}", f"Bed{bed}"), bed=str(bed))
    clinic.web("aiko").get("/ward")
    web = officer(clinic)
    clinic.house.clock.move(seconds=1)
    assert "4 charts" in web.get("/officer/lines").words


@pytest.mark.attack
@pytest.mark.parametrize("person", ["aiko", "carla", "erik"])
def test_the_page_is_for_those_who_watch(clinic: Clinic, person: str) -> None:
    web = clinic.web(person)
    for place in ("/officer", "/officer/lines"):
        assert web.get(place).status == 403
    form = {"form": clinic_form(web), "scope": "site", "sure": "yes"}
    assert web.ask("POST", "/officer/freeze", form).status == 403


def clinic_form(web: Web) -> str:
    return web.get("/nothing").form


@pytest.mark.attack
def test_a_reason_is_text_whatever_it_says(clinic: Clinic) -> None:
    bad = "<img src=x onerror=alert(1)>"
    web = clinic.web("aiko")
    web.get("/ward")
    web.post(clinic.chart(clinic.other), {"reason": bad})
    page = officer(clinic).get("/officer")
    assert "<img" not in page.text
    assert bad in page.words


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("end", {"session": "x"}), ("approve", {"proposal": ""}), ("review", {"line": "-1"}),
        ("freeze", {"scope": "site", "who": "aiko", "sure": "yes"}),
        ("freeze", {"scope": "person", "who": "", "sure": "yes"}),
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused(
    clinic: Clinic, act: str, form: dict[str, str]
) -> None:
    assert officer(clinic).post(f"/officer/{act}", form).status == 400
