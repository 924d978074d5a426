"""A box for small things kept whole: sealed under a key derived for one use, bound to a place.

Promises secrecy and that the bytes come from here; hides nothing about their length.
"""

from typing import Final

from cryptography.exceptions import InvalidTag

from chartkeep.errors import SealBrokenError
from chartkeep.sealing.fields import MAGIC_BYTES, expect_magic
from chartkeep.sealing.keyed import derive
from chartkeep.sealing.keys import NONCE_BYTES, CipherKey, fresh_nonce

_MAGIC: Final = b"CKX1"
_BODY_AT: Final = MAGIC_BYTES + NONCE_BYTES


class BoxKey(CipherKey):
    """A key for one use (`info`) under another secret."""

    __slots__ = ()

    def __init__(self, secret: bytes, info: bytes) -> None:
        super().__init__(derive(secret, b"chartkeep-box-1" + info))


def seal_box(key: BoxKey, place: bytes, plain: bytes) -> bytes:
    """Seal bytes so that they open at `place` only: magic, nonce, AES-256-GCM."""
    nonce = fresh_nonce()
    return _MAGIC + nonce + key.cipher.encrypt(nonce, plain, place)


def open_box(key: BoxKey, place: bytes, sealed: bytes) -> bytes:
    """Open a box. Raises SealBrokenError when it was changed or belongs elsewhere."""
    expect_magic(sealed, _MAGIC, "sealed box")
    try:
        return key.cipher.decrypt(sealed[MAGIC_BYTES:_BODY_AT], sealed[_BODY_AT:], place)
    except (InvalidTag, ValueError) as error:  # ValueError: a nonce cut short
        raise SealBrokenError("a sealed box does not open") from error
