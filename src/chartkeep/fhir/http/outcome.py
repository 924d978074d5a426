"""Errors as HTTP says them: one table, and the OperationOutcome that names place and remedy.

A message never holds what came in; the expression is an element's path without its content.
"""

import msgspec

from chartkeep import errors as e
from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.incoming import Refusal
from chartkeep.fhir.http.asked import Answer, UnacceptableError, UnsupportedMediaError
from chartkeep.web.caller import LoginNeededError


class GoneError(e.NotFoundError):
    """It was deleted."""


class NotMetError(e.RefusedError):
    """A condition of the request does not hold, or names more than one."""


class NotSupportedError(e.RefusedError):
    """This server does not do this, and says so."""


class RefusedPlacesError(e.BadInputError):
    """Several places of what came in are refused."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__("some of it was refused")
        self.refusals = refusals


TABLE: tuple[tuple[type[e.ChartkeepError], int, str], ...] = (
    (LoginNeededError, 401, "login"),
    (GoneError, 410, "deleted"),
    (NotMetError, 412, "multiple-matches"),
    (NotSupportedError, 405, "not-supported"),
    (UnacceptableError, 406, "not-supported"),
    (UnsupportedMediaError, 415, "not-supported"),
    (RefusedPlacesError, 422, "invariant"),
    (BadElementError, 422, "invariant"),
    (e.BadInputError, 400, "invalid"),
    (e.OverBudgetError, 429, "throttled"),
    (e.FrozenError, 403, "suppressed"),
    (e.NotFoundError, 404, "not-found"),
    (e.NotAllowedError, 403, "forbidden"),
    (e.StaleError, 412, "conflict"),
    (e.ConflictError, 409, "conflict"),
    (e.RefusedError, 422, "business-rule"),
    (e.UnavailableError, 503, "transient"),
    (e.DamagedError, 500, "exception"),
)
"""The first row whose class fits: status, and the code of IssueType."""


def refuse(error: e.ChartkeepError) -> Answer:
    """Write an error as an answer."""
    _, status, code = next(row for row in TABLE if isinstance(error, row[0]))
    issues = [_issue(error, code)]
    if isinstance(error, RefusedPlacesError):
        issues = [_place_issue(each) for each in error.refusals]
    headers = {401: (("WWW-Authenticate", "Bearer"),), 503: (("Retry-After", "1"),)}
    headers[405] = (("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE"),)
    return Answer(status, outcome(issues), headers.get(status, ()))


def outcome(issues: list[dict[str, object]]) -> bytes:
    """Write an OperationOutcome."""
    return msgspec.json.encode({"resourceType": "OperationOutcome", "issue": issues})


def note(
    severity: str, code: str, words: str, element: str = "", hint: str = ""
) -> dict[str, object]:
    """Make one issue."""
    issue: dict[str, object] = {"severity": severity, "code": code, "details": {"text": words}}
    if element:
        issue["expression"] = [element]
    if hint:
        issue["diagnostics"] = hint
    return issue


def _issue(error: e.ChartkeepError, code: str) -> dict[str, object]:
    element = error.element if isinstance(error, BadElementError) else ""
    return note("error", code, str(error), element, error.hint)


def _place_issue(refusal: Refusal) -> dict[str, object]:
    element = refusal.element or refusal.where
    where = f"{refusal.where}: " if refusal.where and refusal.where != element else ""
    return note("error", "invariant", f"{where}{refusal.message}", element, refusal.hint)
