"""The kinds of data in each exposed chart, and who else had its keys: looked up, chart by chart.

Kinds come from the clear headers the store keeps of every version, so that what was written after
the last exposure is not in. Nothing is opened. What the house itself makes of a face is a face.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from chartkeep.clinical.face import PART
from chartkeep.custody.house import House
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate, Exposed
from chartkeep.incident.estimate.verbs import Verbs
from chartkeep.incident.trail import INTERNAL
from chartkeep.sealing.entry import read_cut_header

PAGE = 2_000
FACE = "face"


def kinds_of(estimate: Estimate, house: House) -> Iterator[tuple[Exposed, list[str]]]:
    """Give each exposed chart with the kinds of data its sections held then, in order."""
    for each in estimate:
        yield each, sorted(_kinds(each, house))


def _kinds(each: Exposed, house: House) -> set[str]:
    sections = set(each.sections())
    kinds: set[str] = set()
    at = 0
    while page := house.store.headers(each.chart, at, PAGE):
        for _, raw in page:
            header = read_cut_header(raw)
            if header.section in sections and header.time <= each.last:
                kinds.add(FACE if header.kind.startswith(PART) else header.kind)
        at = page[-1][0] + 1
    return kinds - INTERNAL


class Use(NamedTuple):
    """Once somebody was given keys of a chart, to open or to write; sections as bits."""

    time: int
    verb: str
    person: str
    instance: str
    sections: int


def uses(columns: Columns, chart: bytes, since: int, until: int) -> Iterator[Use]:
    """Say who had a chart's keys in a window, suspect or not: where they were, who used them."""
    verbs, code = Verbs(columns.whats), columns.code("chart", chart)
    for block in columns.blocks(since, until) if code else ():
        times, whats = block.column("time"), block.column("what")
        mine = (block.column("chart") == code) & (times >= since) & (times < until)
        for row in np.flatnonzero(mine & (verbs.release | verbs.seal_key)[whats]).tolist():
            verb, sections, _ = columns.whats[int(whats[row])]
            person = columns.word("person", int(block.column("person")[row]))
            instance = columns.word("instance", int(block.column("instance")[row]))
            yield Use(int(times[row]), verb, person, instance, sections)
