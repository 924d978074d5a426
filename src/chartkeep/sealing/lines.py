"""Sealed bodies of ledger lines (docs/formats/lines.md): one key per bundle of 256.

Promises that the keys of some bundles open the lines of those and of no others, each only at
its own index of its own ledger. Does not prove a line is in the ledger: `ledger` does.
"""

from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag

from chartkeep.errors import SealBrokenError
from chartkeep.sealing.fields import MAGIC_BYTES, expect_magic
from chartkeep.sealing.keyed import derive
from chartkeep.sealing.keys import NONCE_BYTES, CipherKey, fresh_nonce

BUNDLE_LINES: Final = 256
_MAGIC: Final = b"CKL1"
_BODY_AT: Final = MAGIC_BYTES + NONCE_BYTES


class BundleKey(CipherKey):
    """Opens the lines 256·number to 256·number + 255 of one ledger."""

    __slots__ = ("number", "origin")

    def __init__(self, origin: str, number: int, secret: bytes) -> None:
        super().__init__(secret)
        self.origin = origin.encode()
        self.number = number

    def aad(self, index: int) -> bytes:
        """Bind a line to its place. Raises SealBrokenError for a line of another bundle."""
        if index // BUNDLE_LINES != self.number:
            raise SealBrokenError(f"line {index} is not in the bundle of this key")
        return self.origin + index.to_bytes(8, "big")


class LineKeys:
    """All bundle keys of one ledger, derived from its one key."""

    def __init__(self, origin: str, secret: bytes) -> None:
        self._origin = origin
        self._secret = secret
        self._last = self._derive(0)

    def __repr__(self) -> str:
        return f"<LineKeys {self._origin}>"

    def bundle(self, number: int) -> BundleKey:
        """Derive the key of one bundle, to hand out or to use; the last one is kept."""
        if self._last.number != number:
            self._last = self._derive(number)
        return self._last

    def _derive(self, number: int) -> BundleKey:
        info = b"chartkeep-lines-1" + number.to_bytes(8, "big")
        return BundleKey(self._origin, number, derive(self._secret, info))


def seal_body(keys: LineKeys, index: int, body: bytes) -> bytes:
    """Seal the body of line `index`."""
    return _seal_body(keys.bundle(index // BUNDLE_LINES), index, body, fresh_nonce())


def _seal_body(key: BundleKey, index: int, body: bytes, nonce: bytes) -> bytes:
    return _MAGIC + nonce + key.cipher.encrypt(nonce, body, key.aad(index))


def open_bodies(key: BundleKey, first: int, sealed: Sequence[bytes]) -> list[bytes]:
    """Open the bodies of lines from `first` on. Raises SealBrokenError naming a line."""
    key.aad(first)
    if sealed:
        key.aad(first + len(sealed) - 1)
    decrypt, origin, bodies = key.cipher.decrypt, key.origin, []
    try:
        for index, one in enumerate(sealed, first):  # a call for each costs as much as the cipher
            if not one.startswith(_MAGIC):
                expect_magic(one, _MAGIC, "sealed line")
            aad = origin + index.to_bytes(8, "big")
            bodies.append(decrypt(one[MAGIC_BYTES:_BODY_AT], one[_BODY_AT:], aad))
    except (InvalidTag, ValueError) as error:  # ValueError: a nonce cut short
        name = first + len(bodies)
        raise SealBrokenError(f"the body of line {name} does not open") from error
    return bodies


def open_body(key: BundleKey, index: int, sealed: bytes) -> bytes:
    """Open the body of line `index`. Raises SealBrokenError naming the line."""
    (body,) = open_bodies(key, index, [sealed])
    return body
