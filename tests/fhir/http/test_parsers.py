"""Headers, links and forms of strangers; the body of fuzz/request_head.py."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.http.parsers import PARSERS, feed

WORDS = st.lists(
    st.sampled_from([
        "_count", "_offset", "_as-of", "=", "&", "%", "1", "-1", "9" * 20, ",", ";", '"', "W/",
        "*", "Bearer ", "return", "grant_type", "\xe9", "\0", " ", "q=0", "application/json",
        "Sat, 21 Nov 2026 08:00:00 GMT", "\u0661".encode().decode("latin-1"),
    ]),
    max_size=12,
).map(lambda words: "".join(words).encode("latin-1"))  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.integers(0, len(PARSERS) - 1), WORDS | st.binary(max_size=60))
def test_any_bytes_are_understood_or_refused(chosen: int, data: bytes) -> None:
    feed(bytes([chosen]) + data)
