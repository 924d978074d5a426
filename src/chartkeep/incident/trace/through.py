"""Through which door a leak's rows left: the matcher's rows held against the site's own log.

The site calibrates itself on its own log first; without that, and without rows enough that tell
their versions, nobody is named. A person is an opaque id, hidden by the caller's veil.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from chartkeep.incident.counted import many
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.trace.doors.calibrating import calibrate
from chartkeep.incident.trace.doors.calibration import Calibration
from chartkeep.incident.trace.doors.judging import Answer, Tier, judge
from chartkeep.incident.trace.doors.leak import gather
from chartkeep.incident.trace.doors.site import Kind
from chartkeep.incident.trace.doors.veil import Veil
from chartkeep.incident.trace.found import Evidence
from chartkeep.incident.trace.index import Index
from chartkeep.incident.trace.nested import Nested, nest
from chartkeep.incident.trace.of_ledger import numbers_of, site_of
from chartkeep.model import ChartId, Millis

SEED = 1
"""Of the calibration: the same log gives the same bar."""
NO_MARKS: Mapping[bytes, float] = MappingProxyType({})


class Through(NamedTuple):
    """The door as far as it can be said, what this site errs by, and whose data in all."""

    answer: Answer
    calibration: Calibration
    nested: Nested
    sets: dict[str, list[ChartId]]
    """The charts of the nested sets, by their names."""

    def words(self) -> list[str]:
        """Say it in plain words; a person is an opaque id."""
        answer = self.answer
        usable = many(answer.usable, "patient's row", "patients' rows")
        told = [f"through which door: {answer.tier}, of {usable}"]
        for each in answer.suspects:
            others = "".join(f", or {other}" for other in each.others)
            told.append(f"{each.door}{others}: {many(each.rows, 'row')}")
        told += [f"{door}: may have held {rows:,} of them" for door, rows in answer.bulk]
        told += [f"the mark of {door} stands in it" for door in answer.marked]
        bulk = ", or through these bulk doors" if answer.bulk else ""
        told.append(f"unlogged or outside{bulk}: {answer.outside:.0%} of the rows")
        if answer.tier is not Tier.NAMED and answer.why:
            told.append(f"nobody is named: {'; '.join(answer.why)}")
        told += [f"whose data in all: {self.nested.words()}", self.calibration.words()]
        return told


def through(
    evidence: Iterable[Evidence],
    columns: Columns,
    index: Index,
    posted: Millis,
    veil: Veil,
    marked: Mapping[bytes, float] = NO_MARKS,
    told: Callable[[int], None] = lambda _done: None,
) -> Through | None:
    """Ask through which door rows left before a post; the index's own grants are none.

    `marked`: for grants, by what chance the mark of an export of theirs would be found without it;
    for packs, by the first bytes of their ids, the same of their sheets' numbers.

    None where the ledger names none of the rows' charts, and no mark was found. `told` hears how
    many leaks of known origin the site has replayed against itself.
    """
    found = list(evidence)
    site = site_of(columns, index, veil, posted, without=index.grants)
    chances = {
        at: chance
        for begin, chance in marked.items()
        for at, each in enumerate(site.doors)
        if each.kind in (Kind.EXPORT, Kind.PACK) and each.id.startswith(begin.hex())
    }
    numbers = numbers_of(columns, {each.chart for each in found})
    leak = gather(found, numbers, posted, chances)
    if not site.doors or not (leak.size or chances):
        return None
    calibration = calibrate(site, SEED, told=told)
    answer = judge(leak, site, calibration)
    nested = nest(leak, answer, site)
    ids = columns.ids("chart")
    sets = {
        name: [ChartId(each.tobytes()) for each in ids.ids(numbers)]
        for name, numbers in zip(nested._fields, nested[:3], strict=False)
    }
    return Through(answer, calibration, nested, sets)
