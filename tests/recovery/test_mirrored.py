"""Two places as one."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from chartkeep.errors import DamagedError, UnavailableError
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.mirrored import MirroredPlace
from chartkeep.recovery.place import Place
from tests.house import Meddling
from tests.recovery.place_contract import NOW, PlaceContract

NAME = f"blobs/aa/{sha256(b'one').hexdigest()}"


class TestMirrored(PlaceContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return MirroredPlace(FolderPlace(tmp_path / "a"), FolderPlace(tmp_path / "b"), print)


class Pair:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.first, self.second = FolderPlace(folder / "a"), FolderPlace(folder / "b")
        self.both = MirroredPlace(self.first, self.second, self.said.append)
        self.both.put(NAME, [b"one"], NOW)

    def spoil(self, copy: str, content: bytes | None) -> None:
        path = self.folder / copy / NAME
        path.chmod(0o600)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_what_is_put_is_in_both(pair: Pair) -> None:
    assert pair.first.read(NAME) == pair.second.read(NAME) == b"one"
    assert not pair.both.mend(NAME, NOW)


@pytest.mark.attack
@pytest.mark.parametrize("copy", ["a", "b"])
@pytest.mark.parametrize("content", [b"0ne", b"", b"on", b"one more", None])
def test_a_copy_that_is_damaged_or_gone_is_mended_from_the_other(
    pair: Pair, copy: str, content: bytes | None
) -> None:
    pair.spoil(copy, content)
    assert pair.both.mend(NAME, NOW)
    assert pair.first.read(NAME) == pair.second.read(NAME) == b"one"
    assert "mended" in pair.said[-1]


@pytest.mark.attack
def test_two_damaged_copies_are_an_error_that_names_the_object(pair: Pair) -> None:
    pair.spoil("a", b"0ne")
    pair.spoil("b", None)
    with pytest.raises(DamagedError, match=NAME):
        pair.both.mend(NAME, NOW)


@pytest.mark.attack
def test_what_the_first_lost_is_read_from_the_second_and_said(pair: Pair) -> None:
    pair.spoil("a", None)
    assert (pair.both.read(NAME), pair.both.size(NAME)) == (b"one", 3)
    assert list(pair.both.names()) == [NAME]
    assert NAME in pair.said[0]


@pytest.mark.attack
def test_while_the_second_is_away_nothing_is_taken(pair: Pair) -> None:
    def away(_real: Any, *_: object) -> None:
        raise UnavailableError("the second is away")

    second: Any = Meddling(pair.second, put=away)
    both = MirroredPlace(pair.first, second, pair.said.append)
    with pytest.raises(UnavailableError):
        both.put("records/a", [b"two"], NOW)
