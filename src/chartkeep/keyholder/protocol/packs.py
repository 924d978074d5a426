"""Ward packs: what a packer is given, and what it says when a pack is where it belongs."""

from typing import Annotated

from msgspec import Meta

from chartkeep.keyholder.protocol.people import Inpatient, Token
from chartkeep.wire.frames import Id, Message, Name, Number


class PackWard(Message, frozen=True, array_like=True, tag=True):
    """Ask for what a ward's pack is made with, under a standing grant: `WardTerms`, and a line."""

    token: Token
    grant: Id
    ward: Name


class WardTerms(Message, frozen=True, array_like=True, tag=True):
    """Who lies on the ward, which sections the grant carries, and the ward's key."""

    sections: int
    until: int
    key: bytes
    inpatients: list[Inpatient]


class NotePack(Message, frozen=True, array_like=True, tag=True):
    """Say that a pack of so many charts lies in all of its ward's folders. Answered by `Done`."""

    token: Token
    grant: Id
    ward: Name
    pack: Id
    charts: Annotated[int, Meta(ge=0, le=1_000)]
    expires: Number
