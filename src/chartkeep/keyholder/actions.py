"""Acts of administration: what they say, and how many people each one takes.

An act that loosens protection, or cannot be undone, takes two people; one that tightens it takes
one. This table is the whole rule; who may act at all stands in `roles`.
"""

from typing import Annotated

import msgspec

from chartkeep.model import Consent
from chartkeep.wire.frames import Id, Mask, Name, Number


class Action(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Base of every act; no repr shows what it carries."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


Consents = Annotated[list[Consent], msgspec.Meta(max_length=10)]
Digest = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
PublicKey = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class AddPerson(Action, frozen=True, array_like=True, tag=True):
    """Give a person a role, wards and the means to log in; replaces an earlier entry.

    `secret` is argon2id's encoded hash, `totp` the shared secret in base32; in the ledger both
    stand sealed, since the keys of lines are handed to auditors.
    """

    name: Name
    role: Name
    wards: Annotated[list[Name], msgspec.Meta(max_length=100)]
    secret: Annotated[str, msgspec.Meta(max_length=1_000)]
    totp: Name


class RemovePerson(Action, frozen=True, array_like=True, tag=True):
    """A leaver: out everywhere at once."""

    name: Name


class AddProgram(Action, frozen=True, array_like=True, tag=True):
    """Give a backend program a role and the means to log in; replaces an earlier entry.

    `key` is its public key, PEM or JWK; `audience` the token URL it signs for, besides this
    facility's `urn:uuid:…`.
    """

    name: Name
    role: Name
    key: Annotated[str, msgspec.Meta(max_length=4_096)]
    audience: Annotated[str, msgspec.Meta(max_length=500)]


class AddInstance(Action, frozen=True, array_like=True, tag=True):
    """Register a program: its Ed25519 public key and what it may ask (see `roles.Ability`)."""

    name: Name
    key: PublicKey
    may: Annotated[list[Name], msgspec.Meta(max_length=10)]


class Place(Action, frozen=True, array_like=True, tag=True):
    """Say where a patient is: `ward` empty means nowhere; `bed` empty means an outpatient."""

    chart: Id
    ward: Name
    bed: Name


class Relate(Action, frozen=True, array_like=True, tag=True):
    """Say that a person treats a patient until a time, beyond their wards."""

    person: Name
    chart: Id
    until: Number


class Grant(Action, frozen=True, array_like=True, tag=True):
    """Let a person open many charts: bounded in number, sections and time."""

    person: Name
    charts: Number
    sections: Mask
    until: Number
    purpose: Name


class GrantPacks(Action, frozen=True, array_like=True, tag=True):
    """Let a packer open the current inpatients of these wards (none: all), many times a day.

    `charts`: how many different ones in a day. See `packs`.
    """

    program: Name
    wards: Annotated[list[Name], msgspec.Meta(max_length=200)]
    sections: Mask
    charts: Number
    until: Number


class EndGrant(Action, frozen=True, array_like=True, tag=True):
    """Let a grant hold no more, of either kind."""

    grant: Id


class SetWardKey(Action, frozen=True, array_like=True, tag=True):
    """Seal a ward's packs for a new envelope: `secret` is what its code derives, in lines sealed.

    The code itself is printed once and kept nowhere.
    """

    ward: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    secret: Annotated[bytes, msgspec.Meta(max_length=200)]


class SetSafe(Action, frozen=True, array_like=True, tag=True):
    """Let the safe be what lies under this section key; what was there before opens no more."""

    key: Id


class SetLimit(Action, frozen=True, array_like=True, tag=True):
    """Set a budget: `scope` person role instance or site, `who` its name (empty for all)."""

    scope: Name
    who: Name
    kind: Name
    window: Number
    limit: Number


class Freeze(Action, frozen=True, array_like=True, tag=True):
    """Stop releases of a session (hex id), an instance, a person, or the `site`."""

    scope: Name
    who: Name


class Unfreeze(Action, frozen=True, array_like=True, tag=True):
    """Let releases go on."""

    scope: Name
    who: Name


class Shred(Action, frozen=True, array_like=True, tag=True):
    """Delete a chart's key, seven days from the second person's yes."""

    chart: Id
    reason: Annotated[str, msgspec.Meta(max_length=500)]


class StopShred(Action, frozen=True, array_like=True, tag=True):
    """Stop a shredding that has not happened yet; any one person can."""

    chart: Id


class Detach(Action, frozen=True, array_like=True, tag=True):
    """Go on without the follower."""


class Attach(Action, frozen=True, array_like=True, tag=True):
    """Have a follower again, empty or in step, from the keyholder's next start."""


class AcceptHead(Action, frozen=True, array_like=True, tag=True):
    """Accept the printed head of the ledger although the witness has not answered."""

    root: Annotated[bytes, msgspec.Meta(max_length=32)]


class MarkDecoy(Action, frozen=True, array_like=True, tag=True):
    """Note that a chart is an invented patient's: only a program on the keyholder's host may."""

    chart: Id


class EndSession(Action, frozen=True, array_like=True, tag=True):
    """End a session by its public id: one's own, or any for whoever watches over privacy."""

    session: Id


class Review(Action, frozen=True, array_like=True, tag=True):
    """Say in words what came of looking at a break-glass, named by its line."""

    line: Number
    words: Annotated[str, msgspec.Meta(min_length=8, max_length=500)]


class LoosenConsent(Action, frozen=True, array_like=True, tag=True):
    """Let these consents, or none, hold of an entry: less may be denied than before.

    Proposed by whoever deposits such an entry; a privacy officer is the second.
    """

    chart: Id
    about: Id
    consents: Consents


class Vouch(Action, frozen=True, array_like=True, tag=True):
    """Agree to something written elsewhere, named by its SHA-256; here it changes nothing.

    Two people's yes as a line: what the incident desk shows for what lifts a duty.
    """

    what: Digest


TWO_PEOPLE = (
    AddPerson, AddProgram, AddInstance, Place, Relate, Grant, SetLimit, Unfreeze, Shred, Detach,
    AcceptHead, LoosenConsent, GrantPacks, SetWardKey, SetSafe, Vouch,
)  # fmt: skip
"""The acts that loosen protection or cannot be undone, or say that two agree."""

WITHOUT_FOLLOWER = (Detach, AcceptHead)
"""What two people do to end the wait for a follower or a witness."""

SOURCES: dict[str, tuple[type[Action], ...]] = {"place": (Place, Relate), "host": (MarkDecoy,)}
"""What a registered program does without a session, by the ability it takes."""

Actions = (
    AddPerson | RemovePerson | AddInstance | Place | Relate | Grant | SetLimit | Freeze | Unfreeze
    | Shred | StopShred | Detach | Attach | AcceptHead | MarkDecoy | EndSession | Review
    | LoosenConsent | AddProgram | GrantPacks | EndGrant | SetWardKey | SetSafe
    | Vouch
)  # fmt: skip
