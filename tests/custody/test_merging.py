"""Merged charts: one person everywhere, two releases, every entry kept, and parted again."""

from typing import Any

import pytest

from chartkeep.clinical.claim import Claim, Number
from chartkeep.custody.charts import Charts
from chartkeep.custody.house import House
from chartkeep.custody.merging import Merges, merge, person_charts, unmerge
from chartkeep.custody.placing import find_chart
from chartkeep.custody.release import Look
from chartkeep.errors import ChartkeepError, ConflictError, NotAllowedError, NotFoundError
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.store.protocol import Commit
from tests.house import CARE, HouseRun, Meddling
from tests.records import lab, put

MRN = "http://minato.example/mrn"
CASES = Look(b"", CARE, Purpose.TREATMENT)


def person(house: HouseRun, name: str, number: str, family: str) -> ChartId:
    """A patient with a result."""
    body: dict[str, Any] = {
        "name": [{"family": family, "given": ["Linda"]}],
        "identifier": [{"system": MRN, "value": number}],
    }
    sent = house.send(put("Patient", name, **body), lab(f"o{name}", f"Patient/{name}"))
    return sent.charts[0]


@pytest.fixture
def two(house: HouseRun) -> tuple[ChartId, ChartId]:
    """Linda Sato, and Linda Sato again under her maiden name."""
    return person(house, "a", "1", "Sato"), person(house, "b", "2", "Mori")


def placed(house: HouseRun, number: str, *names: str) -> ChartId | None:
    """Where a worker that remembers nothing files to."""
    return find_chart(Claim((Number(MRN, number),), names), house.join("engine"))


def together(house: HouseRun, chart: ChartId, token: bytes) -> list[ChartId]:
    return person_charts(chart, CASES._replace(token=token), Charts(house.desk))


def test_what_names_the_one_that_went_is_filed_to_the_one_that_goes_on(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    survivor, gone = two
    assert placed(house, "2") == gone
    merge(survivor, gone, house.engine)
    assert placed(house, "2") == placed(house, "1") == survivor
    assert placed(house, "2", "Mori") == placed(house, "2", "Sato") == survivor


def test_a_merge_is_seen_by_who_made_it_at_once_and_by_others_within_minutes(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    survivor, gone = two
    claim, other = Claim((Number(MRN, "2"),)), house.join("engine")
    assert find_chart(claim, house.engine) == find_chart(claim, other) == gone
    merge(survivor, gone, house.engine)
    assert find_chart(claim, house.engine) == survivor
    house.clock.move(minutes=15)
    assert find_chart(claim, other) == survivor


def test_a_merged_person_is_found_once_by_either_name(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    survivor, gone = two
    merge(survivor, gone, house.engine)
    aiko = house.login("aiko")
    for query in ({"name": "Sato"}, {"name": "Mori"}, {"name": "Linda"}, {"identifier": "2"}):
        (face,) = house.search(aiko, **query)
        assert face.chart == survivor
    assert {name.family for name in house.search(aiko, name="Linda")[0].person.names} == {
        "Sato",
        "Mori",
    }


def test_from_either_chart_both_are_shown(house: HouseRun, two: tuple[ChartId, ChartId]) -> None:
    survivor, gone = two
    for chart in two:
        house.admit(chart)
    aiko = house.login("aiko")
    assert together(house, survivor, aiko) == [survivor]
    merge(survivor, gone, house.engine)
    assert together(house, survivor, aiko) == [survivor, gone]
    assert together(house, gone, aiko) == [gone, survivor]


def test_a_chart_that_was_never_merged_costs_no_line(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    aiko = house.login("aiko")
    before = len(house.lines())
    together(house, two[0], aiko)
    assert len(house.lines()) == before


def test_the_same_merge_again_changes_nothing(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    survivor, gone = two
    merge(survivor, gone, house.engine)
    newest = [house.desk.store.newest(chart) for chart in two]
    merge(survivor, gone, house.join("engine"))
    assert [house.desk.store.newest(chart) for chart in two] == newest


def test_parted_again_each_has_what_it_had_and_both_histories_stay(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    survivor, gone = two
    for chart in two:
        house.admit(chart)
    aiko = house.login("aiko")
    before = [house.open(aiko, chart).entries for chart in two]
    merge(survivor, gone, house.engine)
    unmerge(survivor, gone, house.engine)
    assert (placed(house, "1"), placed(house, "2")) == (survivor, gone)
    assert len(house.search(aiko, name="Linda")) == 2
    assert together(house, survivor, aiko) == [survivor]
    assert together(house, gone, aiko) == [gone]
    for chart, entries in zip(two, before, strict=True):
        opened = house.open(aiko, chart)
        kept = {(e.header.entry_id, e.header.version): e.raw for e in opened.entries}
        assert {(e.header.entry_id, e.header.version): e.raw for e in entries}.items() <= (
            kept.items()
        )
        history = house.open(aiko, chart, history=True).entries
        assert [e.header.version for e in history if e.header.kind == "FaceLink"] == [1, 2]


def test_after_parting_they_are_merged_anew(house: HouseRun, two: tuple[ChartId, ChartId]) -> None:
    survivor, gone = two
    merge(survivor, gone, house.engine)
    unmerge(survivor, gone, house.engine)
    unmerge(survivor, gone, house.engine)
    merge(survivor, gone, house.engine)
    assert placed(house, "2") == survivor


def test_parting_what_was_never_merged_writes_nothing(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    newest = [house.desk.store.newest(chart) for chart in two]
    unmerge(*two, house.engine)
    assert [house.desk.store.newest(chart) for chart in two] == newest


def test_who_was_merged_wrongly_is_merged_into_another(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    wrong, gone = two
    right = person(house, "c", "3", "Sato")
    merge(wrong, gone, house.engine)
    merge(right, gone, house.engine)
    assert placed(house, "2") == right
    for chart in (wrong, gone, right):
        house.admit(chart)
    aiko = house.login("aiko")
    assert together(house, wrong, aiko) == [wrong]
    assert together(house, right, aiko) == [right, gone]
    assert {face.chart for face in house.search(aiko, name="Linda")} == {wrong, right}


def test_a_row_of_merges_leads_to_its_end(house: HouseRun, two: tuple[ChartId, ChartId]) -> None:
    middle, first = two
    last = person(house, "c", "3", "Sato")
    merge(middle, first, house.engine)
    merge(last, middle, house.engine)
    assert {placed(house, number) for number in "123"} == {last}
    aiko = house.login("aiko")
    assert [face.chart for face in house.search(aiko, name="Linda")] == [last]
    for chart in (first, middle, last):
        house.admit(chart)
    assert together(house, first, aiko) == [first, middle, last]


def test_no_ring_is_made(house: HouseRun, two: tuple[ChartId, ChartId]) -> None:
    first, second = two
    third = person(house, "c", "3", "Sato")
    merge(first, second, house.engine)
    merge(third, first, house.engine)
    for survivor, gone in ((second, first), (second, third), (first, first)):
        with pytest.raises(ConflictError):
            merge(survivor, gone, house.engine)


def test_only_charts_of_patients_are_merged(house: HouseRun, two: tuple[ChartId, ChartId]) -> None:
    for other in (ChartId(b"x" * 16), house.engine.chart):
        with pytest.raises(NotFoundError):
            merge(two[0], other, house.engine)


def cut_after(house: HouseRun, commits: int) -> House:
    """A worker that dies before one of its commits."""
    worker = house.join("engine")
    done = 0

    def commit(real: Any, asked: Commit) -> Any:
        nonlocal done
        done += 1
        if done > commits:
            raise ChartkeepError("killed")
        return real(asked)

    worker.store = Meddling(worker.store, commit=commit)  # type: ignore[assignment]
    return worker


@pytest.mark.parametrize("commits", [0, 1])
def test_a_merge_cut_short_is_done_again(
    house: HouseRun, two: tuple[ChartId, ChartId], commits: int
) -> None:
    survivor, gone = two
    with pytest.raises(ChartkeepError, match="killed"):
        merge(survivor, gone, cut_after(house, commits))
    assert placed(house, "2") == gone  # half a merge moves nothing
    merge(survivor, gone, house.engine)
    assert placed(house, "2") == survivor


@pytest.mark.parametrize("commits", [0, 1])
def test_an_undoing_cut_short_is_done_again(
    house: HouseRun, two: tuple[ChartId, ChartId], commits: int
) -> None:
    survivor, gone = two
    merge(survivor, gone, house.engine)
    with pytest.raises(ChartkeepError, match="killed"):
        unmerge(survivor, gone, cut_after(house, commits))
    unmerge(survivor, gone, house.engine)
    assert placed(house, "2") == gone
    for chart in two:
        house.admit(chart)
    assert together(house, survivor, house.login("aiko")) == [survivor]


@pytest.mark.attack
def test_a_forged_merge_opens_nothing(house: HouseRun, two: tuple[ChartId, ChartId]) -> None:
    mine, other = two
    house.admit(mine)
    merge(mine, other, house.engine)
    aiko = house.login("aiko")
    house.open(aiko, mine)
    for chart in together(house, mine, aiko)[1:]:
        with pytest.raises(NotAllowedError):
            house.open(aiko, chart, frozenset({Section.CLINICAL, Section.RESULTS}))
    unmerge(mine, other, house.engine)
    assert placed(house, "2") == other


@pytest.mark.attack
def test_the_store_cannot_tell_who_was_merged(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    survivor, gone = two
    merge(survivor, gone, house.engine)
    found = house.desk.store.read(gone, [Section.FACE])
    assert all(survivor not in sealed for sealed in found.entries)


def test_a_writer_can_compare_who_was_merged_opening_nothing_and_asks_for_each_chart_once(
    house: HouseRun, two: tuple[ChartId, ChartId]
) -> None:
    survivor, gone = two
    merge(survivor, gone, house.engine)
    program = house.join("incident")
    merges = Merges(program)
    assert merges.among([[gone, survivor]]) == {gone: survivor}
    assert merges.among([[gone], [survivor]]) == {}
    before = house.verbs()
    house.stop_store()
    assert merges.among([[survivor, gone]]) == {gone: survivor}
    house.start_store()
    assert house.verbs() == before
    unmerge(survivor, gone, house.engine)
    assert Merges(house.join("incident")).among([[gone, survivor]]) == {}
