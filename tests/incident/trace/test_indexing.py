"""The index is built from real charts: two people let it, each chart is a line."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from chartkeep.errors import NotAllowedError, OverBudgetError, RefusedError
from chartkeep.fingerprint.keys import Field
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.at_desk import IndexPlace, Warrant
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.indexing import Job, bring_up
from chartkeep.incident.trace.matching import Matcher
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import PRINTED_SECTIONS, Purpose, Section
from tests.house import HouseRun, house
from tests.records import patient, put

__all__ = ["house"]
SECRET = b"the index of this desk, 32 bytes"
HOUR = 3_600_000
MRN = "https://minato.example/mrn"
PRINTS = mask(Section.FINGERPRINTS)
ALL = mask(*PRINTED_SECTIONS) | PRINTS
NAMES = ("Siti Aminah", "Budi Santoso", "Made Wirawan", "Putri Lestari", "Agus Setiawan")


def person(number: int, **changed: Any) -> Any:
    given, family = NAMES[number].split()
    kind = {"coding": [{"code": "MR"}]}
    body = {
        "birthDate": f"19{50 + number}-08-03",
        "gender": "female",
        "identifier": [{"type": kind, "system": MRN, "value": f"{4711_000 + number}"}],
        "telecom": [{"system": "phone", "value": f"0812345678{number}"}],
        "address": [{"line": [f"Jl. Melati No. {number + 1}"], "city": "Bandung"}],
    }
    return patient(f"p{number}", family, given, **{**body, **changed})


def result(number: int) -> Any:
    return put(
        "Observation", f"o{number}", status="final", code={"text": "glucose"},
        subject={"reference": f"Patient/p{number}"}, valueQuantity={"value": 5.5},
        effectiveDateTime="2026-05-01T08:15:00+09:00",
    )  # fmt: skip


def granted(house: HouseRun, charts: int = 50, sections: int = PRINTS) -> bytes:
    """Two privacy officers let carla open charts."""
    until = house.clock.at + HOUR
    wanted = actions.Grant("carla", charts, sections, until, Purpose.AUDIT)
    proposal = house.desk.keyholder.act(house.login("dewi"), wanted).proposal
    house.desk.keyholder.approve(house.login("gita"), proposal)
    return proposal


def place(house: HouseRun, folder: Path) -> IndexPlace:
    return IndexPlace(folder / "index", SECRET, house.engine.digest_key(), SECRET)


def job(house: HouseRun, folder: Path, grant: bytes) -> Job:
    warrant = Warrant(house.login("carla"), grant, house.desk)
    return Job(warrant, place(house, folder), house.join("incident"))


@pytest.fixture
def filled(house: HouseRun) -> HouseRun:
    for number in range(4):
        house.send(person(number), result(number))
    return house


def opened(house: HouseRun, grant: bytes) -> list[bytes]:
    return [line.chart for line in house.lines() if line.verb == "release" and grant in line.detail]


def test_each_chart_is_opened_once_with_a_line_and_found_by_its_rows(
    filled: HouseRun, tmp_path: Path
) -> None:
    grant = granted(filled)
    done = bring_up(job(filled, tmp_path, grant))
    assert (done.opened, done.filled, done.left_out) == (4, 0, 0)
    index = keeping.load(tmp_path / "index", SECRET)
    assert index.size == 4
    assert set(opened(filled, grant)) == {index.chart(number) for number in range(4)}
    ours = Matcher(index, place(filled, tmp_path).key)
    values = ("4711001", "SANTOSO, Budi", "03/08/1951", "5.50", "2026-05-01 08:15")
    others = ("4711003", "Putri Lestari", "03/08/1953", "5.5", "2026-05-01 08:15")
    labels = ours.label([values, others])
    first = next(ours.match([Row(1, values)], labels, 0.9))
    assert first.is_sure
    assert {"record number", "result"} <= set(first.copy)


def test_a_second_run_opens_only_what_is_new_or_changed(filled: HouseRun, tmp_path: Path) -> None:
    grant = granted(filled)
    bring_up(job(filled, tmp_path, grant))
    before = len(opened(filled, grant))
    filled.clock.move(seconds=60)
    moved = [{"line": ["Jl. Mawar No. 9"], "city": "Bogor"}]
    changed = filled.send(person(1, address=moved)).charts[-1]
    filled.send(person(4))
    done = bring_up(job(filled, tmp_path, grant))
    assert done.opened == 2
    assert changed in opened(filled, grant)[before:]
    index = done.index
    assert index is not None
    assert index.size == 5
    number = next(n for n in range(5) if index.chart(n) == changed)
    held = index.held(number, place(filled, tmp_path).key)
    spans = [held.spans(held.runs(Field.CITY, city)) for city in ("bandung", "bugur")]
    assert spans[0][0][1] == spans[1][0][0]
    assert bring_up(job(filled, tmp_path, grant)).opened == 0


def test_what_was_done_is_kept_when_the_grant_is_used_up(filled: HouseRun, tmp_path: Path) -> None:
    few = granted(filled, charts=2)
    done = bring_up(job(filled, tmp_path, few))
    assert done.beyond
    assert keeping.load(tmp_path / "index", SECRET).size == 2
    assert bring_up(job(filled, tmp_path, granted(filled))).opened == 2
    assert keeping.load(tmp_path / "index", SECRET).size == 4


def test_a_run_that_is_cut_short_goes_on_where_it_was(filled: HouseRun, tmp_path: Path) -> None:
    grant = granted(filled)

    def cut(done: int, _of: int) -> None:
        if done == 3:
            raise OverBudgetError("a budget is used up")

    with pytest.raises(OverBudgetError):
        bring_up(job(filled, tmp_path, grant), cut)
    assert keeping.load(tmp_path / "index", SECRET).size == 3
    assert bring_up(job(filled, tmp_path, grant)).opened == 1


def test_what_changed_and_was_not_opened_is_asked_for_again(
    filled: HouseRun, tmp_path: Path
) -> None:
    whole = bring_up(job(filled, tmp_path, granted(filled)))
    filled.clock.move(seconds=60)
    for number in range(4):
        filled.send(person(number, gender="male"))
    assert bring_up(job(filled, tmp_path, granted(filled, charts=1))).opened == 1
    done = bring_up(job(filled, tmp_path, granted(filled)))
    assert done.index is not None
    assert whole.index is not None
    assert (done.opened, done.index.own) == (3, whole.index.own)
    assert not done.index.again
    assert len(done.index.grants) == 3


def test_a_shredded_chart_leaves_the_index(filled: HouseRun, tmp_path: Path) -> None:
    chart = filled.send(person(4)).charts[-1]
    assert bring_up(job(filled, tmp_path, granted(filled))).opened == 5
    officers = [filled.login(name) for name in ("dewi", "gita")]
    proposal = filled.desk.keyholder.act(officers[0], actions.Shred(chart, "")).proposal
    filled.desk.keyholder.approve(officers[1], proposal)
    for _ in range(7):
        filled.clock.move(hours=24)
    deadline = time.monotonic() + 60
    while "shredded" not in filled.verbs() and time.monotonic() < deadline:
        time.sleep(0.1)
    filled.desk = filled.join("desk", b"new worker".ljust(16))  # the old one is too old
    done = bring_up(job(filled, tmp_path, granted(filled)))
    assert (done.opened, done.gone) == (0, frozenset({chart}))
    index = keeping.load(tmp_path / "index", SECRET)
    assert (index.size, chart in {index.chart(number) for number in range(4)}) == (4, False)
    assert len(index.arrays["owners"]) == len(index.arrays["tokens"])
    assert int(index.arrays["owners"].max()) == 3


@pytest.mark.attack
def test_nobody_builds_it_without_two_people(filled: HouseRun, tmp_path: Path) -> None:
    for grant in (b"", bytes(16)):
        with pytest.raises((NotAllowedError, RefusedError)):
            bring_up(job(filled, tmp_path, grant))
    warrant = Warrant(filled.login("dewi"), granted(filled), filled.desk)
    anothers = job(filled, tmp_path, b"")._replace(warrant=warrant)
    with pytest.raises(NotAllowedError):
        bring_up(anothers)
    with pytest.raises(RefusedError, match="fingerprints"):
        bring_up(job(filled, tmp_path, granted(filled, sections=mask(Section.RESULTS))))
    assert not (tmp_path / "index").exists()


@pytest.mark.attack
def test_what_lies_on_the_disk_says_nothing_of_the_charts(filled: HouseRun, tmp_path: Path) -> None:
    bring_up(job(filled, tmp_path, granted(filled)))
    lying = b"".join(path.read_bytes() for path in tmp_path.rglob("index/**/*") if path.is_file())
    assert len(lying) > 1_000
    assert not re.search(rb"(?i)budi|santoso|siti|4711|1951|melati|bandung", lying)
