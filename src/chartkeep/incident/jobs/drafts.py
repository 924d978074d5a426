"""The question of drafts: what each authority and the press are to be told."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chartkeep.incident.case.case import Case, Now
from chartkeep.incident.duties.clocks import rules_of
from chartkeep.incident.jobs.question import Answered, Far, Means, Question, Tell
from chartkeep.incident.jobs.zones import zone_of
from chartkeep.incident.notify.drafts.draft import Draft
from chartkeep.incident.notify.drafts.making import Written, make_drafts, told
from chartkeep.incident.notify.register import open_register


class Drafts(Question, frozen=True, tag="drafts"):
    """Draft all that a case's facts may demand; with no `jurisdictions`, by the case's own laws.

    `zone`: whose clock the word to the press uses.
    """

    jurisdictions: tuple[str, ...] = ()
    zone: str = "UTC"

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Draft; the case is told each that says something new."""
        tell(Far("drafting"))
        case = means.the_case()
        written = self.write(case, means.clock)
        words = tuple(
            f"{draft.duty}, version {draft.version}, due {write_due(draft)}: "
            f"{len(draft.unknown)} of {len(draft.fields)} fields unknown"
            for draft in (each.draft for each in written)
        )
        return Answered(words, told(written))

    def write(self, case: Case, clock: Now) -> list[Written]:
        """Give the drafts, the nearest deadline first. Raises as `make_drafts`."""
        rules = rules_of(case, self.jurisdictions)
        states = open_register(case.desk, case.id, case.by, clock).counts()
        return make_drafts(case, rules, states, clock(), zone_of(self.zone).key)


def write_due(draft: Draft) -> str:
    """Write when a draft is due by the clock of its law."""
    if draft.due is None:
        return draft.within or "promptly"
    return f"{datetime.fromtimestamp(draft.due / 1000, ZoneInfo(draft.zone)):%Y-%m-%d %H:%M %Z}"
