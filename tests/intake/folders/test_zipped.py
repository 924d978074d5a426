"""Archives: what is in them is bounded by what they are, whatever they claim."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest

from chartkeep.errors import BadInputError
from chartkeep.intake.folders import zipped
from chartkeep.intake.folders.zipped import members


def archive(**files: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as made:
        for name, raw in files.items():
            made.writestr(name, raw)
    return into.getvalue()


def unpack(raw: bytes) -> list[bytes]:
    found = []
    for member in members(io.BytesIO(raw), len(raw), 4):
        with member.open() as reader:
            found.append(reader.read())
    return found


def test_members_are_read_as_they_are() -> None:
    files = {"a": b"one", "b": b"two" * 1_000, "c": b""}
    assert unpack(archive(**files)) == list(files.values())


def encrypted(raw: bytes) -> bytes:
    """Set the flag of encryption in both headers."""
    at = raw.index(b"PK\x01\x02")
    return raw[:6] + b"\x01" + raw[7 : at + 8] + b"\x01" + raw[at + 9 :]


def lying(raw: bytes) -> bytes:
    """Say that the first member unpacks to 100 MB."""
    at = raw.index(b"PK\x01\x02") + 24
    return raw[:at] + struct.pack("<I", 100_000_000) + raw[at + 4 :]


def flipped(raw: bytes) -> bytes:
    return raw[:60] + bytes([raw[60] ^ 0xFF]) + raw[61:]


SMALL = archive(a=bytes(range(256)) * 40)


@pytest.mark.attack
@pytest.mark.parametrize(
    "change", [encrypted, lying, flipped, lambda raw: raw[:-10], lambda raw: b"PK\x03\x04" + raw],
    ids=["encrypted", "lying", "flipped", "cut", "shifted"],
)  # fmt: skip
def test_an_archive_that_is_broken_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadInputError):
        unpack(change(SMALL)[: len(SMALL)])


@pytest.mark.attack
def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(BadInputError, match="far more than it is"):
        unpack(archive(a=bytes(64 << 20)))


@pytest.mark.attack
def test_many_small_bombs_are_one_bomb() -> None:
    raw = archive(**{str(n): bytes(7 << 20) for n in range(12)})
    with pytest.raises(BadInputError, match="far more than it is"):
        unpack(raw)


@pytest.mark.attack
def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "MOST_MEMBERS", 3)
    with pytest.raises(BadInputError, match="more than 3"):
        unpack(archive(a=b"1", b=b"2", c=b"3", d=b"4"))


@pytest.mark.attack
@pytest.mark.parametrize("wide", [False, True])
def test_a_directory_of_gigabytes_is_never_read(wide: bool) -> None:  # noqa: FBT001
    """The end record claims a directory of a gigabyte: it is refused before it is looked for."""
    end = SMALL.index(b"PK\x05\x06")
    if wide:
        record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, 1 << 30, 0)
        raw = SMALL[:end] + record + SMALL[end:]
    else:
        raw = SMALL[: end + 12] + struct.pack("<I", 1 << 30) + SMALL[end + 16 :]
    with pytest.raises(BadInputError, match="more than"):
        unpack(raw)


@pytest.mark.attack
def test_an_archive_in_an_archive_stays_shut() -> None:
    (inner,) = unpack(archive(a=SMALL))
    assert inner == SMALL
