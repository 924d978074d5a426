"""4. Yesterday's disks are put back: the store's, the keyholder's, both; the witness cut off."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.custody.house import House
from chartkeep.custody.release import release
from chartkeep.errors import NotFoundError, UnavailableError
from chartkeep.model import ChartId, Purpose
from chartkeep.wiring.launch import Running
from tests.attacks.house import (
    Founded,
    found,
    look,
    small_hospital,
    start,
    started,
    until_witnessed,
    write_bundles,
)

pytestmark = pytest.mark.attack


class Aged:
    """A house of today, with yesterday's folders beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.house = found(folder)
        bundles = write_bundles(folder / "given", small_hospital(8))
        with started(self.house.home) as run:
            self.charts = self.house.load(bundles[:4])
            self.house.admit(self.charts)
            self.token = self.house.login(self.desk(), "aiko")
            until_witnessed(self.desk())
            run.stop("keyholder")
            run.stop("store")
            self.keep("yesterday")
            start(run, "store")
            start(run, "keyholder")
            self.charts += self.house.load(bundles[4:])
            until_witnessed(self.desk())
            run.stop("keyholder")
            run.stop("store")
            self.keep("today")

    def desk(self) -> House:
        """A worker of the desk's that knows nothing of earlier starts."""
        return self.house.join("desk")

    def keep(self, name: str) -> None:
        for part in ("store", "keyholder"):
            shutil.copytree(self.house.home.root / part, self.folder / name / part)

    def put(self, *old: str) -> None:
        """Put today's folders back, but yesterday's of these parts."""
        for part in ("store", "keyholder"):
            shutil.rmtree(self.house.home.root / part)
            name = "yesterday" if part in old else "today"
            shutil.copytree(self.folder / name / part, self.house.home.root / part)

    def log(self, part: str) -> str:
        return (self.house.home.root / "run" / f"{part}.log").read_text()


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aged]:
    aged = Aged(tmp_path_factory.mktemp("a"))
    yield aged
    aged.house.close()


def refuses(aged: Aged, run: Running, part: str) -> str:
    """Start a part that must not start; gives its last words."""
    before = len(aged.log(part))
    with pytest.raises(UnavailableError):
        run.start(part)
    run.children.pop(part).wait(30)
    return aged.log(part)[before:]


def test_yesterdays_store_does_not_start(aged: Aged) -> None:
    with started(aged.house.home, "witness") as run:
        aged.put("store")
        assert "were seen before" in refuses(aged, run, "store")
        aged.put("store", "keyholder")
        assert "were seen before" in refuses(aged, run, "store")


def test_yesterdays_keyholder_does_not_start(aged: Aged) -> None:
    with started(aged.house.home, "witness") as run:
        aged.put("keyholder")
        assert "the witness saw" in refuses(aged, run, "keyholder")
        aged.put("store", "keyholder")
        assert "the witness saw" in refuses(aged, run, "keyholder")


def test_todays_disks_start_and_open(aged: Aged) -> None:
    aged.put()
    with started(aged.house.home):
        opened = release(aged.charts[0], look(aged.token), aged.desk())
        until_witnessed(aged.desk())
    aged.keep("newer")
    shutil.rmtree(aged.folder / "today")
    (aged.folder / "newer").rename(aged.folder / "today")
    assert opened.entries
    assert opened.damaged == []


def test_with_the_witness_cut_off_yesterday_opens_only_the_wards_and_broken_glass(
    aged: Aged,
) -> None:
    aged.put("store", "keyholder")
    nurse = look(aged.token)
    with started(aged.house.home, "store", "keyholder") as run:
        desk = aged.desk()
        floor = release(aged.charts[0], nurse, desk)
        more = nurse._replace(sections=frozenset(range(1, 7)) - {2})
        with pytest.raises(UnavailableError, match="witness has not answered"):
            release(aged.charts[0], more, desk)
        urgent = nurse._replace(purpose=Purpose.BREAK_GLASS, reason="he cannot breathe")
        assert release(aged.charts[0], urgent, desk).entries
        red = desk.keyholder.status().red
        alarms = desk.store.status().alarms
        start(run, "witness")
        run.children["keyholder"].wait(30)
    assert floor.entries
    assert any("witness has not answered" in sentence for sentence in red)
    assert any("rollback would have gone unnoticed" in sentence for sentence in alarms)


def test_a_shredded_chart_that_a_restored_keyholder_still_has_is_shredded_again(
    founded: Founded, folder: Path
) -> None:
    bundles = write_bundles(folder / "given", small_hospital(2))
    with started(founded.home) as run:
        gone, kept = founded.load(bundles)
        founded.admit([gone, kept])
        desk = founded.join("desk")
        token = founded.login(desk, "aiko")
        founded.join("keyholder").store.shred(gone)  # the store heard of it; this disk did not
        run.stop("keyholder")
        assert opens(founded, run, kept, token)
        urgent = look(token)._replace(purpose=Purpose.BREAK_GLASS, reason="he cannot breathe")
        with pytest.raises(NotFoundError):  # who may not open it hears nothing of it
            release(gone, urgent, founded.join("desk"))


def opens(founded: Founded, run: Running, chart: ChartId, token: bytes) -> bool:
    start(run, "keyholder")
    return bool(release(chart, look(token), founded.join("desk")).entries)
