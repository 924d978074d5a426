"""A new half of the index's key: what the old one opened is gone, and the index is built anew."""

import shutil
from pathlib import Path

import pytest

from chartkeep.errors import (
    NotFoundError,
    OverBudgetError,
    RefusedError,
    SealBrokenError,
    UnavailableError,
)
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.index import Index
from chartkeep.incident.jobs.question import Far, Means, Site
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.at_desk import IndexPlace, open_index, open_place
from chartkeep.incident.trace.doors.veil import serial_of
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section
from chartkeep.sealing.kek import Cost
from tests.custody.test_safe import fill_safe
from tests.house import HouseRun, house
from tests.incident.trace.test_indexing import granted, person

__all__ = ["house"]
BOTH = mask(Section.FINGERPRINTS, Section.SAFE)


@pytest.fixture
def means(house: HouseRun, tmp_path: Path) -> Means:
    """A desk of a house of four people, whose safe two people filled."""
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    desk = Desk.found(tmp_path / "office", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))
    for number in range(4):
        house.send(person(number))
    fill_safe(house)
    log, token = house.releases_key, house.login("carla")
    site = Site(house.desk, log, {}, token, house.join("incident"))
    return Means(desk, house.now, "carla", site)


def index(means: Means, house: HouseRun) -> IndexPlace:
    """Bring the index up; gives where it is."""
    asked = Index(granted(house, sections=BOTH).hex())
    assert asked.find(means, lambda _: None).index is not None
    return open_place(means.desk, means.warrant(asked.grant))


def test_the_index_is_built_anew_and_the_old_one_is_gone(means: Means, house: HouseRun) -> None:
    old = index(means, house)
    fill_safe(house)
    warrant = means.warrant(granted(house, sections=BOTH).hex())
    with pytest.raises(UnavailableError, match="no trace index"):
        open_index(means.desk, warrant)
    new = index(means, house)
    assert [each.name for each in new.folder.parent.iterdir()] == [new.folder.name]
    assert new.folder != old.folder
    assert open_index(means.desk, warrant).matcher().index.size == 4


@pytest.mark.parametrize("sections", [(), (Section.SAFE,), (Section.FINGERPRINTS,)])
def test_whoever_lacks_something_is_told_at_once_all_that_a_grant_needs(
    means: Means, house: HouseRun, sections: tuple[Section, ...]
) -> None:
    grant = granted(house, sections=mask(*sections)).hex() if sections else ""
    with pytest.raises(RefusedError) as said:
        Index(grant).find(means, lambda _: None)
    assert "--section safe --section fingerprints" in said.value.hint


def test_cut_short_it_goes_on_where_it_was(means: Means, house: HouseRun) -> None:
    index(means, house)
    fill_safe(house)

    def cut(far: Far) -> None:
        if far.done == 3:
            raise OverBudgetError("a budget is used up")

    asked = Index(granted(house, sections=BOTH).hex())
    with pytest.raises(OverBudgetError):
        asked.find(means, cut)
    assert asked.find(means, lambda _: None).opened == 1


@pytest.mark.attack
def test_who_took_the_half_and_the_desk_opens_no_later_index(
    means: Means, house: HouseRun, tmp_path: Path
) -> None:
    stolen = index(means, house)  # the half, taken once under a grant, and the desk's key file
    fill_safe(house)
    now = index(means, house)
    shutil.copytree(now.folder, tmp_path / "stolen")  # later the folder too
    with pytest.raises(SealBrokenError):
        keeping.load(tmp_path / "stolen", stolen.secret)
    assert stolen.vouching != now.vouching
    ident = now.veil().hide("aiko")
    with pytest.raises(NotFoundError):
        stolen.veil(serial_of(ident)).lift(ident, ["aiko"])
