"""`set_consent`: what a patient allows and refuses, before the entry that says so is acknowledged.

A feed sets it, so it is careful: what tightens holds at once; what loosens waits for two eyes of
the privacy officer, since whoever steals a writer must not open charts. Until then both hold, the
old and the new.
"""

from chartkeep.errors import NotFoundError, OverBudgetError, RefusedError
from chartkeep.keyholder import actions, details, protocol
from chartkeep.keyholder.budget import Kind, feed_of
from chartkeep.keyholder.consents import check_names, loosened
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import ROLES, Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability
from chartkeep.sealing.keys import fresh_id
from chartkeep.wire.frames import Done

MOST_CONSENTS = 100
"""Entries of one chart that carry one: a decision looks at all of them."""
MOST_HELD = 10
"""Consents of one entry that hold at once while loosenings wait."""


def set_consent(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Let an entry's consent hold; what it would loosen becomes a proposal. Durable when done."""
    check_ability(keyholder, call, Ability.SEAL)
    keyholder.check_guarded(spared=False)
    request: protocol.SetConsent = call.request
    consents, new = keyholder.standing.consents, tuple(request.consents)
    _check(keyholder, turn, request)
    held = consents.of(request.chart, request.about)
    loose = loosened(held, new)
    wanted = loose + tuple(each for each in new if each not in loose)
    action = actions.LoosenConsent(request.chart, request.about, list(new))
    waits = any(found.action == action for found in keyholder.standing.proposals.values())
    if wanted == held and waits == bool(loose):
        return Done
    if len(wanted) > MOST_HELD:
        raise OverBudgetError(
            "too many changes of this consent wait", hint="the privacy officer approves one"
        )
    who = feed_of(call.peer.instance)
    if keyholder.standing.spending.over(who, Kind.CONSENT, turn.now):
        raise OverBudgetError("too many consents in an hour", hint="two people raise the limit")
    told = details.Consented(request.about, list(wanted))
    turn.line("consent", told, peer=call.peer, chart=request.chart)
    if loose:
        turn.line("propose", details.Proposed(fresh_id(), action), peer=call.peer)
    return Done


def _check(keyholder: Keyholder, turn: Turn, request: protocol.SetConsent) -> None:
    chart, consents = request.chart, keyholder.standing.consents
    if chart == keyholder.name.id:
        raise RefusedError("the facility's chart has no consent", hint="name its patient")
    if chart not in turn.charts and not keyholder.ring.has_chart(chart):
        raise NotFoundError("there is no such chart", hint="load its Patient first")
    check_names(tuple(request.consents), {*ROLES, *keyholder.standing.people})
    if not consents.of(chart, request.about) and consents.count(chart) >= MOST_CONSENTS:
        raise OverBudgetError(
            f"a chart carries at most {MOST_CONSENTS} consents", hint="end one of them first"
        )
