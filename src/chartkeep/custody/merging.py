"""Two charts of one person joined, and parted again: entries never move, both histories stay.

A merge is a link in each chart, two deposits; cut short between them it is done again by whoever
was not answered. A feed can do it: it reads nothing. It opens nothing either: a merged person is
shown both charts by two releases, each decided by itself.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

from chartkeep.clinical.face import LINK_KIND, Link, read_link, write_link
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.keywords import MERGED
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.charts import Charts, Held
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.placing import MERGES, link_name, merged_into
from chartkeep.custody.release import MOST_MERGES, Look
from chartkeep.errors import ConflictError, NotFoundError, RefusedError
from chartkeep.model import ChartId, EntryId, Section, to_id, to_text

FACE = frozenset({Section.FACE})
MOST_CHARTS = 16
"""Of one person, shown together."""
MOST_KNOWN = 100_000
"""Charts whose links `Merges` remembers; past it it asks again."""
_NOTHING: frozenset[str] = frozenset()


def merge(survivor: ChartId, gone: ChartId, house: House) -> None:
    """Let one chart go on for two: whatever names the other is filed there from now on.

    The same again changes nothing. A chart merged into a third before is taken out of that.
    Raises NotFoundError for a chart that is none, ConflictError where it would make a ring.
    """
    _check_there(survivor, gone, house)
    if survivor == gone:
        raise ConflictError("a chart is not merged into itself", hint="name two charts")
    after: ChartId | None = survivor
    for _ in range(MOST_MERGES):
        after = merged_into(after, house) if after else None
        if after == gone:
            raise ConflictError("they are merged the other way round", hint="undo that one first")
    before = merged_into(gone, house)
    if before not in (None, survivor):
        _write(before, gone, Link(), _NOTHING, house)
    # 1. The link of the one that goes. A crash here leaves a link that leads nowhere yet: feeds
    #    still file to it, and the merge is sent again since nobody was answered.
    _write(gone, None, Link(replaced_by=to_text(survivor)), _NOTHING, house)
    # 2. The link of the one that goes on, found by the other's name.
    words = frozenset({f"{MERGED}{to_text(gone)}"})
    _write(survivor, gone, Link(replaces=to_text(gone)), words, house)
    house.places.forget()


def unmerge(survivor: ChartId, gone: ChartId, house: House) -> None:
    """Part two charts again: each has what it had, and what came meanwhile stays where it is.

    The same again changes nothing. Raises NotFoundError for a chart that is none.
    """
    _check_there(survivor, gone, house)
    _write(survivor, gone, Link(), _NOTHING, house)
    if merged_into(gone, house) is None:  # else it was merged into a third since
        _write(gone, None, Link(), _NOTHING, house)
    house.places.forget()


class Beside(NamedTuple):
    """What the other charts of a person show, by chart; `shut`: those that may not be opened."""

    opened: dict[ChartId, list[Held]]
    shut: list[ChartId]

    @property
    def held(self) -> list[Held]:
        """Give all their sections."""
        return [part for held in self.opened.values() for part in held]


def open_beside(chart: ChartId, look: Look, charts: Charts, newest: int | None = None) -> Beside:
    """Open the same sections, and the face, of the other charts of a person: a release for each.

    Each is decided by itself, by its own relations and consents. `newest` as for `Charts.look`.
    """
    opened: dict[ChartId, list[Held]] = {}
    shut: list[ChartId] = []
    for other in person_charts(chart, look, charts, newest)[1:]:
        try:
            opened[other] = charts.look(other, look._replace(sections=look.sections | FACE))
        except RefusedError:
            shut.append(other)
    return Beside(opened, shut)


class Merges:
    """Which charts were merged into which, told without opening one: safe between threads.

    The store holds a keyed hash of each chart's newest link, which only a merge into the very chart
    that is asked about gives: the house's writers can compare it. Each chart is asked for once.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._links: dict[ChartId, bytes] = {}

    def among(self, together: Sequence[Sequence[ChartId]]) -> dict[ChartId, ChartId]:
        """Say which of charts that stand together goes on for which, by the one that went.

        A chart that went to one not among them is not told of. Raises what the store's client does.
        """
        links = self._links_of({chart for charts in together for chart in charts})
        return {
            gone: other
            for charts in together
            for gone, other in permutations(charts, 2)
            if links[gone] and links[gone] == self._link(gone, other)
        }

    def _links_of(self, charts: set[ChartId]) -> dict[ChartId, bytes]:
        known = self._links
        asked = sorted(charts - known.keys())
        heads = self._house.heads([self._entry(chart) for chart in asked])
        known = known | {chart: head.content for chart, head in zip(asked, heads, strict=True)}
        self._links = known if len(known) <= MOST_KNOWN else {}
        return known

    def _link(self, gone: ChartId, survivor: ChartId) -> bytes:
        link = write_link(Link(replaced_by=to_text(survivor)))
        return self._house.content(self._entry(gone), link)

    def _entry(self, chart: ChartId) -> EntryId:
        return self._house.entry_id(MERGES, link_name(chart))


def person_charts(
    chart: ChartId, look: Look, charts: Charts, newest: int | None = None
) -> list[ChartId]:
    """List the charts of one person, the one asked for first; for most it is the only one.

    Only where the store has a link is a face opened for it. One that may not be opened is listed,
    and what it is linked to is not known.
    """
    found = [chart]
    for each in found:
        if len(found) > MOST_CHARTS or not charts.has_link(each, newest if each == chart else None):
            continue
        try:
            held = charts.look(each, look._replace(sections=FACE))
        except RefusedError:
            continue
        entries = [entry for part in held for entry in part.entries.values()]
        links = [read_link(e.raw) for e in entries if e.header.kind == LINK_KIND]
        named = [text for link in links for text in (link.replaced_by, link.replaces) if text]
        found += [ChartId(to_id(text)) for text in named if to_id(text) not in found]
    return found


def _check_there(survivor: ChartId, gone: ChartId, house: House) -> None:
    if any(head.kind != "Patient" for head in house.heads([survivor, gone])):
        raise NotFoundError("there is no such chart", hint="send both patients first")


def _write(
    chart: ChartId, other: ChartId | None, link: Link, words: frozenset[str], house: House
) -> None:
    """Put a link into a chart, in the place of the one about the same other chart."""
    key = link_name(chart) if other is None else f"{link_name(chart)}/{to_text(other)}"
    item = Item(
        key=key, kind=LINK_KIND, raw=write_link(link), owner=Owner(), section=Section.FACE,
        links={}, unresolved=(), keywords=words, face=None, where="merge",
    )  # fmt: skip
    entry = EntryId(house.entry_id(MERGES, key))
    if link == Link() and not house.heads([entry])[0].version:
        return  # there is nothing to undo
    deposit(Parcel(chart, MERGES, [item], [entry], [{}]), house)
