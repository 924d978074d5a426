"""Storage commitment: a modality asks whether it may forget its own copies (PS3.4 Annex J).

Committed is what stands at the store under the instance's name: durable, in a chart. What lies in
the inbox is not: until a person has said whose it is, the modality's copy is worth keeping. The
report goes out on the association that asked, and when that is over, on one to the peer's own
address.
"""

import ssl
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from chartkeep.errors import BadInputError, ChartkeepError
from chartkeep.imaging.dimse.association import Association, Message
from chartkeep.imaging.dimse.channel import GarbageError, GoneError
from chartkeep.imaging.dimse.command import Command, Field, Tag
from chartkeep.imaging.dimse.identifiers import read_row, write_row
from chartkeep.imaging.dimse.negotiating import Context, Proposal, Syntaxes, is_plain
from chartkeep.imaging.dimse.part10 import is_uid
from chartkeep.imaging.dimse.peers import Peer, Right
from chartkeep.imaging.dimse.requesting import associated
from chartkeep.imaging.dimse.statuses import NO_SUCH_ACTION, NO_SUCH_INSTANCE, SUCCESS
from chartkeep.imaging.tags import Row, element, text

COMMITMENT = "1.2.840.10008.1.20.1"
THE_INSTANCE = "1.2.840.10008.1.20.1.1"
"""The well-known instance every request is about."""
REQUEST = 1
ALL_THERE, SOME_MISSING = 1, 2
MOST_INSTANCES = 10_000
TRIES = (0.0, 1.0, 10.0)
"""Seconds before each try to reach a peer with its report; it asks again when it hears nothing."""
_TRANSACTION, _OBJECTS, _FAILED = "00081195", "00081199", "00081198"
_CLASS, _INSTANCE, _REASON = "00081150", "00081155", "00081197"
_SYNTAXES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")

AreThere = Callable[[Sequence[str]], list[bool]]
"""Says for each SOP instance UID whether it is kept for good, in a chart."""


class Asked(NamedTuple):
    """One request: its transaction, and (class, instance) of each object."""

    transaction: str
    objects: list[tuple[str, str]]


class Committing:
    """Answers requests for storage commitment. `ours`: the title we call with."""

    right = Right.COMMIT
    field = Field.ACT

    def __init__(self, are_there: AreThere, ours: str, tls: ssl.SSLContext | None = None) -> None:
        self._are_there = are_there
        self._ours = ours
        self._tls = tls

    def offers(self, abstract: str) -> Syntaxes | None:
        """Serve the push model."""
        return is_plain if abstract == COMMITMENT else None

    def answer(self, message: Message, peer: Peer, association: Association, /) -> None:
        """Take a request, then report; raises what the store raises before it is taken."""
        command = message.command
        if command.number(Tag.ACTION) != REQUEST:
            association.send(message.context, command.answer(NO_SUCH_ACTION))
            return
        asked = read_request(message.identifier(), message.context.syntax)
        there = self._are_there([instance for _, instance in asked.objects])
        association.send(message.context, command.answer(SUCCESS))
        try:
            done = report(association, message.context, asked, there)
        except (GoneError, GarbageError):
            self._call_back(peer, asked, there)
            raise
        if not done:
            self._call_back(peer, asked, there)

    def _call_back(self, peer: Peer, asked: Asked, there: list[bool]) -> None:
        """Report on an association of our own, in which we remain the provider."""
        if not peer.port:
            return
        proposals = [Proposal(COMMITMENT, _SYNTAXES, provider=True)]
        for wait in TRIES:
            time.sleep(wait)
            try:
                with associated(self._ours, peer, proposals, self._tls) as association:
                    if contexts := list(association.contexts.values()):
                        report(association, contexts[0], asked, there)
                        return
            except ChartkeepError:  # not reached, or it hung up: the next try, then it asks again
                continue


def read_request(raw: bytes, syntax: str) -> Asked:
    """Read which objects are asked for. Raises BadInputError."""
    found = read_row(raw, syntax)
    items = found.get(_OBJECTS, {}).get("Value", [])
    if not 0 < len(items) <= MOST_INSTANCES:
        raise BadInputError("no objects, or too many", hint="ask for 10 000 at a time")
    objects = [(text(item, _CLASS), text(item, _INSTANCE)) for item in items]
    asked = Asked(text(found, _TRANSACTION), objects)
    if not is_uid(asked.transaction) or not all(is_uid(uid) for pair in objects for uid in pair):
        raise BadInputError("a UID in the request is none")
    return asked


def report(association: Association, context: Context, asked: Asked, there: list[bool]) -> bool:
    """Send the report; says whether the peer took it, False when it released instead."""
    command = Command(
        {
            Tag.FIELD: Field.REPORT,
            Tag.MESSAGE: 1,
            Tag.AFFECTED_CLASS: COMMITMENT,
            Tag.AFFECTED_INSTANCE: THE_INSTANCE,
            Tag.EVENT: ALL_THERE if all(there) else SOME_MISSING,
            Tag.DATA: 0,
        }
    )
    told = write_row(_told(asked, there), context.syntax)
    association.send(context, command, (told,))
    return association.is_heard(Field.REPORT)


def _told(asked: Asked, there: list[bool]) -> Row:
    good: list[Row] = []
    bad: list[Row] = []
    for (kind, instance), is_there in zip(asked.objects, there, strict=True):
        item = {_CLASS: element(_CLASS, kind), _INSTANCE: element(_INSTANCE, instance)}
        if is_there:
            good.append(item)
        else:
            bad.append(item | {_REASON: element(_REASON, NO_SUCH_INSTANCE)})
    found = {_TRANSACTION: element(_TRANSACTION, asked.transaction)}
    lists = {_OBJECTS: good, _FAILED: bad}
    return found | {tag: element(tag, *items) for tag, items in lists.items() if items}
