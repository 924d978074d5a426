"""Errors as people read them: a status and a sentence for each family, in their language.

The keyholder's own words stand below, in English: they name the rule and hold nothing of a chart.
"""

from chartkeep import errors as e
from chartkeep.console.asked import Answer, Asked
from chartkeep.console.forgery import ForgedError
from chartkeep.console.pages import page
from chartkeep.console.visitor import Visitor
from chartkeep.console.words import Words
from chartkeep.web.rejecting import Rejection

TABLE: tuple[tuple[type[e.ChartkeepError], int, str], ...] = (
    (ForgedError, 403, "This form did not come from our page"),
    (e.BadInputError, 400, "This cannot be read"),
    (e.OverBudgetError, 429, "Your budget for this hour or day is used up"),
    (e.FrozenError, 403, "Releases are frozen"),
    (e.NotFoundError, 404, "There is no such page or chart"),
    (e.NotAllowedError, 403, "Your role does not carry this"),
    (e.RefusedError, 422, "This cannot be done"),
    (e.UnavailableError, 503, "A part of the house does not answer"),
    (e.DamagedError, 500, "Something is not as it was written"),
)
"""The first row whose class fits."""


def tell(error: e.ChartkeepError) -> tuple[int, str]:
    """Give the status and the sentence of an error."""
    _, status, sentence = next(row for row in TABLE if isinstance(error, row[0]))
    return status, sentence


def refuse(
    error: e.ChartkeepError, asked: Asked, words: Words, visitor: Visitor | None = None
) -> Answer:
    """Draw an error as a page, or as a piece of one."""
    status, sentence = tell(error)
    template = "refusal_piece.html" if asked.by_htmx else "refusal.html"
    found = page(template, words, visitor, status=status, sentence=sentence, error=error)
    return found.adding(("Retry-After", "1")) if status == 503 else found


def reject(why: Rejection, asked: Asked, words: Words) -> Answer:
    """Draw why a request was not let in: too large, too slow, or a fault of ours."""
    families = {500: e.DamagedError, 503: e.UnavailableError}
    family = families.get(why.status, e.BadInputError)
    return refuse(family(why.words, hint=why.hint), asked, words)
