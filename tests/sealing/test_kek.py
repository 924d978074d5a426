import json
import os
from pathlib import Path

import pytest

from chartkeep.errors import RefusedError, SealBrokenError, UnavailableError, UnknownFormatError
from chartkeep.sealing.kek import (
    Cost,
    PassphraseDocument,
    PassphraseFile,
    kek_id_of,
    read_kek_document,
    write_kek_document,
)
from chartkeep.sealing.keyfile import read_key_file

PASSPHRASE = b"correct horse battery staple"
CHEAP = Cost(iterations=1, memory_kib=64, lanes=1)


def reopened(raw: bytes, passphrase: bytes = PASSPHRASE) -> PassphraseFile:
    document = read_kek_document(raw)
    assert isinstance(document, PassphraseDocument)
    return PassphraseFile.open(document, passphrase)


def test_the_same_passphrase_and_document_give_the_same_key() -> None:
    made = PassphraseFile.create(PASSPHRASE, CHEAP)
    again = reopened(write_kek_document(made.document))
    assert again.kek_id == made.kek_id
    assert again.unwrap(made.wrap(b"s" * 32, b"aad"), b"aad") == b"s" * 32


def test_it_tells_a_wrong_passphrase() -> None:
    raw = write_kek_document(PassphraseFile.create(PASSPHRASE, CHEAP).document)
    with pytest.raises(RefusedError, match="does not fit"):
        reopened(raw, b"correct horse battery stable")


def test_spaces_do_not_change_its_id_but_a_changed_field_does() -> None:
    raw = write_kek_document(PassphraseFile.create(PASSPHRASE, CHEAP).document)
    plain = json.loads(raw)
    assert kek_id_of(read_kek_document(json.dumps(plain, indent=4).encode())) == kek_id_of(
        read_kek_document(raw)
    )
    plain["lanes"] = 2
    changed = read_kek_document(json.dumps(plain).encode())
    assert kek_id_of(changed) != kek_id_of(read_kek_document(raw))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "chartkeep-kek-2"},
        {"kind": "cloud"},
        {"more": 1},
        {"salt": 5},
        {"salt": "xyz"},
        {"salt": ""},
        {"memory_kib": 1 << 40},
        {"iterations": 65},
        {"iterations": 0},
        {"lanes": -1},
    ],
    ids=str,
)
def test_it_refuses_documents_it_does_not_know(change: dict[str, object]) -> None:
    plain = json.loads(write_kek_document(PassphraseFile.create(PASSPHRASE, CHEAP).document))
    with pytest.raises(UnknownFormatError):
        reopened(json.dumps(plain | change).encode())


def test_other_associated_data_or_a_cut_is_refused() -> None:
    house = PassphraseFile.create(PASSPHRASE, CHEAP)
    wrapped = house.wrap(b"s" * 32, b"aad")
    for attempt, aad in ((wrapped, b"other"), (wrapped[:-1], b"aad"), (b"", b"aad")):
        with pytest.raises(SealBrokenError):
            house.unwrap(attempt, aad)


def key_file(folder: Path, content: bytes = PASSPHRASE, mode: int = 0o600) -> Path:
    path = folder / "chartkeep.key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b"\nsecond line"])
def test_the_passphrase_is_the_first_line(tmp_path: Path, ending: bytes) -> None:
    assert read_key_file(key_file(tmp_path, PASSPHRASE + ending)) == PASSPHRASE


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_it_refuses_a_key_file_others_may_read(tmp_path: Path, mode: int) -> None:
    with pytest.raises(RefusedError, match="only its owner") as caught:
        read_key_file(key_file(tmp_path, mode=mode))
    assert "chmod 600" in caught.value.hint


def test_it_refuses_a_passphrase_too_short_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="less than 16"):
        read_key_file(key_file(tmp_path, b"short\n"))


def test_a_missing_or_linked_key_file_is_unavailable(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(key_file(tmp_path))
    for path in (link, tmp_path / "none"):
        with pytest.raises(UnavailableError):
            read_key_file(path)


def test_a_folder_or_a_pipe_is_no_key_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "pipe", 0o600)
    with pytest.raises(RefusedError):
        read_key_file(folder)
    with pytest.raises(RefusedError):
        read_key_file(folder / "pipe")
