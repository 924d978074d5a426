"""An estimate counted: per section, per way, per ward, per facility. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.model import Section

OUTSIDE = "no ward"


class Counts(NamedTuple):
    """How many charts: in all, with a section exposed, in a way, on a ward, of a facility."""

    charts: int
    sections: dict[Section, int]
    ways: dict[How, int]
    wards: dict[str, int]
    facilities: dict[bytes, int]


def count(estimate: Estimate) -> Counts:
    """Count an estimate's charts; what has none is left out, the most stands first."""
    sections = estimate.sections
    wards = np.bincount(estimate.wards, minlength=len(estimate.ward_names)).tolist()
    named = {name or OUTSIDE: n for name, n in zip(estimate.ward_names, wards, strict=True) if n}
    return Counts(
        len(estimate),
        {each: n for each in Section if (n := int(np.count_nonzero(sections >> each & 1)))},
        {way: n for way, mask in estimate.masks.items() if (n := int(np.count_nonzero(mask)))},
        dict(sorted(named.items(), key=lambda one: (-one[1], one[0]))),
        {estimate.facility: len(estimate)} if len(estimate) else {},
    )


def count_all(estimates: Iterable[Estimate]) -> Counts:
    """Count the estimates of several facilities together; no chart is in two of them."""
    found = [count(each) for each in estimates]

    def summed(name: str) -> dict:  # type: ignore[type-arg]
        total: Counter = Counter()  # type: ignore[type-arg]
        for one in found:
            total.update(getattr(one, name))
        return dict(total)

    return Counts(
        sum(one.charts for one in found), *map(summed, ("sections", "ways", "wards", "facilities"))
    )
