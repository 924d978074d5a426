"""The question of what a newer version of an estimate changes."""

from chartkeep.incident.estimate.comparing import compare
from chartkeep.incident.estimate.keeping import read_estimate
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
        told = (
            f"{len(found.added):,} charts more, {len(found.gone):,} no longer",
            f"{len(found.wider):,} with more of them, {len(found.narrower):,} with less",
            f"{found.same:,} the same; the ledger grew by {found.lines:,} lines",
        )
        words = [f"from version {self.old} to {self.new}: {', '.join(told)}"]
        words += [f"new asked: {one.words()}" for one in found.suspects_added]
        words += [f"no longer asked: {one.words()}" for one in found.suspects_gone]
        words += [f"new hole: {hole.why}" for hole in found.opened]
        words += [f"hole closed: {hole.why}" for hole in found.closed]
        return Answered(tuple(words))
