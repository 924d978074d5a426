"""Whose data it is about, which of it, when, and how sure we are: what a person may be told."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from chartkeep.ledger.line import mask_sections
from chartkeep.model import ChartId, Millis, Section


class Sure(StrEnum):
    """How a chart came into the estimate; of the three nested sets the innermost it is in."""

    CERTAIN = "certain"
    IMPLIED = "implied"
    POSSIBLE = "possible"


class Affected(msgspec.Struct, frozen=True, array_like=True):
    """One chart: its sections that were exposed (bits), the first and the last time, how sure."""

    chart: ChartId
    sections: int
    first: Millis
    last: Millis
    sure: Sure

    def named(self) -> list[Section]:
        """List the sections."""
        return mask_sections(self.sections)


_ORDER = list(Sure)


def joined(found: Iterable[Affected]) -> dict[ChartId, Affected]:
    """Make one of each chart's: all sections, the widest window, the surest of them."""
    one: dict[ChartId, Affected] = {}
    for each in found:
        there = one.get(each.chart, each)
        one[each.chart] = Affected(
            each.chart,
            there.sections | each.sections,
            min(there.first, each.first),
            max(there.last, each.last),
            min(there.sure, each.sure, key=_ORDER.index),
        )
    return one
