"""A folder as a place."""

import errno
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from chartkeep.errors import UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery import folder
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.place import Place
from tests.recovery.place_contract import DAY, NOW, PlaceContract


class TestFolder(PlaceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return FolderPlace(tmp_path)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[FolderPlace]:
    place = FolderPlace(tmp_path, immutable=True)
    if not place.locks:
        pytest.skip("this user or file system knows no immutable files")
    yield place
    for name in place.names():
        place.expire(name, Millis(1 << 60))


def test_what_is_over_is_deleted(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)
    place.put("records/a", [b"one"], NOW)
    place.expire("records/a", NOW)
    assert list(place.names()) == []


def test_what_a_crash_left_half_written_is_removed_at_the_start(tmp_path: Path) -> None:
    FolderPlace(tmp_path)
    (tmp_path / ".coming" / "half").write_bytes(b"ha")
    FolderPlace(tmp_path)
    assert list((tmp_path / ".coming").iterdir()) == []


def test_the_true_bytes_take_the_place_of_damaged_ones(tmp_path: Path, locked: FolderPlace) -> None:
    name = f"records/{sha256(b'one').hexdigest()}"
    locked.put(name, [b"one"], NOW)
    path = tmp_path / name
    folder._set_flag(path, on=False)
    path.chmod(0o600)
    path.write_bytes(b"0ne")
    locked.put(name, [b"one"], NOW)
    assert locked.read(name) == b"one"


def test_who_looks_at_a_folder_leaves_alone_what_its_vault_is_writing(tmp_path: Path) -> None:
    vault = FolderPlace(tmp_path)

    def parts() -> Iterator[bytes]:
        yield b"one "
        FolderPlace(tmp_path)
        yield b"two"

    vault.put("records/a", parts(), NOW)
    assert vault.read("records/a") == b"one two"


def test_what_is_taken_away_while_it_is_written_is_tried_again(tmp_path: Path) -> None:
    place = FolderPlace(tmp_path)

    def parts() -> Iterator[bytes]:
        yield b"one"
        for path in (tmp_path / ".coming").iterdir():
            path.unlink()

    with pytest.raises(UnavailableError):
        place.put("records/a", parts(), NOW)


@pytest.mark.attack
def test_the_kernel_refuses_to_change_what_is_kept(tmp_path: Path, locked: FolderPlace) -> None:
    locked.put("records/a", [b"one"], NOW)
    locked.put("records/a", [b"one"], Millis(NOW + DAY))
    path = tmp_path / "records" / "a"
    for act in (path.unlink, lambda: path.write_bytes(b"two"), lambda: os.truncate(path, 0)):
        with pytest.raises(PermissionError):
            act()
    assert (locked.read("records/a"), locked.until("records/a")) == (b"one", NOW + DAY)


@pytest.mark.attack
def test_a_full_disk_leaves_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = FolderPlace(tmp_path)
    write = os.write

    def full(file: int, data: memoryview) -> int:
        if len(data) < 3:
            raise OSError(errno.ENOSPC, "full")
        return write(file, data[:2])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UnavailableError, match="disk is full"):
        place.put("records/a", [b"one"], NOW)
    monkeypatch.undo()
    assert list(place.names()) == [] == list((tmp_path / ".coming").iterdir())
