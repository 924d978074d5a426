"""Acts of administration: what they say, and how many people each one takes.

An act that loosens protection, or cannot be undone, takes two people; one that tightens it takes
one. This table is the whole rule; who may act at all stands in `roles`.
"""

import msgspec


class Action(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Base of every act."""


class AddPerson(Action, frozen=True, array_like=True, tag=True):
    """Give a person a role, wards and the means to log in; replaces an earlier entry.

    `secret` is argon2id's encoded hash, `totp` the shared secret in base32; in the ledger both
    stand sealed, since the keys of lines are handed to auditors.
    """

    name: str
    role: str
    wards: list[str]
    secret: str
    totp: str


class RemovePerson(Action, frozen=True, array_like=True, tag=True):
    """A leaver: out everywhere at once."""

    name: str


class AddInstance(Action, frozen=True, array_like=True, tag=True):
    """Register a program: its Ed25519 public key and what it may ask (see `roles.Ability`)."""

    name: str
    key: bytes
    may: list[str]


class Place(Action, frozen=True, array_like=True, tag=True):
    """Say where a patient is: `ward` empty means nowhere; `bed` empty means an outpatient."""

    chart: bytes
    ward: str
    bed: str


class Relate(Action, frozen=True, array_like=True, tag=True):
    """Say that a person treats a patient until a time, beyond their wards."""

    person: str
    chart: bytes
    until: int


class Grant(Action, frozen=True, array_like=True, tag=True):
    """Let a person open many charts: bounded in number, sections and time."""

    person: str
    charts: int
    sections: int
    until: int
    purpose: str


class SetLimit(Action, frozen=True, array_like=True, tag=True):
    """Set a budget: `scope` person role instance or site, `who` its name (empty for all)."""

    scope: str
    who: str
    kind: str
    window: int
    limit: int


class Freeze(Action, frozen=True, array_like=True, tag=True):
    """Stop releases of a session (hex id), an instance, a person, or the `site`."""

    scope: str
    who: str


class Unfreeze(Action, frozen=True, array_like=True, tag=True):
    """Let releases go on."""

    scope: str
    who: str


class Shred(Action, frozen=True, array_like=True, tag=True):
    """Delete a chart's key, seven days from the second person's yes."""

    chart: bytes
    reason: str


class StopShred(Action, frozen=True, array_like=True, tag=True):
    """Stop a shredding that has not happened yet; any one person can."""

    chart: bytes


class Detach(Action, frozen=True, array_like=True, tag=True):
    """Go on without the follower."""


class AcceptHead(Action, frozen=True, array_like=True, tag=True):
    """Accept the printed head of the ledger although the witness has not answered."""

    root: bytes


class MarkDecoy(Action, frozen=True, array_like=True, tag=True):
    """Note that a chart is an invented patient's: only a program on the keyholder's host may."""

    chart: bytes


TWO_PEOPLE = (
    AddPerson, AddInstance, Place, Relate, Grant, SetLimit, Unfreeze, Shred, Detach, AcceptHead,
)  # fmt: skip
"""The acts that loosen protection or cannot be undone, when a person does them."""

SOURCES = {"place": Place, "host": MarkDecoy}
"""What a registered program does without a session, by the ability it takes."""

Actions = (
    AddPerson | RemovePerson | AddInstance | Place | Relate | Grant | SetLimit | Freeze | Unfreeze
    | Shred | StopShred | Detach | AcceptHead | MarkDecoy
)  # fmt: skip
