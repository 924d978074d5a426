"""What all services that read share: who asks, what is open for them, and the journal.

Every find and every move is asked in the name of the machine that asks it, in a session of its
own; what it shows is noted before it is shown.
"""

from collections.abc import Iterable
from typing import NamedTuple

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.charts import Charts, Held
from chartkeep.custody.journal import Journal
from chartkeep.custody.note import Note
from chartkeep.custody.places import Places
from chartkeep.custody.release import Look
from chartkeep.custody.sessions import Sessions
from chartkeep.errors import NotAllowedError
from chartkeep.imaging.dimse.stations import Station, Stations
from chartkeep.imaging.opening import Picture
from chartkeep.imaging.reading import Lease
from chartkeep.imaging.tags import Row
from chartkeep.model import ChartId, Purpose, Section

PURPOSE = Purpose.TREATMENT
NOWHERE = ChartId(b"")
"""The chart of a search across charts."""


class Asker(NamedTuple):
    """A station that asks, and its role as the keyholder knows it."""

    station: Station
    role: str

    def look(self, *sections: Section) -> Look:
        """Say what is to be opened for it."""
        return Look(self.station.token, frozenset(sections), PURPOSE)


class Desk:
    """The reading side of one worker, for all its threads."""

    def __init__(
        self, charts: Charts, journal: Journal, stations: Stations, issuers: Issuers
    ) -> None:
        self.charts = charts
        self.house = charts.house
        self.issuers = issuers
        self.places = Places()
        self._journal = journal
        self._stations = stations
        self._sessions = Sessions(charts.house)

    def asker(self, title: str) -> Asker:
        """Give who a peer is to the keyholder, as of a second ago.

        Raises what it refuses a log-in with, FrozenError when the machine or its session is frozen.
        """
        station = self._stations.station(title)
        try:
            known = self._sessions.who(station.token)
        except NotAllowedError:  # somebody ended it; the machine may log in again while it may
            self._stations.forget(title)
            self.charts.forget(station.token)
            raise
        return Asker(station, known.role)

    def lease(self, asker: Asker) -> Lease:
        """Give what opens the section of a picture again, when its lease has ended meanwhile."""
        look = asker.look(Section.IMAGING)

        def lease(picture: Picture) -> Held:
            held = self.charts.look(ChartId(picture.entry.header.chart), look)
            return next(each for each in held if each.section == picture.held.section)

        return lease

    def note(
        self,
        asker: Asker,
        chart: ChartId,
        interaction: str,
        kind: str,
        *,
        ident: str = "",
        asked: Row | None = None,
        count: int = 0,
        held: Iterable[Held] = (),
        line: int = -1,
    ) -> None:
        """Note what is about to be shown. Raises UnavailableError: then it is not shown."""
        names = ",".join(sorted(tag for tag, each in (asked or {}).items() if each.get("Value")))
        self._journal.note(
            Note(
                self.house.clock(),
                asker.station.session,
                asker.station.title,
                PURPOSE,
                chart,
                interaction,
                kind,
                ident,
                query=names[:500],
                count=count,
                line=max((each.line for each in held), default=line),
                role=asker.role,
            )
        )
