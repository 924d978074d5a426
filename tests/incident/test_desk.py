"""The incident desk's folder is worth nothing without its key file, and says so when it is gone."""

from pathlib import Path

import msgspec
import pytest

from chartkeep.errors import (
    RefusedError,
    SealBrokenError,
    UnavailableError,
    UnknownFormatError,
)
from chartkeep.incident.desk import Desk
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.sealing.kek import Cost
from chartkeep.sealing.signing import SigningKey

CHEAP = Cost(1, 8, 1)
LOG, FORGED = (
    VerifierKey("chartkeep.example/minato/releases", LOG_KEY, SigningKey.from_seed(seed).public)
    for seed in (bytes(32), b"x" * 32)
)


def write_key(path: Path, word: str = "a passphrase of the desk") -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(word)
    return path


def found(folder: Path) -> Desk:
    key_file = write_key(folder / "stick" / "desk.key")
    return Desk.found(folder / "desk", ("Minato", "ab" * 16), key_file, CHEAP)


def test_a_desk_opened_again_has_the_same_keys_and_one_for_each_use(tmp_path: Path) -> None:
    made = found(tmp_path)
    again = Desk.open(made.root)
    assert again.key_for("index") == made.key_for("index") != made.key_for("cases")
    assert again.signing.public == made.signing.public


@pytest.mark.attack
def test_a_lost_key_file_is_said_as_such(tmp_path: Path) -> None:
    made = found(tmp_path)
    (tmp_path / "stick" / "desk.key").rename(tmp_path / "copy")
    with pytest.raises(UnavailableError, match="without it no case of this desk opens"):
        Desk.open(made.root)
    assert Desk.open(made.root, tmp_path / "copy").key_for("x") == made.key_for("x")


@pytest.mark.attack
def test_another_key_file_opens_nothing(tmp_path: Path) -> None:
    made = found(tmp_path)
    other = write_key(tmp_path / "other", "another passphrase, as long")
    with pytest.raises(RefusedError, match="does not fit"):
        Desk.open(made.root, other)


def test_a_key_file_under_the_desk_is_refused(tmp_path: Path) -> None:
    key_file = write_key(tmp_path / "desk" / "key")
    with pytest.raises(RefusedError, match="would lie under"):
        Desk.found(tmp_path / "desk", ("Minato", "ab" * 16), key_file, CHEAP)


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    made = found(tmp_path)
    with pytest.raises(RefusedError, match="is not empty"):
        Desk.found(made.root, ("Minato", "ab" * 16), tmp_path / "stick" / "desk.key", CHEAP)


def test_a_desk_learns_the_houses_ledger_once(tmp_path: Path) -> None:
    made = found(tmp_path)
    assert made.log is None
    made.learn(LOG)
    made.learn(LOG)
    assert Desk.open(made.root).log == LOG
    with pytest.raises(RefusedError, match="knows another ledger"):
        Desk.open(made.root).learn(FORGED)
    assert Desk.open(made.root).log == LOG


@pytest.mark.attack
def test_whoever_writes_another_ledger_into_the_folder_is_not_believed(tmp_path: Path) -> None:
    made = found(tmp_path)
    path = made.root / "desk.json"
    forged = FORGED.text()
    for before in (made.file, msgspec.structs.replace(made.file, learned="ab" * 16)):
        changed = msgspec.structs.replace(before, releases=forged)
        path.write_bytes(msgspec.json.encode(changed))
        assert Desk.open(made.root).log is None
    made.learn(LOG)
    changed = msgspec.structs.replace(made.file, releases=forged)
    path.write_bytes(msgspec.json.encode(changed))
    assert Desk.open(made.root).log is None


@pytest.mark.attack
def test_a_changed_desk_file_is_refused(tmp_path: Path) -> None:
    made = found(tmp_path)
    path = made.root / "desk.json"
    moved = msgspec.structs.replace(made.file, id="cd" * 16)
    path.write_bytes(msgspec.json.encode(moved))
    with pytest.raises(SealBrokenError):
        Desk.open(made.root)
    path.write_text("{}")
    with pytest.raises(UnknownFormatError):
        Desk.open(made.root)
    path.unlink()
    with pytest.raises(UnavailableError, match="no incident desk"):
        Desk.open(made.root)
