"""Bodies in parts: read as they come, whatever comes."""

import tracemalloc
from collections.abc import Iterator
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.errors import BadInputError
from chartkeep.imaging.http.multipart import MOST_HEADERS, MOST_PARTS, read_parts, related
from tests.imaging.http.bodies import feed

BOUNDARY = "b0undary"
HEAD = b"--b0undary\r\nContent-Type: application/dicom\r\n\r\n"


def body(*parts: bytes) -> bytes:
    """A body of parts as other software writes it."""
    return b"\r\n".join(HEAD + part for part in parts) + b"\r\n--b0undary--\r\n"


def read(*pieces: bytes) -> list[bytes]:
    return [part.read() for part in read_parts(pieces, BOUNDARY)]


def test_parts_are_read_as_they_were_written() -> None:
    assert read(body(b"one", b"", b"three\r\n--b0undar")) == [b"one", b"", b"three\r\n--b0undar"]


@given(st.lists(st.binary(max_size=60), max_size=4), st.integers(1, 40), st.integers(1, 9))
def test_however_it_is_cut_into_pieces_the_parts_are_the_same(
    parts: list[bytes], size: int, step: int
) -> None:
    raw = body(*parts) if parts else b"--b0undary--"
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    found = []
    for part in read_parts(pieces, BOUNDARY):
        taken = b""
        while piece := part.read(step):
            assert len(piece) <= step
            taken += piece
        found.append(taken)
    assert found == parts


def test_headers_are_told_by_name_in_lower_case() -> None:
    (part,) = read_parts([body(b"x").replace(b"Type: ", b"TYPE:  ")], BOUNDARY)
    assert part.headers == {"content-type": "application/dicom"}


def test_what_is_not_read_is_passed_over() -> None:
    found = [part.headers for part in read_parts([body(b"x" * 9, b"y")], BOUNDARY)]
    assert len(found) == 2


def test_a_preamble_concerns_nobody() -> None:
    assert read(b"a preamble\r\n" + body(b"x")) == [b"x"]


def test_what_we_write_is_read_by_others_and_by_us() -> None:
    made = related("application/dicom")
    raw = b"".join([made.head("application/dicom", "a/b"), b"one", made.head("a/b"), b"two"])
    raw += made.tail
    assert [part.read() for part in read_parts([raw], made.boundary)] == [b"one", b"two"]
    message = message_from_bytes(f"Content-Type: {made.media}\r\n\r\n".encode() + raw)
    assert [each.get_payload(decode=True) for each in message.get_payload()] == [b"one", b"two"]  # type: ignore[union-attr]


@pytest.mark.attack
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no boundary at all",
        HEAD,
        HEAD + b"cut short",
        HEAD + b"cut short\r\n--b0undar",
        b"--b0undary",
        b"--b0undary\r\nContent-Type: a",
        b"--b0undary more on this line\r\n\r\n\r\n--b0undary--",
    ],
)
def test_a_broken_body_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInputError):
        read(raw)


@pytest.mark.attack
def test_endless_headers_are_refused_before_they_are_held() -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        yield b"--b0undary\r\n"
        while True:
            given += 1
            yield b"X-More: yes\r\n"

    with pytest.raises(BadInputError, match="headers"):
        list(read_parts(endless(), BOUNDARY))
    assert given < MOST_HEADERS


@pytest.mark.attack
def test_a_hundred_thousand_parts_are_refused() -> None:
    with pytest.raises(BadInputError, match="parts"):
        for _ in read_parts((body(b"")[:-18] + b"\r\n" for _ in range(100_000)), BOUNDARY):
            pass
    assert MOST_PARTS < 100_000


@pytest.mark.attack
def test_a_part_of_any_length_is_read_in_little_memory() -> None:
    piece = b"\r\n--b0undar" * 6_000

    def long() -> Iterator[bytes]:
        yield HEAD
        yield from (piece for _ in range(1_000))
        yield b"\r\n--b0undary--"

    tracemalloc.start()
    (size,) = (_count(part.read) for part in read_parts(long(), BOUNDARY))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size == 1_000 * len(piece)
    assert peak < 2_000_000


def _count(take: object) -> int:
    total = 0
    while piece := take(65_536):  # type: ignore[operator]
        total += len(piece)
    return total


@pytest.mark.attack
@pytest.mark.parametrize("boundary", ["", "x" * 71, "x" * 10_000])
def test_a_boundary_that_is_none_is_refused(boundary: str) -> None:
    with pytest.raises(BadInputError, match="boundary"):
        list(read_parts([b""], boundary))


_WORDS = [
    b"--b",
    b"\r\n",
    b"--b--",
    b"\r\n\r\n",
    b"Content-Type: a/b",
    b":",
    b"x",
    b'"',
    b";q=",
    b",",
]


@pytest.mark.attack
@given(
    st.lists(st.sampled_from(_WORDS) | st.binary(max_size=4), max_size=30),
    st.binary(min_size=2, max_size=2),
)
def test_any_bytes_are_parts_of_their_own_or_refused(words: list[bytes], cut: bytes) -> None:
    feed(cut + b"".join(words))
