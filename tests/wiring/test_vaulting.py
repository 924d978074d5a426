"""A vault in a process of its own beside a house of three, over sockets and mutual TLS."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chartkeep.errors import BadInputError, RefusedError, UnavailableError
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.folder import _unlock
from chartkeep.recovery.segment import Ledger
from chartkeep.wiring.founding import free_port
from chartkeep.wiring.launch import PARTS
from chartkeep.wiring.vaulting import VaultHome, found_vault, read_ledger, remote_shelf
from tests.attacks.house import Founded, found, small_hospital, started, until, write_bundles
from tests.wire.certificates import Authority


@pytest.fixture
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    folder = tmp_path_factory.mktemp("v")  # a socket's path is short
    house = found(folder)
    yield house
    house.close()
    for path in folder.rglob("*"):
        _unlock(path)


@pytest.fixture
def bundles(tmp_path: Path) -> list[Path]:
    return write_bundles(tmp_path / "bundles", small_hospital(3))


def vault_of(founded: Founded, address: str = "") -> VaultHome:
    root = founded.home.root.parent
    return found_vault(founded.home, root / "vault", f"folder:{root}/kept", address=address)


@contextmanager
def vaulting(home: VaultHome) -> Iterator[subprocess.Popen[bytes]]:
    """Run a vault's process."""
    command = [sys.executable, "-m", "chartkeep", "vault", "--home", str(home.root)]
    child = subprocess.Popen(command)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def test_a_vault_follows_a_house_is_killed_and_goes_on(
    founded: Founded, bundles: list[Path], tmp_path: Path
) -> None:
    home = vault_of(founded, f"tls:127.0.0.1:{free_port()}")
    authority = Authority(tmp_path, "minato")
    for name in ("vault", "restore"):
        authority.write(home.root / "tls", name)
    with started(founded.home, *PARTS):
        store = founded.join("verifier").store
        with vaulting(home):
            founded.load(bundles[:1])
            until(lambda: store.status().vaulted == store.status().size > 0)
        founded.load(bundles[1:])
        assert store.status().vaulted < store.status().size
        with vaulting(home):
            until(lambda: store.status().vaulted == store.status().size)
            shelf = remote_shelf(home)
            size, records = store.status().size, Archive(shelf, Ledger.RECORDS)
            assert (records.size, len(list(records.lines()))) == (size, size)
            assert Archive(shelf, Ledger.RELEASES).size > 20
            assert [each.refused for each in shelf.health().ledgers] == ["", ""]
            shelf.close()
            assert store.status().vault_lag == 0


def test_in_the_synchronous_mode_a_receipt_means_that_the_vault_has_it(
    founded: Founded, bundles: list[Path]
) -> None:
    home = vault_of(founded)
    with started(founded.home, "witness") as run, vaulting(home):
        run.start("store", "--after-vault")
        run.start("keyholder")
        store = founded.join("verifier").store
        for path in bundles[:1]:
            founded.load([path])
            health = store.status()
            assert health.vaulted == health.size > 0


@pytest.mark.attack
def test_the_vaults_key_stays_at_the_vault(founded: Founded) -> None:
    home = vault_of(founded)
    assert not (founded.home.root / "instances" / "vault.key").exists()
    assert home.key("vault") != home.key("restore")
    with pytest.raises(RefusedError, match="no vault's key"):
        found_vault(founded.home, home.root.parent / "second", "folder:/nowhere")
    for path in (home.root / "vault.key", home.root / "restore.key"):
        assert path.stat().st_mode & 0o077 == 0


def test_a_place_that_is_none_moves_no_key(founded: Founded) -> None:
    key = founded.home.root / "instances" / "vault.key"
    with pytest.raises(BadInputError, match="no place"):
        found_vault(founded.home, founded.home.root.parent / "vault", "folder:kept")
    assert key.exists()
    assert not (founded.home.root.parent / "vault").exists()


def test_a_ledger_of_no_such_name_is_said() -> None:
    assert read_ledger("releases") is Ledger.RELEASES
    with pytest.raises(BadInputError, match="no such ledger: foo"):
        read_ledger("foo")


def test_a_folder_that_is_no_vault_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no vault"):
        VaultHome(tmp_path)
    (tmp_path / "vault.json").write_text("{}")
    with pytest.raises(RefusedError, match="not readable"):
        VaultHome(tmp_path)
