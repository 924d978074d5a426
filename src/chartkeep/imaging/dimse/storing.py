"""C-STORE: one object into its chart, while it comes (PS3.4 Annex B).

The answer leaves after the deposit is durable: success says that this house has it. So does it for
what nobody could place, which lies sealed in the inbox until a person says whose it is. A warning
would be false there (it says that elements were changed or dropped), and senders that take a
warning for a failure would send for ever. What a modality may forget is for storage commitment to
say, and that says no until the object is in a chart.
"""

import io
from collections.abc import Callable
from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.imaging.dimse.association import Association, Fragments, Message
from chartkeep.imaging.dimse.command import Field, Tag
from chartkeep.imaging.dimse.negotiating import Syntaxes, is_syntax
from chartkeep.imaging.dimse.part10 import file_head, is_uid
from chartkeep.imaging.dimse.peers import Peer, Right
from chartkeep.imaging.dimse.statuses import WRONG_CLASS

STORAGE = "1.2.840.10008.5.1.4.1.1."
STANDARD = "1.2.840.10008."


class Sent(NamedTuple):
    """One object on its way in: its file as a stream, what it is said to be, and who sent it."""

    stream: io.BufferedIOBase
    instance: str
    peer: Peer


Take = Callable[[Sent], int]
"""Takes an object in and gives the status word of what became of it."""


class Storing:
    """Answers C-STORE for every storage class, those of makers too."""

    right = Right.STORE
    field = Field.STORE

    def __init__(self, take: Take) -> None:
        self._take = take

    def offers(self, abstract: str) -> Syntaxes | None:
        """Serve storage classes in any syntax, and private classes: makers store in their own."""
        private = is_uid(abstract) and not abstract.startswith(STANDARD)
        return is_syntax if private or abstract.startswith(STORAGE) else None

    def answer(self, message: Message, peer: Peer, association: Association, /) -> None:
        """Take one object, then say so. Raises what refuses it."""
        command = message.command
        if command.text(Tag.AFFECTED_CLASS) != message.context.abstract:
            association.send(message.context, command.answer(WRONG_CLASS))
            return
        if message.data is None:
            raise BadInputError("the message has no data set")
        instance = command.text(Tag.AFFECTED_INSTANCE)
        head = file_head(message.context, instance)
        with io.BufferedReader(_Whole(head, message.data), _BUFFER) as stream:
            status = self._take(Sent(stream, instance, peer))
        association.send(message.context, command.answer(status))


_BUFFER = 65_536


class _Whole(io.RawIOBase):
    """A file: its head, then the data set as it comes."""

    def __init__(self, head: bytes, rest: Fragments) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # bytes-like
        """Fill a buffer."""
        if not self._head:
            return self._rest.readinto(buffer)
        count = min(len(buffer), len(self._head))
        buffer[:count] = self._head[:count]
        self._head = self._head[count:]
        return count
