"""Charts found another way, joined to an estimate: what lay in files that were taken. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from chartkeep.incident.estimate.estimate import Estimate, How, Unknown
from chartkeep.incident.estimate.ids import words_of


def join_files(
    estimate: Estimate, charts: Mapping[bytes, int], window: tuple[int, int], unknown: Iterable[str]
) -> Estimate:
    """Add charts that lay as sealed bytes in files taken in a window, and what nobody can say."""
    ids = list(charts)
    rows = estimate.rows(ids)
    new = np.flatnonzero(rows < 0)
    rows[new] = np.arange(len(estimate), len(estimate) + len(new))
    sections = np.fromiter(charts.values(), np.uint32, len(ids))
    grown = {
        name: np.concatenate((column, np.zeros(len(new), column.dtype)))
        for name, column in (
            ("first", estimate.first), ("last", estimate.last), ("by", estimate.by),
            ("wards", estimate.wards), *((str(way), estimate.masks[way]) for way in How),
        )
    }  # fmt: skip
    grown["first"][len(estimate) :] = np.iinfo(np.int64).max
    grown["first"][rows] = np.minimum(grown["first"][rows], window[0])
    grown["last"][rows] = np.maximum(grown["last"][rows], window[1] - 1)
    grown[How.SEALED][rows] |= sections
    holes = [Unknown(why, *window) for why in unknown]
    return replace(
        estimate,
        charts=np.concatenate((estimate.charts, words_of(b"".join(ids[at] for at in new)))),
        masks={way: grown[str(way)] for way in How},
        first=grown["first"], last=grown["last"], by=grown["by"], wards=grown["wards"],
        unknown=[*estimate.unknown, *holes],
    )  # fmt: skip
