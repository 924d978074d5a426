"""A site made of a real ledger: doors by who opened, versions by what changed."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from chartkeep.custody import lines
from chartkeep.custody.paper import PACK_REASON
from chartkeep.custody.release import Look, release
from chartkeep.fingerprint.keys import FingerprintKey
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.doors.judging import Tier, judge
from chartkeep.incident.trace.doors.leak import gather
from chartkeep.incident.trace.doors.site import EVER, Kind, sort_changes
from chartkeep.incident.trace.doors.veil import Veil
from chartkeep.incident.trace.found import Evidence
from chartkeep.incident.trace.index import Index
from chartkeep.incident.trace.indexing import bring_up
from chartkeep.incident.trace.nested import nest
from chartkeep.incident.trace.of_ledger import numbers_of, site_of
from chartkeep.incident.trace.through import through
from chartkeep.keyholder import details
from chartkeep.keyholder.budget import Kind as Budget
from chartkeep.ledger.line import Line
from chartkeep.model import PRINTED_SECTIONS, ChartId, Millis, Purpose, Section, to_text
from tests.house import HouseRun, house
from tests.incident.estimate.ledgers import written
from tests.incident.trace.test_indexing import ALL, filled, granted, job, person

__all__ = ["filled", "house"]


@pytest.fixture
def columns(filled: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Columns:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    return Columns(tmp_path / "columns", b"c" * 32, filled.releases_key.name)


def test_who_opened_which_chart_when_is_a_door_and_its_openings(
    filled: HouseRun, columns: Columns, tmp_path: Path
) -> None:
    grant = granted(filled, sections=ALL)
    index = bring_up(job(filled, tmp_path, grant)).index
    assert index is not None
    charts = [index.chart(number) for number in range(4)]
    look = Look(filled.login("carla"), PRINTED_SECTIONS, Purpose.AUDIT, "trace index", grant)
    for chart in charts:  # as of what came before there were fingerprints
        release(chart, look, filled.desk)
    filled.clock.move(seconds=60)
    for chart in charts[:2]:
        filled.admit(chart)
        filled.open(filled.login("aiko"), chart, frozenset({Section.RESULTS}))
        filled.clock.move(seconds=60)
    filled.send(person(1, birthDate="1961-01-01"))
    index = bring_up(job(filled, tmp_path, grant)).index
    assert index is not None
    filled.clock.move(seconds=60)
    posted = Millis(filled.now() + 1_000)
    filled.clock.move(seconds=60)
    token = filled.login("dewi", "second desk")
    fill(columns, filled.join("second desk"), filled.releases_key, token, filled.now())
    veil = Veil(b"v" * 32)
    site = site_of(columns, index, veil, posted)
    kinds = {door.kind: door for door in site.doors}
    assert kinds[Kind.EXPORT].id == grant.hex()
    assert veil.lift(kinds[Kind.PERSON].id, ["budi", "aiko"]) == "aiko"
    numbers = numbers_of(columns, charts)
    assert set(numbers) == set(charts)
    door = site.doors.index(kinds[Kind.PERSON])
    opened = np.flatnonzero(site.openings.door == door)
    whose = np.searchsorted(site.openings.offsets, opened, side="right") - 1
    assert set(whose.tolist()) == {numbers[chart] for chart in charts[:2]}
    assert len(site.stays.chart) == 2
    whole = np.array([numbers[chart] for chart in charts])
    begins, _ = site.histories.interval(whole, np.full(4, posted // 1_000))
    assert len(set(begins.tolist())) == 2
    bare = site_of(columns, index, veil, posted, without=[grant])
    assert [each.kind for each in bare.doors] == [Kind.PERSON]
    evidence = [Evidence(row, chart, 1.0, ("name",)) for row, chart in enumerate(charts, 1)]
    leak = gather(evidence, numbers, posted)
    asked = through(evidence, columns, index, posted, veil)
    assert asked is not None
    assert asked.answer.tier is Tier.NOTHING
    assert not any("aiko" in each for each in asked.words())
    assert asked.nested.certain.size == 4
    assert through([], columns, index, posted, veil) is None
    answer = judge(leak, site)
    assert answer.tier is not Tier.NAMED
    assert not answer.suspects
    index = replace(index, grants=frozenset())
    marked = through(evidence, columns, index, posted, veil, marked={grant: 1e-6, b"g" * 16: 1e-9})
    assert marked is not None
    assert [each.id for each in marked.answer.marked] == [grant.hex()]
    assert marked.answer.tier is Tier.NAMED
    assert set(marked.sets["certain"]) == set(charts)
    alone = through([], columns, index, posted, veil, marked={grant: 1e-6})
    assert alone is not None
    assert [each.id for each in alone.answer.marked] == [grant.hex()]
    assert set(alone.sets["implied"]) == set(charts)
    assert set(marked.sets["possible"]) >= set(marked.sets["implied"]) >= set(charts)


OPENED = details.pack(details.Released("TREAT", "", "chart", True, 99, b"", 1))
DAY = 86_400_000


def _opens(time: int, person: str, chart: bytes = b"c" * 16, instance: str = "pc-1") -> Line:
    return Line(
        time, "release", person=person, session=b"s" * 16, instance=instance, chart=chart,
        sections=4, detail=OPENED,
    )  # fmt: skip


def _nothing_indexed() -> Index:
    return Builder(FingerprintKey(b"k" * 32)).finish()


def test_programs_backups_and_gaps_are_doors_of_their_own_kind(tmp_path: Path) -> None:
    signed = details.pack(details.LoggedIn(b"t" * 32, 9, -1, b"assertion", 9))
    columns = written(
        tmp_path,
        [
            Line(1 * DAY, "login", person="laboratory", instance="feed-1", detail=signed),
            _opens(2 * DAY, "laboratory"),
            _opens(3 * DAY, "", instance="feed-2"),
            _opens(4 * DAY, "aiko"),
            Line(5 * DAY, "backup", detail=details.pack(details.Told())),
            Line(9 * DAY, "gap", detail=details.pack(details.Gap(4, 90, 6 * DAY))),
            Line(20 * DAY, "backup", detail=details.pack(details.Told())),
        ],
    )
    veil = Veil(b"v" * 32)
    site = site_of(columns, _nothing_indexed(), veil, Millis(10 * DAY))
    found = {(each.kind, each.id): each for each in site.doors if each.kind is not Kind.PERSON}
    assert set(found) == {
        (Kind.PROGRAM, "laboratory"), (Kind.PROGRAM, "feed-2"),
        (Kind.BACKUP, "of 1970-01-06 00:00Z"),
        (Kind.GAP, "lines 4 to 90 of the ledger are lost"),
    }  # fmt: skip
    (person,) = (each for each in site.doors if each.kind is Kind.PERSON)
    assert veil.lift(person.id, ["laboratory", "aiko"]) == "aiko"
    gap = found[Kind.GAP, "lines 4 to 90 of the ledger are lost"]
    assert (gap.moment, gap.until) == (6 * DAY, 9 * DAY)


def test_a_gap_may_have_held_what_stood_in_it_and_nobody_knows_what_else(tmp_path: Path) -> None:
    columns = written(
        tmp_path,
        [
            *(_opens(at, "aiko", bytes([at]) * 16) for at in range(1, 50)),
            Line(9 * DAY, "gap", detail=details.pack(details.Gap(50, 90, 6 * DAY))),
        ],
    )
    site = site_of(columns, _nothing_indexed(), Veil(b"v" * 32), Millis(10 * DAY))
    (gap,) = (each for each in site.doors if each.kind is Kind.GAP)
    for window, held in [((7 * DAY, 8 * DAY), 9), ((1 * DAY, 5 * DAY), 0)]:
        span = (Millis(window[0]), Millis(window[1]))
        evidence = [
            Evidence(at, ChartId(bytes([at]) * 16), 1.0, (), (span,)) for at in range(1, 10)
        ]
        numbers = numbers_of(columns, [each.chart for each in evidence])
        leak = gather(evidence, numbers, Millis(10 * DAY))
        answer = judge(leak, site)
        assert answer.bulk == (((gap, held),) if held else ())
        assert nest(leak, answer, site).implied.size == 9


def test_the_number_of_a_packs_sheet_names_the_pack_alone(tmp_path: Path) -> None:
    packs = [bytes([at]) * 16 for at in (1, 2)]
    lines = [
        msgspec.structs.replace(
            _opens(at * DAY, "packer-1", bytes([at]) * 16),
            detail=details.pack(
                details.Released(
                    "TREAT", PACK_REASON + to_text(pack), Budget.PACK, True, 99, b"g" * 16, 1
                )
            ),
        )
        for at, pack in enumerate(packs, 1)
    ]
    asked = through(
        [],
        written(tmp_path, lines),
        _nothing_indexed(),
        Millis(9 * DAY),
        Veil(bytes(32)),
        marked={packs[1][:4]: 1e-9},
    )
    assert asked is not None
    assert asked.answer.tier is Tier.NAMED
    assert [(each.kind, each.id) for each in asked.answer.marked] == [(Kind.PACK, packs[1].hex())]
    assert asked.sets["implied"] == [bytes([2]) * 16]


def test_a_row_is_not_cut_by_changes_of_what_it_does_not_tell() -> None:
    chart, at = np.array([0, 0]), np.array([50, 50])
    name, phone = (np.array([0]), np.array([10])), (np.array([0, 0]), np.array([40, 60]))
    histories = sort_changes(name, phone)
    start, end = histories.interval(chart, at, np.array([0b01, 0b11]))
    assert start.tolist() == [10, 40]
    assert end.tolist() == [EVER, 60]
