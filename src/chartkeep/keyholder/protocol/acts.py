"""What people do to the keyholder itself, and what waits for a person."""

from chartkeep.keyholder.actions import Actions, Consents
from chartkeep.keyholder.protocol.people import Token
from chartkeep.wire.frames import Id, Message


class Act(Message, frozen=True, array_like=True, tag=True):
    """Do an act of administration, or propose it when it takes two people."""

    token: Token
    action: Actions


class Proposals(Message, frozen=True, array_like=True, tag=True):
    """Ask what waits for a second person. Answered by `WaitingList`."""

    token: Token


class Waiting(Message, frozen=True, array_like=True, tag=True):
    """An act that waits: who proposed it, what it does in words, until when.

    `vouched`: of a `Vouch`, what it agrees to; else empty.
    """

    proposal: bytes
    person: str
    words: str
    expires: int
    vouched: bytes = b""


class WaitingList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Proposals`: what the asker's role may approve."""

    waiting: list[Waiting]


class Approve(Message, frozen=True, array_like=True, tag=True):
    """Be the second person of a proposal."""

    token: Token
    proposal: Id


class Acted(Message, frozen=True, array_like=True, tag=True):
    """Done at `line`; a `proposal` that is not empty waits for the second person."""

    line: int
    proposal: bytes


class SetConsent(Message, frozen=True, array_like=True, tag=True):
    """Say what an entry's patient allows and refuses, before the entry; none takes it back.

    What tightens holds at once, what loosens waits for a privacy officer. Answered by `Done`.
    """

    chart: Id
    about: Id
    consents: Consents


class Reviews(Message, frozen=True, array_like=True, tag=True):
    """Ask which break-glass openings nobody reviewed: audit roles. Answered by `ReviewList`."""

    token: Token


class Unreviewed(Message, frozen=True, array_like=True, tag=True):
    """A break-glass that waits: its first line, what was open, how often inside its lease."""

    line: int
    time: int
    person: str
    instance: str
    chart: bytes
    sections: int
    reason: str
    times: int
    denied: int
    """Those of the sections that the patient's consent denies."""


class ReviewList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Reviews`: the oldest thousand; `Review` takes one off."""

    waiting: list[Unreviewed]


class AskDecoys(Message, frozen=True, array_like=True, tag=True):
    """Ask for the decoys and the seed they are invented from: a program on this host only."""


class Decoys(Message, frozen=True, array_like=True, tag=True):
    """The seed the decoys are invented from, and how many there are."""

    seed: bytes
    count: int


class NoteBackup(Message, frozen=True, array_like=True, tag=True):
    """Note that a sealed backup was made and lies where it belongs. Answered by `Done`."""


class Status(Message, frozen=True, array_like=True, tag=True):
    """Ask how the keyholder is. Answered by `Health`; needs no session, tells no names."""


class Health(Message, frozen=True, array_like=True, tag=True):
    """The keyholder's state; `red` are sentences that need a person.

    `reviews`: break-glass openings nobody looked at yet; the oldest is `oldest_review` ms old.
    `safe`: the key of what two people put into the safe; empty: nothing.
    """

    facility: str
    facility_id: bytes
    charts: int
    lines: int
    witnessed: int
    epoch: int
    follower: str
    frozen: list[str]
    proposals: list[bytes]
    red: list[str]
    reviews: int
    oldest_review: int
    safe: bytes = b""
