"""Answering a C-FIND: pending rows until there are no more, or the peer has heard enough."""

from collections.abc import Iterable

from chartkeep.imaging.dimse.association import Association, Message
from chartkeep.imaging.dimse.command import Tag
from chartkeep.imaging.dimse.identifiers import CHARSET, LEVEL, choose, write_row
from chartkeep.imaging.dimse.statuses import CANCELLED, PENDING, SUCCESS
from chartkeep.imaging.tags import Row

HAS_DATA = 0


def send_rows(rows: Iterable[Row], asked: Row, message: Message, association: Association) -> None:
    """Send of each row what was asked for, then that there are no more (PS3.4 C.4.1.3)."""
    ident = message.command.number(Tag.MESSAGE)
    level = {LEVEL: asked[LEVEL]} if LEVEL in asked else {}
    for row in rows:
        if association.is_cancelled(ident):
            association.send(message.context, message.command.answer(CANCELLED))
            return
        answer = message.command.answer(PENDING)
        answer[Tag.DATA] = HAS_DATA
        told = choose({tag: each for tag, each in row.items() if tag != CHARSET}, asked) | level
        association.send(message.context, answer, (write_row(told, message.context.syntax),))
    association.send(message.context, message.command.answer(SUCCESS))
