"""What every question meets, also one that opens no chart: freezes, grants, guesses, budgets.

Pure functions over what stands, like `keyholder.decide`: each raises when it refuses.
"""

from collections.abc import Sequence

from chartkeep.errors import FrozenError, GuessedError, NotAllowedError, OverBudgetError
from chartkeep.keyholder.actions import Grant
from chartkeep.keyholder.budget import NEVER_FREEZES, Kind, Scope, Who
from chartkeep.keyholder.roles import mask
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.standing import Standing
from chartkeep.model import Purpose, Section

FACE = mask(Section.FACE)
EXACT = ("id:", "rid:")
"""How the keyword of a whole number begins (clinical.keywords)."""
MOST_GUESSES = 5
"""Different answers no about one chart in an hour, to all feeds together."""


class CeilingError(OverBudgetError):
    """An instance's or the site's limit was reached; it freezes what it names."""

    def __init__(self, message: str, *, freezes: tuple[str, str], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.freezes = freezes


def check_search(
    standing: Standing, session: Session, purpose: str, keywords: Sequence[str] = ()
) -> Kind:
    """Say on which budget a search counts; refuse it to roles that see no lists, and when frozen.

    A search to break glass goes on where break-glass does: an unknown patient must be found.
    """
    rights = standing.people[session.person].rights
    exact = rights.exact and all(word.startswith(EXACT) for word in keywords)
    if not (rights.finds and rights.unrelated & FACE) and not exact:
        raise NotAllowedError("this role does not search for patients", hint="see docs/roles.md")
    frozen = standing.is_frozen(session)
    breaks = purpose == Purpose.BREAK_GLASS and rights.care
    if frozen is not None and not (breaks and frozen[0] in ("person", "site")):
        raise frozen_error(*frozen)
    return Kind.BREAK_GLASS if breaks else Kind.SEARCH


def check_census(standing: Standing, session: Session, ward: str) -> None:
    """Refuse a ward's census to all but its people; a freeze stops it where it stops the floor."""
    if ward not in standing.people[session.person].wards:
        raise NotAllowedError("this is no ward of yours", hint="search for the patient instead")
    frozen = standing.is_frozen(session)
    if frozen is not None and frozen[0] not in ("person", "site"):
        raise frozen_error(*frozen)


def check_grant(standing: Standing, session: Session, ident: bytes, now: int) -> Grant:
    """Give a person's own grant while it holds and nothing of the session is frozen."""
    grant = live_grant(standing, session.person, ident, now)
    check_live(standing, session)
    return grant


def check_live(standing: Standing, session: Session) -> None:
    """Refuse while anything of a session is frozen."""
    if (frozen := standing.is_frozen(session)) is not None:
        raise frozen_error(*frozen)


def live_grant(standing: Standing, person: str, ident: bytes, now: int) -> Grant:
    """Give a grant to whom it was made; one that ended, or another's, is none."""
    grant = standing.grants.get(ident)
    if grant is None or grant.person != person or grant.until <= now:
        raise NotAllowedError("no such grant holds now", hint="ask two people for one")
    return grant


def check_feed(standing: Standing, instance: str) -> None:
    """Refuse a feed's question while its instance, or the site, is frozen."""
    for key in (("instance", instance), ("site", "")):
        if key in standing.frozen:
            raise frozen_error(*key)


def check_guesses(standing: Standing, chart: bytes, question: bytes, now: int) -> None:
    """Refuse a new question about a person after too many that did not agree.

    The same question asked again is no new guess: a scanner repeats its wrong name all morning.
    """
    if standing.guesses.past(chart, question, now) >= MOST_GUESSES:
        raise GuessedError(
            "too many names that did not agree were asked about this chart",
            hint="a person must look whose it is; in an hour it can be asked again",
        )


def frozen_error(where: str, who: str) -> FrozenError:
    """Say what is frozen, and who ends it."""
    what = where if where in ("site", "session") else f"{where} {who}"
    return FrozenError(
        f"releases are frozen for this {what}", hint="two people can unfreeze it, see status"
    )


def check_budget(standing: Standing, who: Who, kind: Kind, now: int, count: int = 1) -> None:
    """Refuse what passes a budget; at an instance's or the site's ceiling that also freezes."""
    limit = standing.spending.over(who, kind, now, count)
    if limit is None:
        return
    hours = limit.window // 3_600_000
    message = f"this would pass the {limit.scope}'s budget of {limit.most} {kind} in {hours} h"
    if limit.scope in (Scope.INSTANCE, Scope.SITE) and kind not in NEVER_FREEZES:
        raise CeilingError(message, freezes=(limit.scope, who.name(limit.scope)), hint="see status")
    raise OverBudgetError(message, hint="wait, or ask for a two-person grant")
