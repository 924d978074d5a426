"""Sealed blobs (docs/formats/blob.md): images, videos, PDFs, as streams.

Promises that a blob opens only in its own place and that a range is what was sealed there.
Does not pad: a blob's size shows. Does not keep files: the caller renames after success.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from struct import Struct
from typing import BinaryIO, Final, NamedTuple

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
from chartkeep.sealing.keys import TAG_BYTES, SectionKey
from chartkeep.sealing.stream import (
    CHUNK,
    SEALED_CHUNK,
    STREAM_HEAD,
    Chunks,
    Readable,
    Sealer,
    Write,
    open_stream,
    seal_stream,
)

_MAGIC: Final = b"CKB1"
_HEADER: Final = Struct(">4s16s16sB16s16sQ16s")
BLOB_HEAD: Final = _HEADER.size + STREAM_HEAD
"""Bytes before the first chunk."""


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
    clear, secret = _begin(key, header)
    write(clear)
    seal_stream(reader, write, secret, clear)


def blob_sealer(key: SectionKey, header: BlobHeader) -> tuple[bytes, Sealer]:
    """Begin to seal a blob: gives its clear header, and what seals the pieces that follow it.

    Raises BadInputError if the header names another key.
    """
    clear, secret = _begin(key, header)
    return clear, Sealer(secret, clear)


def _begin(key: SectionKey, header: BlobHeader) -> tuple[bytes, bytes]:
    if header.key_id != key.key_id:
        raise BadInputError(f"blob {to_text(header.blob_id)} names another key than its own")
    return header.encode(), _blob_secret(key)


def open_blob(reader: BinaryIO, write: Write, key: SectionKey) -> BlobHeader:
    """Open a whole blob; only the return proves its end. Raises SealBrokenError naming it."""
    header = _header_for(reader, key)
    try:
        open_stream(reader, write, _blob_secret(key), header.encode())
    except SealBrokenError as error:
        raise SealBrokenError(f"blob {to_text(header.blob_id)} does not open: {error}") from error
    return header


class Span(NamedTuple):
    """Sealed bytes of a blob: where they begin in it, and how many they are."""

    offset: int
    length: int


def sealed_size(size: int) -> int:
    """Give the size of a sealed blob from that of its content."""
    return BLOB_HEAD + size + TAG_BYTES * (size // CHUNK + 1)


def span_of(size: int, start: int, length: int) -> Span:
    """Say which sealed bytes hold a range of a blob of `size` bytes; it ends with the blob.

    Raises BadInputError for a range that begins outside.
    """
    if not 0 <= start <= size or length < 0:
        raise BadInputError("a range begins in its blob and has no negative length")
    end = min(start + length, size)
    offset = BLOB_HEAD + start // CHUNK * SEALED_CHUNK
    # A range that reaches the end takes the last chunk too, however empty: it proves the end.
    last = size // CHUNK if end == size else (end - 1) // CHUNK
    return Span(offset, min(BLOB_HEAD + (last + 1) * SEALED_CHUNK, sealed_size(size)) - offset)


class BlobReader:
    """A blob whose key is proved; gives ranges of it from the sealed bytes of their spans."""

    def __init__(self, head: bytes, key: SectionKey, size: int) -> None:
        self.header = _header_for(BytesIO(head), key)
        self._size = size
        with self._named():
            self._chunks = Chunks(head[_HEADER.size :], _blob_secret(key), self.header.encode())

    def open(self, sealed: memoryview, start: int, length: int) -> bytes:
        """Open a range from the bytes of its `span_of`. Raises SealBrokenError naming the blob."""
        first, skip = divmod(start, CHUNK)
        length = min(length, self._size - start)
        with self._named():
            if len(sealed) != span_of(self._size, start, length).length:
                raise SealBrokenError("it is cut short")
            return bytes(memoryview(self._chunks.open(first, sealed))[skip : skip + length])

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except SealBrokenError as error:
            name = to_text(self.header.blob_id)
            raise SealBrokenError(f"blob {name} does not open: {error}") from error


def _header_for(reader: BinaryIO, key: SectionKey) -> BlobHeader:
    header = read_blob_header(reader)
    if header.key_id != key.key_id:
        raise SealBrokenError(f"blob {to_text(header.blob_id)} is sealed under another key")
    return header


def _blob_secret(key: SectionKey) -> bytes:
    # A key of its own: a section key must not serve AES-GCM and HKDF-Expand at once.
    if not key.blob_secret:
        key.blob_secret = derive(key.secret, b"chartkeep-blob-1")
    return key.blob_secret
