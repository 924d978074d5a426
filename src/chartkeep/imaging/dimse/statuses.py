"""One table: what each error of this house is called in an answer (PS3.4 B.2.3, C.4; PS3.7 C)."""

from chartkeep.errors import (
    BadInputError,
    ChartkeepError,
    ConflictError,
    FrozenError,
    NotAllowedError,
    NotFoundError,
    OverBudgetError,
    RefusedError,
    UnavailableError,
)

SUCCESS = 0x0000
PENDING = 0xFF00
CANCELLED = 0xFE00
NO_SUCH_INSTANCE = 0x0112
NOT_AUTHORIZED = 0x0124
UNKNOWN_OPERATION = 0x0211
DUPLICATE = 0x0111
PROCESSING_FAILURE = 0x0110
NO_SUCH_ACTION = 0x0123
OUT_OF_RESOURCES = 0xA700
NO_DESTINATION = 0xA801
WRONG_CLASS = 0xA900
CANNOT_UNDERSTAND = 0xC000
SOME_FAILED = 0xB000
ALL_FAILED = 0xA702

_TABLE: tuple[tuple[type[ChartkeepError], int], ...] = (
    (UnavailableError, OUT_OF_RESOURCES),  # a keeper is away: send it again later
    (OverBudgetError, OUT_OF_RESOURCES),  # the budget refills: ask again later
    (NotAllowedError, NOT_AUTHORIZED),
    (FrozenError, NOT_AUTHORIZED),
    (ConflictError, DUPLICATE),  # this UID came before with other bytes
    (NotFoundError, NO_SUCH_INSTANCE),
    (BadInputError, CANNOT_UNDERSTAND),
    (RefusedError, CANNOT_UNDERSTAND),
    (ChartkeepError, PROCESSING_FAILURE),  # damaged: the house must act, not the sender
)


def status_of(error: ChartkeepError) -> int:
    """Give the status word of an error."""
    return next(status for kind, status in _TABLE if isinstance(error, kind))
