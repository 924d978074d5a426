"""Charts found another way than by the ledger: in files that were taken, or were posted. Pure."""

from collections.abc import Iterable, Mapping, Sequence
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


def of_post(
    charts: Sequence[bytes], sections: int, window: tuple[int, int], facility: bytes, made: int
) -> Estimate:
    """Make an estimate of charts whose rows were posted, copied some time in a window."""
    count = len(charts)
    masks = {way: np.zeros(count, np.uint32) for way in How}
    masks[How.POSTED][:] = sections
    return Estimate(
        (), (), facility, made, 0, window[1], words_of(b"".join(charts)), masks,
        np.full(count, window[0], np.int64), np.full(count, window[1] - 1, np.int64),
        np.zeros(count, np.uint64), np.zeros(count, np.uint32), [""],
    )  # fmt: skip
