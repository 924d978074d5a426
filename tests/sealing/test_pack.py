"""A ward pack's seal and the code in the envelope: vectors, a second reader, every changed byte."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError, RefusedError, SealBrokenError, UnknownFormatError
from chartkeep.model import FacilityId, Millis
from chartkeep.sealing.pack import (
    PackHeader,
    WardKey,
    decode_ward_key,
    derive_ward_key,
    open_pack,
    pack_key,
    seal_pack,
)
from chartkeep.sealing.ward_code import fresh_code, read_code

ROOT = Path(__file__).resolve().parents[2]
VECTORS = json.loads((ROOT / "tests/vectors/sealing/packs.json").read_text())["cases"]
CASES = [pytest.param(case, id=case["name"]) for case in VECTORS]
HEADER = PackHeader(FacilityId(b"F" * 16), b"P" * 16, Millis(1), Millis(2), "3B 病棟")
CODE = "0123-4567-89AB-CDEF-GHJT"
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def second_reader() -> ModuleType:
    spec = importlib.util.spec_from_file_location("open_pack", ROOT / "verify/open_pack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def key() -> WardKey:
    return derive_ward_key(CODE, bytes(range(16)))


@pytest.mark.parametrize("case", CASES)
def test_a_pack_opens_or_is_refused(case: dict[str, Any]) -> None:
    errors = {
        "seal broken": SealBrokenError, "unknown format": UnknownFormatError,
        "bad input": BadInputError, "refused": RefusedError,
    }  # fmt: skip
    sealed = bytes.fromhex(case["sealed"])
    if case["expect"] == "ok":
        assert open_pack(sealed, pack_key(sealed, case["code"])).startswith(b'{"resourceType"')
        return
    with pytest.raises(errors[case["expect"]]):
        open_pack(sealed, pack_key(sealed, case["code"]))


@pytest.mark.parametrize("case", CASES)
def test_the_second_reader_agrees(case: dict[str, Any]) -> None:
    reader = second_reader()
    errors = {
        "seal broken": reader.SealBrokenError, "unknown format": reader.UnknownFormatError,
        "bad input": reader.RefusedError, "refused": reader.RefusedError,
    }  # fmt: skip
    sealed = bytes.fromhex(case["sealed"])
    if case["expect"] == "ok":
        assert reader.open_pack(sealed, case["code"]).startswith(b'{"resourceType"')
        return
    with pytest.raises(errors[case["expect"]]):
        reader.open_pack(sealed, case["code"])


def test_the_second_reader_is_small_and_imports_none_of_ours() -> None:
    text = (ROOT / "verify/open_pack.py").read_text()
    assert len(text.splitlines()) < 120
    assert "import chartkeep" not in text
    assert "from chartkeep" not in text


def test_what_the_packer_keeps_seals_without_the_code(key: WardKey) -> None:
    kept = decode_ward_key(key.encode())
    sealed = seal_pack(HEADER, b"three beds", kept)
    assert open_pack(sealed, pack_key(sealed, CODE)) == b"three beds"
    assert CODE.replace("-", "").encode() not in key.encode()


def test_no_key_shows_itself(key: WardKey) -> None:
    assert key.secret.hex() not in repr(key)


@pytest.mark.attack
def test_no_flipped_bit_of_a_pack_goes_unnoticed(key: WardKey) -> None:
    sealed = seal_pack(HEADER, b"three beds", key)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises((RefusedError, SealBrokenError, UnknownFormatError)):
            open_pack(changed, key)


@pytest.mark.attack
def test_a_file_that_asks_for_years_of_work_is_refused_at_once(key: WardKey) -> None:
    sealed = bytearray(seal_pack(HEADER, b"", key))
    sealed[52:56] = b"\xff" * 4
    with pytest.raises(SealBrokenError):
        pack_key(bytes(sealed), CODE)


@pytest.mark.parametrize("raw", [b"", bytes(51), bytes(52), bytes(53)])
def test_what_is_no_wards_key_is_refused(raw: bytes) -> None:
    with pytest.raises(SealBrokenError):
        decode_ward_key(raw)


@pytest.mark.parametrize("salt", [b"short", bytes(17)])
def test_a_salt_of_another_length_is_refused(salt: bytes) -> None:
    with pytest.raises(BadInputError):
        derive_ward_key(CODE, salt)


def test_codes_are_five_groups_of_four_and_never_the_same() -> None:
    codes = {fresh_code() for _ in range(200)}
    assert len(codes) == 200
    assert all([len(group) for group in code.split("-")] == [4] * 5 for code in codes)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 19), st.sampled_from(SYMBOLS))
def test_any_one_changed_character_is_noticed(at: int, other: str) -> None:
    code = fresh_code().replace("-", "")
    changed = code[:at] + other + code[at + 1 :]
    if changed == code:
        assert read_code(changed) == code.encode()
        return
    with pytest.raises(BadInputError):
        read_code(changed)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 19), st.integers(0, 19))
def test_any_two_exchanged_characters_are_noticed(left: int, right: int) -> None:
    code = list(fresh_code().replace("-", ""))
    code[left], code[right] = code[right], code[left]
    exchanged = "".join(code)
    if code[left] == code[right]:
        assert read_code(exchanged) == exchanged.encode()
        return
    with pytest.raises(BadInputError):
        read_code(exchanged)


@pytest.mark.parametrize("typed", ["", "0" * 19, "U" * 20, "é" * 20, "0" * 100_000])
def test_what_is_no_code_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(BadInputError) as refused:
        read_code(typed)
    assert not typed or typed not in str(refused.value)
