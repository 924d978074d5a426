"""Blobs on the way in: sealed here, small ones sent beside their entry, long ones before it.

A blob is nobody's until a commit names it with its entry; what no commit names goes. Nothing in
clear touches a disk, and no more than a few pieces of a long blob are in memory.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO, NamedTuple

from chartkeep.clinical.incoming import Bulk
from chartkeep.custody.envelope import Blob
from chartkeep.custody.house import LEASE_MARGIN, House, WriteKey
from chartkeep.errors import BadInputError, ChartkeepError, UnavailableError
from chartkeep.model import ChartId, EntryId, Section, to_text
from chartkeep.sealing.blob import BlobHeader, blob_sealer, seal_blob
from chartkeep.sealing.keys import fresh_id
from chartkeep.sealing.stream import Sealer

SMALL = 1 << 20
"""Bytes up to which a blob is sent beside its entry."""
MOST_BESIDE = 16 << 20
PIECE = 1 << 20
See = Callable[[bytes], object]
LONGEST = 45 * 60_000
"""What is left of a lease at least when a long blob begins: it must end, and be named, in it."""


class SentBlob(NamedTuple):
    """A blob that lies at the store, promised to nobody; `digest`: SHA-256 of its `size` bytes.

    A deposit names it (`Parcel.sent`), or it is given up (`drop_blobs`).
    """

    chart: ChartId
    section: Section
    blob: EntryId
    size: int
    digest: bytes
    key: WriteKey

    def check(self, chart: ChartId, section: Section, house: House) -> None:
        """Refuse it for another place, or when nothing may be written under its key any more."""
        if (chart, section) != (self.chart, self.section):
            raise BadInputError("a blob was sent for another chart or section than its entry's")
        if self.key.lease_end - LEASE_MARGIN // 2 < house.clock():
            raise UnavailableError(
                "the upload took longer than its key's lease",
                hint="send it again, over a faster line",
            )


class Freight(NamedTuple):
    """What one commit says of blobs: whole ones, and the names of those at the store already."""

    blobs: list[memoryview]
    sent: list[EntryId]

    def load(
        self, bulk: Bulk | SentBlob, chart: ChartId, section: Section, key: WriteKey, house: House
    ) -> Blob:
        """Seal a blob to go with the commit, or send it now if it is long; names it.

        Raises BadInputError when it has not the size it said.
        """
        if isinstance(bulk, SentBlob):
            self.sent.append(bulk.blob)
            return Blob(to_text(bulk.blob), bulk.size)
        head = _header(chart, section, key, house)
        with bulk.open() as reader:
            if bulk.size <= SMALL and sum(map(len, self.blobs)) < MOST_BESIDE:
                self.blobs.append(_seal(bulk, reader, head, key))
            else:
                self.sent.append(head.blob_id)
                _check_size(_stream(reader, head, key, house, None), bulk)
        return Blob(to_text(head.blob_id), bulk.size)


def send_blob(reader: BinaryIO, chart: ChartId, section: Section, house: House) -> SentBlob:
    """Send bytes of unknown length, once, before anybody knows what their entry will say.

    `reader` is read in order to its end, so that they may be parsed as they pass. Raises what it
    raises, RefusedError or UnavailableError: then nothing is left of them.
    """
    key = house.write_keys(chart, [section], left=LONGEST)[section]
    head, digest = _header(chart, section, key, house), sha256()
    size = _stream(reader, head, key, house, digest.update)
    return SentBlob(chart, section, head.blob_id, size, digest.digest(), key)


def drop_blobs(blobs: Iterable[SentBlob | EntryId], house: House) -> None:
    """Give up blobs no commit will name; a store that is away forgets them by itself."""
    for each in blobs:
        with suppress(ChartkeepError):
            house.store.drop_blob(each.blob if isinstance(each, SentBlob) else each)


def _header(chart: ChartId, section: Section, key: WriteKey, house: House) -> BlobHeader:
    blob = EntryId(fresh_id())
    return BlobHeader(
        house.facility, chart, section, key.key.key_id, blob, house.clock(), house.writer
    )


def _seal(bulk: Bulk, reader: BinaryIO, head: BlobHeader, key: WriteKey) -> memoryview:
    raw = _read(reader, bulk.size + 1)
    _check_size(len(raw), bulk)
    sealed = bytearray()
    seal_blob(BytesIO(raw), sealed.extend, key.key, head)
    return memoryview(sealed)


def _check_size(size: int, bulk: Bulk) -> None:
    if size != bulk.size:
        raise BadInputError("there are not as many bytes as was said")


def _stream(
    reader: BinaryIO, head: BlobHeader, key: WriteKey, house: House, see: See | None
) -> int:
    """Send a blob sealed, a piece at a time; when anything fails nothing is left of it.

    Gives its size in clear. A piece is read before the one ahead of it is sent, and sealed while
    the store writes that one: whoever sends slowly holds no connection to the store.
    """
    house.store.open_blob(head.chart, head.blob_id)
    try:
        clear, sealer = blob_sealer(key.key, head)
        size, sealed = 0, memoryview(clear)
        while raw := _read(reader, PIECE):
            size += len(raw)
            work = partial(_seal_piece, raw, sealer, see)
            sealed = house.store.send_chunk_while(head.blob_id, sealed, work)
        house.store.send_chunk_while(head.blob_id, sealed, lambda: None)
        house.store.send_chunk_while(head.blob_id, memoryview(sealer.finish()), lambda: None)
    except BaseException:
        drop_blobs([head.blob_id], house)
        raise
    return size


def _read(reader: BinaryIO, room: int) -> bytes:
    """Read as much as there is room for, however little comes at a time."""
    parts: list[bytes] = []
    while room and (part := reader.read(room)):
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def _seal_piece(raw: bytes, sealer: Sealer, see: See | None) -> memoryview:
    if see is not None:
        see(raw)
    return memoryview(sealer.seal(raw))
