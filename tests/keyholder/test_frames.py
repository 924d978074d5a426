"""Any bytes at all: the decoder gives a request inside its bounds, or the line is cut."""

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.keyholder import protocol
from chartkeep.wire.frames import FRAME
from tests.keyholder.frames import NUMBER, feed

REQUESTS = get_args(protocol.REQUESTS)
NAMES = [request.__name__ for request in REQUESTS]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=40)
    | st.text(max_size=20)
    | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=15,
)


@pytest.mark.parametrize("proved", [False, True])
@given(raw=st.binary(max_size=300))
def test_bytes_bring_a_cut_or_an_answer(raw: bytes, proved: bool) -> None:  # noqa: FBT001 - a parameter of the test
    feed(raw, proved=proved)


@settings(max_examples=200)
@given(name=st.sampled_from(NAMES), fields=st.lists(values, max_size=7))
def test_any_values_under_a_known_name_are_refused_or_stay_in_bounds(
    name: str, fields: list[Any]
) -> None:
    heard = feed(msgspec.msgpack.encode([name, *fields]), proved=True)
    for request in heard.asked:
        assert type(request) in REQUESTS
        for field in ("chart", "proposal"):
            assert len(getattr(request, field, b"i" * 16)) == 16
        assert 0 <= getattr(request, "start", 0) < 1 << 62


@given(st.lists(st.binary(max_size=30), max_size=5), st.integers(0, 200))
def test_a_stranger_makes_it_hold_no_more_than_his_first_frame(
    parts: list[bytes], length: int
) -> None:
    raw = FRAME.pack(4096, NUMBER, 1) + b"".join(parts) + b"x" * length
    assert feed(raw, proved=False).asked == []


def test_the_fuzzers_body_reaches_every_request() -> None:
    """A corpus that found nothing would pass too."""
    body = msgspec.msgpack.encode(protocol.Status())
    assert feed(body, proved=True).asked == [protocol.Status()]
    assert feed(b"\xc1", proved=True).suspected
