"""Merging and retention: there is always one whole copy of everything."""

from pathlib import Path

import pytest

from chartkeep.model import Millis
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.segment import Ledger, SegmentName
from chartkeep.recovery.vault import tidying as tidying_module
from chartkeep.recovery.vault.cover import Cover, pick
from chartkeep.recovery.vault.tidying import DAY, Retention, Tidying
from tests.recovery.ledgers import keep, segment, taken
from tests.recovery.place_contract import NOW

LATER = Millis(NOW + 60 * DAY)


class Shop:
    """A place that is given a line at a time, and its upkeep, which merges as they come."""

    def __init__(self, folder: Path, lines: int, *, merge: bool = True) -> None:
        self.said: list[str] = []
        self.folder = folder
        self.place = FolderPlace(folder)
        self.start()
        for at in range(lines):
            self.cover.add(keep(self.place, at, at + 1))
            if merge:
                self.tidying.merge(NOW)

    def start(self) -> None:
        self.cover = Cover(self.place, Ledger.RECORDS)
        self.tidying = Tidying(self.place, [self.cover], Retention(), self.said.append)

    def check_whole(self, lines: int) -> None:
        archive = Archive(self.place, Ledger.RECORDS)
        assert list(archive.lines()) == [(taken(n).type, taken(n).line) for n in range(lines)]


def runs(names: list[SegmentName]) -> list[tuple[int, int]]:
    return [(name.first, name.end) for name in names]


def test_sixteen_small_ones_become_one_and_sixteen_of_those_one(quick: Path) -> None:
    shop = Shop(quick, 260)
    assert runs(shop.cover.names) == [(0, 257), *((n, n + 1) for n in range(257, 260))]
    assert runs(shop.cover.names) == runs(Cover(shop.place, Ledger.RECORDS).names)
    shop.check_whole(260)
    whole = b"".join(segment(0, 257).parts)
    assert shop.place.read(shop.cover.names[0].text()) == whole


def test_a_cover_stays_short_however_long_the_ledger_is() -> None:
    names: list[SegmentName] = []
    written = most = 0
    for at in range(5_000):
        names.append(SegmentName(Ledger.RECORDS, at, at + 1, "0" * 64))
        while run := pick(names, frozenset()):
            whole = SegmentName(Ledger.RECORDS, run[0].first, run[-1].end, "0" * 64)
            names[names.index(run[0]) : names.index(run[-1]) + 1] = [whole]
            written += whole.end - whole.first
        most = max(most, len(names))
    assert most <= 16 * 4
    assert written < 5_000 * 4


def test_full_segments_are_left_alone(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(quick, 15)
    one = max(shop.place.size(name.text()) for name in shop.cover.names)
    monkeypatch.setattr(tidying_module, "FULL", 4 * one)
    for at in range(15, 256):
        shop.cover.add(keep(shop.place, at, at + 1))
        shop.tidying.merge(NOW)
    assert runs(shop.cover.names) == [(n, n + 16) for n in range(0, 256, 16)]
    assert shop.place.until(shop.cover.names[0].text()) == NOW + Retention().whole
    shop.start()
    assert not shop.tidying.merge(NOW)


def test_superseded_segments_expire_and_everything_is_still_there(quick: Path) -> None:
    shop = Shop(quick, 40)
    assert shop.tidying.keep(LATER, trusted=True) == 32
    shop.check_whole(40)
    assert len(list(shop.place.names())) == 2 + 8


def test_what_is_needed_is_kept_longer_before_its_time_is_over(quick: Path) -> None:
    shop = Shop(quick, 3)
    shop.tidying.keep(LATER, trusted=True)
    until = [shop.place.until(name) for name in shop.place.names()]
    assert until == [LATER + Retention().merged] * 3


@pytest.mark.attack
def test_without_a_trusted_clock_nothing_expires(quick: Path) -> None:
    shop = Shop(quick, 40)
    ten_years = Millis(NOW + 3_650 * DAY)
    assert shop.tidying.keep(ten_years, trusted=False) == 0
    assert len(list(shop.place.names())) == 42


@pytest.mark.attack
def test_even_ten_years_ahead_only_what_another_object_says_too_expires(quick: Path) -> None:
    shop = Shop(quick, 40)
    shop.tidying.keep(Millis(NOW + 3_650 * DAY), trusted=True)
    shop.check_whole(40)


def damage(shop: Shop, name: SegmentName) -> None:
    path = shop.folder / name.text()
    path.chmod(0o600)
    raw = bytearray(path.read_bytes())
    raw[60] ^= 1
    path.write_bytes(raw)


@pytest.mark.attack
def test_a_damaged_segment_is_said_and_never_merged(quick: Path) -> None:
    shop = Shop(quick, 16, merge=False)
    damage(shop, shop.cover.names[5])
    assert not shop.tidying.merge(NOW)
    assert runs(shop.cover.names) == [(n, n + 1) for n in range(16)]
    assert "damaged" in shop.said[0]


@pytest.mark.attack
def test_while_a_merged_segment_is_damaged_what_it_was_merged_from_stays(quick: Path) -> None:
    shop = Shop(quick, 16)
    damage(shop, shop.cover.names[0])
    shop.start()
    assert shop.tidying.keep(LATER, trusted=True) == 0
    damaged = shop.cover.names[0].text()
    archive = Archive(shop.place, Ledger.RECORDS, {damaged})
    assert archive.size == 16


@pytest.mark.attack
def test_of_cosigned_heads_the_newest_stays(quick: Path) -> None:
    shop = Shop(quick, 1)
    names = [f"heads/records/{size:016x}-note{size}" for size in (1, 2, 3)]
    for name in names:
        shop.place.put(name, [b"note"], NOW)
    shop.tidying.keep(LATER, trusted=True)
    assert list(shop.place.names("heads/")) == names[2:]
