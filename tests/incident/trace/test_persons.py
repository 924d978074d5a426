"""Two charts of one person: merged, a row that fits both is theirs, and both are told of."""

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.custody.merging import merge, unmerge
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.index import Index
from chartkeep.incident.jobs.question import Means, Site
from chartkeep.incident.jobs.sweep import Sweep
from chartkeep.incident.jobs.trace import Found, Trace
from chartkeep.incident.trace.matching import Candidate, Matched
from chartkeep.incident.trace.ours import Verdict
from chartkeep.incident.trace.persons import joining
from chartkeep.incident.trace.weighing import Weighed
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Section
from chartkeep.sealing.kek import Cost
from tests.custody.test_safe import fill_safe
from tests.house import HouseRun, house
from tests.incident.trace.test_indexing import granted, person
from tests.records import patient

__all__ = ["house"]
BOTH = mask(Section.FINGERPRINTS, Section.SAFE)


class Posted(NamedTuple):
    """A house with two charts of Siti and one each of three others, and a post of all four."""

    means: Means
    house: HouseRun
    grant: str
    file: Path
    twice: tuple[ChartId, ChartId]

    def trace(self) -> Found:
        asked = Trace((str(self.file),), door=False, grant=self.grant)
        with asked.remembered(self.means) as memory:
            return asked.find(self.means, memory, lambda _: None)

    def sure(self) -> set[ChartId]:
        """Whose charts a sweep of the folder is sure of."""
        asked = Sweep((str(self.file.parent),), self.grant, again=True, readers=1, pictures=False)
        (swept,) = asked.find(self.means, lambda _: None).present
        return {ChartId(each.chart) for each in swept.patients if each.sure}


@pytest.fixture
def posted(house: HouseRun, tmp_path: Path) -> Posted:
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    desk = Desk.found(tmp_path / "office", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))
    bodies = [person(number)["resource"] for number in range(4)]
    for number in range(4):
        house.send(person(number))
    siti = {key: bodies[0][key] for key in ("birthDate", "gender", "telecom", "address")}
    again = house.send(patient("p9", "Aminah", "Siti", **siti)).charts[-1]
    first = house.send(person(0)).charts[-1]
    fill_safe(house)
    site = Site(house.desk, house.releases_key, {}, house.login("carla"), house.join("incident"))
    means = Means(desk, house.now, "carla", site)
    grant = granted(house, sections=BOTH).hex()
    Index(grant).find(means, lambda _: None)
    file = tmp_path / "posted" / "sample.csv"
    file.parent.mkdir()
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(
            (
                " ".join((*each["name"][0]["given"], each["name"][0]["family"])),
                each["birthDate"], each["telecom"][0]["value"],
                each["address"][0]["line"][0], each["address"][0]["city"],
            )
            for each in bodies
        )  # fmt: skip
    return Posted(means, house, grant, file, (first, again))


def is_certain(posted: Posted) -> bool:
    """Say whether both charts are certain; else neither is, and the row is one of several's."""
    answer = posted.trace().answer
    both = set(posted.twice)
    assert len(answer.charts - both) == 3
    unsure = answer.judged[0].tally.verdicts[Verdict.CANDIDATES]
    assert (answer.charts & both, unsure) in ((both, 0), (set(), 1))
    return not unsure


def test_a_row_that_fits_two_charts_is_their_persons_while_they_are_merged(posted: Posted) -> None:
    survivor, gone = posted.twice
    assert not is_certain(posted)
    merge(survivor, gone, posted.house.engine)
    assert is_certain(posted)
    unmerge(survivor, gone, posted.house.engine)
    assert not is_certain(posted)


def test_a_sweep_is_sure_of_both_charts_of_a_merged_person(posted: Posted) -> None:
    assert len(posted.sure()) == 3
    merge(*posted.twice, posted.house.engine)
    assert len(posted.sure()) == 5


def charts(*posteriors: float) -> Matched:
    each = (
        Candidate(ChartId(bytes([at]) * 16), Weighed(0.0, ()), posterior)
        for at, posterior in enumerate(posteriors)
    )
    return Matched(1, tuple(each))


A, B, C = (ChartId(bytes([at]) * 16) for at in range(3))


@pytest.mark.attack
@pytest.mark.parametrize(
    ("onward", "told"),
    [
        ({A: B}, {A, B}),  # strangers, merged by who stole a feed: neither is hidden
        ({B: A}, {A, B}),
        ({A: B, B: A}, set()),  # a ring says nothing
        ({B: C, A: C}, {A, B}),  # by way of a third
    ],
)
def test_who_merges_strangers_hides_none_of_them(
    onward: dict[ChartId, ChartId], told: set[ChartId]
) -> None:
    (row,) = joining(lambda _: onward)([charts(0.5, 0.499)])
    assert {each.chart for each in row.evidence() if row.is_sure} == told
    assert row.known == pytest.approx(0.999)


def test_two_of_three_that_fit_alike_are_not_enough() -> None:
    rows = [charts(0.4, 0.3, 0.299), charts(0.995), charts()]
    assert list(joining(lambda _: {A: B})(rows)) == rows
