"""An estimate, of one facility, counted: per section, per way, per ward. Pure."""

from typing import NamedTuple

import numpy as np

from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.model import Section

OUTSIDE = "no ward"


class Counts(NamedTuple):
    """How many patients' charts: in all, with a section, in a way, on a ward.

    `own`: whether the facility's own chart is exposed: its inbox, its journal.
    """

    charts: int
    own: bool
    sections: dict[Section, int]
    ways: dict[How, int]
    wards: dict[str, int]


def count(estimate: Estimate) -> Counts:
    """Count an estimate's charts; what has none is left out, the most stands first."""
    theirs = estimate.is_patient
    sections, charts = estimate.sections[theirs], estimate.patients
    lay = estimate.wards[theirs]
    wards = np.bincount(lay, minlength=len(estimate.ward_names)).tolist()
    named = {name or OUTSIDE: n for name, n in zip(estimate.ward_names, wards, strict=True) if n}
    return Counts(
        charts,
        charts < len(estimate),
        {each: n for each in Section if (n := int(np.count_nonzero(sections >> each & 1)))},
        {
            way: n
            for way, mask in estimate.masks.items()
            if (n := int(np.count_nonzero(mask[theirs])))
        },
        dict(sorted(named.items(), key=lambda one: (-one[1], one[0]))),
    )
