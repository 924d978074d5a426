"""Pixels are known again however they come, and only if they say enough."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.fingerprint.sums import LEAST_SAID, SHORTEST, PixelSum, sums_of
from chartkeep.inventor.chance import chance_for

NOISE = chance_for(1, "pixels").randbytes(40_000)


def summed(pixels: bytes, step: int = 1 << 20) -> bytes:
    summing = PixelSum()
    for at in range(0, len(pixels), step):
        summing.take(pixels[at : at + step])
    return summing.finish()


def disc(width: int, inside: int, outside: int) -> bytes:
    """An empty slice as a CT writes it: a circle of air, and what was not scanned."""
    half = width // 2
    rows = []
    for y in range(width):
        reach = int(max(0, (half - 6) ** 2 - (y - half) ** 2) ** 0.5)
        edge = outside.to_bytes(2, "little", signed=True) * (half - reach)
        rows.append(edge + inside.to_bytes(2, "little", signed=True) * 2 * reach + edge)
    return b"".join(rows)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 50_000))
def test_pixels_have_one_sum_however_they_are_cut(step: int) -> None:
    assert summed(NOISE, step) == sha256(NOISE).digest()
    for much in (LEAST_SAID - 10, LEAST_SAID + 200):
        faint = bytes(20_000) + NOISE[:much] + bytes(60_000)
        assert bool(summed(faint, step)) is (much > LEAST_SAID)


def test_asked_twice_it_says_the_same() -> None:
    summing = PixelSum()
    summing.take(disc(64, -1024, -2000))
    assert (summing.finish(), summing.finish()) == (b"", b"")


@pytest.mark.attack
@pytest.mark.parametrize(
    "pixels",
    [
        b"",
        bytes(512 * 512 * 2),
        b"\0\xfc" * 512 * 512,
        b"\x30\x80\xd0" * 1_000_000,
        disc(512, -1024, -2000),
        disc(1_024, 0, -32_768)[: 1 << 20],
        NOISE[:4_000],
        NOISE[:2_000] * 400,
    ],
    ids=["none", "black", "air", "one color", "disc", "large disc", "tiny", "pattern"],
)
def test_what_every_house_has_is_nobodys(pixels: bytes) -> None:
    assert summed(pixels) == b""


def test_a_short_file_is_not_known_again() -> None:
    assert sums_of(NOISE[: SHORTEST - 1]) == ()
    assert sums_of(NOISE[:SHORTEST]) == (sha256(NOISE[:SHORTEST]).digest(),)
