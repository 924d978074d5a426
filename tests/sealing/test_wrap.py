import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError, DamagedError, SealBrokenError
from chartkeep.model import ChartId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.kek import Cost, PassphraseFile
from chartkeep.sealing.keys import ChartKey, SectionKey, fresh_chart_key, fresh_section_key
from chartkeep.sealing.wrap import (
    check_entry_under_wrap,
    read_chart_wrap,
    read_wrap,
    rewrap_section_key,
    unwrap_chart_key,
    unwrap_section_key,
    wrap_chart_key,
    wrap_section_key,
)

from .world import CHART, CHART_KEY, FACILITY, KEY, LEASE_END, header, wrap_header

HOUSE = PassphraseFile.create(b"correct horse battery", Cost(1, 64, 1))


def test_a_section_key_unwraps_as_it_was_and_says_what_it_is_for() -> None:
    wrap = wrap_section_key(wrap_header(), KEY, CHART_KEY)
    assert len(wrap) == 141
    assert read_wrap(wrap) == wrap_header()
    key = unwrap_section_key(wrap, CHART_KEY)
    assert (key.key_id, key.secret) == (KEY.key_id, KEY.secret)


@settings(max_examples=50)
@given(st.integers(0, 141 * 8 - 1))
def test_any_flipped_bit_of_a_wrap_is_refused(bit: int) -> None:
    wrap = bytearray(wrap_section_key(wrap_header(), KEY, CHART_KEY))
    wrap[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedError):
        unwrap_section_key(bytes(wrap), CHART_KEY)


@settings(max_examples=50)
@given(st.integers(0, 116 * 8 - 1))
def test_any_flipped_bit_of_a_chart_wrap_is_refused(bit: int) -> None:
    wrap = bytearray(wrap_chart_key(FACILITY, CHART_KEY, HOUSE))
    wrap[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedError):
        unwrap_chart_key(bytes(wrap), HOUSE)


def test_it_refuses_the_key_of_another_chart_and_of_another_generation() -> None:
    wrap = wrap_section_key(wrap_header(), KEY, CHART_KEY)
    others = (
        ChartKey(ChartId(b"D" * 16), 1, CHART_KEY.secret),
        ChartKey(CHART, 2, CHART_KEY.secret),
        ChartKey(CHART, 1, bytes(32)),
    )
    for other in others:
        with pytest.raises(SealBrokenError, match="4b4b4b4b-4b4b"):
            unwrap_section_key(wrap, other)


def test_it_does_not_wrap_a_key_under_another_name() -> None:
    with pytest.raises(BadInputError):
        wrap_section_key(wrap_header(), fresh_section_key(), CHART_KEY)
    with pytest.raises(BadInputError):
        wrap_section_key(wrap_header(generation=2), KEY, CHART_KEY)


def test_rotation_moves_a_wrap_and_keeps_what_it_is_for() -> None:
    new = fresh_chart_key(CHART, 2)
    moved = rewrap_section_key(wrap_section_key(wrap_header(), KEY, CHART_KEY), CHART_KEY, new)
    assert read_wrap(moved) == wrap_header(generation=2)
    assert unwrap_section_key(moved, new).secret == KEY.secret
    with pytest.raises(SealBrokenError):
        unwrap_section_key(moved, CHART_KEY)


def test_a_chart_key_unwraps_as_it_was() -> None:
    wrap = wrap_chart_key(FACILITY, CHART_KEY, HOUSE)
    said = read_chart_wrap(wrap)
    assert (said.facility, said.chart, said.generation) == (FACILITY, CHART, 1)
    assert said.kek_id == HOUSE.kek_id
    assert unwrap_chart_key(wrap, HOUSE).secret == CHART_KEY.secret


def test_it_names_the_chart_when_the_house_key_is_another() -> None:
    wrap = wrap_chart_key(FACILITY, CHART_KEY, HOUSE)
    other = PassphraseFile.create(b"another horse battery", Cost(1, 64, 1))
    with pytest.raises(SealBrokenError, match=r"43434343-4343.*another key-encryption key"):
        unwrap_chart_key(wrap, other)


def test_an_entry_within_its_lease_belongs_to_its_wrap() -> None:
    check_entry_under_wrap(header(time=LEASE_END), wrap_header())


@pytest.mark.parametrize(
    "field",
    [
        {"facility": FacilityId(b"X" * 16)},
        {"chart": ChartId(b"X" * 16)},
        {"section": Section.FACE},
        {"key_id": KeyId(b"X" * 16)},
        {"writer": InstanceId(b"X" * 16)},
        {"time": Millis(LEASE_END + 1)},
    ],
    ids=lambda field: str(*field),
)
def test_an_entry_that_claims_otherwise_is_refused_by_name(field: dict[str, bytes]) -> None:
    entry = msgspec.structs.replace(header(), **field)
    with pytest.raises(SealBrokenError, match="45454545-4545-4545"):
        check_entry_under_wrap(entry, wrap_header())


def test_a_key_is_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SectionKey(KEY.key_id, b"short")
