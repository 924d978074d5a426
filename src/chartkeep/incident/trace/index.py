"""The index a trace looks into: keyed tokens of every chart in sorted arrays, and no value.

    tokens, owners    what a chart is found by (8 bytes) and its number here (4), in token order
    compared          what it is compared by, chart after chart: private tokens with their versions
    versions          when each version of a chart's identity began, chart after chart
    marks             private tokens of record numbers and results: what only our record could give
    files, filed      tokens of files and pixels, in token order; whose, since when, in what section

A chart's number is its place in `charts`, in the order of their ids. Pure arithmetic over arrays;
`keeping` seals them on a disk, `building` fills them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import Field, FingerprintKey
from chartkeep.model import ID_BYTES, ChartId, Millis, Section

MOST_ALIKE: Final = 400
"""Charts one token may stand for: a name that more people bear finds nobody by itself."""
FEWEST_COUNTED: Final = 2_000
"""Charts from which on a count says how rare a value is; below, the matcher's own figures hold."""
MOST_VERSIONS: Final = 250
RARITY_STEP: Final = 8.0
"""Of a rarity in a byte: eighths of a bit, so that 31 bits is the most."""
SECOND: Final = 1_000
_HOUR: Final = 3_600
_ZONES: Final = 14
OPEN_END: Final = Millis(1 << 62)
"""The end of what still is so."""
COMPARED: Final = np.dtype(
    [("token", "<u4"), ("field", "u1"), ("rarity", "u1"), ("first", "u1"), ("end", "u1")]
)
ARRAYS: Final = {
    "charts": np.dtype(f"V{ID_BYTES}"),
    "tokens": np.dtype("<u8"),
    "owners": np.dtype("<u4"),
    "compared_at": np.dtype("<u8"),
    "compared": COMPARED,
    "versions_at": np.dtype("<u8"),
    "versions": np.dtype("<u4"),
    "marks_at": np.dtype("<u8"),
    "marks": np.dtype("<u4"),
    "files": np.dtype("<u8"),
    "filed": np.dtype([("owner", "<u4"), ("since", "<u4"), ("section", "u1")]),
}
"""The arrays an index is made of, by name."""
_FIELD_AT: Final = 32
_RARITY_AT: Final = 40
_TOKEN_AND_FIELD: Final = (1 << _RARITY_AT) - 1
"""Of `COMPARED` as one number, little-endian: the token, the field, the rarity, first and end."""

Array = NDArray[np.generic]


class Run(NamedTuple):
    """Versions of a chart in which a value stood: `first` to before `end`; `bits` how rare it is.

    `bits` is 0 where nobody counted; it was counted among the charts indexed together with this.
    """

    bits: float
    first: int
    end: int


class Hits(NamedTuple):
    """What tokens find: hit by hit the token's place and a chart; token by token how many have it.

    Tokens that more than `MOST_ALIKE` charts have are counted, and find nobody.
    """

    places: NDArray[np.int64]
    charts: NDArray[np.uint32]
    counts: NDArray[np.int64]


class Lain(NamedTuple):
    """A file that lies in a chart, by its number here: in which section, at least since when."""

    chart: int
    section: Section
    since: Millis


@dataclass(frozen=True)
class Index:
    """Every chart's tokens; `upto`: lines of `records` it knows, `last`: the hash of the last.

    `own`: digests of the systems this house's numbers stand under. `again`: charts that changed
    and were refused. `grants`: those it was built under, which are no doors a leak went through.
    """

    arrays: dict[str, Array]
    upto: int = 0
    last: bytes = b""
    own: frozenset[bytes] = frozenset()
    again: frozenset[ChartId] = frozenset()
    grants: frozenset[bytes] = frozenset()

    def __repr__(self) -> str:
        """Say how much, and nothing of what."""
        return f"<Index of {self.size} charts>"

    @property
    def size(self) -> int:
        """Count the charts."""
        return len(self.arrays["charts"])

    @property
    def bytes_each(self) -> dict[str, float]:
        """Say how many bytes a chart takes in each array."""
        return {name: each.nbytes / max(self.size, 1) for name, each in self.arrays.items()}

    def chart(self, number: int) -> ChartId:
        """Give a chart's id by its number here."""
        return ChartId(self.arrays["charts"][number].tobytes())

    def find(self, tokens: NDArray[np.uint64]) -> Hits:
        """Look many tokens up at once."""
        kept = self.arrays["tokens"]
        order = np.argsort(tokens)  # in order: the look-ups then walk through memory once
        low = np.searchsorted(kept, tokens[order], "left")
        high = np.searchsorted(kept, tokens[order], "right")
        count = high - low
        counts = np.empty(len(tokens), np.int64)
        counts[order] = count
        count[count > MOST_ALIKE] = 0
        asked = np.repeat(order, count)
        begins = np.repeat(low - np.concatenate(([0], np.cumsum(count)[:-1])), count)
        hits = self.arrays["owners"][begins + np.arange(len(asked))] if len(asked) else []
        return Hits(asked.astype(np.int64), np.asarray(hits, np.uint32), counts)

    def lain(self, token: int) -> list[Lain]:
        """Give where a file lies by its token: chart by chart, the first of each."""
        kept = self.arrays["files"]
        at = slice(*(int(np.searchsorted(kept, np.uint64(token), s)) for s in ("left", "right")))
        found: dict[int, Lain] = {}
        for owner, since, section in sorted(self.arrays["filed"][at].tolist()):
            found.setdefault(owner, Lain(owner, Section(section), Millis(since * SECOND)))
        return list(found.values())

    def held(self, number: int, key: FingerprintKey) -> "Held":
        """Give what one chart is compared by."""
        return Held(
            self.chart(number), _slice(self, "compared", number), _slice(self, "versions", number),
            _slice(self, "marks", number), key,
        )  # fmt: skip


class Held:
    """One chart's private tokens, asked for by values."""

    __slots__ = ("_fields", "_key", "_marks", "_runs", "_versions", "chart")

    def __init__(
        self, chart: ChartId, compared: Array, versions: Array, marks: Array, key: FingerprintKey
    ) -> None:
        self.chart = chart
        self._key = key
        self._versions: list[int] = versions.tolist()
        self._marks = marks
        # Each run is one whole number until it is asked for; few are.
        self._runs: dict[int, list[int]] = {}
        for run in compared.view(np.uint64).tolist():
            self._runs.setdefault(run & _TOKEN_AND_FIELD, []).append(run >> _RARITY_AT)
        self._fields = {each >> _FIELD_AT for each in self._runs}

    def runs(self, field: Field, value: str) -> list[Run]:
        """Give the runs of versions in which a field had a value; empty if it never had."""
        token = self._key.private(self.chart, field, value)
        found = self._runs.get(field << _FIELD_AT | token, ())
        return [Run((each & 255) / RARITY_STEP, each >> 8 & 255, each >> 16) for each in found]

    def knows(self, field: Field) -> bool:
        """Say whether the chart has any value of a field."""
        return field in self._fields

    def is_marked(self, field: Field, value: str) -> bool:
        """Say whether a record number or a result is one of this chart's."""
        marks = self._marks
        return bool(len(marks)) and self._key.private(self.chart, field, value) in marks

    def is_entered(self, second: int) -> bool:
        """Say whether the person was entered or changed in a second, in a clock of any full hour.

        A second that ends a minute is one of many written without seconds, and proves nothing.
        """
        apart = (abs(second - each) for each in self._versions)
        return second % 60 != 0 and any(a % _HOUR == 0 and a <= _ZONES * _HOUR for a in apart)

    def is_past(self, runs: Sequence[Run]) -> bool:
        """Say whether what these runs are about is no longer so."""
        return bool(runs) and all(run.end < len(self._versions) for run in runs)

    def spans(self, runs: Iterable[Run]) -> list[tuple[Millis, Millis]]:
        """Give runs as times [from, to)."""
        return [(self._began(run.first), self._began(run.end)) for run in runs]

    def _began(self, version: int) -> Millis:
        if version >= len(self._versions):
            return OPEN_END
        return Millis(self._versions[version] * SECOND)


def _slice(index: Index, name: str, number: int) -> Array:
    at = index.arrays[f"{name}_at"]
    return index.arrays[name][int(at[number]) : int(at[number + 1])]


def merged(old: Index, new: Index, gone: Collection[ChartId] = ()) -> Index:
    """Give one index of both, without `gone`; a chart in both is as in the new one."""
    replaced = np.isin(_bytes(old), np.concatenate((_bytes(new), np.array([*gone], "S16"))))
    kept = np.flatnonzero(~replaced)
    order = np.argsort(np.concatenate((_bytes(old)[kept], _bytes(new))), kind="stable")
    place = np.empty(len(order), np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)
    arrays: dict[str, Array] = {
        "charts": np.concatenate((old.arrays["charts"][kept], new.arrays["charts"]))[order]
    }
    moved = np.zeros(old.size, np.uint32)
    moved[kept] = place[: len(kept)]
    stays = ~replaced[old.arrays["owners"]] if old.size else np.zeros(0, bool)
    tokens = np.concatenate((old.arrays["tokens"][stays], new.arrays["tokens"]))
    owners = np.concatenate(
        (moved[old.arrays["owners"][stays]], place[len(kept) :][new.arrays["owners"]])
    )
    sort = np.argsort(tokens, kind="stable")
    arrays |= {"tokens": tokens[sort], "owners": owners[sort]}
    filed: Any = old.arrays["filed"]
    stays = ~replaced[filed["owner"]] if old.size else np.zeros(0, bool)
    files = np.concatenate((old.arrays["files"][stays], new.arrays["files"]))
    both = renumbered(filed[stays], moved), renumbered(new.arrays["filed"], place[len(kept) :])
    sort = np.argsort(files, kind="stable")
    arrays |= {"files": files[sort], "filed": np.concatenate(both)[sort]}
    for name in ("compared", "versions", "marks"):
        arrays |= _joined(name, (old, kept), (new, np.arange(new.size)), order)
    return Index({name: arrays[name] for name in ARRAYS}, max(old.upto, new.upto))


def renumbered(filed: Any, places: Array) -> Array:
    """Give files' owners their new numbers."""
    found: Any = filed.copy()
    found["owner"] = places[found["owner"]]
    kept: Array = found
    return kept


def _bytes(index: Index) -> Array:
    return index.arrays["charts"].view("S16") if index.size else np.zeros(0, "S16")


def _joined(
    name: str, one: tuple[Index, Array], two: tuple[Index, Array], order: Array
) -> dict[str, Array]:
    """Join the slices of two indexes' charts, in the order given."""
    counts, places, shift = [], [], 0
    for index, kept in (one, two):
        at = index.arrays[f"{name}_at"].astype(np.int64)
        counts.append(np.diff(at)[kept])
        places.append(at[:-1][kept] + shift)
        shift += len(index.arrays[name])
    count, begins = np.concatenate(counts)[order], np.concatenate(places)[order]
    ends = np.cumsum(count)
    take = np.repeat(begins - (ends - count), count) + np.arange(int(ends[-1]) if len(ends) else 0)
    values = np.concatenate((one[0].arrays[name], two[0].arrays[name]))[take]
    return {f"{name}_at": np.concatenate(([0], ends)).astype(np.uint64), name: values}
