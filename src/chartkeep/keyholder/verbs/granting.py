"""`read_grant`: what a person's own grant lets, told to that person only. Opens nothing, no line.

Which charts there are is told to nobody else: who has no grant learns a chart's id by a search or
a census, each bounded. Invented patients stand among them like any other.
"""

from chartkeep.keyholder import protocol
from chartkeep.keyholder.asking import check_grant
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of

_BEFORE = "SELECT count(DISTINCT chart) FROM chart_key WHERE chart <= ? AND chart != ?"
_AFTER = """SELECT DISTINCT chart FROM chart_key WHERE chart > ? AND chart != ?
  ORDER BY chart LIMIT ?"""


def read_grant(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Tell a grant's words, and charts it lets: the first ones there are, as many as it names.

    Raises NotAllowedError when no such grant of this person holds, FrozenError.
    """
    check_ability(keyholder, call, Ability.OPEN)
    session = session_of(keyholder, turn, call)
    request: protocol.ReadGrant = call.request
    grant = check_grant(keyholder.standing, session, request.grant, turn.now)
    used = len(keyholder.standing.granted.get(request.grant, ()))
    roll: list[bytes] = []
    beyond = False
    if request.limit:
        left = grant.charts - _count(keyholder, request.after)
        most = max(0, min(request.limit, left))
        found = keyholder.book.rows(_AFTER, (request.after, keyholder.name.id, most + 1))
        roll, beyond = [chart for (chart,) in found[:most]], len(found) > most == left
    told = protocol.GrantTerms(
        grant.purpose, grant.sections, grant.until, grant.charts, used, roll, beyond
    )
    return lambda: told


def _count(keyholder: Keyholder, upto: bytes) -> int:
    return int(keyholder.book.value(_BEFORE, (upto, keyholder.name.id))) if upto else 0
