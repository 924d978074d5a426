"""The clocks of a case: every duty that may apply, when it ends, and whether it was met."""

from collections.abc import Iterable
from typing import NamedTuple

from chartkeep.errors import BadInputError, RefusedError
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Opened
from chartkeep.incident.duties.applying import Holds, Standing, apply_rules
from chartkeep.incident.duties.rule import Rule, read_rules
from chartkeep.incident.duties.said import weigh
from chartkeep.model import Millis


class Running(NamedTuple):
    """A duty in a case, and when it was met: None while it is open."""

    standing: Standing
    met: Millis | None

    def says(self, now: Millis) -> str:
        """Say how it stands."""
        due = self.standing.deadline
        if self.met is not None:
            return "met, too late" if due is not None and self.met > due else "met"
        past = due is not None and now > due
        doubt = ", ".join(f"{fact.value}?" for fact in self.standing.open)
        return ": ".join(filter(None, ("PAST" if past else "open", doubt)))


def rules_of(case: Case, asked: Iterable[str] = ()) -> list[Rule]:
    """Choose rules: of the jurisdictions asked for, else of the case's own, else all.

    Raises BadInputError for a jurisdiction there is none of.
    """
    first = case.events()[0].what
    assert isinstance(first, Opened)
    wanted = set(asked) or set(first.where)
    check_jurisdictions(wanted)
    return [rule for rule in read_rules() if not wanted or rule.jurisdiction in wanted]


def check_jurisdictions(named: Iterable[str]) -> None:
    """Raise BadInputError for a jurisdiction no law of which is written down."""
    known = {rule.jurisdiction for rule in read_rules()}
    if unknown := sorted(set(named) - known):
        raise BadInputError(
            f"no law of {unknown[0]} is written down", hint=f"one of {', '.join(sorted(known))}"
        )


def clocks_of(case: Case, rules: Iterable[Rule], now: Millis) -> list[Running]:
    """List the duties that apply or cannot be ruled out, the nearest deadline first.

    Raises RefusedError while nobody is said to know of it: no clock has a beginning then.
    """
    said = weigh(case)
    if said.aware is None:
        raise RefusedError(
            "the case does not say who became aware when", hint="chartkeep incident aware"
        )
    standings = apply_rules(rules, said.known, said.aware, said.done, now, said.doubted)
    return [
        Running(each, said.done.get((each.rule.rule, each.duty.key)))
        for each in standings
        if each.holds is not Holds.NO
    ]
