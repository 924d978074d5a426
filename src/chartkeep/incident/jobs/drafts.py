"""The question of drafts: what each authority and the press are to be told."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chartkeep.errors import BadInputError
from chartkeep.incident.case.case import Case, Now
from chartkeep.incident.duties.rule import read_rules
from chartkeep.incident.jobs.question import Answered, Far, Means, Question, Tell
from chartkeep.incident.jobs.zones import zone_of
from chartkeep.incident.notify.drafts.making import Written, make_drafts, told
from chartkeep.incident.notify.register import open_register
from chartkeep.model import Millis


class Drafts(Question, frozen=True, tag="drafts"):
    """Draft all that a case's facts may demand. `jurisdictions`: none, all. `zone`: the press's."""

    jurisdictions: tuple[str, ...] = ()
    zone: str = "UTC"

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Draft; the case is told each that says something new."""
        tell(Far("drafting"))
        case = means.the_case()
        written = self.write(case, means.clock)
        words = tuple(
            f"{each.draft.duty}, version {each.draft.version}, due {write_due(each)}: "
            f"{len(each.draft.unknown)} of {len(each.draft.fields)} fields unknown"
            for each in written
        )
        return Answered(words, told(written))

    def write(self, case: Case, clock: Now) -> list[Written]:
        """Give the drafts, the nearest deadline first. Raises as `make_drafts`."""
        wanted = self.jurisdictions
        rules = [rule for rule in read_rules() if not wanted or rule.jurisdiction in wanted]
        if not rules:
            raise BadInputError("no law of that jurisdiction is written down", hint="name none")
        states = open_register(case.desk, case.id, case.by, clock).counts()
        return make_drafts(case, rules, states, clock(), zone_of(self.zone).key)


def write_due(each: Written) -> str:
    """Write when a draft is due by the clock of its law."""
    draft = each.draft
    return (
        write_time(draft.due, draft.zone) if draft.due is not None else draft.within or "promptly"
    )


def write_time(at: Millis, zone: str) -> str:
    """Write a time by a zone's clock."""
    return f"{datetime.fromtimestamp(at / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"
