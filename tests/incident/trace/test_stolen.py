"""What thieves do to fingerprints with what each has: they hide nobody and move no time."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from chartkeep.custody import deposit, prints
from chartkeep.custody.draft import Draft
from chartkeep.custody.house import House
from chartkeep.errors import NotAllowedError, RefusedError, SealBrokenError
from chartkeep.fingerprint.keys import Field
from chartkeep.fingerprint.prints import Prints, decode
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.building import MOST_MARKS, Builder
from chartkeep.incident.trace.indexing import Indexed, bring_up
from chartkeep.keyholder import actions
from chartkeep.keyholder.packs import check_terms
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Millis, Purpose, Section
from tests.house import HouseRun, house
from tests.incident.trace.people import KEY
from tests.incident.trace.test_indexing import PRINTS, SECRET, granted, job, person, place, result

__all__ = ["house"]
HOUR = 3_600_000
AWAY = [{"line": ["Jl. Mawar No. 9"], "city": "Tarakan"}]
Forge = Callable[[Prints], Prints]


class Stood(NamedTuple):
    """When a chart stood in the city it was first in, and in the one a thief writes."""

    home: list[tuple[Millis, Millis]]
    away: list[tuple[Millis, Millis]]


def index(house: HouseRun, folder: Path) -> Indexed:
    return bring_up(job(house, folder, granted(house)))


def stood(done: Indexed, house: HouseRun, folder: Path, chart: ChartId) -> Stood:
    assert done.index is not None
    number = next(n for n in range(done.index.size) if done.index.chart(n) == chart)
    held = done.index.held(number, place(house, folder).key)
    return Stood(*(held.spans(held.runs(Field.CITY, city)) for city in ("bandung", "tarakan")))


def move(house: HouseRun, patch: pytest.MonkeyPatch, forge: Forge) -> None:
    """Let a stolen feed move a patient, with fingerprints as it likes them."""

    def forged(drafts: Sequence[Draft], house: House) -> list[Draft]:
        true = prints.prints_of(drafts, house)
        return [
            prints.draft_prints(forge(decode(each.raw)), "forged", each.time, house)
            for each in true
        ]

    with patch.context() as stolen:
        stolen.setattr(deposit, "prints_of", forged)
        house.send(person(0, address=AWAY))


def earlier(said: Prints) -> Prints:
    return replace(said, people=[replace(each, time=each.time - HOUR) for each in said.people])


def oftener(said: Prints) -> Prints:
    return replace(said, people=said.people * 300)


def longer(said: Prints) -> Prints:
    return replace(said, records=b"".join(b"\0%08d" % number for number in range(MOST_MARKS)))


@pytest.mark.attack
@pytest.mark.parametrize("forge", [earlier, oftener, longer])
def test_a_stolen_writer_moves_no_time_and_crowds_nobody_out(
    house: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forge: Forge
) -> None:
    """What it says besides is not heard; what it deposited waits to be opened whole."""
    came = house.now()
    chart = house.send(person(0), result(0)).charts[-1]
    house.clock.move(hours=7)
    move(house, monkeypatch, forge)
    done = index(house, tmp_path)
    assert stood(done, house, tmp_path, chart) == Stood([(came, Millis(1 << 62))], [])
    assert (done.damaged, done.bare, done.again) == (1, 1, {chart})


@pytest.mark.attack
def test_no_entry_claims_a_time_from_before_its_key(
    house: HouseRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a stolen feed would write an address into a year in which a colleague looked."""
    house.send(person(0))
    house.clock.move(hours=7)
    stolen, now = house.join("engine"), house.now()
    monkeypatch.setattr(stolen, "clock", lambda: Millis(now - 2 * HOUR))
    with pytest.raises(RefusedError, match="earlier time"):
        house.send(person(0, address=AWAY), house=stolen)


def test_results_crowd_out_no_number() -> None:
    """Who lay in intensive care for long has more results than are kept, and still a number."""
    builder, chart = Builder(KEY), ChartId(b"c" * 16)
    builder.add(chart, [], ["4711001"], [f"{n}|2026-05-01T08:15" for n in range(MOST_MARKS)])
    assert builder.finish().held(0, KEY).is_marked(Field.RECORD, "4711001")


@pytest.mark.attack
def test_after_a_store_was_set_back_nothing_it_says_since_is_missed(
    house: HouseRun, tmp_path: Path
) -> None:
    """The day after a ransom: lines the index knows of come a second time, with other contents."""
    charts = [house.send(person(number)).charts[-1] for number in range(4)]
    store, copy = house.folder / "store", tmp_path / "copy"
    house.stop_store()
    shutil.copytree(store, copy)
    house.start_store()
    house.engine, house.desk = house.join("engine"), house.join("desk")
    house.send(person(4))
    assert index(house, tmp_path).opened == 5
    house.stop_store()
    shutil.rmtree(store)
    shutil.copytree(copy, store)
    house.start_store()
    house.engine, house.desk = house.join("engine"), house.join("desk")
    house.clock.move(seconds=60)
    for number in range(2):
        house.send(person(number, address=AWAY))
    done = index(house, tmp_path)
    assert [bool(stood(done, house, tmp_path, each).away) for each in charts] == [1, 1, 0, 0]
    assert index(house, tmp_path).opened == 0


@pytest.mark.attack
def test_neither_one_persons_grant_nor_one_that_ended_opens_any(
    house: HouseRun, tmp_path: Path
) -> None:
    house.send(person(0))
    asked = actions.Grant("carla", 9, PRINTS, house.clock.at + HOUR, Purpose.AUDIT)
    alone = house.desk.keyholder.act(house.login("dewi"), asked).proposal
    ended = granted(house)
    house.clock.move(hours=2)
    for grant in (alone, ended):
        with pytest.raises((NotAllowedError, RefusedError)):
            bring_up(job(house, tmp_path, grant))
    assert not any(line.verb == "release" and line.sections & PRINTS for line in house.lines())
    assert not (tmp_path / "index").exists()


@pytest.mark.attack
def test_a_packers_grant_carries_none() -> None:
    """It stands for a year, and its program runs alone."""
    wide = actions.GrantPacks("packs", ["3W"], mask(Section.FACE) | PRINTS, 50, HOUR)
    with pytest.raises(RefusedError, match="does not hold these sections"):
        check_terms(wide, {"packs": "packer"}, 0)


@pytest.mark.attack
def test_a_thief_with_a_writers_key_and_the_desks_folder_tries_nothing(
    house: HouseRun, tmp_path: Path
) -> None:
    """The key of digests tells values apart only where digests are; none lie in the index."""
    house.send(person(0))
    done = index(house, tmp_path)
    assert done.index is not None
    stolen = house.join("engine").digest_key()
    kept = done.index.arrays["tokens"].tobytes()
    thief = place(house, tmp_path)._replace(secret=bytes(32)).key
    for number in ("4711000", "081234567800", "siti aminah"):
        assert thief.digest(number) == place(house, tmp_path).key.digest(number)
        assert thief.digest(number) not in kept
    assert stolen not in kept
    with pytest.raises(SealBrokenError):
        keeping.load(tmp_path / "index", stolen)
    assert keeping.load(tmp_path / "index", SECRET).size == 1
