"""Ids as numbers: the n-th new id has code n, so that columns hold four bytes instead of sixteen.

Code 0 is "no id". Codes never change. Pure; memory 32 bytes an id.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chartkeep.errors import DamagedError
from chartkeep.model import ID_BYTES

Codes = NDArray[np.uint32]
Words = NDArray[np.uint64]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd: no two high halves meet for one low half


class Ids:
    """A set of 16-byte ids that only grows."""

    def __init__(self, raw: bytes = b"") -> None:
        self._words = words_of(raw)
        self._order: NDArray[np.int64] | None = None
        self._sorted: Words = np.empty(0, np.uint64)

    def __len__(self) -> int:
        return len(self._words)

    def raw(self, first: int = 0) -> bytes:
        """Write the ids from the `first`-th on, 16 bytes each."""
        return self._words[first:].tobytes()

    def ids(self, codes: NDArray[Any]) -> NDArray[np.bytes_]:
        """Give the ids of codes above 0, as an array of 16 bytes each."""
        return np.ascontiguousarray(self._words[codes.astype(np.int64) - 1])

    def codes(self, wanted: Sequence[bytes]) -> Codes:
        """Give the codes of ids; 0 for an empty or an unknown one."""
        found = np.zeros(len(wanted), np.uint32)
        if len(self):
            found[_there(wanted)] = self._find(words_of(b"".join(wanted)))
        return found

    def add(self, wanted: Sequence[bytes]) -> Codes:
        """Give the codes of ids, each different, and take in those that are new."""
        found = self.codes(wanted)
        new = np.flatnonzero(_there(wanted) & (found == 0))
        if len(new):
            start = len(self)
            self._take(words_of(b"".join([wanted[at] for at in new.tolist()])))
            found[new] = np.arange(start + 1, start + len(new) + 1, dtype=np.uint32)
        return found

    def _index(self) -> NDArray[np.int64]:
        if self._order is None:
            spread = _spread(self._words)
            self._order = np.argsort(spread, kind="stable")
            self._sorted = spread[self._order]
        return self._order

    def _take(self, new: Words) -> None:
        order, spread = self._index(), _spread(new)
        mine = np.argsort(spread, kind="stable")
        places = np.searchsorted(self._sorted, spread[mine])
        self._order = np.insert(order, places, mine + len(self))
        self._sorted = np.insert(self._sorted, places, spread[mine])
        self._words = np.concatenate((self._words, new))

    def _find(self, wanted: Words) -> Codes:
        order = self._index()
        spread = _spread(wanted)
        at = np.empty(len(wanted), np.int64)
        mine = np.argsort(spread)  # in order, each is sought near the one before
        at[mine] = np.searchsorted(self._sorted, spread[mine])
        found = np.zeros(len(wanted), np.uint32)
        open_ = np.arange(len(wanted))
        while len(open_):  # more than once round only where two ids spread alike
            open_ = open_[at[open_] < len(order)]
            open_ = open_[self._sorted[at[open_]] == spread[open_]]
            rows = order[at[open_]]
            same = (self._words[rows] == wanted[open_]).all(axis=1)
            found[open_[same]] = rows[same] + 1
            open_ = open_[~same]
            at[open_] += 1
        return found


def _there(wanted: Sequence[bytes]) -> NDArray[np.bool_]:
    """Flag the ids that are not empty."""
    return np.fromiter(map(bool, wanted), np.bool_, len(wanted))


def words_of(raw: bytes) -> Words:
    """Read ids of 16 bytes as two numbers each. Raises DamagedError for a length that is none."""
    if len(raw) % ID_BYTES:
        raise DamagedError("ids are 16 bytes each")
    return np.frombuffer(raw, np.uint64).reshape(-1, 2)


def _spread(words: Words) -> Words:
    return words[:, 0] * _SPREAD ^ words[:, 1]
