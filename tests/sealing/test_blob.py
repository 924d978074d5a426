import io

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError, DamagedError, SealBrokenError
from chartkeep.model import ChartId, EntryId, Section
from chartkeep.sealing.blob import (
    BLOB_HEAD,
    BlobHeader,
    BlobReader,
    open_blob,
    read_blob_header,
    seal_blob,
    sealed_size,
    span_of,
)
from chartkeep.sealing.keys import SectionKey, fresh_section_key

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


def open_range(
    raw: bytes, start: int, length: int, size: int = len(CONTENT), key: SectionKey = KEY
) -> bytes:
    span = span_of(size, start, length)
    part = memoryview(raw)[span.offset : span.offset + span.length]
    return BlobReader(raw[:BLOB_HEAD], key, size).open(part, start, length)


SEALED = sealed()


@settings(max_examples=20)
@given(st.sampled_from([0, 1, 16383, 16384, 16385, 32768, 49152]))
def test_a_blob_of_any_length_opens_as_it_was(size: int) -> None:
    raw = sealed(CONTENT[:size])
    assert opened(raw) == CONTENT[:size]
    assert read_blob_header(io.BytesIO(raw)) == HEADER


@settings(max_examples=80)
@given(
    st.sampled_from([0, 1, 16384, 32768, 50_000]), st.integers(0, 50_000), st.integers(0, 60_000)
)
def test_a_range_is_the_slice_of_the_whole(size: int, start: int, length: int) -> None:
    start = min(start, size)
    found = open_range(sealed(CONTENT[:size]), start, length, size)
    assert found == CONTENT[:size][start : start + length]


@pytest.mark.parametrize("size", [0, 1, 16383, 16384, 16385, 49152])
def test_the_sealed_size_follows_from_the_size(size: int) -> None:
    assert sealed_size(size) == len(sealed(CONTENT[:size]))
    assert sum(span_of(size, 0, size)) == sealed_size(size)


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
        open_range(swapped, 0, 10)


def test_a_range_from_a_cut_or_changed_place_is_refused_by_name() -> None:
    other = msgspec.structs.replace(HEADER, chart=ChartId(b"D" * 16)).encode() + SEALED[93:]
    for raw in (SEALED[:-1], SEALED[: -900 - 16], other):
        with pytest.raises(SealBrokenError, match="42424242-4242"):
            open_range(raw, 49_990, 10)


def test_a_blob_cut_at_a_chunk_is_found_out_by_its_size() -> None:
    whole = sealed(CONTENT[:32768])
    with pytest.raises(SealBrokenError):
        open_range(whole, 0, 50_000)
    with pytest.raises(SealBrokenError):
        open_range(sealed(CONTENT[:16384]), 0, 32_768, 32_768)


def test_a_range_behind_the_end_is_empty_or_refused_never_wrong() -> None:
    assert open_range(SEALED, 50_000, 10) == b""
    for start, length in ((50_001, 1), (-1, 10), (0, -1)):
        with pytest.raises(BadInputError):
            span_of(50_000, start, length)


def test_another_key_neither_seals_nor_opens() -> None:
    with pytest.raises(BadInputError):
        seal_blob(io.BytesIO(b"x"), io.BytesIO().write, fresh_section_key(), HEADER)
    with pytest.raises(SealBrokenError):
        open_range(SEALED, 0, 1, key=fresh_section_key())
    with pytest.raises(SealBrokenError):
        open_range(SEALED, 0, 1, key=SectionKey(KEY.key_id, b"?" * 32))
