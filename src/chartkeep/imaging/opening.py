"""Pictures of open charts: which there are, of which study and series, and where each lies.

    place = Places(...)                                  # one a worker
    chart = locate_instance(uid, sections, house)        # a name leads to a chart, open or not
    held = charts.look(place.chart, look, place.newest)  # a release, or what this session holds
    for picture in pictures(held, study): ...            # manifests; the files stay sealed

For WADO-RS, QIDO-RS below a study, and C-MOVE. A name nobody gave and one in a chart that may not
be opened are alike: both go to the keyholder, both are a line, both are refused in the same words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from chartkeep.clinical.keywords import study_query
from chartkeep.clinical.studies import INSTANCE_KIND
from chartkeep.custody.charts import Charts, Content, Held
from chartkeep.custody.finding import charts_under
from chartkeep.custody.house import House
from chartkeep.custody.places import Places
from chartkeep.custody.release import Look
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.imaging.instance import Instance, read_instance
from chartkeep.imaging.taking import SOURCE
from chartkeep.model import ChartId, EntryId, Millis, Section

REMEMBERED = 5 * 60_000
"""Milliseconds for which a study's chart is not asked for again by the same session."""


class Spot(NamedTuple):
    """Where a name leads: a chart, and its newest line where the store has just said it."""

    chart: ChartId
    newest: int | None = None


class Picture(NamedTuple):
    """One instance of an open chart: its manifest, its entry, the open section it lies in."""

    instance: Instance
    entry: OpenedEntry
    held: Held


class _Kept(NamedTuple):
    """One instance as a section holds it, for all sessions that have the section open."""

    instance: Instance
    entry: OpenedEntry


Index = Mapping[str, Mapping[str, Mapping[str, _Kept]]]
"""Study -> series -> instance."""


def locate_instance(instance: str, sections: frozenset[Section], house: House) -> Spot:
    """Find the chart of an instance by its name, which is its entry's; opens and asks nothing.

    What lies in a section that was not asked for is nowhere, like a name nobody gave.
    """
    entry = house.entry_id(SOURCE, instance)
    ((head, newest),) = house.store.where([entry])
    if head.version and head.section in sections:
        return Spot(ChartId(head.chart), newest)
    return _nowhere(entry)


def locate_study(study: str, look: Look, charts: Charts, known: Places) -> list[Spot]:
    """Find the charts a study lies in, one but for what was filed wrong: a line of a search.

    `known` spares a session to ask again for minutes. Raises what the keyholder refuses with.
    """
    house, now = charts.house, charts.house.clock()
    try:
        chart = known.get((look.token, study), now)
    except KeyError:
        pass
    else:
        return [Spot(chart)] if chart else []
    found = sorted(charts_under(study_query(study=study), look.token, look.purpose, house))
    if len(found) == 1:
        known.put((look.token, study), found[0], Millis(now + REMEMBERED))
    return [Spot(chart) for chart in found] or [_nowhere(house.entry_id("study", study))]


def pictures(
    held: Sequence[Held], study: str = "", series: str = "", instance: str = ""
) -> Iterator[Picture]:
    """Give the instances of open sections, all of them or those of the level that is named."""
    for each in held:
        index = _index(each.content)
        for one in _below(index, study, series, instance):
            yield Picture(one.instance, one.entry, each)


def _nowhere(entry: EntryId) -> Spot:
    """Give a chart nobody has: it is asked for like one that is there."""
    return Spot(ChartId(entry), -1)


def _below(index: Index, study: str, series: str, instance: str) -> Iterator[_Kept]:
    studies = [index[study]] if study in index else [] if study else list(index.values())
    for each in studies:
        wanted = [each[series]] if series in each else [] if series else list(each.values())
        for one in wanted:
            if instance:
                yield from [one[instance]] if instance in one else []
            else:
                yield from one.values()


def _index(content: Content) -> Index:
    """Read the manifests of a section, once for as long as it is open."""
    made: Index | None = content.memo.get(_index)
    if made is None:
        made = content.memo[_index] = _read(content.entries.values())
    return made


def _read(entries: Iterable[OpenedEntry]) -> Index:
    index: dict[str, dict[str, dict[str, _Kept]]] = {}
    for entry in entries:
        if entry.header.kind == INSTANCE_KIND and entry.raw:
            one = read_instance(entry.raw)
            series = index.setdefault(one.study, {}).setdefault(one.series, {})
            series[one.instance] = _Kept(one, entry)
    return index
