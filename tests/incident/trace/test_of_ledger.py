"""A site made of a real ledger: doors by who opened, versions by what changed."""

from pathlib import Path

import numpy as np
import pytest

from chartkeep.custody import lines
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.trace.doors.judging import Tier, judge
from chartkeep.incident.trace.doors.leak import gather
from chartkeep.incident.trace.doors.site import Kind
from chartkeep.incident.trace.doors.veil import Veil, lift
from chartkeep.incident.trace.found import Evidence
from chartkeep.incident.trace.indexing import bring_up
from chartkeep.incident.trace.of_ledger import numbers_of, site_of
from chartkeep.incident.trace.through import through
from chartkeep.model import Millis, Section
from tests.house import HouseRun, house
from tests.incident.trace.test_indexing import filled, granted, job, person

__all__ = ["filled", "house"]


@pytest.fixture
def columns(filled: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Columns:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    return Columns(tmp_path / "columns", b"c" * 32, filled.releases_key.name)


def test_who_opened_which_chart_when_is_a_door_and_its_openings(
    filled: HouseRun, columns: Columns, tmp_path: Path
) -> None:
    grant = granted(filled)
    index = bring_up(job(filled, tmp_path, grant)).index
    assert index is not None
    charts = [index.chart(number) for number in range(4)]
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
    veil, shares = Veil.fresh()
    site = site_of(columns, index, veil, posted)
    kinds = {door.kind: door for door in site.doors}
    assert kinds[Kind.EXPORT].id == grant.hex()
    assert lift(shares[:2], kinds[Kind.PERSON].id, ["budi", "aiko"]) == "aiko"
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
    leak = gather(evidence, numbers, [Section.IDENTITY], posted)
    asked = through(evidence, columns, index, posted, [grant])
    assert asked is not None
    assert asked.answer.tier is Tier.NOTHING
    assert not any("aiko" in each for each in asked.words())
    assert asked.nested.certain.size == 4
    assert through([], columns, index, posted) is None
    answer = judge(leak, site)
    assert answer.tier is not Tier.NAMED
    assert not answer.suspects
    marked = through(evidence, columns, index, posted, marked={grant: 1e-6, b"g" * 16: 1e-9})
    assert marked is not None
    assert [each.id for each in marked.answer.marked] == [grant.hex()]
    assert marked.answer.tier is Tier.NAMED
    assert set(marked.sets["certain"]) == set(charts)
    assert set(marked.sets["possible"]) >= set(marked.sets["implied"]) >= set(charts)
