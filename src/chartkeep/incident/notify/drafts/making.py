"""Drafts made from a case: one for each duty that may apply, and one for the press.

A draft that says what the version before said is not written again.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from chartkeep.incident.case import events
from chartkeep.incident.case.case import Case, Saying
from chartkeep.incident.duties.clocks import clocks_of
from chartkeep.incident.duties.rule import Rule
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.drafts.draft import (
    Difference,
    Draft,
    Frame,
    difference,
    draft_duty,
    draft_press,
    read_draft,
)
from chartkeep.incident.notify.drafts.facts import Facts
from chartkeep.incident.notify.drafts.writing import as_text
from chartkeep.model import Millis


class Written(NamedTuple):
    """A draft as it is now. `changes` since `before` (words); `says`: what is new for the case."""

    draft: Draft
    text: str
    changes: list[Difference]
    before: str
    says: Saying | None

    @property
    def new(self) -> bool:
        """Say whether no version before said this."""
        return self.says is not None


def make_drafts(
    case: Case, rules: Iterable[Rule], states: dict[State, int], now: Millis, zone: str
) -> list[Written]:
    """Draft all that the case's facts may demand, the nearest deadline first; `told` to the case.

    Letters tell persons. Raises as `clocks_of`.
    """
    earlier = _earlier(case)
    made = []
    for standing, _ in clocks_of(case, rules, now):
        if not standing.is_to_persons:
            local = Facts(case, standing.rule.clock, states)
            made.append(draft_duty(standing, local, _frame(case, now)))
    facts = Facts(case, ZoneInfo(zone), states)
    made.append(draft_press(facts, _frame(case, now), zone))
    return [_write(draft, earlier, case) for draft in made]


def _frame(case: Case, now: Millis) -> Frame:
    return Frame(case.id, case.title, now, 0)


def _write(draft: Draft, earlier: dict[str, Draft], case: Case) -> Written:
    last = earlier.get(draft.duty)
    before = last or earlier.get(draft.after)
    changes = difference(before, draft) if before else []
    new = last is None or bool(changes) or last.due != draft.due
    version = (last.version if last else 0) + new
    draft = structs.replace(draft, version=version)
    words = f"{before.duty}, version {before.version}" if before else ""
    text = as_text(draft, changes, words)
    says = None
    if new:
        digest = case.keep(draft.encode(), f"draft, {draft.duty}, version {version}", people=False)
        says = Saying(events.Draft(draft.duty, version, digest), evidence=(digest,))
    return Written(draft, text, changes, words, says)


def told(written: Iterable[Written]) -> tuple[Saying, ...]:
    """Give what the case does not say yet."""
    return tuple(each.says for each in written if each.says is not None)


def _earlier(case: Case) -> dict[str, Draft]:
    """Read the newest version of each draft of the case."""
    newest: dict[str, events.Draft] = {}
    for _, each in case.standing(events.Draft):
        if each.whom not in newest or newest[each.whom].version <= each.version:
            newest[each.whom] = each
    found = {}
    for duty, each in newest.items():
        into = BytesIO()
        case.read(each.text, into.write)
        found[duty] = read_draft(into.getvalue())
    return found
