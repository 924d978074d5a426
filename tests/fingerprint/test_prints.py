"""What a deposit leaves: digests of what it brought, no value, the same bytes for ever."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import DamagedError
from chartkeep.fingerprint.prints import END, Gathered, decode, encode, is_vouched, vouched
from chartkeep.model import Section

VECTOR = Path(__file__).parents[1] / "vectors" / "fingerprints" / "prints.json"
KEY, CHART = b"the key of digests, of 32 bytes.", b"c" * 16


def vector() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(VECTOR.read_text())
    return found


def gathered(key: bytes = KEY) -> Gathered:
    found = Gathered(key)
    for number, body in enumerate(vector()["resources"]):
        found.take(body["resourceType"], body, f"{number:032x}", 1_800_000_000_000 + number)
    for each in vector()["files"]:
        found.take_files([bytes.fromhex(each["sha256"])], Section(each["section"]))
    return found


def test_a_deposit_leaves_the_bytes_it_always_left() -> None:
    raw = encode(gathered(bytes.fromhex(vector()["key"])).prints())
    assert raw.hex() == vector()["prints"]
    assert encode(decode(raw)) == raw


def test_no_value_is_in_it_and_no_two_houses_digests_meet() -> None:
    ours, theirs = (gathered(key).prints() for key in (KEY, b"o" * 32))
    values = (b"Aminah", b"AMINAH", b"aminah", b"4711001", b"1956", b"5.5", b"andung", b"40115")
    assert not any(value in encode(ours) for value in values)
    one, other = ours.people[0].told(), theirs.people[0].told()
    assert one.found.isdisjoint(other.found)
    assert set(one.held).isdisjoint(other.held)
    assert set(ours.numbers()).isdisjoint(theirs.numbers())
    assert set(ours.results()).isdisjoint(theirs.results())
    assert set(ours.filed()).isdisjoint(theirs.filed())


def test_who_was_deleted_says_nothing_any_more() -> None:
    found = Gathered(KEY)
    found.take("Patient", {}, "0" * 32, 1)
    (person,) = found.prints().people
    assert (person.told().found, person.told().held, person.numbers()) == (frozenset(), (), [])


def test_a_word_that_is_not_there_is_no_word() -> None:
    """FHIR's JSON has null for one of which only something else is said."""
    said = {"name": [{"family": "Aminah", "given": [None, "Siti"]}], "address": [{"line": [None]}]}
    found = Gathered(KEY)
    found.take("Patient", said, "0" * 32, 1)
    found.take("Patient", {"name": [{"family": "Aminah", "given": ["Siti"]}]}, "0" * 32, 1)
    one, other = found.prints().people
    assert one.told() == other.told()


def test_a_desk_vouches_for_one_chart_and_these_very_bytes() -> None:
    mine = vouched(gathered().prints(), CHART, KEY)
    assert is_vouched(decode(encode(mine)), CHART, KEY)
    assert not is_vouched(mine, b"d" * 16, KEY)
    assert not is_vouched(mine, CHART, b"o" * 32)
    assert not is_vouched(msgspec.structs.replace(mine, covers=[1]), CHART, KEY)


@pytest.mark.attack
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 3_000), st.integers(0, 255))
def test_hostile_bytes_are_damage_or_prints(raw: bytes, at: int, byte: int) -> None:
    whole = bytearray(encode(gathered().prints()))
    whole[at % len(whole)] = byte
    for hostile in (raw, bytes(whole), bytes(whole[:at])):
        try:
            found = decode(hostile)
        except DamagedError:
            continue
        found.numbers(), found.results(), found.filed()
        assert all(0 <= each.time < END and each.told() for each in found.people)
        assert all(len(system) == 4 for each in found.people for system, _ in each.numbers())
