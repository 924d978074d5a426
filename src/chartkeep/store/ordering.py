"""Rows put in the order of their lines: in memory where they fit, else through files.

Each file takes the rows of one stretch of lines, so each is read back whole and sorted. Memory is
bounded by `IN_MEMORY`, however many rows come; the disk holds a second copy meanwhile.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

import msgspec

from chartkeep.store.records import Row

IN_MEMORY: Final = 96 << 20
MOST_FILES: Final = 512
_by_line = itemgetter(0)
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Row).decode


def in_order(rows: Iterable[Row], first: int, end: int, weight: int, folder: Path) -> Iterator[Row]:
    """Give the rows of lines `first … end` by line; `weight`: about how many bytes they have."""
    if weight <= IN_MEMORY:
        yield from sorted(rows, key=_by_line)
        return
    count = min(-(-weight // IN_MEMORY), MOST_FILES, end - first)
    width = -(-(end - first) // count)
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile(dir=folder)) for _ in range(count)]
        for row in rows:
            raw = _pack(row)
            files[(row.at - first) // width].write(len(raw).to_bytes(4) + raw)
        for file in files:
            file.seek(0)
            yield from sorted(_read(file.read()), key=_by_line)
            file.truncate(0)


def _read(raw: bytes) -> Iterator[Row]:
    at, view = 0, memoryview(raw)
    while at < len(raw):
        length = int.from_bytes(view[at : at + 4])
        yield _unpack(view[at + 4 : at + 4 + length])
        at += 4 + length
