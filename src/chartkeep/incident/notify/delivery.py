"""What became of each person's letter: a named state, and which may follow which. Pure.

Nobody ends without one: who has no address, is dead without known family, or could not be opened is
in a state too, and each of them says whose turn it is.
"""

from enum import StrEnum

from chartkeep.errors import RefusedError


class State(StrEnum):
    """Where a person's letter stands."""

    MADE = "made"
    PRINTED = "printed"
    POSTED = "posted"
    MAILED = "e-mailed"
    HANDED = "handed over"
    RECEIVED = "received"
    TOLD = "told by phone"
    RETURNED = "came back"
    PUBLIC = "public notice"
    NO_ADDRESS = "no address"
    NO_FAMILY = "no family known"
    UNPRINTABLE = "to be written by hand"
    NOT_OPENED = "not opened"


S = State

UNSENT = frozenset({S.NO_ADDRESS, S.NO_FAMILY, S.UNPRINTABLE, S.NOT_OPENED})
"""No letter could be made: a person must find another way, or make it again."""
DONE = frozenset({S.HANDED, S.RECEIVED, S.TOLD, S.PUBLIC})
"""Nothing is left to do. A posted letter may still come back."""
REACHED = DONE - {S.PUBLIC}

NEXT = {
    S.MADE: REACHED | {S.PRINTED, S.MAILED},
    S.PRINTED: REACHED | {S.POSTED},
    S.POSTED: REACHED | {S.RETURNED},
    S.MAILED: REACHED | {S.RETURNED},
    S.RETURNED: REACHED | {S.MADE, S.PUBLIC, S.NO_ADDRESS},
    S.PUBLIC: REACHED,
    **dict.fromkeys(UNSENT, REACHED | UNSENT | {S.MADE, S.PUBLIC}),
    **dict.fromkeys(REACHED, REACHED),
}
"""Whatever happened, a person who was reached stays reached."""

TURN = {
    S.MADE: "print it",
    S.PRINTED: "post it",
    S.RETURNED: "find a new address and make it again",
    S.NO_ADDRESS: "find an address, or call them",
    S.NO_FAMILY: "find the family, or leave it to the public notice",
    S.UNPRINTABLE: "give a font that has the name, or write it by hand: a long address whole",
    S.NOT_OPENED: "a person who may open it hands it over",
}
"""Whose turn it is in states that are not an end."""


def check_move(old: State, new: State) -> None:
    """Refuse a state that cannot follow. Raises RefusedError."""
    if new not in NEXT[old]:
        raise RefusedError(
            f"a letter that is {old.value} does not become {new.value}",
            hint=f"it may become {', '.join(sorted(NEXT[old]))}",
        )
