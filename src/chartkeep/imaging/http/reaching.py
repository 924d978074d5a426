"""Opening what a request points at: the pictures of a study, a series, or one instance.

An instance leads to its chart by its name; a study is searched for, once for as long as a session
works on it. Then the chart is opened on the one road, or is open already.
"""

from typing import NamedTuple

from chartkeep.custody.charts import Held
from chartkeep.errors import NotFoundError
from chartkeep.imaging.http.door import Door, check_reads
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.opening import Picture, Spot, locate_instance, locate_study, pictures
from chartkeep.model import ChartId
from chartkeep.web.caller import Caller


class Reached(NamedTuple):
    """What lies where a request points, and the open sections it lies in."""

    door: Door
    caller: Caller
    chart: ChartId
    held: list[Held]
    pictures: list[Picture]

    def lease(self, picture: Picture) -> Held:
        """Give the section a picture lies in, opened again when its lease has ended meanwhile."""
        if picture.held.lease_end > self.door.house.clock():
            return picture.held
        again = self.door.charts.look(self.chart, self.door.look(self.caller))
        return next(each for each in again if each.section == picture.held.section)

    def note(self, what: str, ident: str, count: int) -> None:
        """Write down what is about to be shown."""
        self.door.note(self.caller, self.chart, what, ident, count=count, held=self.held)


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
            return Reached(door, caller, spot.chart, held, found)
    raise NotFoundError("there is nothing at this address")


def _spots(door: Door, caller: Caller, place: Place) -> list[Spot]:
    look = door.look(caller)
    if place.instance:
        return [locate_instance(place.instance, look.sections, door.house)]
    return locate_study(place.study, look, door.charts, door.places)
