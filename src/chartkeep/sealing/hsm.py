"""A key-encryption key that never leaves its PKCS#11 token (docs/formats/keyfile.md).

Promises that the key is made on the token, is not extractable, and does every wrap there.
Does not choose the token: the module's path is configuration. Needs the extra `pkcs11`.
"""

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from chartkeep.errors import RefusedError, SealBrokenError, UnavailableError
from chartkeep.sealing.kek import TokenDocument, bytes_of, kek_id_of
from chartkeep.sealing.keys import NONCE_BYTES, TAG_BYTES, fresh_id, fresh_nonce

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY_BITS = 256


class Pkcs11Token:
    """An AES-256 key on a token, found by token label and CKA_ID; one log-in per process."""

    def __init__(self, document: TokenDocument, session: Any, key: Any) -> None:
        self.document = document
        self.kek_id = kek_id_of(document)
        self._session = session
        self._key = key
        self._lock = Lock()

    @classmethod
    def create(cls, module: str, token: str, pin: str) -> "Pkcs11Token":
        """Make a new key on the token; the caller keeps `document`."""
        pkcs11, ident = _pkcs11(), fresh_id()
        with _translated():
            session = pkcs11.lib(module).get_token(token_label=token).open(rw=True, user_pin=pin)
            key = session.generate_key(
                pkcs11.KeyType.AES,
                _KEY_BITS,
                id=ident,
                label="chartkeep",
                store=True,
                capabilities=pkcs11.MechanismFlag.ENCRYPT | pkcs11.MechanismFlag.DECRYPT,
                template={pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False},
            )
        document = TokenDocument(format="chartkeep-kek-1", token=token, key=ident.hex())
        return cls(document, session, key)

    @classmethod
    def open(cls, document: TokenDocument, module: str, pin: str) -> "Pkcs11Token":
        """Log in and find the key. Raises RefusedError (PIN) or UnavailableError (token)."""
        pkcs11, ident = _pkcs11(), bytes_of(document.key)
        with _translated():
            session = pkcs11.lib(module).get_token(token_label=document.token).open(user_pin=pin)
            key = session.get_key(key_type=pkcs11.KeyType.AES, id=ident)
        return cls(document, session, key)

    def close(self) -> None:
        """Log out; the key stays on the token."""
        with _translated():
            self._session.close()

    def wrap(self, secret: bytes, aad: bytes) -> bytes:
        """Wrap a key on the token: nonce, ciphertext, tag; 60 bytes."""
        nonce = fresh_nonce()
        with self._lock, _translated():  # a PKCS#11 session serves one operation at a time
            return nonce + bytes(self._key.encrypt(secret, **_gcm(nonce, aad)))

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """Undo `wrap`. Raises SealBrokenError, or UnavailableError without the token."""
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        if len(body) <= TAG_BYTES:
            raise SealBrokenError("cut short")
        errors = _pkcs11().exceptions
        # SoftHSM answers a wrong tag with CKR_GENERAL_ERROR; other tokens are more exact.
        wrong = (errors.EncryptedDataInvalid, errors.EncryptedDataLenRange, errors.GeneralError)
        with self._lock, _translated():
            try:
                return bytes(self._key.decrypt(body, **_gcm(nonce, aad)))
            except wrong as error:
                raise SealBrokenError("changed, or not this token's") from error


def _pkcs11() -> Any:
    try:
        import pkcs11  # noqa: PLC0415 - an optional dependency, loaded only where a token is used
    except ImportError as error:
        raise UnavailableError(
            "PKCS#11 support is not installed", hint="install chartkeep[pkcs11]"
        ) from error
    return pkcs11


def _gcm(nonce: bytes, aad: bytes) -> dict[str, Any]:
    pkcs11 = _pkcs11()
    return {
        "mechanism": pkcs11.Mechanism.AES_GCM,
        "mechanism_param": pkcs11.GCMParams(nonce, aad=aad, tag_bits=8 * TAG_BYTES),
    }


@contextmanager
def _translated() -> "Iterator[None]":
    errors = _pkcs11().exceptions
    try:
        yield
    except (errors.PinIncorrect, errors.PinLenRange, errors.PinInvalid) as error:
        raise RefusedError(
            "the token refuses the PIN", hint="tokens lock after a few wrong PINs; check first"
        ) from error
    except (errors.PKCS11Error, RuntimeError) as error:
        raise UnavailableError(
            f"the token does not answer: {type(error).__name__}",
            hint="is it plugged in, and is the module's path right",
        ) from error
