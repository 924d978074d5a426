"""Operator shares (docs/formats/backup.md): a secret that needs k of n people.

Promises that fewer than k shares tell nothing, and that a mistyped or foreign share is refused.
Does not make shares verifiable one by one, and does not renew them. Source: Shamir 1979.
"""

import os
from hashlib import sha256
from typing import Final

import msgspec

from chartkeep.errors import BadInputError, RefusedError
from chartkeep.sealing.keys import SECRET_BYTES

PREFIX: Final = "CKS1"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ: Final = str.maketrans("OIL", "011", " -")
_CHARS: Final = 68
_BODY_BYTES: Final = 38
_SET_BYTES: Final = 4


class Share(msgspec.Struct, frozen=True):
    """One operator's share: `x` of a set of which `needed` join."""

    set_id: bytes
    needed: int
    x: int
    values: bytes

    def __repr__(self) -> str:
        return f"<Share {self.x} of set {self.set_id.hex()}, {self.needed} needed>"


def split_secret(secret: bytes, set_id: bytes, needed: int, total: int) -> list[Share]:
    """Split 32 bytes so that any `needed` of `total` (at most 255) shares join them again."""
    if not 2 <= needed <= total <= 255 or len(set_id) != _SET_BYTES or len(secret) != SECRET_BYTES:
        raise BadInputError("shares are 2 to 255, and no more are needed than there are")
    rows = [secret, *(os.urandom(SECRET_BYTES) for _ in range(needed - 1))]
    return [
        Share(
            set_id, needed, x, bytes(_polynomial(column, x) for column in zip(*rows, strict=True))
        )
        for x in range(1, total + 1)
    ]


def join_shares(shares: list[Share]) -> bytes:
    """Join shares of one set. Raises RefusedError if they are too few or of different sets."""
    if not shares:
        raise RefusedError("no share was given", hint="--share CKS1-…, once for each operator")
    chosen = {share.x: share for share in shares}
    if len({(share.set_id, share.needed) for share in shares}) != 1:
        raise RefusedError("the shares are not of one set", hint="compare the date on each sheet")
    needed = shares[0].needed
    if len(chosen) < needed:
        raise RefusedError(
            f"{needed} different shares are needed, {len(chosen)} were given",
            hint="--share CKS1-…, once for each operator",
        )
    used = sorted(chosen)[:needed]
    weights = [_weight(x, used) for x in used]
    columns = zip(*(chosen[x].values for x in used), strict=True)
    return bytes(_sum_of_products(weights, column) for column in columns)


def _times(left: int, right: int) -> int:
    """Multiply in GF(2^8), without tables so that no timing depends on the secret."""
    product = 0
    for bit in range(8):
        product ^= left * ((right >> bit) & 1)
        left = (left << 1) ^ (0x11B * (left >> 7))
    return product


def _inverse(value: int) -> int:
    result = 1
    for _ in range(254):  # value^254 = value^-1 in a field of 256
        result = _times(result, value)
    return result


def _polynomial(coefficients: tuple[int, ...], x: int) -> int:
    result = 0
    for coefficient in reversed(coefficients):
        result = _times(result, x) ^ coefficient
    return result


def _weight(x: int, used: list[int]) -> int:
    """Compute the Lagrange weight of share x at 0."""
    weight = 1
    for other in used:
        if other != x:
            weight = _times(weight, _times(other, _inverse(other ^ x)))
    return weight


def _sum_of_products(weights: list[int], values: tuple[int, ...]) -> int:
    result = 0
    for weight, value in zip(weights, values, strict=True):
        result ^= _times(weight, value)
    return result


def write_share(share: Share) -> str:
    """Write a share for paper: CKS1- and 17 groups of four characters."""
    body = share.set_id + bytes([share.needed, share.x]) + share.values
    number = int.from_bytes(body + _checksum(body), "big") << 4
    text = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(335, -1, -5))
    return "-".join([PREFIX, *(text[at : at + 4] for at in range(0, _CHARS, 4))])


def read_share(text: str) -> Share:
    """Read a typed share. Raises BadInputError for typing errors, without repeating them."""
    typed = text.upper().strip()
    symbols = typed.removeprefix(PREFIX).translate(_READ)
    if not typed.startswith(PREFIX) or len(symbols) != _CHARS or not set(symbols) <= set(_ALPHABET):
        raise BadInputError("a share is CKS1 and 68 letters and digits", hint="type it once more")
    number = 0
    for symbol in symbols:
        number = number << 5 | _ALPHABET.index(symbol)
    raw = (number >> 4).to_bytes(_BODY_BYTES + _SET_BYTES, "big")
    body, checksum = raw[:_BODY_BYTES], raw[_BODY_BYTES:]
    if checksum != _checksum(body) or number & 15:
        raise BadInputError("a character of the share is wrong", hint="type it once more")
    if body[4] < 2 or body[5] == 0:
        raise BadInputError("no such share was ever written")
    return Share(body[:_SET_BYTES], body[4], body[5], body[6:])


def _checksum(body: bytes) -> bytes:
    return sha256(PREFIX.encode() + body).digest()[:4]
