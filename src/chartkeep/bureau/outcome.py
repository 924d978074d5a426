"""Errors as this door tells them: a status for each family, and {"error": …, "hint": …}."""

from collections.abc import Mapping

import msgspec

from chartkeep import errors as e
from chartkeep.bureau.asked import JSON, Answer, tell
from chartkeep.web.caller import LoginNeededError
from chartkeep.web.rejecting import Rejection, Told

TABLE: tuple[tuple[type[e.ChartkeepError], int], ...] = (
    (LoginNeededError, 401),
    (e.BadInputError, 400),
    (e.NotFoundError, 404),
    (e.NotAllowedError, 403),
    (e.FrozenError, 403),
    (e.OverBudgetError, 429),
    (e.RefusedError, 422),
    (e.UnavailableError, 503),
    (e.DamagedError, 500),
)
"""The first row whose class fits."""


def refuse(error: e.ChartkeepError) -> Answer:
    """Tell an error of ours."""
    status = next(status for family, status in TABLE if isinstance(error, family))
    if status == 401:
        answer = tell({"error": str(error), "hint": "POST /login"}, status)
        return answer._replace(headers=(("WWW-Authenticate", "Bearer"),))
    return tell({"error": str(error), "hint": error.hint}, status)


def reject(_: Mapping[bytes, bytes], why: Rejection) -> Told:
    """Tell why a request was not let in."""
    return Told(JSON, msgspec.json.encode({"error": why.words, "hint": why.hint}))
