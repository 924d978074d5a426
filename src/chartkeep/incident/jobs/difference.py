"""The question of what a newer version of an estimate changes."""

from chartkeep.incident.case.events import when
from chartkeep.incident.estimate.comparing import compare
from chartkeep.incident.estimate.keeping import read_estimate
from chartkeep.incident.estimate.saying import say_difference
from chartkeep.incident.jobs.question import Answered, Far, Means, Question, Tell


class Difference(Question, frozen=True, tag="difference"):
    """Hold two versions of a case's estimate against each other."""

    old: int
    new: int

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Say how many came and went, and what was asked otherwise; the case keeps nothing new."""
        tell(Far("comparing"))
        case = means.the_case()
        found = compare(read_estimate(case, self.old), read_estimate(case, self.new))
        return Answered(tuple(say_difference(found, self.old, self.new, when)))
