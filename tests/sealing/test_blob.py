import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError, DamagedError, SealBrokenError
from chartkeep.model import ChartId, EntryId, Section
from chartkeep.sealing.blob import BlobHeader, open_blob, open_range, read_blob_header, seal_blob
from chartkeep.sealing.keys import fresh_section_key

from .world import CHART, FACILITY, KEY, LEASE_END, WRITER

HEADER = BlobHeader(
    FACILITY, CHART, Section.IMAGING, KEY.key_id, EntryId(b"B" * 16), LEASE_END, WRITER
)
CONTENT = bytes(n % 251 for n in range(50_000))


def sealed(content: bytes = CONTENT, header: BlobHeader = HEADER) -> bytes:
    out = io.BytesIO()
    seal_blob(io.BytesIO(content), out.write, KEY, header)
    return out.getvalue()


def opened(raw: bytes) -> bytes:
    out = io.BytesIO()
    open_blob(io.BytesIO(raw), out.write, KEY)
    return out.getvalue()


SEALED = sealed()


@settings(max_examples=20)
@given(st.sampled_from([0, 1, 16383, 16384, 16385, 32768, 49152]))
def test_a_blob_of_any_length_opens_as_it_was(size: int) -> None:
    raw = sealed(CONTENT[:size])
    assert opened(raw) == CONTENT[:size]
    assert read_blob_header(io.BytesIO(raw)) == HEADER


@settings(max_examples=50)
@given(st.integers(0, 60_000), st.integers(0, 60_000))
def test_a_range_is_the_slice_of_the_whole(start: int, length: int) -> None:
    found = open_range(io.BytesIO(SEALED), KEY, start, length)
    assert found == CONTENT[start : start + length] or start > 65_536


@settings(max_examples=50)
@given(st.integers(0, 8 * len(SEALED) - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    raw = bytearray(SEALED)
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedError):
        opened(bytes(raw))


@pytest.mark.parametrize("kept", [0, 4, 92, 93, 120, 149, 16_500, 16_549, len(SEALED) - 1])
def test_a_cut_blob_is_refused(kept: int) -> None:
    with pytest.raises(DamagedError):
        opened(SEALED[:kept])


def test_chunks_cannot_change_places() -> None:
    at, size = 93 + 56, 16_400
    first, second = SEALED[at : at + size], SEALED[at + size : at + 2 * size]
    swapped = SEALED[:at] + second + first + SEALED[at + 2 * size :]
    with pytest.raises(SealBrokenError):
        opened(swapped)
    with pytest.raises(SealBrokenError):
        open_range(io.BytesIO(swapped), KEY, 0, 10)


def test_a_range_from_a_cut_or_changed_place_is_refused_by_name() -> None:
    other = msgspec.structs.replace(HEADER, chart=ChartId(b"D" * 16)).encode() + SEALED[93:]
    for raw in (SEALED[:-1], other):
        with pytest.raises(SealBrokenError, match="42424242-4242"):
            open_range(io.BytesIO(raw), KEY, 49_990, 10)


def test_a_range_behind_the_end_is_empty_or_refused_never_wrong() -> None:
    assert open_range(io.BytesIO(SEALED), KEY, 50_000, 10) == b""
    with pytest.raises(SealBrokenError):
        open_range(io.BytesIO(SEALED), KEY, 1 << 30, 10)
    with pytest.raises(BadInputError):
        open_range(io.BytesIO(SEALED), KEY, -1, 10)


def test_another_key_neither_seals_nor_opens() -> None:
    with pytest.raises(BadInputError):
        seal_blob(io.BytesIO(b"x"), io.BytesIO().write, fresh_section_key(), HEADER)
    with pytest.raises(SealBrokenError):
        open_range(io.BytesIO(SEALED), fresh_section_key(), 0, 1)
