"""The question of the index: tokens of every chart, so that rows of a leak can be matched."""

from collections.abc import Iterator

from chartkeep.incident.counted import many
from chartkeep.incident.jobs.question import Answered, Far, Grant, Means, Question, Tell
from chartkeep.incident.trace.at_desk import drop_others, open_place
from chartkeep.incident.trace.indexing import HOW, Indexed, Job, bring_up


class Index(Question, frozen=True, tag="index"):
    """Bring the index up to the charts there are, under a grant of two people.

    `own`: systems of this house's own numbers; none: found.
    """

    grant: Grant
    own: tuple[str, ...] = ()

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Open what is new; the case keeps nothing: each opening is a line of the ledger."""
        return Answered(tuple(say(self.find(means, tell))))

    def find(self, means: Means, tell: Tell) -> Indexed:
        """Open what is new; what was done is kept, whatever ends it. Raises as `bring_up`."""
        site, warrant = means.the_site(), means.warrant(self.grant)
        place = open_place(means.desk, warrant, HOW)
        drop_others(place)
        job = Job(warrant, place, site.notes or site.house, frozenset(self.own))
        tell(Far("looking what is new"))
        return bring_up(job, lambda done, of: tell(Far("opening fingerprints", done, of)))


def say(done: Indexed) -> Iterator[str]:
    """Say what a run did."""
    size = done.index.size if done.index else 0
    yield f"fingerprints of {many(done.opened, 'chart')} opened, {many(size, 'chart')} in the index"
    told = (
        (done.filled, "from before there were fingerprints: opened whole, this once"),
        (done.bare, "such not: --section identity, clinical, results, imaging, documents"),
        (len(done.gone), "no more there: left the index"),
        (done.left_out, "not opened: asked for again"),
    )
    yield from (f"{many(count, 'chart')} {words}" for count, words in told if count)
    if done.damaged:
        some = many(done.damaged, "fingerprint")
        yield f"{some} that do not open, or are of nothing their writer wrote with them"
    if done.index and size and not done.index.own:
        yield "no numbers of this house are known: name their system with --own-system"
    if done.beyond:
        yield "incomplete: more charts than the grant is for"
