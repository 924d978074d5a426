"""Places are opened from the text people write, and keys others may read are refused."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.errors import BadInputError, UnavailableError
from chartkeep.recovery.folder import unlock_folder
from chartkeep.wiring.places import (
    begin_place,
    check_begun,
    check_place,
    open_place,
    read_address,
)
from chartkeep.wiring.restoring import open_shelf
from tests.recovery.place_contract import NOW


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "s3.keys"
    path.write_text("mine\nsecret\n")
    path.chmod(0o600)
    return path


def test_a_bucket_is_named_with_its_server_and_its_keys(keys: Path) -> None:
    text = f"s3://vault/house/?endpoint=https://s3.example.org/&keys={keys}&cluster=10.0.0.9"
    address, cluster = read_address(text)
    assert (address.bucket, address.prefix, cluster) == ("vault", "house/", "10.0.0.9")
    assert address.endpoint == "https://s3.example.org"
    assert (address.access_key, address.secret_key) == ("mine", "secret")
    assert "secret" not in f"{address} {address!r}"


def test_without_an_endpoint_it_is_the_regions(keys: Path) -> None:
    address, _ = read_address(f"s3://vault?region=ap-northeast-1&keys={keys}")
    assert address.endpoint == "https://s3.ap-northeast-1.amazonaws.com"


@pytest.mark.attack
def test_keys_that_others_may_read_are_refused(keys: Path) -> None:
    keys.chmod(0o644)
    with pytest.raises(BadInputError, match="others may read"):
        read_address(f"s3://vault?keys={keys}")


def test_keys_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(BadInputError, match="no keys"):
        read_address("s3://vault")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert read_address("s3://vault")[0].secret_key == "secret"


@pytest.mark.parametrize(
    "text", ["", "folder:", "/srv/vault", "s3:", "s3://b?endpont=x", "ftp://x"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        open_place(text, lambda: NOW, print)
    with pytest.raises(BadInputError):
        check_place(text)


def test_a_place_of_no_fixed_path_is_refused(tmp_path: Path) -> None:
    check_place(f"folder:{tmp_path}")
    with pytest.raises(BadInputError, match="no place to keep anything: folder:kept"):
        check_place("folder:kept")


@pytest.mark.attack
def test_a_vault_does_not_begin_anew_in_a_place_that_lost_all_or_is_not_mounted(
    tmp_path: Path,
) -> None:
    text, kept = f"folder:{tmp_path}/vault", tmp_path / "places"
    place = open_place(text, lambda: NOW, print, kept)
    check_begun(place, text, kept)  # the first time
    place.tend()
    begin_place(place, text, kept, "f" * 32, NOW)
    check_begun(place, text, kept)
    unlock_folder(tmp_path / "vault")
    (tmp_path / "vault").rename(tmp_path / "elsewhere")
    empty = open_place(text, lambda: NOW, print, kept)
    with pytest.raises(UnavailableError, match="nothing of what this vault kept"):
        check_begun(empty, text, kept)
    next(kept.glob("*.begun")).unlink()  # a person says that it is lost for good
    check_begun(empty, text, kept)


def test_a_folder_keeps_what_it_is_given_once_probed(tmp_path: Path) -> None:
    (tmp_path / "vault").mkdir(mode=0o700)
    place = open_place(f"folder:{tmp_path}/vault", lambda: NOW, print, tmp_path / "certificates")
    assert place.renew().held
    place.put("records/a", [b"one"], NOW)
    again = open_place(f"folder:{tmp_path}/vault", lambda: NOW, print, tmp_path / "certificates")
    assert (again.tend(), again.read("records/a")) == (None, b"one")
    again.expire("records/a", NOW)


@pytest.mark.parametrize("open_it", [lambda t: open_place(t, lambda: NOW, print), open_shelf])
def test_without_the_extra_it_says_what_to_install(
    open_it: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chartkeep.recovery.bucket", None)
    with pytest.raises(UnavailableError, match="not installed") as told:
        open_it("s3://vault")
    assert told.value.hint == "install chartkeep[s3]"
