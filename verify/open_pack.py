"""Open a ward pack without chartkeep or a browser: a second reader of docs/formats/pack.md.

    python open_pack.py PACK.html CODE

Writes the pack's JSON to standard output. Needs only `cryptography`.
"""

# ruff: noqa: INP001 - a script to be copied away, not a package
import argparse
import base64
import gzip
import hashlib
import re
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SealBrokenError(Exception):
    """The bytes are not what was sealed there."""


class UnknownFormatError(Exception):
    """The bytes are of a format or version this reader does not know."""


class RefusedError(Exception):
    """The code is mistyped, or another one."""


def find_pack(html: str) -> bytes:
    """Take the sealed pack out of its page."""
    found = re.search(r'id="pack"[^>]*>([A-Za-z0-9+/=\s]*)</script>', html)
    if found is None:
        raise UnknownFormatError("no pack in this page")
    return base64.b64decode(found[1])


def read_code(text: str) -> bytes:
    """Read a typed code; its polynomial over GF(32) must be zero at x."""
    typed = re.sub(r"[\s-]", "", text.upper()).translate(str.maketrans("OIL", "011"))
    if len(typed) != 20 or set(typed) - set(ALPHABET):
        raise RefusedError("a code is 20 letters and digits")
    value = 0
    for char in typed:
        value = value << 1 ^ (0b100101 if value & 16 else 0) ^ ALPHABET.index(char)
    if value:
        raise RefusedError("a character of the code is wrong")
    return typed.encode()


def open_pack(raw: bytes, code: str) -> bytes:
    """Give the JSON inside."""
    if raw[:4] != b"CKP1":
        raise UnknownFormatError("no CKP1")
    at = 89 + (raw[88] if len(raw) > 88 else 0)
    rounds = int.from_bytes(raw[52:56], "big")
    if len(raw) < at + 12 or not 600_000 <= rounds <= 10_000_000:
        raise SealBrokenError("cut short, or rounds out of bounds")
    secret = hashlib.pbkdf2_hmac("sha256", read_code(code), raw[56:72], rounds)
    if derived(secret, "check")[:16] != raw[72:88]:
        raise RefusedError("sealed under another code")
    try:
        packed = AESGCM(derived(secret, "seal")).decrypt(
            raw[at : at + 12], raw[at + 12 :], raw[:at]
        )
    except InvalidTag:
        raise SealBrokenError("does not open") from None
    return gzip.decompress(packed)


def derived(secret: bytes, use: str) -> bytes:
    """Derive a key for one use."""
    return HKDF(SHA256(), 32, None, b"chartkeep-pack-1 " + use.encode()).derive(secret)


def main() -> None:
    """Open what the arguments name."""
    parser = argparse.ArgumentParser(description="open a ward pack without chartkeep")
    parser.add_argument("page", type=Path)
    parser.add_argument("code")
    given = parser.parse_args()
    try:
        sys.stdout.buffer.write(open_pack(find_pack(given.page.read_text()), given.code))
    except (SealBrokenError, UnknownFormatError, RefusedError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
