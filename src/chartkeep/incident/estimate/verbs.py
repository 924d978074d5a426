"""What each kind of line means to an exposure, looked up by its code. Pure."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.estimate.columns import What
from chartkeep.ledger.line import EXPOSING_VERBS, GAP_VERB

Flags = NDArray[np.bool_]
Masks = NDArray[np.uint64]


class Verbs:
    """Tables by code: `released` and `written` are sections as bits."""

    def __init__(self, whats: list[What]) -> None:
        self._whats = whats
        self.exposing = self._flags(EXPOSING_VERBS)
        self.release = self._flags(["release"])
        self.seal_key = self._flags(["seal_key"])
        self.search = self._flags(["search"])
        self.gap = self._flags([GAP_VERB])
        sections = np.array([sections for _, sections, _ in whats] or [0], np.uint64)
        self.released: Masks = np.where(self.release, sections, np.uint64(0))
        self.written: Masks = np.where(self.seal_key, sections, np.uint64(0))

    def are(self, verb: str) -> Flags:
        """Flag the codes of one verb."""
        return self._flags([verb])

    def _flags(self, verbs: Iterable[str]) -> Flags:
        wanted = frozenset(verbs)
        return np.array([verb in wanted for verb, _, _ in self._whats] or [False], np.bool_)
