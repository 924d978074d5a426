"""Sealed blobs (docs/formats/blob.md): images, videos, PDFs, as streams.

Promises that a blob opens only in its own place and that a range is what was sealed there.
Does not pad: a blob's size shows. Does not keep files: the caller renames after success.
"""

from struct import Struct
from typing import BinaryIO, Final

import msgspec

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
from chartkeep.sealing.fields import expect_magic, section_of
from chartkeep.sealing.keyed import derive
from chartkeep.sealing.keys import SectionKey
from chartkeep.sealing.stream import Readable, Write, open_stream, open_stream_range, seal_stream

_MAGIC: Final = b"CKB1"
_HEADER: Final = Struct(">4s16s16sB16s16sQ16s")


class BlobHeader(msgspec.Struct, frozen=True, gc=False):
    """What stands in clear before a sealed blob, and is bound into the seal."""

    facility: FacilityId
    chart: ChartId
    section: Section
    key_id: KeyId
    blob_id: EntryId
    time: Millis
    writer: InstanceId

    def encode(self) -> bytes:
        """Write the header, 93 bytes. Raises BadInputError if an id is not 16 bytes."""
        ids = (self.facility, self.chart, self.key_id, self.blob_id, self.writer)
        if any(len(ident) != ID_BYTES for ident in ids):
            raise BadInputError("an id is 16 bytes")
        return _HEADER.pack(
            _MAGIC,
            self.facility,
            self.chart,
            self.section,
            self.key_id,
            self.blob_id,
            self.time,
            self.writer,
        )


def read_blob_header(reader: BinaryIO) -> BlobHeader:
    """Read the clear header and leave the reader behind it; nothing in it is proved yet."""
    raw = reader.read(_HEADER.size)
    expect_magic(raw, _MAGIC, "sealed blob")
    if len(raw) != _HEADER.size:
        raise SealBrokenError("a sealed blob is cut short")
    _, facility, chart, section, key_id, blob_id, time, writer = _HEADER.unpack(raw)
    return BlobHeader(facility, chart, section_of(section), key_id, blob_id, time, writer)


def seal_blob(reader: Readable, write: Write, key: SectionKey, header: BlobHeader) -> None:
    """Seal everything the reader gives. Raises BadInputError if the header names another key."""
    if header.key_id != key.key_id:
        raise BadInputError(f"blob {to_text(header.blob_id)} names another key than its own")
    clear = header.encode()
    write(clear)
    seal_stream(reader, write, _blob_secret(key), clear)


def open_blob(reader: BinaryIO, write: Write, key: SectionKey) -> BlobHeader:
    """Open a whole blob; only the return proves its end. Raises SealBrokenError naming it."""
    header = _header_for(reader, key)
    try:
        open_stream(reader, write, _blob_secret(key), header.encode())
    except SealBrokenError as error:
        raise SealBrokenError(f"blob {to_text(header.blob_id)} does not open: {error}") from error
    return header


def open_range(reader: BinaryIO, key: SectionKey, start: int, length: int) -> bytes:
    """Open a part of a blob, fewer bytes at its end; the reader can seek and stands at 0."""
    header = _header_for(reader, key)
    try:
        return open_stream_range(reader, _blob_secret(key), header.encode(), start, length)
    except SealBrokenError as error:
        raise SealBrokenError(f"blob {to_text(header.blob_id)} does not open: {error}") from error


def _header_for(reader: BinaryIO, key: SectionKey) -> BlobHeader:
    header = read_blob_header(reader)
    if header.key_id != key.key_id:
        raise SealBrokenError(f"blob {to_text(header.blob_id)} is sealed under another key")
    return header


def _blob_secret(key: SectionKey) -> bytes:
    # A key of its own: a section key must not serve AES-GCM and HKDF-Expand at once.
    return derive(key.secret, b"chartkeep-blob-1")
