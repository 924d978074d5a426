"""What every transaction stands on: one worker's hold on the house, and on pictures."""

from collections.abc import Iterable

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.charts import Charts, Held
from chartkeep.custody.journal import Journal
from chartkeep.custody.note import Note
from chartkeep.custody.places import Places
from chartkeep.custody.release import Look
from chartkeep.custody.sessions import Sessions
from chartkeep.errors import NotAllowedError
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.imaging.taking import Taker
from chartkeep.model import ChartId, Section
from chartkeep.web.caller import Caller

KIND = "ImagingStudy"
"""What the journal calls what is read here, in FHIR's words."""
NO_ORIGINS: frozenset[str] = frozenset()


class Door:
    """One worker's hold on the house, for all its threads; what is open is shared with other doors.

    `issuer`: the system of numbers that a sender names no issuer of. `origins`: where viewers are
    served from that may read here. `places`: charts that searches led to; `opened`: that instances
    did.
    """

    def __init__(
        self, charts: Charts, sessions: Sessions, journal: Journal, pixels: Pixels, *,
        issuers: Issuers | None = None, issuer: str = "", origins: frozenset[str] = NO_ORIGINS,
    ) -> None:  # fmt: skip
        self.house = charts.house
        self.charts = charts
        self.sessions = sessions
        self.journal = journal
        self.pixels = pixels
        self.issuers = issuers or Issuers({})
        self.issuer = issuer
        self.origins = origins
        self.taker = Taker(self.house, self.issuers)
        self.places = Places()
        self.opened = Places()

    def look(self, caller: Caller) -> Look:
        """Say that a chart's pictures are wanted, the restricted ones where they were asked for."""
        return caller.look(frozenset({Section.IMAGING}) | (caller.extra & {Section.RESTRICTED}))

    def note(
        self, caller: Caller, chart: ChartId, what: str, ident: str = "", *, query: str = "",
        count: int = 0, held: Iterable[Held] = (), line: int = -1, refused: str = "",
    ) -> None:  # fmt: skip
        """Write into the journal what is about to be shown, or was refused."""
        known = caller.known
        line = max((each.line for each in held), default=line)
        self.journal.note(
            Note(
                self.house.clock(), known.session, known.person, caller.purpose, chart, what, KIND,
                ident, query=query, count=count, line=line, refused=refused, role=known.role,
            )
        )  # fmt: skip


def check_reads(caller: Caller) -> None:
    """Refuse roles that open nothing, so that they do not learn what is there either.

    The keyholder refuses them too; but it answers an interface whether an exact number is known.
    """
    if not caller.rights.sections:
        raise NotAllowedError(f"a {caller.known.role} opens nothing", hint="see docs/roles.md")


def check_writes(caller: Caller) -> None:
    """Refuse roles that write nothing. The keyholder cannot see who a feed writes for."""
    if not caller.rights.writes:
        raise NotAllowedError(f"a {caller.known.role} writes nothing", hint="see docs/roles.md")
