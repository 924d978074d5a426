"""Rotation of a chart's key: a new key, every wrap moved under it, the old key forgotten.

Readers and writers go on meanwhile: both generations open until the store holds only new wraps.
It may be cut short anywhere and run again; no section key leaves the keyholder.
"""

from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.errors import RefusedError
from chartkeep.model import ChartId


class Rotation(NamedTuple):
    """How many wraps were moved, and whether the old key is forgotten."""

    moved: int
    ended: bool


def rotate_chart(chart: ChartId, house: House) -> Rotation:
    """Rotate one chart's key, or end a rotation begun before.

    The old key is needed for an hour: a writer may still hold a lease made under it.
    """
    # 1. The new key is durable at the keyholder before a wrap under it exists.
    rotated = house.keyholder.rotate_chart(chart, house.store.wraps(chart))
    # 2. All wraps are replaced in one commit, each a line of `records`.
    if rotated.wraps:
        house.store.replace_wraps(chart, rotated.wraps)
    # 3. The keyholder asks the store itself before it forgets the old key.
    try:
        house.keyholder.retire_key(chart, rotated.generation)
    except RefusedError:
        return Rotation(len(rotated.wraps), ended=False)
    return Rotation(len(rotated.wraps), ended=True)
