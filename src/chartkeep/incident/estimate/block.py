"""A block of columns on disk, `CKC1`: 2^18 lines at most, each column sealed by itself.

    magic 4 | parts u32 | for each part: offset u64, length u64 | the parts, boxes of `sealing.box`

Integers are little-endian. A part opens at its ledger, its block and its name alone, so that what
was changed, swapped or cut on disk is an error and never another answer.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from chartkeep.errors import ChartkeepError, DamagedError
from chartkeep.incident.desk import write_durably
from chartkeep.incident.estimate.rows import IDS, Column
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.fields import expect_magic

MAGIC: Final = b"CKC1"
LINES: Final = 1 << 18
TYPES: Final[dict[str, np.dtype[Any]]] = {
    "time": np.dtype("<i8"), "what": np.dtype("<u2"), "instance": np.dtype("<u2"),
    "person": np.dtype("<u4"), **dict.fromkeys(IDS, np.dtype("<u4")),
}  # fmt: skip
PLACED: Final = "placed"
"""Rows of three: the row, the chart's code, the ward's."""
NEW: Final = tuple(f"new {name}" for name in IDS)
"""Ids first met in this block."""
PARTS: Final = (*TYPES, PLACED, *NEW)
_HEAD: Final = struct.Struct("<4sI")
_PART: Final = struct.Struct("<QQ")
HINT: Final = "remove the folder `columns` of the desk: they are read anew from the ledger"


class Span(NamedTuple):
    """Which lines a block holds, `first … end`, and the times of its first and its last."""

    first: int
    end: int
    oldest: int
    newest: int


class Block:
    """A block of a folder, read column by column."""

    def __init__(self, folder: Path, key: BoxKey, origin: str, span: Span) -> None:
        self.span = span
        self.path = folder / f"{span.first:012x}-{span.end:012x}.columns"
        self._key = key
        self._origin = origin
        self._read: dict[str, Column] = {}

    def __len__(self) -> int:
        return self.span.end - self.span.first

    def column(self, name: str) -> Column:
        """Read a column, once. Raises DamagedError when it is not what was written."""
        if name not in self._read:
            found: Column = np.frombuffer(self.part(name), TYPES[name])
            if len(found) != len(self):
                raise damaged()
            self._read[name] = found
        return self._read[name]

    def placed(self) -> Column:
        """Read the placements."""
        return np.frombuffer(self.part(PLACED), "<u4").reshape(-1, 3)

    def part(self, name: str) -> bytes:
        """Read and open a part. Raises DamagedError."""
        place = PARTS.index(name)
        try:
            with self.path.open("rb") as file:
                expect_magic(file.read(_HEAD.size), MAGIC, "block of columns")
                file.seek(_HEAD.size + place * _PART.size)
                offset, length = _PART.unpack(file.read(_PART.size))
                file.seek(min(offset, self.path.stat().st_size))
                sealed = file.read(min(length, self.path.stat().st_size))
            return open_box(self._key, self._place(name), sealed)
        except (OSError, struct.error, DamagedError) as error:
            raise damaged() from error

    def write(self, parts: Mapping[str, bytes]) -> None:
        """Write the block, durably."""
        sealed = [seal_box(self._key, self._place(name), parts[name]) for name in PARTS]
        at, table = _HEAD.size + len(PARTS) * _PART.size, []
        for one in sealed:
            table.append(_PART.pack(at, len(one)))
            at += len(one)
        write_durably(self.path, b"".join((_HEAD.pack(MAGIC, len(PARTS)), *table, *sealed)))

    def _place(self, name: str) -> bytes:
        bounds = struct.pack("<QQ", self.span.first, self.span.end)
        return b"\0".join((b"chartkeep-columns-1", self._origin.encode(), bounds, name.encode()))


def damaged() -> ChartkeepError:
    """Say that what the desk keeps of the ledger was changed."""
    return DamagedError("the columns the desk keeps of the ledger were changed", hint=HINT)
