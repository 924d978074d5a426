"""Who asks: the session's cookie, proved to the keyholder within the last second."""

from typing import NamedTuple

from chartkeep.console.asked import Asked
from chartkeep.console.cookies import read_token
from chartkeep.console.forgery import form_word
from chartkeep.console.words import Words
from chartkeep.custody.release import Look
from chartkeep.custody.sessions import Sessions
from chartkeep.errors import FrozenError, NotAllowedError
from chartkeep.keyholder.protocol import Known
from chartkeep.keyholder.roles import ROLES, Role
from chartkeep.model import Purpose, Section
from chartkeep.web.caller import LoginNeededError


class Visitor(NamedTuple):
    """A person with a live session, and the language they read."""

    token: bytes
    known: Known
    words: Words

    @property
    def rights(self) -> Role:
        """Give what the role carries."""
        return ROLES[self.known.role]

    @property
    def sections(self) -> frozenset[Section]:
        """Give the sections the role opens."""
        return frozenset(s for s in Section if self.rights.sections & 1 << s)

    @property
    def keeps_inbox(self) -> bool:
        """Say whether they clear the inbox."""
        return Section.INBOX in self.sections

    @property
    def form(self) -> str:
        """Give the word of this session's forms."""
        return form_word(self.token)

    def look(self, sections: frozenset[Section], reason: str = "") -> Look:
        """Say which sections are wanted; with a reason it is break-glass."""
        purpose = Purpose.BREAK_GLASS if reason else Purpose.TREATMENT
        return Look(self.token, sections, purpose, reason)


def read_visitor(asked: Asked, sessions: Sessions, words: Words) -> Visitor:
    """Prove who asks. Raises LoginNeededError when no live session stands behind the request."""
    token = read_token(asked)
    if not token:
        raise LoginNeededError("nobody is logged in")
    try:
        return Visitor(token, sessions.who(token), words)
    except FrozenError:
        raise
    except NotAllowedError as error:
        raise LoginNeededError(str(error)) from error
