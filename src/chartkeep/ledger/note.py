"""Signed notes, verifier keys and witness cosignatures (C2SP signed-note, tlog-cosignature).

Promises that text which comes out of `open_note` was signed by every key it names. Knows Ed25519
only (types 0x01 and 0x04); signatures of other keys are passed over, as the standard demands.
"""

import base64
import binascii
import struct
from collections.abc import Iterable
from hashlib import sha256
from typing import Self

import msgspec

from chartkeep.errors import LedgerBrokenError, SealBrokenError, UnknownFormatError
from chartkeep.sealing import signing
from chartkeep.sealing.signing import SigningKey

LOG_KEY = 0x01
WITNESS_KEY = 0x04
MAX_SIGNATURES = 64

_DASH = "\N{EM DASH} "


def to_base64(raw: bytes) -> str:
    """Write base64 (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode("ascii")


def from_base64(text: str) -> bytes:
    """Read base64; raises UnknownFormatError unless it is the one way to write these bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnknownFormatError("this is not base64") from error
    if to_base64(raw) != text:
        raise UnknownFormatError("base64 is not in its canonical form")
    return raw


class VerifierKey(msgspec.Struct, frozen=True):
    """A name, a signature type (LOG_KEY or WITNESS_KEY) and a public key; who one trusts."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Give the four bytes that stand before each signature of this key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def text(self) -> str:
        """Write the key as C2SP verifier key: name+id+base64."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a verifier key. Raises UnknownFormatError if it is none, or of another type."""
        name, _, rest = text.partition("+")
        key_id, _, material = rest.partition("+")
        raw = from_base64(material)
        if len(raw) != 33 or raw[0] not in {LOG_KEY, WITNESS_KEY} or not _is_name(name):
            raise UnknownFormatError("this is not an Ed25519 verifier key")
        key = cls(name, raw[0], raw[1:])
        if key.key_id.hex() != key_id:
            raise UnknownFormatError("a verifier key's id does not fit the key")
        return key


class Signature(msgspec.Struct, frozen=True):
    """One signature line of a note."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Write the line, newline included."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.value)}\n"

    @property
    def seconds(self) -> int:
        """Give the time of a cosignature, POSIX seconds."""
        return int.from_bytes(self.value[:8], "big")


class Note(msgspec.Struct, frozen=True):
    """A text (ends in a newline) and the signatures under it, none of them checked."""

    text: str
    signatures: tuple[Signature, ...]

    def raw(self) -> bytes:
        """Write the note; a parsed note gives the same bytes again."""
        return "\n".join((self.text, "".join(map(Signature.line, self.signatures)))).encode()


def parse_note(raw: bytes) -> Note:
    """Read a note. Raises UnknownFormatError if it is none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnknownFormatError("a note is not UTF-8") from error
    body, blank, tail = text.rpartition("\n\n")
    if not blank or not tail.endswith("\n") or any(c < " " and c != "\n" for c in text):
        raise UnknownFormatError("this is not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise UnknownFormatError("a note has too many signatures")
    return Note(body + "\n", tuple(map(parse_signature, lines)))


def parse_signature(line: str) -> Signature:
    """Read one signature line, without its newline. Raises UnknownFormatError if it is none."""
    name, _, value = line.removeprefix(_DASH).partition(" ")
    raw = from_base64(value)
    if not line.startswith(_DASH) or not _is_name(name) or len(raw) < 5:
        raise UnknownFormatError("a note's signature line is malformed")
    return Signature(name, raw[:4], raw[4:])


def sign_note(text: str, name: str, key: SigningKey) -> Note:
    """Sign `text` as `name` (type 0x01)."""
    verifier = VerifierKey(name, LOG_KEY, key.public)
    return Note(text, (Signature(name, verifier.key_id, key.sign(text.encode())),))


def cosign(text: str, name: str, key: SigningKey, seconds: int) -> Signature:
    """Cosign a checkpoint's text as witness `name` at `seconds` (tlog-cosignature, type 0x04)."""
    verifier = VerifierKey(name, WITNESS_KEY, key.public)
    value = key.sign(_cosigned(text, seconds))
    return Signature(name, verifier.key_id, struct.pack(">Q", seconds) + value)


def open_note(note: Note, keys: Iterable[VerifierKey]) -> list[tuple[VerifierKey, Signature]]:
    """Check the signatures of all known keys; gives those found, which may be none of a kind.

    Raises LedgerBrokenError if a known key's signature is wrong, or if no known key signed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: list[tuple[VerifierKey, Signature]] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            _check(note.text, key, signature)
            found.append((key, signature))
    if not found:
        raise LedgerBrokenError("no key we trust signed this note")
    return found


def _check(text: str, key: VerifierKey, signature: Signature) -> None:
    message, value = text.encode(), signature.value
    if key.kind == WITNESS_KEY:
        message, value = _cosigned(text, signature.seconds), value[8:]
    try:
        signing.verify(key.public, value, message)
    except SealBrokenError as error:
        raise LedgerBrokenError(f"the signature of {key.name} is wrong") from error


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(map(str.isspace, name))
