"""The chart: what stands first is open at one look, the rest is asked for, and by others: why."""

from io import BytesIO

import pytest

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.merging import merge
from chartkeep.imaging.taking import File, Sender, Taker
from chartkeep.inventor.dicom import Where, Whose, xray
from chartkeep.model import ChartId, Section, to_text
from tests.console.conftest import Clinic

WHY = "found unconscious, no ward known"


def test_what_matters_stands_first(clinic: Clinic) -> None:
    chart = clinic.web("aiko").get(clinic.chart(clinic.mine))
    words = chart.words
    assert chart.status == 200
    assert words.index("Hana Tanaka") < words.index("latex") < words.index("asthma")
    assert words.index("asthma") < words.index("6.25 mmol/L")
    assert "2 values" in words


def test_one_look_is_one_line_and_the_page_names_it(clinic: Clinic) -> None:
    web, before = clinic.web("aiko"), len(clinic.house.lines())
    words = web.get(clinic.chart(clinic.mine)).words
    released = clinic.house.lines()[before:]
    assert [line.verb for line in released] == ["release"]
    assert f"Results: line {before}, open until 08:05" in words


def test_what_is_open_is_shown_again_without_a_line(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    web.get(clinic.chart(clinic.mine))
    before = len(clinic.house.lines())
    assert web.get(clinic.chart(clinic.mine)).status == 200
    assert len(clinic.house.lines()) == before


def test_what_is_restricted_stays_folded_until_it_is_asked_for(clinic: Clinic) -> None:
    web, place = clinic.web("aiko"), clinic.chart(clinic.mine)
    assert "secret" not in web.get(place).text
    piece = web.get(f"{place}/restricted", hx_request="true")
    assert "secret" in piece.words
    assert "<html" not in piece.text
    assert clinic.house.lines()[-1].sections == 1 << Section.RESTRICTED
    assert "secret" in web.get(f"{place}?open=restricted").words


def test_a_clerk_sees_the_address_and_nothing_of_the_illness(clinic: Clinic) -> None:
    words = clinic.web("carla").get(clinic.chart(clinic.mine)).words
    assert "Address and insurance" in words
    assert "asthma" not in words
    assert "latex" not in words


@pytest.mark.attack
@pytest.mark.parametrize("more", ["", "/restricted", "/documents", "?open=restricted"])
def test_a_chart_of_another_ward_is_a_question_and_nothing_else(clinic: Clinic, more: str) -> None:
    answer = clinic.web("aiko").get(clinic.chart(clinic.other) + more)
    assert answer.status == 403
    for word in ("Suzuki", "asthma", "latex", "1956", "mrn-7q"):
        assert word not in answer.text


@pytest.mark.attack
def test_a_chart_that_is_not_there_looks_like_one_that_is_not_ones_own(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    there, nowhere = (web.get(clinic.chart(ident)) for ident in (clinic.other, b"n" * 16))
    assert (there.status, nowhere.status) == (403, 403)
    assert there.text.replace(to_text(clinic.other), "") == nowhere.text.replace(
        to_text(b"n" * 16), ""
    )


def test_breaking_the_glass_needs_a_reason(clinic: Clinic) -> None:
    web, place = clinic.web("aiko"), clinic.chart(clinic.other)
    web.get(place)
    answer = web.post(place, {"reason": "   hurry   "})
    assert answer.status == 403
    assert "Say in at least eight letters why" in answer.words
    assert "Suzuki" not in answer.text


def test_a_reason_opens_the_chart_and_is_told_to_the_officer(clinic: Clinic) -> None:
    web, place = clinic.web("aiko"), clinic.chart(clinic.other)
    web.get(place)
    chart = web.post(place, {"reason": WHY})
    assert chart.status == 200
    assert "Hana Suzuki" in chart.words
    assert f"The privacy officer has been told. Your reason: {WHY}" in chart.words
    officer = clinic.web("dewi").get("/officer").words
    assert "Break-glass to review 1" in officer
    assert WHY in officer


def test_more_of_a_broken_chart_is_opened_under_the_same_reason(clinic: Clinic) -> None:
    web, place = clinic.web("aiko"), clinic.chart(clinic.other)
    web.get(place)
    assert web.get(f"{place}/restricted").status == 403
    piece = web.post(f"{place}/restricted", {"reason": WHY}, hx_request="true")
    assert "secret" in piece.words


def test_after_the_glass_was_broken_the_plain_page_still_asks_why(clinic: Clinic) -> None:
    web, place = clinic.web("aiko"), clinic.chart(clinic.other)
    web.get(place)
    web.post(place, {"reason": WHY})
    assert web.get(place).status == 403


@pytest.mark.attack
@pytest.mark.parametrize("person", ["carla", "dewi", "erik"])
def test_who_treats_nobody_breaks_no_glass(clinic: Clinic, person: str) -> None:
    web, place = clinic.web(person), clinic.chart(clinic.other)
    web.get("/ward" if person != "erik" else "/nothing")
    answer = web.post(place, {"reason": WHY})
    assert answer.status == 403
    assert "asthma" not in answer.text


def test_every_look_is_in_the_journal(clinic: Clinic) -> None:
    web = clinic.web("aiko")
    seen: list[tuple[str, bytes]] = []
    clinic.desk.journal.note = lambda note: seen.append((note.interaction, note.chart))  # type: ignore[method-assign] # listening in
    web.get(clinic.chart(clinic.mine))
    web.get(clinic.chart(clinic.mine))
    assert seen == [("summary", clinic.mine)] * 2


def test_an_entry_that_does_not_open_is_said_and_the_rest_is_shown(clinic: Clinic) -> None:
    look = clinic.desk.charts.look
    clinic.desk.charts.look = lambda *asked: [  # type: ignore[method-assign] # a store that lies
        held._replace(damaged=("entry x was changed",)) for held in look(*asked)
    ]
    words = clinic.web("aiko").get(clinic.chart(clinic.mine)).words
    assert "Entries of this chart that do not open: 1" in words
    assert "asthma" in words


def test_what_a_consent_keeps_shut_is_said_and_the_way_in_is_shown(clinic: Clinic) -> None:
    look = clinic.desk.charts.look
    clinic.desk.charts.look = lambda *asked: [  # type: ignore[method-assign] # as a consent would
        held._replace(withheld=held.section == Section.RESULTS) for held in look(*asked)
    ]
    web, place = clinic.web("aiko"), clinic.chart(clinic.mine)
    assert "The patient's consent keeps this shut: Results" in web.get(place).words
    assert "Why do you need this chart now?" in web.get(f"{place}?glass=yes").words


def test_a_merged_persons_chart_shows_both(clinic: Clinic) -> None:
    clinic.house.admit(clinic.other, bed="3")
    merge(ChartId(clinic.mine), ChartId(clinic.other), clinic.house.engine)
    lines = len(clinic.house.lines())
    got = clinic.web("aiko").get(clinic.chart(clinic.mine))
    assert "Two charts of this person were merged" in got.words
    assert "Tanaka" in got.words
    assert clinic.chart(clinic.other) in got.text
    assert "written 2 times" in got.words
    opened = [line.chart for line in clinic.house.lines()[lines:] if line.verb == "release"]
    assert {clinic.mine, clinic.other} == set(opened)


@pytest.mark.attack
def test_a_forged_merge_shows_nothing_but_that_it_was_made(clinic: Clinic) -> None:
    merge(ChartId(clinic.mine), ChartId(clinic.other), clinic.house.engine)
    got = clinic.web("aiko").get(clinic.chart(clinic.mine))
    assert got.status == 200
    assert "Another chart of this person is not open to you" in got.words
    assert "Suzuki" not in got.words


def test_studies_of_pictures_are_listed_for_who_may_open_them(clinic: Clinic) -> None:
    taker = Taker(clinic.house.engine, Issuers({}))
    for number in (1, 2):
        where = Where("2.25.7", "2.25.8", f"2.25.9.{number}", "20261101", "0815", "A-17", number)
        data = xray(Whose("mrn-7p", "", "", ""), where, 16)
        assert taker.take_one(File(BytesIO(data)), Sender("CR1", "urn:mrn")).chart is not None
    words = clinic.web("aiko").get(clinic.chart(clinic.mine)).words
    assert "1 Nov 2026 08:15 CR 1 2 A-17" in words
    assert "A-17" not in clinic.web("carla").get(clinic.chart(clinic.mine)).words
