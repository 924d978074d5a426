"""The kit: everything a house needs but charts and keys, and worth nothing without the shares."""

import os
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import pytest

from chartkeep.errors import NotFoundError, RefusedError, SealBrokenError, UnknownFormatError
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from chartkeep.sealing.backup import BackupHeader, join_operators, open_backup, seal_backup
from chartkeep.sealing.kek import Cost
from chartkeep.sealing.shares import read_share
from chartkeep.sealing.signing import SigningKey
from chartkeep.wiring.founding import init
from chartkeep.wiring.home import Home
from chartkeep.wiring.kit import (
    KIT,
    MAGIC,
    OPERATORS,
    SIGNED,
    VOUCHED,
    kit_trouble,
    lay_kit,
    open_kit,
    open_newest_kit,
    renew_kit,
)
from chartkeep.wiring.running import now, read_clock
from chartkeep.wiring.standby import name_operators


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    root = tmp_path / "house"
    return init(root, "Minato Hospital", tmp_path / "key", [], read_clock, cost=Cost(1, 8_192, 1))


def sealed(home: Home) -> bytes:
    return (home.root / "store" / KIT).read_bytes()


def test_two_shares_bring_the_house_back_into_an_empty_folder(home: Home, tmp_path: Path) -> None:
    shares = name_operators(home, 2, ["haruto", "indah", "jun"])
    again = lay_kit(open_kit(sealed(home), shares[1:]), tmp_path / "new")
    assert again.file == home.file
    assert again.store_key().public == home.store_key().public
    for name in ("serve", "keyholder", "host"):
        assert again.instance_key(name).public == home.instance_key(name).public


def test_it_is_made_anew_only_when_something_in_it_changed(home: Home) -> None:
    assert not renew_kit(home), "nobody is named who could open it"
    name_operators(home, 2, ["haruto", "indah"])
    assert not renew_kit(home)
    assert kit_trouble(home) == ""
    (home.root / "instances" / "fax.key").write_text("ab" * 32)
    assert "older than the house's keys" in kit_trouble(home)
    assert renew_kit(home)
    assert kit_trouble(home) == ""


def test_a_folder_of_another_house_is_left_alone(home: Home, tmp_path: Path) -> None:
    shares = name_operators(home, 2, ["haruto", "indah"])
    files = open_kit(sealed(home), shares)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "house.json").write_text("{}")
    with pytest.raises(RefusedError, match="another house's"):
        lay_kit(files, tmp_path / "other")


@pytest.mark.attack
def test_a_stolen_kit_without_shares_opens_nothing(home: Home) -> None:
    shares = name_operators(home, 2, ["haruto", "indah", "jun"])
    raw = sealed(home)
    for path in [*home.root.glob("instances/*.key"), home.root / "store/signing.key"]:
        assert path.read_bytes() not in raw
    with pytest.raises(RefusedError):
        open_kit(raw, shares[:1])
    with pytest.raises(RefusedError):
        open_kit(raw, [shares[0], shares[0]])


@pytest.mark.attack
@pytest.mark.parametrize("at", [0, 30, 70, 150, 200, -1])
def test_a_changed_kit_opens_as_nothing_else(home: Home, at: int) -> None:
    shares = name_operators(home, 2, ["haruto", "indah"])
    raw = bytearray(sealed(home))
    raw[at] ^= 1
    with pytest.raises((SealBrokenError, RefusedError, UnknownFormatError)):
        open_kit(bytes(raw), shares)


@pytest.mark.attack
def test_a_kit_writes_nowhere_but_into_the_house(home: Home, tmp_path: Path) -> None:
    for name in (
        "../evil.key",
        "../evil.json",
        "stations/..",
        "instances/../../evil.key",
        "/tmp/evil.json",
        "x/y.json",
    ):
        with pytest.raises(UnknownFormatError):
            lay_kit({name: os.urandom(8)}, tmp_path / "new")


@pytest.mark.attack
def test_a_kit_sealed_by_somebody_who_reads_the_store_and_the_vault_is_passed_over(
    home: Home, tmp_path: Path
) -> None:
    """He knows the operators' public key, and what they said of the keyholder's: no secret."""
    shares = name_operators(home, 2, ["haruto", "indah"])
    files = open_kit(sealed(home), shares)
    his, mine = SigningKey.generate(), home.instance_key("keyholder").public
    vouched = (home.root / "keyholder" / VOUCHED).read_bytes()
    operators = (home.root / "keyholder" / OPERATORS).read_bytes()
    vault = FolderPlace(tmp_path / "vault")
    vault.put(f"kit/1-{sha256(sealed(home)).hexdigest()}", [sealed(home)], Millis(0))
    clear = msgspec.msgpack.encode(files | {"instances/serve.key": b"00" * 32})
    for public in (his.public, mine):
        header = BackupHeader(home.name.id, Millis(now() + 60_000), operators)
        signature = his.sign(SIGNED + header.encode() + clear)
        inside, out = MAGIC + public + vouched[32:] + signature + clear, BytesIO()
        seal_backup(BytesIO(inside), out.write, header)
        with pytest.raises(SealBrokenError):
            open_kit(out.getvalue(), shares)
        forged = out.getvalue()
        vault.put(f"kit/2-{sha256(forged).hexdigest()}", [forged], Millis(0))
    assert open_newest_kit(vault, shares) == files


@pytest.mark.attack
def test_the_very_kit_under_another_time_is_not_the_houses(home: Home) -> None:
    shares = name_operators(home, 2, ["haruto", "indah"])
    raw, out, later = sealed(home), BytesIO(), BytesIO()
    secret = join_operators([read_share(text) for text in shares])
    header = open_backup(BytesIO(raw), out.write, secret)
    newer = msgspec.structs.replace(header, time=Millis(header.time + 1))
    seal_backup(BytesIO(out.getvalue()), later.write, newer)
    with pytest.raises(SealBrokenError):
        open_kit(later.getvalue(), shares)


def test_operators_who_vouched_for_another_key_are_said(home: Home) -> None:
    name_operators(home, 2, ["haruto", "indah"])
    (home.root / "instances" / "keyholder.key").write_text("cd" * 32)
    assert not renew_kit(home)
    assert "never vouched" in kit_trouble(home)
    (home.root / "keyholder" / VOUCHED).unlink()
    assert "never vouched" in kit_trouble(home)


def test_no_chart_key_is_in_it(home: Home) -> None:
    shares = name_operators(home, 2, ["haruto", "indah"])
    assert not any(name.endswith(".db") for name in open_kit(sealed(home), shares))


@pytest.mark.attack
def test_an_old_kit_or_rubbish_under_a_later_name_is_not_the_newest(
    home: Home, tmp_path: Path
) -> None:
    shares = name_operators(home, 2, ["haruto", "indah"])
    old = sealed(home)
    (home.root / "instances" / "fax.key").write_text("ab" * 32)
    renew_kit(home)
    vault = FolderPlace(tmp_path / "vault")
    rubbish = old[:60] + bytes(100)
    for when, kit in ((1, old), (2, sealed(home)), (3, old), (4, rubbish), (5, b"")):
        vault.put(f"kit/{when:016x}-{sha256(kit).hexdigest()}", [kit], Millis(0))
    assert "instances/fax.key" in open_newest_kit(vault, shares)


def test_a_vault_without_a_kit_says_so_and_wrong_shares_are_refused(
    home: Home, tmp_path: Path
) -> None:
    shares = name_operators(home, 2, ["haruto", "indah"])
    vault = FolderPlace(tmp_path / "vault")
    with pytest.raises(NotFoundError, match="no kit"):
        open_newest_kit(vault, shares)
    vault.put(f"kit/1-{sha256(sealed(home)).hexdigest()}", [sealed(home)], Millis(0))
    with pytest.raises(RefusedError):
        open_newest_kit(vault, shares[:1])
