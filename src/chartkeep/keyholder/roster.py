"""Who and what can stand: persons, programs, instances, sessions, proposals."""

from typing import NamedTuple

from chartkeep.keyholder.actions import Actions, Vouch
from chartkeep.keyholder.roles import ROLES, Role


class Person(NamedTuple):
    """A person who can log in."""

    name: str
    role: str
    wards: frozenset[str]
    secret: str
    totp: str

    @property
    def rights(self) -> Role:
        """Give the rights of this person's role."""
        return ROLES[self.role]


class Program(NamedTuple):
    """How a program proves itself: its public key as registered, and the audience it names."""

    key: str
    audience: str


class Instance(NamedTuple):
    """A registered program."""

    key: bytes
    may: frozenset[str]


class Session(NamedTuple):
    """A log-in, bound to the instance it came through."""

    id: bytes
    person: str
    instance: str
    expires: int
    since: int


class Proposal(NamedTuple):
    """An act that waits for its second person until `expires`."""

    person: str
    action: Actions
    expires: int

    @property
    def vouched(self) -> bytes:
        """Give what a `Vouch` agrees to; empty for any other act."""
        return self.action.what if isinstance(self.action, Vouch) else b""
