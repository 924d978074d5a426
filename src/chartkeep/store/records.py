"""Objects of the `records` ledger and the rows that keep them (docs/formats/records.md).

Promises that a row says about its object only what stands in the object's own clear header.
Does not decide whether a row may be taken in: that is `rules`.
"""

from collections.abc import Iterable
from enum import IntEnum
from hashlib import sha256
from io import BytesIO
from struct import Struct
from typing import Final, NamedTuple

from chartkeep.errors import SealBrokenError
from chartkeep.model import ID_BYTES, Millis
from chartkeep.sealing.blob import BlobHeader, read_blob_header
from chartkeep.sealing.entry import EntryHeader, read_header
from chartkeep.sealing.fields import expect_magic
from chartkeep.sealing.wrap import WrapHeader, read_wrap

LABEL_BYTES: Final = 16
CONTENT_BYTES: Final = 16
_DOMAIN: Final = b"chartkeep-record-1\0"
_LABELS: Final = b"CKM1"
_SHRED: Final = Struct(">4s16sQ")
_SHRED_MAGIC: Final = b"CKS1"
BLOB_HEADER: Final = 93
_BLOB_TAIL: Final = Struct(">Q32s")


class RecordType(IntEnum):
    """What kind of object a line stands for; the codes are hashed into lines for ever."""

    WRAP = 1
    ENTRY = 2
    LABELS = 3
    UNLABEL = 4
    SHRED = 5
    BLOB = 6
    REWRAP = 7


# Copying a context that already holds the prefix is cheaper than starting one.
_line = {kind: sha256(_DOMAIN + bytes([kind])).copy for kind in RecordType}


def line_of(kind: RecordType, words: bytes) -> bytes:
    """Hash an object to its line, 32 bytes; an entry's begins with its content hash."""
    context = _line[kind]()
    context.update(words)
    return context.digest()


class Row(NamedTuple):
    """One line with its object, as kept; ids that an object does not have are None."""

    at: int
    chart: bytes
    type: int
    section: int
    kind: str | None
    entry: bytes | None
    version: int
    key: bytes | None
    content: bytes | None
    replaced: int | None
    line: bytes
    object: bytes | None

    @property
    def words(self) -> bytes:
        """Give what the line is the hash of; empty bytes for a dropped object."""
        return b"" if self.object is None else (self.content or b"") + self.object


def entry_row(index: int, head: EntryHeader, sealed: bytes, content: bytes) -> Row:
    """Make the row of a sealed entry and its content hash."""
    return Row(
        index,
        head.chart,
        2,
        int(head.section),
        head.kind,
        head.entry_id,
        head.version,
        head.key_id,
        content,
        None,
        line_of(RecordType.ENTRY, content + sealed),
        sealed,
    )


def wrap_row(index: int, head: WrapHeader, wrap: bytes, kind: RecordType = RecordType.WRAP) -> Row:
    """Make the row of a wrap; its generation stands as its version."""
    return _row(
        index, head.chart, kind, wrap, int(head.section), version=head.generation, key=head.key_id
    )


def labels_row(index: int, chart: bytes, labels: Iterable[bytes], kind: RecordType) -> Row:
    """Make the row of labels added or dropped."""
    return _row(index, chart, kind, _LABELS + chart + b"".join(labels))


def shred_row(index: int, chart: bytes, now: Millis) -> Row:
    """Make the row that says a chart's key is gone."""
    return _row(index, chart, RecordType.SHRED, _SHRED.pack(_SHRED_MAGIC, chart, now))


def blob_row(index: int, head: BlobHeader, words: bytes) -> Row:
    """Make the row of a kept blob from `blob_words`."""
    return _row(
        index,
        head.chart,
        RecordType.BLOB,
        words,
        int(head.section),
        entry=head.blob_id,
        key=head.key_id,
    )


def _row(
    index: int,
    chart: bytes,
    kind: RecordType,
    content: bytes,
    section: int = 0,
    *,
    entry: bytes | None = None,
    version: int = 0,
    key: bytes | None = None,
) -> Row:
    line = line_of(kind, content)
    return Row(
        index,
        chart,
        int(kind),
        section,
        None,
        entry,
        version,
        key,
        None,
        None,
        line,
        content,
    )


def blob_words(header: bytes, size: int, digest: bytes) -> bytes:
    """Join what the ledger says about a sealed file."""
    return header[:BLOB_HEADER] + _BLOB_TAIL.pack(size, digest)


def blob_parts(words: bytes) -> tuple[BlobHeader, int, bytes]:
    """Cut a blob's object into header, size and SHA-256. Raises SealBrokenError."""
    if len(words) != BLOB_HEADER + _BLOB_TAIL.size:
        raise SealBrokenError("a blob's line has the wrong length")
    size, digest = _BLOB_TAIL.unpack_from(words, BLOB_HEADER)
    return read_blob_header(BytesIO(words)), size, digest


def read_labels(content: bytes) -> tuple[bytes, list[bytes]]:
    """Cut a labels object into its chart and labels. Raises SealBrokenError."""
    expect_magic(content, _LABELS, "list of labels")
    start = len(_LABELS) + ID_BYTES
    if len(content) < start or (len(content) - start) % LABEL_BYTES:
        raise SealBrokenError("a list of labels has the wrong length")
    labels = [content[at : at + LABEL_BYTES] for at in range(start, len(content), LABEL_BYTES)]
    return content[len(_LABELS) : start], labels


def read_row(index: int, kind: int, words: bytes) -> Row:
    """Make the row an object must have. Raises DamagedError when it is no object of that type."""
    match RecordType(kind):
        case RecordType.ENTRY:
            content, sealed = words[:CONTENT_BYTES], words[CONTENT_BYTES:]
            return entry_row(index, read_header(sealed), sealed, content)
        case RecordType.WRAP | RecordType.REWRAP as wrap:
            return wrap_row(index, read_wrap(words), words, wrap)
        case RecordType.LABELS | RecordType.UNLABEL as labels:
            chart, listed = read_labels(words)
            return labels_row(index, chart, listed, labels)
        case RecordType.SHRED:
            expect_magic(words, _SHRED_MAGIC, "shredding")
            if len(words) != _SHRED.size:
                raise SealBrokenError("a shredding has the wrong length")
            _, chart, now = _SHRED.unpack(words)
            return shred_row(index, chart, now)
        case RecordType.BLOB:
            return blob_row(index, blob_parts(words)[0], words)
