"""The question of the index: tokens of every chart, so that rows of a leak can be matched."""

from collections.abc import Iterator

from chartkeep.incident.jobs.question import Answered, Far, Grant, Means, Question, Tell
from chartkeep.incident.trace.at_desk import open_place
from chartkeep.incident.trace.indexing import Indexed, Job, bring_up


class Index(Question, frozen=True, tag="index"):
    """Bring the index up to the charts there are, under a grant of two people.

    `own`: systems of this house's own numbers; none: found. The first time by the command line,
    which puts the house's half of its key into the safe.
    """

    grant: Grant
    own: tuple[str, ...] = ()

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Open what is new; the case keeps nothing: each opening is a line of the ledger."""
        return Answered(tuple(say(self.find(means, tell))))

    def find(self, means: Means, tell: Tell) -> Indexed:
        """Open what is new; what was done is kept, whatever ends it. Raises as `bring_up`."""
        warrant = means.warrant(self.grant)
        job = Job(warrant, open_place(means.desk, warrant), frozenset(self.own))
        tell(Far("looking what is new"))
        return bring_up(job, lambda done, of: tell(Far("opening charts", done, of)))


def say(done: Indexed) -> Iterator[str]:
    """Say what a run did."""
    yield f"{done.opened:,} charts opened, {done.index.size if done.index else 0:,} in the index"
    if done.opened:
        named = ", ".join(sorted(done.own)) or "none is known: name it with --own-system"
        yield f"numbers of this house: {named}"
    if done.left_out or done.damaged:
        yield (
            f"{done.left_out:,} charts were not opened, and are asked for again; "
            f"{done.damaged:,} entries do not open"
        )
    if done.gone:
        yield f"{len(done.gone):,} charts are no more, and left the index"
    if done.beyond:
        yield "incomplete: more charts than the grant is for"
