"""A vault: its rounds, what it says of itself, the kit, alarms, its scrub."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chartkeep.errors import (
    ChartkeepError,
    LedgerBrokenError,
    NotAllowedError,
    RefusedError,
    UnavailableError,
)
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.mirrored import MirroredPlace, check_sound
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault.alarms import HOUR, VaultAlarms
from chartkeep.recovery.vault.cover import sound_cover
from chartkeep.recovery.vault.hearing import Hearing
from chartkeep.recovery.vault.running import KIT_EACH, MOST_KITS
from chartkeep.recovery.vault.scrub import Scrub
from chartkeep.store.client import StoreClient
from tests.house import Meddling
from tests.recovery.lone import Lone
from tests.recovery.vaults import Direct, VaultRun
from tests.store.house import peer_of


def test_a_round_takes_what_is_new_and_says_how_it_is(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit(entries=3)
    found = lone.round()
    assert (found.ledger, found.size, found.trouble, found.refused) == ("records", 4, "", "")
    assert lone.red == []


@pytest.mark.attack
def test_what_was_refused_stays_refused_over_a_restart_until_a_person_looks(
    run: VaultRun,
) -> None:
    run.deposit(entries=3)
    (early,) = [run.client().checkpoint()]
    run.deposit("budi")
    Lone(run).round()
    lone = Lone(run, checkpoint=lambda _real: early)
    assert "shrank" in lone.round().refused
    assert "shrank" in lone.written()[0]
    assert lone.hooked == lone.written()
    honest = Lone(run)
    assert "shrank" in honest.round().refused
    assert any("refused until a person looks" in sentence for sentence in honest.red)
    honest.refusals.lift(Ledger.RECORDS, [])
    run.deposit("carla")
    assert (honest.round().refused, honest.round().size) == ("", 8)


@pytest.mark.attack
def test_a_store_that_is_away_is_no_refusal_and_is_alarmed_after_a_minute(run: VaultRun) -> None:
    def away(_real: Any) -> None:
        raise UnavailableError("the store does not answer")

    lone = Lone(run, checkpoint=away)
    assert lone.round().trouble == "the store does not answer"
    assert lone.red == []
    lone.go(61_000)
    lone.round()
    assert "not pulled for 61 s" in lone.red[0]


@pytest.mark.attack
def test_what_a_store_says_of_itself_is_no_refusal_and_ends_when_it_answers_again(
    run: VaultRun,
) -> None:
    class Sick(Direct):
        said: ChartkeepError | None = None

        def ask_while(self, request: Any, answer: Any, work: Any) -> Any:
            if self.said:
                raise self.said
            return super().ask_while(request, answer, work)

    wire = Sick(run.store, peer_of("vault"))
    run.client = lambda _name="vault": StoreClient(Hearing(wire))  # type: ignore[method-assign]
    lone = Lone(run)
    run.deposit(entries=3)
    wire.said = LedgerBrokenError("the store's database cannot be read")
    assert lone.round().refused == ""
    lone.go(61_000)
    assert "it says of itself: the store's database" in lone.round().trouble
    assert "not pulled for 61 s" in lone.red[0]
    wire.said = None
    assert (lone.round().trouble, lone.round().size) == ("", 4)


def test_what_the_vault_does_without_is_named_in_every_status(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit(entries=3)
    lone.refusals.lift(Ledger.RECORDS, [2])
    assert lone.round().size == 4
    assert any(sentence.endswith("rotten at the store: 2") for sentence in lone.red)
    with pytest.raises(RefusedError, match="cannot be left out"):
        lone.refusals.lift(Ledger.RELEASES, [2])


@pytest.mark.attack
def test_a_place_that_lost_its_certificate_is_alarmed_and_tried_again(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit()

    def untrusted(_real: Any, *_: object) -> None:
        raise NotAllowedError("this place was not probed within a day")

    place: Any = Meddling(run.place, put=untrusted)
    lone.parts.pulling[Ledger.RECORDS]._place = place
    assert "not probed" in lone.round().trouble
    lone.parts.pulling[Ledger.RECORDS]._place = run.place
    assert lone.round().size == 2


def test_every_version_of_the_kit_is_kept_once(run: VaultRun) -> None:
    lone = Lone(run)
    for kit in (b"", b"first", b"first", b"second", b"first"):
        lone.kit = kit
        lone.go(KIT_EACH + 1)
        lone.vault.tidy()
    Lone(run).vault.tidy()
    kept = [run.place.read(name) for name in run.place.names("kit/")]
    assert kept == [b"first", b"second"]


@pytest.mark.attack
def test_a_store_that_gives_ever_new_kits_does_not_fill_the_vault(run: VaultRun) -> None:
    lone = Lone(run)
    for number in range(2 * MOST_KITS):
        lone.kit = b"kit %d" % number
        lone.go(KIT_EACH + 1)
        lone.vault.tidy()
    lone.kit = bytes(5 << 20)
    lone.go(86_400_000)
    lone.vault.tidy()
    assert len(list(run.place.names("kit/"))) == MOST_KITS
    assert "too many" in lone.written()[0]


@pytest.mark.attack
def test_ten_years_ahead_the_vault_goes_on_and_nothing_expires(run: VaultRun) -> None:
    lone = Lone(run)
    for _ in range(20):
        run.deposit()
        lone.round()
        lone.vault.tidy()
    before = list(run.place.names())
    run.now = Millis(run.now + 3_650 * 86_400_000)
    lone.vault.tidy()
    lone.vault._kept = 0
    lone.vault.tidy()
    assert list(run.place.names()) == before
    assert "jumped" in lone.written()[0]
    run.ward.now = run.now
    run.deposit()
    assert lone.round().size == 42


@pytest.mark.attack
def test_alarms_that_come_all_day_do_not_fill_the_disk(tmp_path: Path) -> None:
    now = [0]
    alarms = VaultAlarms(tmp_path / "alarms", lambda: now[0])
    for number in range(10_000):
        now[0] = number * 500
        alarms.ring(f"line {number} is not so")
    assert len((tmp_path / "alarms").read_text().splitlines()) == 1 + 9_999 * 500 // HOUR
    assert alarms.sentences() == ["line 9999 is not so"]


def test_a_blob_that_is_lost_is_done_without_by_a_persons_word(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit(blobs=(b"short",))
    path = run.blob_file()
    path.unlink()
    assert "the blob of line 1" in lone.round().refused
    assert "the blob of line 1" in lone.refusals.lift(Ledger.RECORDS, [1])
    assert lone.round().size == 3


def spoil(folder: Path, name: str) -> None:
    """Flip a bit of a kept object behind the vault's back."""
    path = folder / name
    path.chmod(0o600)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.attack
def test_every_flipped_bit_is_found_by_the_scrub_and_named(run: VaultRun) -> None:
    lone = Lone(run)
    for _ in range(3):
        run.deposit(blobs=(os.urandom(3 << 20),))
        lone.round()
    names = list(run.place.names())
    for name in names:
        spoil(run.folder / "vault", name)
    said = list[str]()
    scrub = Scrub(run.place, partial(check_sound, run.place), said.append)
    for _ in names:
        scrub.step()
    assert {sentence.partition(":")[0] for sentence in said} == set(names)


@pytest.mark.attack
def test_the_scrub_mends_each_place_from_the_other(run: VaultRun) -> None:
    other = FolderPlace(run.folder / "other")
    first, said = run.place, list[str]()
    run.place = MirroredPlace(first, other, said.append)  # type: ignore[assignment]
    lone = Lone(run)
    for _ in range(4):
        run.deposit()
        lone.round()
    names = list(run.place.names())
    for at, name in enumerate(names):
        spoil(run.folder / ("vault" if at % 2 else "other"), name)
    scrub = Scrub(run.place, lambda name: run.place.mend(name, run.now), said.append)  # type: ignore[attr-defined]
    scrub.step()
    for place in (first, other):
        for name in names:
            check_sound(place, name)
    assert len(said) == len(names)


@pytest.mark.attack
def test_a_newest_segment_that_is_damaged_is_pulled_again_at_the_next_start(run: VaultRun) -> None:
    lone = Lone(run)
    for _ in range(3):
        run.deposit()
        lone.round()
    newest = run.archive.segments[-1].name
    spoil(run.folder / "vault", newest.text())
    said = list[str]()
    assert sound_cover(run.place, Ledger.RECORDS, said.append).names[-1].end == newest.first
    assert newest.text() in said[0]
