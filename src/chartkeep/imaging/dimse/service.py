"""What a listener offers: one service for each thing peers may ask. To add one, copy one.

`Echo` is the smallest. A service is offered only to peers with its right; a message no service of
the peer takes is answered as an operation nobody knows.
"""

from typing import Protocol

from chartkeep.imaging.dimse.association import Association, Message
from chartkeep.imaging.dimse.command import Field
from chartkeep.imaging.dimse.negotiating import Syntaxes, is_plain
from chartkeep.imaging.dimse.peers import Peer, Right
from chartkeep.imaging.dimse.statuses import SUCCESS

VERIFICATION = "1.2.840.10008.1.1"


class Service(Protocol):
    """One thing peers may ask."""

    @property
    def right(self) -> Right | None:
        """Say which peers may, None for every registered one."""

    @property
    def field(self) -> Field:
        """Say which message it answers."""

    def offers(self, abstract: str) -> Syntaxes | None:
        """Say in which syntaxes it serves this SOP class, None for not at all."""

    def answer(self, message: Message, peer: Peer, association: Association, /) -> None:
        """Answer one message. Raises what this house refuses with, and GoneError."""


class Echo:
    """C-ECHO: whether we are here, for those we know."""

    right = None
    field = Field.ECHO

    def offers(self, abstract: str) -> Syntaxes | None:
        """Serve verification."""
        return is_plain if abstract == VERIFICATION else None

    def answer(self, message: Message, _: Peer, association: Association) -> None:
        """Say yes."""
        association.send(message.context, message.command.answer(SUCCESS))
