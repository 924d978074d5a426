"""What is answered to a message: MSA-1 and the reason, by HL7 table 0357.

AA: it is durable, in a chart or in the inbox, and may be forgotten. AE: not now; the same message
may be sent again. AR: never, as it is. Texts hold places and rules, nothing of the message.
"""

from typing import NamedTuple

from chartkeep.errors import (
    BadInputError,
    ChartkeepError,
    ConflictError,
    FrozenError,
    OverBudgetError,
    RefusedError,
)


class Outcome(NamedTuple):
    """An acknowledgement; `code` of table 0357, 0 for all is well."""

    ack: str
    code: str = "0"
    reason: str = ""


TAKEN = Outcome("AA")
AGAIN = Outcome("AA", reason="it was here before")
ASIDE = "AA"
NO_HEADER = Outcome("AR", "100", "no MSH segment that can be read")
NO_NUMBER = Outcome("AR", "101", "MSH-10 is empty, and a message without a number is never known")
OTHER_BYTES = Outcome("AR", "205", "another message came under this control id")
UNREAD = Outcome("AR", "200", "this house reads no messages of this type")
TOO_LARGE = Outcome("AR", "100", "the message is too large")


def refused(error: ChartkeepError) -> Outcome:
    """Turn an error into an answer: what a rule says no to for now may come again."""
    match error:
        case OverBudgetError() | FrozenError() | ConflictError():
            return Outcome("AE", "207", str(error))
        case BadInputError():
            return Outcome("AR", "102", str(error))
        case RefusedError():
            return Outcome("AR", "207", str(error))
        case _:
            return Outcome("AE", "207", str(error))
