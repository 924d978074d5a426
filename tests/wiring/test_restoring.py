"""A vault is opened from its folder, or from its process by the key that was kept offline."""

from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from chartkeep.errors import NotFoundError, RefusedError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.vault.client import RemoteShelf
from chartkeep.recovery.vault.protocol import Health
from chartkeep.recovery.vault.service import VaultService
from chartkeep.sealing.kek import Cost
from chartkeep.sealing.signing import SigningKey
from chartkeep.wire.server import Listener
from chartkeep.wiring.founding import init
from chartkeep.wiring.home import Home
from chartkeep.wiring.kit import KIT
from chartkeep.wiring.restoring import lay_house, open_shelf
from chartkeep.wiring.running import read_clock
from chartkeep.wiring.standby import back_up, name_operators, restore


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


def test_what_is_no_key_and_what_is_no_place_of_a_vault_are_said(
    vault: Path, tmp_path: Path
) -> None:
    (tmp_path / "garbled.key").write_text("no key")
    with pytest.raises(RefusedError, match="holds no key"):
        open_shelf("unix:/nowhere", tmp_path / "garbled.key")
    with pytest.raises(RefusedError, match="no key in"):
        open_shelf("unix:/nowhere", tmp_path / "none.key")
    (tmp_path / "vault.json").write_text("{}")
    with pytest.raises(RefusedError, match="is a vault's home, not what it keeps"):
        open_shelf(str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="nothing a vault kept is here"):
        lay_house(open_shelf(str(tmp_path / "empty")), tmp_path / "new", [], None)


def test_a_folder_in_which_something_lies_is_left_alone(vault: Path, tmp_path: Path) -> None:
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "thesis.txt").write_text("years of work")
    with pytest.raises(RefusedError, match="not empty"):
        lay_house(open_shelf(str(vault)), tmp_path / "busy", [], None)
    (tmp_path / "busy" / "thesis.txt").unlink()
    (tmp_path / "busy" / "store").mkdir()
    (tmp_path / "busy" / "store" / "store.db").write_text("a store")
    with pytest.raises(RefusedError, match="a store stands here"):
        lay_house(open_shelf(str(vault)), tmp_path / "busy", [], None)


def test_the_right_key_file_takes_the_place_of_a_wrong_one(tmp_path: Path) -> None:
    right, wrong, root = tmp_path / "right.key", tmp_path / "wrong.key", tmp_path / "house"
    home = init(root, "Minato Hospital", right, [], read_clock, cost=Cost(1, 8_192, 1))
    shares = name_operators(home, 2, ["haruto", "indah"])
    kit = (root / "store" / KIT).read_bytes()
    vault = FolderPlace(tmp_path / "vault")
    vault.put(f"kit/1-{sha256(kit).hexdigest()}", [kit], Millis(0))
    wrong.write_text("another passphrase altogether\n")
    wrong.chmod(0o600)
    with pytest.raises(RefusedError):
        lay_house(vault, tmp_path / "new", shares, wrong).kek()
    lay_house(vault, tmp_path / "new", shares, right).kek()
    assert Home(tmp_path / "new").file.key_file == str(right)


def test_a_second_nights_backup_takes_the_place_of_the_first(tmp_path: Path) -> None:
    home = init(
        tmp_path / "house", "Minato Hospital", tmp_path / "key", [], read_clock,
        cost=Cost(1, 8_192, 1),
    )  # fmt: skip
    shares = name_operators(home, 2, ["haruto", "indah"])
    out = tmp_path / "minato.backup"
    back_up(home, out)
    first = out.read_bytes()
    back_up(home, out)
    assert out.read_bytes() != first
    restore(out, tmp_path / "restored", shares)
    (home.root / "keyholder" / "keyholder.db").rename(tmp_path / "gone.db")
    with pytest.raises(UnavailableError, match="no keyholder lies"):
        back_up(home, tmp_path / "never.backup")
    assert not list(tmp_path.glob("never.backup*"))


def test_no_vault_and_no_kit_are_said(vault: Path, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no vault"):
        open_shelf(str(tmp_path / "nowhere"))
    with pytest.raises(NotFoundError, match="kit"):
        lay_house(open_shelf(str(vault)), tmp_path / "new", [], None)
