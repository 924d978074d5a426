"""Wraps (docs/formats/wrap.md): section keys under chart keys, chart keys under the house's.

Promises that a key opens only for the chart, section, writer and lease it was made for.
Does not decide who gets it, and does not store a wrap.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag

from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.model import (
    ID_BYTES,
    ChartId,
    FacilityId,
    InstanceId,
    KeyId,
    Millis,
    Section,
    to_text,
)
from chartkeep.sealing.entry import EntryHeader
from chartkeep.sealing.fields import SECTIONS, expect_magic, section_of
from chartkeep.sealing.kek import KeyEncryptionKey
from chartkeep.sealing.keys import NONCE_BYTES, SECRET_BYTES, ChartKey, SectionKey, fresh_nonce

WRAP_BYTES: Final = 141
MAX_CHART_WRAP: Final = 56 + 1024
WRITE_LEASE: Final = 60 * 60_000
"""How long before its lease's end a key was made: nothing under it is older."""
_MAGIC: Final = b"CKW1"
_CHART_MAGIC: Final = b"CKC1"
_HEADER: Final = Struct(">4s16s16sIB16s16sQ")
_CHART_HEADER: Final = Struct(">4s16s16sI16s")
_CHART_AND_GENERATION: Final = slice(20, 40)
_KEY_ID: Final = slice(41, 57)
_NONCE_AT: Final = _HEADER.size
_BODY_AT: Final = _NONCE_AT + NONCE_BYTES


class WrapHeader(msgspec.Struct, frozen=True, gc=False):
    """What one section key may be used for; the keyholder reads it here and nowhere else."""

    facility: FacilityId
    chart: ChartId
    generation: int
    section: Section
    key_id: KeyId
    writer: InstanceId
    lease_end: Millis

    def encode(self) -> bytes:
        """Write the header. Raises BadInputError if an id is not 16 bytes."""
        if len(self.facility + self.chart + self.key_id + self.writer) != 4 * ID_BYTES:
            raise BadInputError("an id is 16 bytes")
        return _HEADER.pack(
            _MAGIC,
            self.facility,
            self.chart,
            self.generation,
            self.section,
            self.key_id,
            self.writer,
            self.lease_end,
        )


class ChartWrapHeader(msgspec.Struct, frozen=True, gc=False):
    """Which chart key a wrap holds, and which key-encryption key opens it."""

    facility: FacilityId
    chart: ChartId
    generation: int
    kek_id: bytes

    def encode(self) -> bytes:
        """Write the header. Raises BadInputError if an id is not 16 bytes."""
        if not len(self.facility) == len(self.chart) == len(self.kek_id) == ID_BYTES:
            raise BadInputError("an id is 16 bytes")
        return _CHART_HEADER.pack(
            _CHART_MAGIC, self.facility, self.chart, self.generation, self.kek_id
        )


def wrap_section_key(header: WrapHeader, key: SectionKey, chart_key: ChartKey) -> bytes:
    """Wrap a section key, 141 bytes. Raises BadInputError if header and keys disagree."""
    return _wrap_section_key(header, key, chart_key, fresh_nonce())


def _wrap_section_key(
    header: WrapHeader, key: SectionKey, chart_key: ChartKey, nonce: bytes
) -> bytes:
    named = (header.key_id, header.chart, header.generation)
    if named != (key.key_id, chart_key.chart, chart_key.generation):
        raise BadInputError(f"the wrap of key {to_text(header.key_id)} names other keys")
    clear = header.encode()
    return clear + nonce + chart_key.cipher.encrypt(nonce, key.secret, clear)


def read_wrap(wrap: bytes) -> WrapHeader:
    """Read what a wrapped key is for; nothing in it is proved before it is unwrapped."""
    _expect_wrap(wrap)
    _, facility, chart, generation, section, key_id, writer, lease_end = _HEADER.unpack_from(wrap)
    return WrapHeader(facility, chart, generation, section_of(section), key_id, writer, lease_end)


def read_wraps(wraps: Sequence[bytes]) -> list[WrapHeader]:
    """Read many wraps. Raises DamagedError, saying not about which one."""
    unpack, headers = _HEADER.unpack_from, []
    for wrap in wraps:  # the checks of `read_wrap`, without a call for each
        if len(wrap) != WRAP_BYTES:
            raise SealBrokenError("a wrapped section key is 141 bytes")
        magic, facility, chart, generation, section, key_id, writer, lease_end = unpack(wrap)
        if magic != _MAGIC or section not in SECTIONS:
            raise SealBrokenError("a wrapped section key is of no known format or section")
        headers.append(
            WrapHeader(facility, chart, generation, SECTIONS[section], key_id, writer, lease_end)
        )
    return headers


def unwrap_section_key(wrap: bytes, chart_key: ChartKey) -> SectionKey:
    """Open a wrapped section key. Raises SealBrokenError naming the key."""
    return SectionKey(KeyId(wrap[_KEY_ID]), unwrap_secret(wrap, chart_key))


def unwrap_secret(wrap: bytes, chart_key: ChartKey) -> bytes:
    """Open a wrapped section key to its 32 bytes. Raises SealBrokenError naming the key."""
    _expect_wrap(wrap)
    if wrap[_CHART_AND_GENERATION] != chart_key.place:
        name = to_text(wrap[_KEY_ID])
        raise SealBrokenError(f"the wrap of key {name} is for another chart key")
    clear, nonce = wrap[:_NONCE_AT], wrap[_NONCE_AT:_BODY_AT]
    try:
        return chart_key.cipher.decrypt(nonce, wrap[_BODY_AT:], clear)
    except InvalidTag as error:
        name = to_text(wrap[_KEY_ID])
        raise SealBrokenError(f"the wrap of key {name} does not open: changed") from error


def _expect_wrap(wrap: bytes) -> None:
    if not wrap.startswith(_MAGIC):
        expect_magic(wrap, _MAGIC, "wrapped section key")
    if len(wrap) != WRAP_BYTES:
        raise SealBrokenError("a wrapped section key is 141 bytes")


def rewrap_section_key(wrap: bytes, old: ChartKey, new: ChartKey) -> bytes:
    """Move a wrap to the chart's next key; entries under it stay as they are."""
    key = unwrap_section_key(wrap, old)
    header = msgspec.structs.replace(read_wrap(wrap), generation=new.generation)
    return wrap_section_key(header, key, new)


def check_entry_under_wrap(entry: EntryHeader, wrap: WrapHeader) -> None:
    """Refuse an entry its wrap does not cover. Raises SealBrokenError naming the entry.

    An entry that claims another writer, or a time after the lease, was made by somebody who
    held the key when he should not have: the caller alarms.
    """
    if (
        entry.key_id == wrap.key_id
        and entry.chart == wrap.chart
        and entry.section is wrap.section
        and entry.writer == wrap.writer
        and entry.time <= wrap.lease_end
        and entry.facility == wrap.facility
    ):
        return
    name, late = to_text(entry.entry_id), entry.time > wrap.lease_end
    reason = "is later than its lease" if late else "does not belong to its key"
    raise SealBrokenError(f"entry {name} {reason}")


def wrap_chart_key(facility: FacilityId, key: ChartKey, kek: KeyEncryptionKey) -> bytes:
    """Wrap a chart key under the key-encryption key."""
    clear = ChartWrapHeader(facility, key.chart, key.generation, kek.kek_id).encode()
    return clear + kek.wrap(key.secret, clear)


def read_chart_wrap(wrap: bytes) -> ChartWrapHeader:
    """Read whose key a chart wrap holds."""
    expect_magic(wrap, _CHART_MAGIC, "wrapped chart key")
    if not _CHART_HEADER.size < len(wrap) <= MAX_CHART_WRAP:
        raise SealBrokenError("a wrapped chart key has the wrong length")
    return ChartWrapHeader(*_CHART_HEADER.unpack_from(wrap)[1:])


def unwrap_chart_key(wrap: bytes, kek: KeyEncryptionKey) -> ChartKey:
    """Open a wrapped chart key. Raises SealBrokenError naming the chart."""
    header = read_chart_wrap(wrap)
    if header.kek_id != kek.kek_id:
        raise _chart_broken(header, "another key-encryption key wraps it")
    try:
        secret = kek.unwrap(wrap[_CHART_HEADER.size :], wrap[: _CHART_HEADER.size])
    except SealBrokenError as error:
        raise _chart_broken(header, str(error)) from error
    if len(secret) != SECRET_BYTES:
        raise _chart_broken(header, "it is not 32 bytes")
    return ChartKey(header.chart, header.generation, secret)


def _chart_broken(header: ChartWrapHeader, reason: str) -> SealBrokenError:
    return SealBrokenError(f"the key of chart {to_text(header.chart)} does not open: {reason}")
