"""What a question to the desk is, what it is asked with, and what it answers.

    found = question.ask(means, tell)

A question is a value: the command line and the door over HTTP make the same one, and its module
alone knows how it is answered. It says how far it is, and is ended by what hears of that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import msgspec

from chartkeep.custody.house import House
from chartkeep.custody.merging import Merges
from chartkeep.errors import RefusedError
from chartkeep.incident.case.case import Case, Now, Saying
from chartkeep.incident.desk import Desk
from chartkeep.incident.trace.at_desk import Warrant
from chartkeep.incident.trace.persons import Join, joining
from chartkeep.ledger.note import VerifierKey

Grant = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")]
"""What two people gave to whom asks, hex; none: what it is for says how to get one."""


class Site(NamedTuple):
    """The house as one session sees it: its keepers, and what checks its `releases` ledger.

    `notes`: a hold that may note, for the numbers on sheets of packs; where `house` is none.
    """

    house: House
    log: VerifierKey
    programs: Mapping[bytes, str]
    token: bytes = b""
    notes: House | None = None

    def __repr__(self) -> str:
        """Say which facility's, and not whose session."""
        return f"<Site of {self.log.name}>"


@dataclass(frozen=True)
class Means:
    """What a question is asked with: a desk, and where there is one the house and a case."""

    desk: Desk
    clock: Now
    by: str
    site: Site | None = None
    case: Case | None = None

    def the_site(self) -> Site:
        """Give the house. Raises RefusedError when the question came without one."""
        if self.site is None:
            raise RefusedError("this question is asked of the house too", hint="give --home")
        return self.site

    def warrant(self, grant: Grant) -> Warrant:
        """Put the session and a grant together. Raises as `the_site`."""
        site = self.the_site()
        return Warrant(site.token, bytes.fromhex(grant), site.house)

    def join(self) -> Join:
        """Give what joins charts of one person, as the house's merges say. Raises as `the_site`."""
        notes = self.the_site().notes
        return joining(Merges(notes).among) if notes else iter

    def the_case(self) -> Case:
        """Give the case. Raises RefusedError when the question is asked in none."""
        if self.case is None:
            raise RefusedError("this question is asked in a case", hint="give --case")
        return self.case


class Far(msgspec.Struct, frozen=True):
    """How far something is; `of` 0: nobody knows of how many."""

    doing: str = ""
    done: int = 0
    of: int = 0


Tell = Callable[[Far], None]
"""Hears how far it is, often; what it raises ends the question."""


class Answered(NamedTuple):
    """What came of a question: words for people, and what the case is to say of it."""

    words: tuple[str, ...]
    says: tuple[Saying, ...] = ()


class Question(msgspec.Struct, frozen=True, tag_field="ask", forbid_unknown_fields=True):
    """Anything the desk can be asked that takes long: what each has is in `jobs.kinds`.

    Its `ask(means, tell)` gives `Answered`, whose events whoever asked writes into the case: once.
    What was done before it was ended is not done again where that is long.
    """

    def files(self) -> tuple[str, ...]:
        """Name the files and folders of the desk's host it reads."""
        return ()
