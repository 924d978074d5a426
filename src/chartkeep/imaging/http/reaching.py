"""Opening what a request points at: the pictures of a study, a series, or one instance.

An instance leads to its chart by its name; a study is searched for, once for as long as a session
works on it. Then the chart is opened on the one road, or is open already. What is open already is
shown with one question to the store, which gives the bytes and says whether the chart changed.
"""

from collections.abc import Callable
from typing import NamedTuple

from chartkeep.custody.blobs import Leased, Proof, Recalled
from chartkeep.custody.charts import Held
from chartkeep.errors import ChartkeepError, NotFoundError
from chartkeep.imaging.http.asked import Answer
from chartkeep.imaging.http.door import Door, check_reads
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.opening import (
    REMEMBERED,
    Picture,
    Spot,
    locate_instance,
    locate_study,
    pictures,
)
from chartkeep.model import ChartId, Millis
from chartkeep.web.caller import Caller


class Reached(NamedTuple):
    """What lies where a request points, and the open sections it lies in.

    `proof`: what must hold before anything is shown; None when the store was asked before.
    """

    door: Door
    caller: Caller
    chart: ChartId
    held: list[Held]
    pictures: list[Picture]
    proof: Proof | None = None

    def lease(self, picture: Picture) -> Leased:
        """Give the section a picture lies in, opened again when its lease has ended meanwhile."""
        there = picture.held
        if there.lease_end > self.door.house.clock():
            return Recalled(there.lease_end, there.keys, self.proof) if self.proof else there
        again = self.door.charts.look(self.chart, self.door.look(self.caller))
        return next(each for each in again if each.section == there.section)

    def note(self, what: str, ident: str, count: int) -> None:
        """Write down what is about to be shown. Raises StaleError when it may not be."""
        if self.proof is not None:
            self.proof.check()
        self.door.note(self.caller, self.chart, what, ident, count=count, held=self.held)


def show(door: Door, caller: Caller, place: Place, write: Callable[[Reached], Answer]) -> Answer:
    """Answer with what is pointed at, by what the session has open or by opening it.

    `write` makes the answer and notes it; nothing else reaches the caller, and a note is written
    only of what is known to be the newest. It may be called twice. Raises as `reach`.
    """
    check_reads(caller)
    recalled = _recall(door, caller, place)
    if recalled is not None and recalled.proof is not None:
        try:
            return write(recalled)
        except ChartkeepError:
            if recalled.proof.holds:
                raise
    return write(reach(door, caller, place))


def reach(door: Door, caller: Caller, place: Place) -> Reached:
    """Open what is pointed at, one instance at least.

    Raises NotFoundError when nothing is there, and what the keyholder refuses with: for a name
    nobody gave as for a chart that may not be opened.
    """
    check_reads(caller)
    look = door.look(caller)
    for spot in _spots(door, caller, place):
        held = door.charts.look(spot.chart, look, spot.newest)
        found = list(pictures(held, *place.uids))
        if found:
            if place.instance:
                until = Millis(door.house.clock() + REMEMBERED)
                door.opened.put((caller.token, place.study), spot.chart, until)
            return Reached(door, caller, spot.chart, held, found)
    raise NotFoundError("there is nothing at this address")


def _recall(door: Door, caller: Caller, place: Place) -> Reached | None:
    """Find what is pointed at in what the session has open; nobody is asked."""
    known = door.opened if place.instance else door.places
    try:
        chart = known.get((caller.token, place.study), door.house.clock())
    except KeyError:
        return None
    held = [] if chart is None else door.charts.recall(chart, door.look(caller))
    found = list(pictures(held, *place.uids))
    if chart is None or not found:
        return None
    return Reached(door, caller, chart, held, found, Proof(held[0].newest))


def _spots(door: Door, caller: Caller, place: Place) -> list[Spot]:
    look = door.look(caller)
    if place.instance:
        return [locate_instance(place.instance, look.sections, door.house)]
    return locate_study(place.study, look, door.charts, door.places)
