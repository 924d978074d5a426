"""A house founded: nothing secret where a thief of the data looks, a clear word when it fails."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chartkeep.errors import ChartkeepError, RefusedError, UnavailableError
from chartkeep.keyholder.clock import Reading
from chartkeep.sealing.kek import Cost
from chartkeep.wiring.founding import init, newcomer
from chartkeep.wiring.home import Home, read_peers, write_peers, write_secret
from chartkeep.wiring.programs import lacking, make_programs

PEOPLE = [newcomer("erik", "administrator"), newcomer("fumi", "administrator")]


def found(root: Path, key_file: Path) -> Home:
    cost = Cost(1, 8_192, 1)
    return init(root, "Minato", key_file, PEOPLE, lambda: Reading(1, 1), cost=cost, cheap=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("founded")
    return found(folder / "house", folder / "stick" / "minato.key")


def test_it_refuses_a_key_file_under_the_data_folder(tmp_path: Path) -> None:
    root = tmp_path / "house"
    (tmp_path / "link").symlink_to(root)
    for key_file in (root / "key", root / "keyholder" / "key", tmp_path / "link" / "key"):
        with pytest.raises(RefusedError, match="under the data folder") as refused:
            found(root, key_file)
        assert refused.value.hint
        assert not key_file.exists()


def test_it_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "letter").touch()
    with pytest.raises(RefusedError, match="is not empty"):
        found(tmp_path / "house", tmp_path / "key")
    assert [path.name for path in (tmp_path / "house").iterdir()] == ["letter"]


def test_only_the_owner_reads_what_lies_there(home: Home) -> None:
    keys = [*(home.root / "instances").iterdir(), home.root / "store" / "signing.key"]
    keys += [Path(home.file.key_file), home.root / "witness" / "witness.seed"]
    assert len(keys) > 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    folders = [path for path in home.root.iterdir() if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_nothing_secret_stands_in_the_houses_file(home: Home) -> None:
    text = (home.root / "house.json").read_text()
    secrets = [path.read_text().strip() for path in (home.root / "instances").iterdir()]
    files = (Path(home.file.key_file), home.root / "store" / "signing.key")
    secrets += [path.read_text().strip() for path in files]
    secrets += [word for person in PEOPLE for word in (person.password, person.totp)]
    assert not [secret for secret in secrets if secret in text]
    known = {"format", "facility", "id", "key_file", "keyholder", "store", "witness"}
    assert known < set(json.loads(text))


def test_no_password_and_no_shared_secret_lies_in_the_data_folder(home: Home) -> None:
    everything = b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    assert b"argon2id" not in everything
    words = [word.encode() for person in PEOPLE for word in (person.password, person.totp)]
    assert not [word for word in words if word in everything]


def test_a_wrong_key_file_is_a_clear_refusal(home: Home, tmp_path: Path) -> None:
    write_secret(tmp_path / "other.key", "another passphrase of enough length\n")
    with pytest.raises(ChartkeepError, match=r"passphrase|key file") as refused:
        home.kek(tmp_path / "other.key")
    assert refused.value.hint
    with pytest.raises(ChartkeepError) as missing:
        home.kek(tmp_path / "nowhere.key")
    assert "nowhere.key" in str(missing.value) + missing.value.hint


def test_a_folder_without_a_house_and_one_of_another_version_say_so(
    home: Home, tmp_path: Path
) -> None:
    with pytest.raises(UnavailableError, match="there is no house"):
        Home(tmp_path)
    text = (home.root / "house.json").read_text()
    (tmp_path / "house.json").write_text(text.replace("chartkeep-house-1", "chartkeep-house-9"))
    with pytest.raises(RefusedError, match="another version"):
        Home(tmp_path)
    (tmp_path / "house.json").write_text("{")
    with pytest.raises(RefusedError, match="not readable"):
        Home(tmp_path)


def test_a_program_without_a_key_is_told_where_it_belongs(home: Home) -> None:
    with pytest.raises(RefusedError, match="no key for the instance nobody") as refused:
        home.instance_key("nobody")
    assert "nobody.key" in refused.value.hint


def test_sockets_have_a_name_the_kernel_takes_wherever_the_house_lies(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    home = found(deep, tmp_path / "key")
    assert all(len(address) < 108 for address in (home.file.keyholder, home.file.store))


HARDENED = """
import ctypes, resource
from chartkeep.wiring.hardening import harden
missing = harden()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
print(*missing, sep="\\n")
"""


def test_a_hardened_process_leaves_no_core_and_says_what_it_could_not_have() -> None:
    told = subprocess.run(
        [sys.executable, "-c", HARDENED], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert told[0] == "(0, 0) 0"
    assert all(re.search("keyholder", sentence) for sentence in told[1:])


OPENED = """
import ctypes, pathlib
from chartkeep.cli.incident.options import open_desk
from chartkeep.errors import UnavailableError
try:
    open_desk(pathlib.Path("none"))
except UnavailableError:
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.attack
def test_a_reader_taken_over_by_a_file_reads_no_key_in_the_desks_memory() -> None:
    command = [sys.executable, "-c", OPENED]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout == "0\n"


def test_a_house_of_an_older_version_is_given_the_programs_it_lacks(tmp_path: Path) -> None:
    home = found(tmp_path / "house", tmp_path / "key")
    before = read_peers(home.root)
    (home.root / "instances" / "incident.key").unlink()
    write_peers(home.root, {name: peer for name, peer in before.items() if name != "incident"})
    with pytest.raises(RefusedError) as refused:
        home.instance_key("incident")
    assert "chartkeep program complete" in refused.value.hint
    assert lacking(home.root) == ["incident"]
    (made,) = make_programs(home.root, ["incident"])
    assert (made.name, made.may) == ("incident", ["note"])
    assert made.key == home.instance_key("incident").public
    after = read_peers(home.root)
    assert after.pop("incident").key == made.key.hex()
    assert after.items() < before.items()
    assert not lacking(home.root)
    assert make_programs(home.root, ["incident"]) == [made]


def test_no_house_is_given_a_program_nobody_knows(home: Home) -> None:
    with pytest.raises(RefusedError, match="no house has a program"):
        make_programs(home.root, ["../serve"])
