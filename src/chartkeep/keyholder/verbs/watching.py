"""`sessions`, `reviews`: who is logged in, and whose breaking of the glass waits for a look.

Nothing of a chart is opened, so no line is written.
"""

from chartkeep.errors import NotAllowedError
from chartkeep.keyholder import protocol
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import session_of

MOST_REVIEWS = 1_000


def sessions(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """List live sessions: all to audit roles, to everybody else their own."""
    asker = session_of(keyholder, turn, call)
    standing = keyholder.standing
    sees_all = standing.people[asker.person].rights.audit
    live = [
        protocol.LiveSession(
            each.id, each.person, standing.people[each.person].role, each.instance, each.since,
            each.expires, standing.is_frozen(each) is not None,
        )
        for each in standing.sessions.values()
        if each.expires > turn.now and (sees_all or each.person == asker.person)
    ]  # fmt: skip
    return lambda: protocol.SessionList(live)


def reviews(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """List to audit roles which break-glass openings wait for review, the oldest thousand."""
    asker = session_of(keyholder, turn, call)
    if not keyholder.standing.people[asker.person].rights.audit:
        raise NotAllowedError("this role reviews nothing", hint="ask the privacy officer")
    waiting = [
        protocol.Unreviewed(
            each.line, each.time, each.person, each.instance, each.chart, each.sections,
            each.reason, each.times, each.denied,
        )
        for each in list(keyholder.standing.reviews.waiting.values())[:MOST_REVIEWS]
    ]  # fmt: skip
    return lambda: protocol.ReviewList(waiting)
