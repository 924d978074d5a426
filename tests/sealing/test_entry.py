from concurrent.futures import ThreadPoolExecutor

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError, DamagedError, SealBrokenError
from chartkeep.model import ChartId, EntryId, Millis, Section
from chartkeep.sealing import frame
from chartkeep.sealing.entry import (
    EntryHeader,
    _seal_padded,
    open_entries,
    open_entry,
    read_header,
    seal_entry,
)
from chartkeep.sealing.keys import SectionKey, fresh_nonce, fresh_section_key

from .world import FACILITY, KEY, WRITER, header

ids = st.binary(min_size=16, max_size=16)
kinds = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)


@settings(max_examples=50)
@given(ids, st.sampled_from(Section), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), kinds)
def test_a_header_reads_back_as_written(
    chart: bytes, section: Section, version: int, time: int, kind: str
) -> None:
    written = EntryHeader(
        FACILITY,
        ChartId(chart),
        section,
        KEY.key_id,
        EntryId(chart[::-1]),
        version,
        Millis(time),
        WRITER,
        kind,
    )
    sealed = seal_entry(written, b"", KEY)
    assert read_header(sealed) == written
    assert sealed.startswith(written.encode())


@settings(max_examples=50)
@given(st.binary(max_size=5000))
def test_what_is_sealed_opens_as_it_was(plaintext: bytes) -> None:
    assert open_entry(seal_entry(header(), plaintext, KEY), KEY) == plaintext


@settings(max_examples=50)
@given(st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    sealed = bytearray(seal_entry(header(), b'{"a": 1.00}', KEY))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedError):
        open_entry(bytes(sealed), KEY)


@settings(max_examples=50)
@given(st.integers(0, 300))
def test_any_cut_is_refused(kept: int) -> None:
    sealed = seal_entry(header(), b'{"a": 1.00}', KEY)
    with pytest.raises(DamagedError):
        open_entry(sealed[: min(kept, len(sealed) - 1)], KEY)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_many_open_together_as_one_by_one(plaintexts: list[bytes]) -> None:
    sealed = [seal_entry(header(), plaintext, KEY) for plaintext in plaintexts]
    headers = {one: read_header(one) for one in sealed}
    assert open_entries(headers, {KEY.key_id: KEY}) == plaintexts


@given(st.data())
def test_any_flipped_bit_of_one_refuses_all_of_them(data: st.DataObject) -> None:
    good, other = (seal_entry(header(), word, KEY) for word in (b"one", b"two"))
    bit = data.draw(st.integers(0, len(good) * 8 - 1))
    flipped = bytearray(good)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBrokenError):
        open_entries({other: header(), bytes(flipped): header()}, {KEY.key_id: KEY})


def test_it_refuses_the_header_of_another_entry() -> None:
    here, there = header(), header(chart=ChartId(b"D" * 16))
    one, other = seal_entry(here, b"one", KEY), seal_entry(there, b"other", KEY)
    size = len(here.encode())
    with pytest.raises(SealBrokenError, match="45454545-4545-4545-4545-454545454545"):
        open_entry(other[:size] + one[size:], KEY)


def test_it_refuses_another_key_and_one_that_took_its_name() -> None:
    sealed = seal_entry(header(), b"content", KEY)
    for key in (fresh_section_key(), SectionKey(KEY.key_id, bytes(32))):
        with pytest.raises(SealBrokenError):
            open_entry(sealed, key)


def test_it_does_not_seal_under_a_key_the_header_does_not_name() -> None:
    with pytest.raises(BadInputError):
        seal_entry(header(), b"content", fresh_section_key())


@pytest.mark.parametrize("kind", ["", "a b", "é", "x" * 65, "a\n"])
def test_it_refuses_kinds_the_format_cannot_hold(kind: str) -> None:
    with pytest.raises(BadInputError):
        header(kind=kind).encode()


def test_it_refuses_ids_of_the_wrong_length() -> None:
    with pytest.raises(BadInputError):
        header(chart=ChartId(b"short")).encode()


def test_two_seals_of_the_same_share_nothing_but_the_header() -> None:
    one, other = (seal_entry(header(), b"content", KEY) for _ in range(2))
    size = len(header().encode())
    assert one[:size] == other[:size]
    assert one[size : size + 12] != other[size : size + 12]


@settings(max_examples=50)
@given(st.integers(1, 1 << 26))
def test_padding_stays_below_an_eighth_and_buckets_are_stable(size: int) -> None:
    shown = frame.bucket(size)
    assert shown >= size
    assert shown == 64 or (shown - size) * 8 < size
    assert frame.bucket(shown) == shown


def test_the_padding_bounds_are_those_the_format_states() -> None:
    def worst(low: int, high: int) -> float:
        step = max(1, (high - low) // 5000)
        return max((frame.bucket(n) - n) / n for n in range(low, high, step))

    assert worst(64, 256) < 1 / 8
    assert worst(256, 65536) < 1 / 16
    assert worst(65536, 1 << 26) < 1 / 32


def test_it_refuses_more_than_64_mib_before_sealing() -> None:
    class Huge(bytes):
        def __len__(self) -> int:
            return frame.MAX_PLAINTEXT + 1

    with pytest.raises(frame.RefusedError):
        frame.pack(Huge())


@pytest.mark.parametrize("extra", [b"\0\1", b"(\xb5/\xfd", b"x"])
def test_it_refuses_bytes_behind_the_frame(extra: bytes) -> None:
    inner = frame._coders.compressor.compress(b"content") + extra
    sealed = _seal_padded(header(), frame.pad(inner), KEY, fresh_nonce())
    with pytest.raises(SealBrokenError):
        open_entry(sealed, KEY)


def test_it_refuses_a_frame_that_does_not_state_its_size() -> None:
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(b"content")
    sealed = _seal_padded(header(), frame.pad(silent), KEY, fresh_nonce())
    with pytest.raises(SealBrokenError, match="claims no size"):
        open_entry(sealed, KEY)


def test_no_key_shows_its_secret() -> None:
    shown = repr(KEY) + str(KEY) + f"{KEY}" + repr([KEY])
    assert KEY.secret.hex() not in shown
    assert repr(KEY.secret) not in shown
    assert KEY.key_id.hex() in shown


def test_keys_are_equal_by_their_id() -> None:
    assert SectionKey(KEY.key_id, bytes(32)) == KEY
    assert fresh_section_key() != fresh_section_key()
    assert len({KEY, SectionKey(KEY.key_id, bytes(32))}) == 1


def test_one_key_serves_many_threads_at_once() -> None:
    texts = [bytes([n]) * (n * 37 + 1) for n in range(64)]

    def there_and_back(text: bytes) -> bytes:
        return open_entry(seal_entry(header(), text, KEY), KEY)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(there_and_back, texts * 20)) == texts * 20
