"""How an index is filled: a chart's identity through its versions, its numbers and results.

    builder = Builder(key)
    builder.add(chart, [(moment, reading), …], records, facts)
    index = builder.finish(upto)

Values become tokens at once; how often each came is counted by what Python's own hash makes of it,
which lives as long as the builder, and ends as a rarity of eight bits.
"""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import Field, FingerprintKey, LookUp
from chartkeep.fingerprint.numbers import SHORTEST
from chartkeep.fingerprint.person import Reading
from chartkeep.fingerprint.prints import Filed, Record, Told, told_of
from chartkeep.incident.trace.index import (
    ARRAYS,
    COMPARED,
    FEWEST_COUNTED,
    MOST_VERSIONS,
    RARITY_STEP,
    SECOND,
    Index,
    renumbered,
)
from chartkeep.model import ChartId, Millis

MOST_MARKS = 20_000
"""Record numbers and results of one chart: the oldest results go first."""


class Builder:
    """Gathers charts, each once."""

    def __init__(self, key: FingerprintKey) -> None:
        self._key = key
        self._charts: list[bytes] = []
        self._tokens, self._private, self._marks = bytearray(), bytearray(), bytearray()
        self._runs = bytearray()
        self._files, self._filed = list[tuple[LookUp, bytes]](), list[tuple[int, int, int]]()
        self._owners, self._seen, self._versions = array("I"), array("q"), array("I")
        self._counts: dict[str, array[int]] = {
            name: array("I") for name in ("compared", "versions", "marks")
        }

    @property
    def size(self) -> int:
        """Count the charts so far."""
        return len(self._charts)

    def add(
        self,
        chart: ChartId,
        history: Sequence[tuple[Millis, Reading]],
        records: Iterable[str] = (),
        facts: Iterable[str] = (),
    ) -> None:
        """Take a chart in: its identity from each moment on, oldest first, and its marks."""
        self.take(
            chart,
            [(moment, told_of(reading, self._key.digest)) for moment, reading in history],
            [Record(self._key.digest(each), len(each) >= SHORTEST) for each in records],
            map(self._key.digest, facts),
        )

    def take(
        self,
        chart: ChartId,
        history: Sequence[tuple[Millis, Told]],
        records: Iterable[Record],
        facts: Iterable[bytes],
        files: Iterable[tuple[Millis, Filed]] = (),
    ) -> None:
        """Take a chart in as its fingerprints say it: `add`, digested; files, each since when."""
        history = history[-MOST_VERSIONS:]
        number = len(self._charts)
        self._charts.append(chart)
        numbers = dict.fromkeys(records)
        self._find_by(number, history, numbers)
        runs = _runs(history)
        self._private += self._key.held_all(chart, (value for value, _ in runs))
        self._seen.extend([hash(value) for value, _ in runs])
        for (field, _), (first, end) in runs:
            self._runs += bytes((field, 0, first, end))
        self._counts["compared"].append(len(runs))
        self._versions.extend(moment // SECOND for moment, _ in history)
        self._counts["versions"].append(len(history))
        # The first numbers, of the chart and its patient, last: they are never pushed out.
        marks = [(Field.FACT, each) for each in dict.fromkeys(facts)]
        marks += [(Field.RECORD, each.digest) for each in reversed(numbers)]
        for since, each in files:
            self._files.append((LookUp.FILE, each.digest))
            self._filed.append((number, since // SECOND, each.section))
        kept = marks[-MOST_MARKS:]
        self._marks += self._key.held_all(chart, kept)
        self._counts["marks"].append(len(kept))

    def _find_by(
        self, number: int, history: Sequence[tuple[Millis, Told]], records: Iterable[Record]
    ) -> None:
        wanted = {each for _, told in history for each in told.found}
        wanted.update((LookUp.RECORD, each.digest) for each in records if each.is_long)
        self._tokens += self._key.found_by_all(wanted)
        self._owners.extend([number] * len(wanted))

    def finish(self, upto: int = 0) -> Index:
        """Sort everything, count how rare things are, and give the index."""
        charts = np.frombuffer(b"".join(self._charts), ARRAYS["charts"])
        order = np.argsort(charts.view("S16")) if len(charts) else np.zeros(0, np.int64)
        place = np.empty(len(order), np.uint32)
        place[order] = np.arange(len(order), dtype=np.uint32)
        tokens = np.frombuffer(self._tokens, ARRAYS["tokens"])
        sort = np.argsort(tokens, kind="stable")
        owners = place[np.frombuffer(self._owners, np.uint32)[sort]]
        held = np.empty(len(self._seen), COMPARED)
        held["token"] = np.frombuffer(self._private, "<u4")
        runs = np.frombuffer(self._runs, np.uint8).reshape(-1, 4)
        held["field"], held["first"], held["end"] = runs[:, 0], runs[:, 2], runs[:, 3]
        held["rarity"] = _rarity(np.frombuffer(self._seen, np.int64), len(charts))
        arrays = {"charts": charts[order], "tokens": tokens[sort], "owners": owners}
        files = np.frombuffer(self._key.found_by_all(self._files), ARRAYS["files"])
        filed = renumbered(np.array(self._filed, ARRAYS["filed"]), place)
        sort = np.argsort(files, kind="stable")
        arrays |= {"files": files[sort], "filed": filed[sort]}
        kept = {
            "compared": held,
            "versions": np.frombuffer(self._versions, np.uint32),
            "marks": np.frombuffer(self._marks, ARRAYS["marks"]),
        }
        for name, values in kept.items():
            count = np.frombuffer(self._counts[name], np.uint32).astype(np.int64)
            begins = np.cumsum(count) - count
            ends = np.cumsum(count[order])
            total = int(ends[-1]) if len(ends) else 0
            take = np.repeat(begins[order] - (ends - count[order]), count[order]) + np.arange(total)
            arrays[f"{name}_at"] = np.concatenate(([0], ends)).astype(np.uint64)
            arrays[name] = values[take]
        return Index({name: arrays[name] for name in ARRAYS}, upto)


Valued = tuple[Field, bytes]


def _runs(history: Sequence[tuple[Millis, Told]]) -> list[tuple[Valued, tuple[int, int]]]:
    """Give each value with the versions it stood in, without a gap: [first, end)."""
    done: list[tuple[Valued, tuple[int, int]]] = []
    live: dict[Valued, int] = {}
    for version, (_, told) in enumerate(history):
        now = dict.fromkeys(told.held)
        gone = [each for each in live if each not in now]
        done += [(value, (live.pop(value), version)) for value in gone]
        for value in now:
            live.setdefault(value, version)
    return done + [(value, (first, len(history))) for value, first in live.items()]


def _rarity(seen: NDArray[np.int64], charts: int) -> NDArray[np.uint8]:
    """Give how rare each value is among the charts, in eighths of a bit; 0 for too few charts."""
    if charts < FEWEST_COUNTED:
        return np.zeros(len(seen), np.uint8)
    _, inverse, counts = np.unique(seen, return_inverse=True, return_counts=True)
    bits = np.log2(charts / np.minimum(counts, charts))
    return np.clip(np.rint(bits * RARITY_STEP), 1, 255).astype(np.uint8)[inverse]
