"""An estimate: the charts exposed to a mix of suspects, how, since when; and what is unknown.

Never more exact than its evidence: `unknown` says each hole, and `is_exact` is true without any.
Pure. Its bytes name charts: whoever keeps them seals them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from chartkeep.errors import UnknownFormatError
from chartkeep.incident.estimate.ids import Ids, words_of
from chartkeep.incident.estimate.suspect import Suspect
from chartkeep.ledger.line import mask_sections
from chartkeep.model import ID_BYTES, Section

FORMAT: Final = "chartkeep-estimate-1"
Column = NDArray[Any]


class How(StrEnum):
    """In which way a chart is exposed."""

    RELEASED = "released to"
    WRITTEN = "written through"
    EXPORTED = "in an export"
    """Opened under a grant: readable to who has the file."""
    PACKED = "in a ward's pack"
    """Opened for a pack: readable to who has the file and the ward's envelope."""
    POSTED = "in what was posted"
    """A row of it stood in what somebody showed: whoever saw it read it."""
    SEALED = "sealed in a file"
    """As sealed bytes: what that means says `readable`."""
    HELD = "key at hand"
    """Whoever is suspected could have opened it and left no line."""


class Unknown(msgspec.Struct, frozen=True, array_like=True):
    """A hole in the evidence: why, and from when to when (ms) it may hide something; 0: open."""

    why: str
    since: int = 0
    until: int = 0


class Exposed(NamedTuple):
    """One chart of an estimate; `how`: sections as bits for each way; `by`: suspects' numbers."""

    chart: bytes
    how: dict[How, int]
    first: int
    last: int
    ward: str
    by: tuple[int, ...]

    def sections(self) -> list[Section]:
        """List the sections, whichever way."""
        mask = 0
        for bits in self.how.values():
            mask |= bits
        return mask_sections(mask)


@dataclass
class Estimate:
    """The answer. Arrays of one length, a chart a row: `charts` two words each (`ids`).

    `masks`: sections as bits; `by`: suspects as bits; `wards` codes of `ward_names`, where the
    patient lay when first exposed. `widened`: when each suspect's window really begins. `size`,
    `asked_until`: the ledger it rests on, and before which time no line of it was missing.
    """

    suspects: tuple[Suspect, ...]
    widened: tuple[int, ...]
    facility: bytes
    made: int
    size: int
    asked_until: int
    charts: Column
    masks: dict[How, Column]
    first: Column
    last: Column
    by: Column
    wards: Column
    ward_names: list[str]
    searches: int = 0
    lines: int = 0
    unknown: list[Unknown] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Say whether nothing is unknown."""
        return not self.unknown

    @property
    def sections(self) -> Column:
        """Give each chart's sections as bits, whichever way."""
        found = np.zeros(len(self.charts), np.uint32)
        for mask in self.masks.values():
            found |= mask
        return found

    @property
    def is_patient(self) -> Column:
        """Flag the charts that are a patient's, and not the facility's own."""
        own: Column = (self.charts == words_of(self.facility)).all(axis=1)
        return ~own

    @property
    def patients(self) -> int:
        """Count them."""
        return int(np.count_nonzero(self.is_patient))

    def where(self, rows: Column) -> "Estimate":
        """Give these rows of it alone."""
        masks = {way: mask[rows] for way, mask in self.masks.items()}
        return replace(
            self, charts=self.charts[rows], masks=masks, first=self.first[rows],
            last=self.last[rows], by=self.by[rows], wards=self.wards[rows],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.charts)

    def __iter__(self) -> Iterator[Exposed]:
        raw = self.charts.tobytes()
        for row in range(len(self)):
            how = {way: int(mask[row]) for way, mask in self.masks.items() if mask[row]}
            bits = int(self.by[row])
            yield Exposed(
                raw[row * ID_BYTES : (row + 1) * ID_BYTES], how, int(self.first[row]),
                int(self.last[row]), self.ward_names[self.wards[row]],
                tuple(n for n in range(len(self.suspects)) if bits >> n & 1),
            )  # fmt: skip

    def rows(self, charts: list[bytes]) -> Column:
        """Give the rows of charts; of one that is not in it -1."""
        return self._index.codes(charts).astype(np.int64) - 1

    @cached_property
    def _index(self) -> Ids:
        return Ids(self.charts.tobytes())

    def raw(self) -> bytes:
        """Write it: a format of its own (docs/incident/exposure.md)."""
        head = _Head(
            FORMAT, self.suspects, self.widened, self.facility, self.made, self.size,
            self.asked_until, self.ward_names, self.searches, self.lines, self.unknown,
            {name: column.tobytes() for name, column in self._columns().items()},
        )  # fmt: skip
        return msgspec.msgpack.encode(head)

    def digest(self) -> bytes:
        """Give the SHA-256 of `raw`."""
        return sha256(self.raw()).digest()

    def _columns(self) -> dict[str, Column]:
        return {
            "charts": self.charts, "first": self.first, "last": self.last, "by": self.by,
            "wards": self.wards, **{str(way): mask for way, mask in self.masks.items()},
        }  # fmt: skip

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Read it back. Raises UnknownFormatError."""
        try:
            head = msgspec.msgpack.decode(raw, type=_Head)
            columns = {name: np.frombuffer(head.columns[name], kind) for name, kind in TYPES}
            charts = columns.pop("charts").reshape(-1, 2)
        except (msgspec.MsgspecError, KeyError, ValueError) as error:
            raise UnknownFormatError("this is no estimate of a version known here") from error
        wards = int(columns["wards"].max(initial=0))
        sizes = {len(one) for one in columns.values()}
        if head.format != FORMAT or sizes != {len(charts)} or wards >= len(head.ward_names):
            raise UnknownFormatError("this is no estimate of a version known here")
        return cls(
            head.suspects, head.widened, head.facility, head.made, head.size, head.asked_until,
            charts, {way: columns[way] for way in How}, columns["first"], columns["last"],
            columns["by"], columns["wards"], head.ward_names, head.searches, head.lines,
            head.unknown,
        )  # fmt: skip


TYPES: Final = (
    ("charts", "<u8"), ("first", "<i8"), ("last", "<i8"), ("by", "<u8"), ("wards", "<u4"),
    *((str(way), "<u4") for way in How),
)  # fmt: skip


class _Head(msgspec.Struct, frozen=True, array_like=True):
    format: str
    suspects: tuple[Suspect, ...]
    widened: tuple[int, ...]
    facility: bytes
    made: int
    size: int
    asked_until: int
    ward_names: list[str]
    searches: int
    lines: int
    unknown: list[Unknown]
    columns: Mapping[str, bytes]
