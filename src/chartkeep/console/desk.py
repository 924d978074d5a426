"""What every page stands on: one worker's hold on the house, for all its threads."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from chartkeep.console.visitor import Visitor
from chartkeep.custody.charts import Charts
from chartkeep.custody.clearing import Refile
from chartkeep.custody.house import House
from chartkeep.custody.journal import Journal
from chartkeep.custody.note import Note
from chartkeep.custody.sessions import Sessions
from chartkeep.ledger.note import VerifierKey
from chartkeep.model import ChartId, Purpose


class Desk(NamedTuple):
    """The house and what this worker has open of it, shared with the other doors.

    `log` signs `releases`, `programs` names instances: without them nobody hears who looked.
    `refiles`: the roads of the doors whose things a registrar files. `second_person`: paper that is
    keyed twice is keyed by two.
    """

    house: House
    charts: Charts
    sessions: Sessions
    journal: Journal
    log: VerifierKey | None = None
    programs: Mapping[bytes, str] = MappingProxyType({})
    refiles: Mapping[str, Refile] = MappingProxyType({})
    second_person: bool = False

    def end(self, token: bytes) -> None:
        """End a session, and drop what it has open here."""
        self.house.keyholder.logout(token)
        self.sessions.forget(token)
        self.charts.forget(token)

    def note(
        self, visitor: Visitor, purpose: Purpose, chart: ChartId, what: str, *,
        query: str = "", count: int = 0, line: int = -1,
    ) -> None:  # fmt: skip
        """Write into the journal what is about to be shown. Raises UnavailableError."""
        known = visitor.known
        self.journal.note(
            Note(
                self.house.clock(), known.session, known.person, purpose, chart, what, "Patient",
                query=query, count=count, line=line, role=known.role,
            )
        )  # fmt: skip
