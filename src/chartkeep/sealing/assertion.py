"""Assertions by which programs prove themselves: signed JWTs (RFC 7523, SMART Backend Services).

Promises that claims which come out were signed by the private half of one registered key, with the
one algorithm that key has here: ES384 (P-384), RS384 (RSA) or EdDSA (Ed25519). What a header says
about keys is never followed. Whether the claims are for this house, still hold, and come for the
first time is the keyholder's to say: no clock here.
"""

import hashlib
from typing import Annotated, Any, NamedTuple

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from chartkeep.errors import BadInputError, SealBrokenError

LONGEST_TOKEN = 8_192
LONGEST_KEY = 4_096
RSA_BITS = range(2_048, 8_193)
_KINDS: dict[str, Any] = {"EC": ECAlgorithm, "RSA": RSAAlgorithm, "OKP": OKPAlgorithm}

_UNREADABLE = (
    jwt.PyJWTError, UnsupportedAlgorithm, msgspec.MsgspecError, ValueError, TypeError, KeyError,
    RecursionError,
)  # fmt: skip
"""What readers of tokens and keys raise for bytes that are none."""

_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
_Time = Annotated[float, msgspec.Meta(ge=0, le=1 << 40)]


class Claims(msgspec.Struct, frozen=True):
    """What a program says of itself; times in seconds since 1970."""

    iss: _Word
    sub: _Word
    aud: _Word | Annotated[list[_Word], msgspec.Meta(min_length=1, max_length=1)]
    exp: _Time
    jti: _Word
    iat: _Time = 0
    nbf: _Time = 0

    @property
    def audience(self) -> str:
        """Give the one audience."""
        return self.aud if isinstance(self.aud, str) else self.aud[0]


class ProgramKey(NamedTuple):
    """A program's public key, and the one algorithm it signs with."""

    algorithm: str
    key: EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey

    def fingerprint(self) -> str:
        """Name the key for people to compare: SHA-256 of its DER, 32 hex digits."""
        der = self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).hexdigest()[:32]


def read_program_key(text: str) -> ProgramKey:
    """Read a public key in PEM or as one JWK. Raises BadInputError, also for a private one."""
    try:
        key = _from_jwk(text) if text.lstrip().startswith("{") else _from_pem(text)
    except _UNREADABLE as error:
        raise BadInputError(
            "not a public key of a program", hint="a PEM file or one JWK: P-384, RSA or Ed25519"
        ) from error
    match key:
        case EllipticCurvePublicKey(curve=SECP384R1()):
            return ProgramKey("ES384", key)
        case RSAPublicKey() if key.key_size in RSA_BITS and key.public_numbers().e < 1 << 32:
            return ProgramKey("RS384", key)
        case Ed25519PublicKey():
            return ProgramKey("EdDSA", key)
        case _:
            raise BadInputError(
                "not a key a program may have here", hint="P-384, RSA of 2048 bits, or Ed25519"
            )


def _from_pem(text: str) -> Any:
    return load_pem_public_key(text[:LONGEST_KEY].encode())


def _from_jwk(text: str) -> Any:
    fields = msgspec.json.decode(text[:LONGEST_KEY], type=dict[str, Any])
    if "d" in fields:
        raise ValueError("a private key")
    return _KINDS[fields["kty"]].from_jwk(fields)


def fresh_program_key() -> tuple[bytes, str]:
    """Draw a program's Ed25519 key: the private half and the public one, each in PEM."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, _public_pem(key)


def sign_assertion(claims: Claims, private: bytes) -> str:
    """Sign what a program of ours says of itself, with its private key in PEM.

    Raises BadInputError for a key that is none, or none a program may have here.
    """
    try:
        key = load_pem_private_key(private, None)
        algorithm = read_program_key(_public_pem(key)).algorithm
        return jwt.encode(msgspec.to_builtins(claims), key, algorithm)  # type: ignore[arg-type]  # one of the three kinds, as just read
    except _UNREADABLE as error:
        raise BadInputError(
            "not a private key of a program", hint="an unencrypted PEM file: P-384, RSA or Ed25519"
        ) from error


def _public_pem(key: Any) -> str:
    raw: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return raw.decode()


class _Named(msgspec.Struct):
    iss: _Word


_claims = msgspec.json.Decoder(Claims)
_named = msgspec.json.Decoder(_Named)
_jws = jwt.PyJWS()


def claimed_program(token: str) -> str:
    """Say whom an assertion claims to be from, proved by nothing yet; "" when it does not say."""
    try:
        return _named.decode(_decode(token, None)).iss
    except (SealBrokenError, *_UNREADABLE):
        return ""


def open_assertion(token: str, key: ProgramKey) -> Claims:
    """Verify an assertion and give its claims. Raises SealBrokenError when it does not hold."""
    payload = _decode(token, key)
    try:
        claims = _claims.decode(payload)
    except _UNREADABLE as error:
        raise SealBrokenError("the assertion lacks a claim, or says it in another way") from error
    if claims.iss != claims.sub:
        raise SealBrokenError("an assertion is by the program about itself")
    return claims


def _decode(token: str, key: ProgramKey | None) -> bytes:
    """Give a token's payload, verified when there is a key."""
    if len(token) > LONGEST_TOKEN:
        raise SealBrokenError("the assertion is too long")
    try:
        if key is None:
            found = _jws.decode_complete(token, options={"verify_signature": False})
        else:
            found = _jws.decode_complete(token, key.key, algorithms=[key.algorithm])
    except _UNREADABLE as error:
        raise SealBrokenError("the assertion is not signed by this program") from error
    payload: bytes = found["payload"]
    return payload
