"""Errors as HTTP says them at this door: one table, and a body with words and remedy."""

from collections.abc import Mapping

import msgspec

from chartkeep import errors as e
from chartkeep.imaging.http.accepting import UnacceptableError
from chartkeep.imaging.http.asked import Answer
from chartkeep.web.caller import LoginNeededError
from chartkeep.web.rejecting import Rejection, Told

KIND = "application/json"


class UnsupportedMediaError(e.BadInputError):
    """A body came in a form this door does not read (415)."""


class NotSupportedError(e.RefusedError):
    """This door does not do this, and says so."""


TABLE: tuple[tuple[type[e.ChartkeepError], int], ...] = (
    (LoginNeededError, 401),
    (NotSupportedError, 405),
    (UnacceptableError, 406),
    (UnsupportedMediaError, 415),
    (e.TooWideError, 413),
    (e.BadInputError, 400),
    (e.OverBudgetError, 429),
    (e.FrozenError, 403),
    (e.NotFoundError, 404),
    (e.NotAllowedError, 403),
    (e.ConflictError, 409),
    (e.RefusedError, 422),
    (e.UnavailableError, 503),
    (e.DamagedError, 500),
)
"""The first row whose class fits; 413 is what PS3.18 10.6.3 has for a search that is too wide."""
_HEADERS = {401: (("WWW-Authenticate", "Bearer"),), 503: (("Retry-After", "1"),)}


def refuse(error: e.ChartkeepError) -> Answer:
    """Write an error as an answer."""
    status = next(code for family, code in TABLE if isinstance(error, family))
    return Answer(status, _body(str(error), error.hint), _HEADERS.get(status, ()), KIND)


def tell(_: Mapping[bytes, bytes], why: Rejection) -> Told:
    """Tell why a request was not let in."""
    return Told(KIND, _body(why.words, why.hint))


def _body(words: str, hint: str) -> bytes:
    return msgspec.json.encode({"message": words} | ({"hint": hint} if hint else {}))
