"""`match_number`, `same_person`: what a feed may ask about whose something is.

A feed has no person and opens nothing: it learns which chart carries an exact number, and yes or no
to a name and a birth date. Each question is a line and counts; guesses about one chart are few.
"""

import re

from chartkeep.errors import BadInputError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.asking import check_budget, check_feed, check_guesses
from chartkeep.keyholder.budget import Kind, feed_of
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability
from chartkeep.keyholder.verbs.labelling import LabelLists
from chartkeep.keyholder.verbs.searching import labels_of, numbers_of

FEW = 8
"""Labels of one number: more charts than that carry none that decides."""
_EXACT = re.compile(r"id:[^|\s]+\|[^|]+|merged:[0-9a-f-]{36}")
"""A whole number under the system that gave it, or a chart that was merged into another."""
BORN, WHOLE = "born:", "whole:"


def match_number(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Give a feed the labels of one exact number."""
    request: protocol.MatchNumber = call.request
    if not _EXACT.fullmatch(request.keyword):
        raise BadInputError("a feed asks about whole numbers only", hint="name its system too")
    _check(keyholder, turn, call)
    # Before it is looked up: a refusal after it would itself say that nobody carries the number.
    check_budget(keyholder.standing, feed_of(call.peer.instance), Kind.MISS, turn.now)
    word, numbers = numbers_of(keyholder, request.keyword, FEW)
    told = details.Counted(1, kind=Kind.MATCH, hits=len(numbers))
    turn.line("match", told, peer=call.peer)

    def after() -> protocol.Labels:
        keyholder.check_guarded(spared=False)
        return labels_of(keyholder, word, numbers, FEW)

    return after


def same_person(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Say whether a chart's Patient is a person: the birth date, and any part of a name."""
    request: protocol.SamePerson = call.request
    births = [word for word in request.keywords if word.startswith(BORN)]
    names = [word for word in request.keywords if word.startswith(WHOLE)]
    if len(births) > 1 or not request.keywords or len(births + names) < len(request.keywords):
        raise BadInputError("only names and a birth date are compared", hint="one birth date")
    _check(keyholder, turn, call)
    hashed = keyholder.ring.search.keyword_hash
    question = hashed("\n".join(sorted(request.keywords)))
    check_guesses(keyholder.standing, request.chart, question, turn.now)
    held = {word.keyword for word in LabelLists(keyholder, turn, request.chart).held(request.chart)}
    same = all(hashed(word) in held for word in births)
    same = same and (not names or any(hashed(word) in held for word in names))
    told = details.Compared(1, kind=Kind.MATCH, question=question, same=same)
    turn.line("same", told, peer=call.peer, chart=request.chart)

    def after() -> protocol.Same:
        keyholder.check_guarded(spared=False)
        return protocol.Same(same)

    return after


def _check(keyholder: Keyholder, turn: Turn, call: Asked) -> None:
    """Refuse a stranger, a frozen feed, and one that has asked too much."""
    check_ability(keyholder, call, Ability.MATCH)
    keyholder.check_guarded(spared=False)
    check_feed(keyholder.standing, call.peer.instance)
    check_budget(keyholder.standing, feed_of(call.peer.instance), Kind.MATCH, turn.now)
