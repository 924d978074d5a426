"""The verbs of a keyholder: one function each, which adds lines to a turn and says what follows.

Each checks everything before it adds its first line, and returns a function that runs when the
turn is durable; nothing secret is opened before that.
"""

from chartkeep.errors import NotAllowedError
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.turn import Turn
from chartkeep.sealing.keyed import token_hash


def session_of(keyholder: Keyholder, turn: Turn, call: Asked) -> Session:
    """Find the live session a request names, bound to the instance that asks."""
    hashed = token_hash(call.request.token)
    return keyholder.standing.session(hashed, call.peer.instance, turn.now)


def check_worker(keyholder: Keyholder, turn: Turn, call: Asked) -> None:
    """Refuse keys to a worker that lives too long: all it was ever given may be in its memory."""
    if keyholder.standing.is_stale(call.peer.instance, call.peer.worker, turn.now):
        raise NotAllowedError("this worker is older than 8 hours", hint="restart it: it remembers")


def check_ability(keyholder: Keyholder, call: Asked, ability: Ability, *others: Ability) -> None:
    """Refuse a program that is registered for none of these."""
    instance = keyholder.standing.instances.get(call.peer.instance)
    if instance is None or not instance.may & {ability, *others}:
        raise NotAllowedError(
            f"the instance {call.peer.instance} may not {ability}",
            hint="an administrator registers what an instance may do",
        )
