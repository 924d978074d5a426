"""What sessions have open in a worker: once in memory, and each session by its own line."""

from collections.abc import Callable
from typing import Any

import pytest

from chartkeep.custody.charts import SMALLEST, Charts, Held
from chartkeep.custody.release import Look
from chartkeep.errors import NotAllowedError
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.sealing.wrap import read_wrap
from chartkeep.store.protocol import Found
from tests.house import HouseRun, Meddling
from tests.records import lab, patient

RESULTS = frozenset({Section.RESULTS})


@pytest.fixture
def chart(house: HouseRun) -> ChartId:
    sent = house.send(patient(), lab(), lab("o2"))
    house.admit(sent.charts[-1])
    return sent.charts[-1]


def look(
    charts: Charts, chart: ChartId, token: bytes, purpose: Purpose = Purpose.TREATMENT
) -> Held:
    (held,) = charts.look(chart, Look(token, RESULTS, purpose, "said in a few words"))
    return held


def test_two_sessions_have_the_same_in_memory_once_and_a_line_each(
    house: HouseRun, chart: ChartId
) -> None:
    charts = Charts(house.desk)
    mine = look(charts, chart, house.login("aiko"))
    theirs = look(charts, chart, house.login("aiko"))
    assert mine.content is theirs.content
    assert mine.line != theirs.line


def test_what_is_written_elsewhere_in_a_chart_leaves_a_section_as_it_is_in_memory(
    house: HouseRun, chart: ChartId
) -> None:
    charts, aiko = Charts(house.desk), house.login("aiko")
    before = look(charts, chart, aiko)
    house.send(patient(family="Suzuki"))
    after = look(charts, chart, aiko)
    assert after.line > before.line
    assert after.content is before.content
    house.send(lab("o3"))
    assert len(look(charts, chart, aiko).entries) == 3


@pytest.mark.attack
def test_what_others_have_open_opens_to_nobody_else(house: HouseRun, chart: ChartId) -> None:
    charts = Charts(house.desk)
    look(charts, chart, house.login("aiko"))
    with pytest.raises(NotAllowedError):
        look(charts, chart, house.login("budi"))


def test_a_session_that_ends_takes_nothing_from_the_others(house: HouseRun, chart: ChartId) -> None:
    charts, aiko, gita = Charts(house.desk), house.login("aiko"), house.login("aiko")
    look(charts, chart, aiko)
    held = look(charts, chart, gita)
    charts.forget(aiko)
    lines = len(house.lines())
    assert look(charts, chart, gita) == held
    assert len(house.lines()) == lines
    charts.forget(gita)
    assert charts.used == 0


def test_memory_stays_within_its_bound(house: HouseRun, chart: ChartId) -> None:
    whole = look(Charts(house.desk), chart, house.login("aiko")).content.bytes
    charts, aiko = Charts(house.desk, most=whole + SMALLEST + 1), house.login("aiko")
    for at in range(4):
        other = house.send(patient(f"p{at}"), lab(f"o-{at}", f"Patient/p{at}")).charts[-1]
        house.admit(other)
        look(charts, ChartId(other), aiko)
    assert 0 < charts.used <= whole + SMALLEST + 1


@pytest.mark.attack
def test_what_lies_open_for_another_is_shown_to_nobody_without_its_key(
    house: HouseRun, chart: ChartId
) -> None:
    desk, both = house.join("desk"), RESULTS | {Section.FACE}
    assert len(house.open(house.login("aiko"), chart, both, house=desk).entries) == 3

    def hide(real: Callable[..., Found], *asked: Any, **how: Any) -> Found:
        found = real(*asked, **how)
        wraps = [wrap for wrap in found.wraps if read_wrap(wrap).section != Section.RESULTS]
        return Found(wraps, found.entries, 0)

    desk.store = Meddling(desk.store, read=hide)  # type: ignore[assignment]
    opened = house.open(house.login("aiko"), chart, both, house=desk)
    assert [entry.header.kind for entry in opened.entries] == ["FacePerson"]
    assert len(opened.damaged) == 2


def test_faces_of_many_charts_are_opened_together_and_once_in_a_lease(house: HouseRun) -> None:
    charts = [house.send(patient(f"p{n}"), source=f"feed {n}").charts[-1] for n in range(3)]
    open_here, aiko = Charts(house.desk), house.login("aiko")
    wanted = Look(aiko, frozenset({Section.FACE}), Purpose.TREATMENT)
    first = open_here.faces(charts, wanted)
    assert list(first) == charts
    assert all(held.entries for held in first.values())
    lines = len(house.lines())
    assert open_here.faces(charts, wanted) == first
    assert len(house.lines()) == lines


def test_a_face_that_changed_is_opened_again(house: HouseRun) -> None:
    (chart,) = house.send(patient()).charts
    open_here, aiko = Charts(house.desk), house.login("aiko")
    wanted = Look(aiko, frozenset({Section.FACE}), Purpose.TREATMENT)
    before = open_here.faces([chart], wanted)[chart]
    house.send(patient(family="Suzuki"))
    after = open_here.faces([chart], wanted)[chart]
    assert after.line > before.line
    assert after.content is not before.content


def test_a_chart_nobody_has_is_left_out_of_a_list(house: HouseRun) -> None:
    wanted = Look(house.login("aiko"), frozenset({Section.FACE}), Purpose.TREATMENT)
    assert Charts(house.desk).faces([ChartId(b"n" * 16)], wanted) == {}
