"""A drill says what a restore of today would lack, and its certificate is its signer's."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from chartkeep.errors import LedgerBrokenError
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.model import Millis
from chartkeep.recovery.archive import segment_names
from chartkeep.recovery.drill import (
    OVERDUE,
    Certificate,
    name_of,
    read_certificate,
    run_drill,
    sign_certificate,
    what_is_red,
)
from chartkeep.recovery.restoring import House
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.shelf import FolderShelf
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.client import StoreClient
from tests.recovery.vaults import LOG, Direct, VaultRun
from tests.store.house import FACILITY, NOW, ORIGIN, peer_of, signing_key

KEY = SigningKey.from_seed(b"d" * 32)
SIGNER = VerifierKey(name_of(FACILITY), LOG_KEY, KEY.public)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[VaultRun]:
    run = VaultRun(tmp_path)
    path = tmp_path / "store" / "peers.json"
    verifier = {"key": signing_key("verifier").public.hex(), "may": ["pull", "read"]}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"verifier": verifier}))
    pulling = run.pulling()
    for chart in ("anna", "ben"):
        run.deposit(chart, entries=20, blobs=(b"x-ray" * 100_000,))
        pulling.pull()
    yield run
    run.store.close()


def drill(run: VaultRun) -> Certificate:
    live = StoreClient(Direct(run.store, peer_of("verifier")))
    shelf, folder = FolderShelf(run.folder / "vault"), run.folder / "isolated"
    house = House(FACILITY, ORIGIN, LOG)
    return run_drill(shelf, folder, house, live, lambda _: None, lambda: NOW)


def test_a_good_drill_finds_nothing_and_says_how_fast(run: VaultRun) -> None:
    made = drill(run)
    assert (made.found, made.behind) == ([], 0)
    assert made.blob_bytes > 1_000_000
    assert "44 lines" in made.sentence()


def test_it_says_how_far_the_vault_is_behind(run: VaultRun) -> None:
    run.deposit("cho", entries=3)
    assert drill(run).behind == 4


@pytest.mark.attack
def test_a_vault_that_lost_something_fails_the_drill(run: VaultRun) -> None:
    (run.folder / "vault" / next(run.place.names("blobs/"))).unlink()
    assert "blob" in drill(run).found[0]


@pytest.mark.attack
def test_a_vault_of_another_store_fails_the_drill(run: VaultRun, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    liar = VaultRun(other)
    liar.deposit("anna", entries=5)
    liar.pulling().pull()
    liar.store.close()
    live = StoreClient(Direct(run.store, peer_of("verifier")))
    made = run_drill(
        liar.place, tmp_path / "isolated", House(FACILITY, ORIGIN, LOG), live,
        lambda _: None, lambda: NOW,
    )  # fmt: skip
    assert any("other lines" in each for each in made.found)


@pytest.mark.attack
def test_an_empty_vault_fails_the_drill(run: VaultRun) -> None:
    for name in list(segment_names(run.place, Ledger.RECORDS)):
        (run.folder / "vault" / name.text()).unlink()
    assert drill(run).found


def test_a_failed_or_old_drill_or_none_is_red() -> None:
    good = Certificate("chartkeep-drill-1", NOW, 1.0, 10, "", 0, 0, [])
    assert what_is_red(good, NOW) == []
    assert what_is_red(good, Millis(NOW + OVERDUE + 1)) == ["the last restore drill is 8 days old"]
    assert "no restore was ever tried" in what_is_red(None, NOW)[0]
    failed = msgspec.structs.replace(good, found=["a line is missing"])
    assert what_is_red(failed, NOW) == ["a restore drill failed: a line is missing"]


@pytest.mark.attack
def test_a_certificate_that_was_changed_or_signed_by_another_is_none() -> None:
    good = Certificate("chartkeep-drill-1", NOW, 1.0, 10, "", 0, 0, ["a segment is damaged"])
    raw = sign_certificate(good, FACILITY, KEY)
    assert read_certificate(raw, SIGNER) == good
    with pytest.raises(LedgerBrokenError):
        read_certificate(raw.replace(b'["a segment is damaged"]', b"[]"), SIGNER)
    other = sign_certificate(good, FACILITY, SigningKey.from_seed(b"e" * 32))
    with pytest.raises(LedgerBrokenError):
        read_certificate(other, SIGNER)
