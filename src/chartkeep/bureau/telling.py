"""How far a case's letters are, for whoever audits; its call desk, for whoever answers calls."""

from typing import Annotated

import msgspec

from chartkeep.bureau.asked import Answer, Asked, tell
from chartkeep.custody.house import House
from chartkeep.errors import BadInputError
from chartkeep.incident.case.case import Now
from chartkeep.incident.desk import Desk
from chartkeep.incident.notify.answering import CallDesks
from chartkeep.incident.notify.confirming import Claim
from chartkeep.incident.notify.delivery import TURN
from chartkeep.incident.notify.register import open_register

_Word = Annotated[str, msgspec.Meta(max_length=200)]


class Calling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a caller said; `code` empty for who has no letter."""

    name: _Word
    birth_date: _Word
    code: _Word = ""
    number: _Word = ""
    phone: _Word = ""
    language: _Word = ""


class Calls:
    """Answers calls of all cases."""

    def __init__(self, desk: Desk, house: House, clock: Now) -> None:
        self._desks = CallDesks(desk, house, clock)

    def answer(self, token: bytes, asked: Asked) -> Answer:
        """Tell what to tell a caller, once it is clear who they are."""
        try:
            said = msgspec.json.decode(asked.body, type=Calling)
        except msgspec.MsgspecError as error:  # its words may quote what was said
            raise BadInputError(
                "a call is a name, a birth date, a code, a number, a phone",
                hint="docs/incident/notify.md",
            ) from error
        desk = self._desks.of(asked.path[1])
        claim = Claim(said.name, said.birth_date, said.number, said.phone)
        if said.code:
            telling = desk.by_code(said.code, claim, token, said.language)
        else:
            telling = desk.by_identity(claim, token, said.language)
        shown = [{"style": each.style, "text": each.text} for each in telling.paragraphs]
        return tell({"language": telling.language, "say": shown, "letter": telling.state})


def count_letters(desk: Desk, person: str, clock: Now, asked: Asked) -> Answer:
    """Count a case's letters by their state, and say whose turn it is."""
    register = open_register(desk, asked.path[1], person, clock)
    states = [
        {"state": state, "letters": count, "next": TURN.get(state, "")}
        for state, count in register.counts().items()
        if count
    ]
    return tell({"states": states, "batches": len(register.batches), "calls": len(register.calls)})
