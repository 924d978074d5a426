"""Sealed entries (docs/formats/entry.md): one version of one record, self-describing.

Promises that what opens is what was sealed, by that writer's key, for that place and time.
Does not look into the plaintext and does not decide who may open it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag

from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.model import (
    ID_BYTES,
    ChartId,
    EntryId,
    FacilityId,
    InstanceId,
    KeyId,
    Millis,
    Section,
    to_text,
)
from chartkeep.sealing import frame
from chartkeep.sealing.fields import SECTIONS, expect_magic, section_of
from chartkeep.sealing.keys import NONCE_BYTES, TAG_BYTES, SectionKey, fresh_nonce

MAGIC: Final = b"CKE1"
MAX_KIND: Final = 64
_FIXED: Final = Struct(">4s16s16sB16s16sIQ16sB")
_KIND_LENGTH_AT: Final = _FIXED.size - 1
_KEY_ID: Final = slice(37, 53)
_ENTRY_ID: Final = slice(53, 69)
MAX_HEADER: Final = _FIXED.size + MAX_KIND


class EntryHeader(msgspec.Struct, frozen=True, gc=False):
    """What stands in clear before a sealed entry, and is bound into the seal."""

    facility: FacilityId
    chart: ChartId
    section: Section
    key_id: KeyId
    entry_id: EntryId
    version: int
    time: Millis
    writer: InstanceId
    kind: str

    def encode(self) -> bytes:
        """Write the header. Raises BadInputError if a field does not fit the format."""
        # Joined, as one comparison: struct would pad or cut an id of another length unseen.
        ids = self.facility + self.chart + self.key_id + self.entry_id + self.writer
        if len(ids) != 5 * ID_BYTES:
            raise BadInputError("an id is 16 bytes")
        kind = _kind_bytes(self.kind)
        return (
            _FIXED.pack(
                MAGIC,
                self.facility,
                self.chart,
                self.section,
                self.key_id,
                self.entry_id,
                self.version,
                self.time,
                self.writer,
                len(kind),
            )
            + kind
        )


@lru_cache(maxsize=1024)
def _kind_bytes(kind: str) -> bytes:
    raw = kind.encode("ascii", "replace")
    if not (0 < len(kind) <= MAX_KIND and kind.isascii() and _is_graphic(raw)):
        raise BadInputError("a kind is 1 to 64 printable ascii characters without spaces")
    return raw


@lru_cache(maxsize=1024)
def _kind_text(raw: bytes) -> str:
    if not (0 < len(raw) <= MAX_KIND and _is_graphic(raw)):
        raise SealBrokenError("an entry's kind is not what the format says")
    return raw.decode("ascii")


def _is_graphic(raw: bytes) -> bool:
    return all(0x21 <= byte <= 0x7E for byte in raw)


def _header_end(sealed: bytes) -> int:
    """Find where the header ends. Raises if this cannot be an entry."""
    if not sealed.startswith(MAGIC):
        expect_magic(sealed, MAGIC, "sealed entry")
    end = _FIXED.size + sealed[_KIND_LENGTH_AT] if len(sealed) > _FIXED.size else 0
    if not end or len(sealed) < end + NONCE_BYTES + frame.MIN_BUCKET + TAG_BYTES:
        raise SealBrokenError("a sealed entry is cut short")
    return end


def read_header(sealed: bytes) -> EntryHeader:
    """Read the clear header; nothing in it is proved before the entry opens."""
    return read_cut_header(sealed[: _header_end(sealed)])


def read_headers(sealed: Sequence[bytes]) -> list[EntryHeader]:
    """Read the clear headers of many entries. Raises DamagedError, saying not of which one."""
    unpack, size, headers = _FIXED.unpack_from, _FIXED.size, []
    shortest = size + NONCE_BYTES + frame.MIN_BUCKET + TAG_BYTES
    if sealed and min(map(len, sealed)) < shortest:
        raise SealBrokenError("a sealed entry is cut short")
    for one in sealed:  # the checks of `read_header`, without a call for each
        magic, facility, chart, section, key_id, entry_id, version, time, writer, kind = unpack(one)
        if magic != MAGIC or section not in SECTIONS or len(one) < shortest + kind:
            raise SealBrokenError("a sealed entry is cut short, or is none")
        headers.append(
            EntryHeader(
                facility, chart, SECTIONS[section], key_id, entry_id, version, time, writer,
                _kind_text(one[size : size + kind]),
            )
        )  # fmt: skip
    return headers


def cut_header(begins: bytes) -> bytes:
    """Cut the clear header off the first `MAX_HEADER` bytes of an entry."""
    length = begins[_KIND_LENGTH_AT : _KIND_LENGTH_AT + 1]  # empty, of bytes that are no entry
    return begins[: _FIXED.size + int.from_bytes(length)]


def read_cut_header(clear: bytes) -> EntryHeader:
    """Read a header without its entry; nobody can prove it. Raises SealBrokenError."""
    expect_magic(clear, MAGIC, "sealed entry")
    if len(clear) < _FIXED.size or len(clear) != _FIXED.size + clear[_KIND_LENGTH_AT]:
        raise SealBrokenError("an entry's header is cut short")
    _, facility, chart, section, key_id, entry_id, version, time, writer, _ = _FIXED.unpack_from(
        clear
    )
    return EntryHeader(
        facility,
        chart,
        section_of(section),
        key_id,
        entry_id,
        version,
        time,
        writer,
        _kind_text(clear[_FIXED.size :]),
    )


def seal_entry(header: EntryHeader, plaintext: bytes, key: SectionKey) -> bytes:
    """Seal one entry. Raises BadInputError if the header names another key."""
    return _seal_padded(header, frame.pack(plaintext), key, fresh_nonce())


def _seal_padded(header: EntryHeader, padded: bytes, key: SectionKey, nonce: bytes) -> bytes:
    if header.key_id != key.key_id:
        raise BadInputError(f"entry {to_text(header.entry_id)} names another key than its own")
    clear = header.encode()
    return clear + nonce + key.cipher.encrypt(nonce, padded, clear)


def open_entries(
    headers: Mapping[bytes, EntryHeader], keys: Mapping[KeyId, SectionKey]
) -> list[bytes]:
    """Open sealed entries whose headers were read, and return their plaintexts in order.

    Raises SealBrokenError if any does not open: `open_entry` says which. Faster than one by one,
    because each step is done for all before the next.
    """
    ciphers = {ident: key.cipher for ident, key in keys.items()}
    padded = []
    try:
        for sealed, header in headers.items():
            # Where the header ends is bound by the seal: another entry's header opens nothing.
            end = _FIXED.size + len(header.kind)
            body = end + NONCE_BYTES
            cipher = ciphers[header.key_id]
            padded.append(cipher.decrypt(sealed[end:body], sealed[body:], sealed[:end]))
    except InvalidTag as error:
        raise SealBrokenError("an entry does not open: changed") from error
    return frame.unpack_all(padded)


def open_entry(sealed: bytes, key: SectionKey) -> bytes:
    """Open one entry and return its plaintext. Raises SealBrokenError naming the entry."""
    end = _header_end(sealed)
    body = end + NONCE_BYTES
    if sealed[_KEY_ID] != key.key_id:
        raise SealBrokenError(f"entry {to_text(sealed[_ENTRY_ID])} is sealed under another key")
    try:
        return frame.unpack(key.cipher.decrypt(sealed[end:body], sealed[body:], sealed[:end]))
    except (InvalidTag, SealBrokenError) as error:
        name = to_text(sealed[_ENTRY_ID])
        reason = str(error) or "changed"
        raise SealBrokenError(f"entry {name} does not open: {reason}") from error
