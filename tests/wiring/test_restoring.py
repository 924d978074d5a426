"""A vault is opened from its folder, or from its process by the key that was kept offline."""

from contextlib import closing
from pathlib import Path

import pytest

from chartkeep.errors import NotFoundError, RefusedError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.vault.client import RemoteShelf
from chartkeep.recovery.vault.protocol import Health
from chartkeep.recovery.vault.service import VaultService
from chartkeep.sealing.signing import SigningKey
from chartkeep.wire.server import Listener
from chartkeep.wiring.restoring import lay_house, open_shelf


def health() -> Health:
    raise UnavailableError("not asked here")


def reach(address: str, key: Path) -> RemoteShelf:
    shelf = open_shelf(address, key)
    assert isinstance(shelf, RemoteShelf)
    return shelf


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    place = FolderPlace(tmp_path / "vault")
    place.put("reports/one", [b"a drill"], Millis(0))
    return tmp_path / "vault"


def test_a_folder_is_read_with_or_without_its_word(vault: Path) -> None:
    for source in (str(vault), f"folder:{vault}"):
        assert open_shelf(source).read("reports/one") == b"a drill"


def test_a_process_is_read_by_the_restorers_key_alone(vault: Path, tmp_path: Path) -> None:
    key = SigningKey.from_seed(b"r" * 32)
    (tmp_path / "restore.key").write_text((b"r" * 32).hex())
    (tmp_path / "other.key").write_text((b"o" * 32).hex())
    service = VaultService(FolderPlace(vault), {"restore": key.public}, health, lambda _: None)
    address = f"unix:{tmp_path}/v.sock"
    listener = Listener(service, address)
    listener.start()
    try:
        with closing(reach(address, tmp_path / "restore.key")) as shelf:
            assert list(shelf.names()) == ["reports/one"]
            assert shelf.read("reports/one", 2, 5) == b"drill"
        refused = pytest.raises((RefusedError, UnavailableError))
        with closing(reach(address, tmp_path / "other.key")) as shelf, refused:
            list(shelf.names())
    finally:
        listener.stop()
        service.close()
    with pytest.raises(RefusedError, match="asks for a key"):
        open_shelf(address)


def test_no_vault_and_no_kit_are_said(vault: Path, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no vault"):
        open_shelf(str(tmp_path / "nowhere"))
    with pytest.raises(NotFoundError, match="kit"):
        lay_house(open_shelf(str(vault)), tmp_path / "new", [], None)
