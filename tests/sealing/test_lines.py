import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import SealBrokenError
from chartkeep.sealing.lines import LineKeys, open_body, seal_body

KEYS = LineKeys("chartkeep.example/releases", bytes(range(32)))


@settings(max_examples=50)
@given(st.integers(0, 2**40), st.binary(max_size=400))
def test_a_body_opens_with_the_key_of_its_bundle(index: int, body: bytes) -> None:
    sealed = seal_body(KEYS, index, body)
    assert open_body(KEYS.bundle(index // 256), index, sealed) == body


def test_the_key_of_one_bundle_opens_no_line_of_another() -> None:
    sealed = seal_body(KEYS, 256, b"line")
    with pytest.raises(SealBrokenError):
        open_body(KEYS.bundle(0), 256, sealed)
    with pytest.raises(SealBrokenError):
        open_body(KEYS.bundle(0), 255, sealed)


def test_a_body_opens_at_no_other_index_and_in_no_other_ledger() -> None:
    sealed = seal_body(KEYS, 7, b"line")
    with pytest.raises(SealBrokenError, match="line 8"):
        open_body(KEYS.bundle(0), 8, sealed)
    other = LineKeys("chartkeep.example/records", bytes(range(32)))
    with pytest.raises(SealBrokenError, match="line 7"):
        open_body(other.bundle(0), 7, sealed)


def test_two_writings_of_one_index_do_not_share_a_nonce() -> None:
    assert seal_body(KEYS, 7, b"line")[4:16] != seal_body(KEYS, 7, b"line")[4:16]


def test_line_keys_do_not_show_themselves() -> None:
    shown = repr(KEYS) + repr(KEYS.bundle(3))
    assert bytes(range(32)).hex() not in shown
    assert KEYS.bundle(3).secret.hex() not in shown
