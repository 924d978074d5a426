"""Two versions of an estimate, held against each other: what came, what went, what grew. Pure.

A chart that went is the one to explain: an authority was told of it. So the difference also says
what was asked differently, and whether the evidence itself grew.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.errors import RefusedError
from chartkeep.incident.estimate.estimate import Estimate, Unknown
from chartkeep.incident.estimate.suspect import Suspect
from chartkeep.model import ID_BYTES


class Difference(NamedTuple):
    """From `old` to `new`: charts as ids. `wider`, `narrower`: sections or ways came, or went.

    `lines`: how many lines the ledger grew by; holes in the evidence that came, and that closed.
    """

    added: list[bytes]
    gone: list[bytes]
    wider: list[bytes]
    narrower: list[bytes]
    same: int
    suspects_added: list[Suspect]
    suspects_gone: list[Suspect]
    lines: int
    opened: list[Unknown]
    closed: list[Unknown]

    @property
    def is_empty(self) -> bool:
        """Say whether both name the same charts, ways and holes."""
        moved = self.added or self.gone or self.wider or self.narrower
        return not (moved or self.opened or self.closed)


def compare(old: Estimate, new: Estimate) -> Difference:
    """Say what a newer estimate changes for patients. Raises RefusedError for two facilities'."""
    if old.facility != new.facility:
        raise RefusedError("two facilities' estimates", hint="compare each with its own")
    old, new = old.where(old.is_patient), new.where(new.is_patient)
    raw = old.charts.tobytes()
    ids = [raw[at : at + ID_BYTES] for at in range(0, len(raw), ID_BYTES)]
    there = new.rows(ids)
    mine = np.flatnonzero(there >= 0)
    theirs = there[mine]
    came = np.zeros(len(mine), np.bool_)
    went = np.zeros(len(mine), np.bool_)
    for way, mask in old.masks.items():
        before, after = mask[mine], new.masks[way][theirs]
        came |= (after & ~before) != 0
        went |= (before & ~after) != 0
    added = np.ones(len(new), np.bool_)
    added[theirs] = False
    return Difference(
        _ids(new, np.flatnonzero(added)), _ids(old, np.flatnonzero(there < 0)),
        _ids(old, mine[came]), _ids(old, mine[went]), int(np.count_nonzero(~came & ~went)),
        [one for one in new.suspects if one not in old.suspects],
        [one for one in old.suspects if one not in new.suspects],
        new.size - old.size,
        [one for one in new.unknown if one not in old.unknown],
        [one for one in old.unknown if one not in new.unknown],
    )  # fmt: skip


def _ids(estimate: Estimate, rows: NDArray[Any]) -> list[bytes]:
    raw = np.ascontiguousarray(estimate.charts[rows]).tobytes()
    return [raw[at : at + ID_BYTES] for at in range(0, len(raw), ID_BYTES)]
