"""Who may do which act, and whether its words name anything: pure functions over what stands.

Each raises when it refuses. What an act does when it holds is `standing`'s; whether its effect
would be wrong at this moment is asked in `verbs.acts`.
"""

from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.keyholder import actions
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.budget import DAY, Kind, Scope
from chartkeep.keyholder.roles import EVERYONE_STOPS, ROLES, Ability
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.standing import Standing
from chartkeep.sealing.assertion import read_program_key


def check_action(action: Actions) -> None:
    """Refuse an act whose words name nothing: a role, scope or budget that does not exist."""
    match action:
        case actions.AddPerson(role=role) | actions.AddProgram(role=role) if role not in ROLES:
            raise RefusedError(f"no such role: {role}", hint=f"one of {', '.join(ROLES)}")
        case actions.AddPerson(role=role) if ROLES[role].program:
            raise RefusedError(f"no person is a {role}", hint="see chartkeep program add")
        case actions.AddProgram(role=role) if not ROLES[role].program:
            raise RefusedError(f"no program is a {role}", hint="see docs/roles.md")
        case actions.AddPerson(name=name) | actions.AddProgram(name=name) if name in ROLES:
            # A consent names either in the same place, and must not mean the other.
            raise RefusedError("a person cannot be called as a role", hint="take another name")
        case actions.AddProgram(key=key):
            read_program_key(key)
        case actions.SetLimit(scope, _, kind, window, limit) if (
            scope not in set(Scope) or kind not in set(Kind) or not 0 < window <= DAY or limit < 0
        ):
            # A start reads a day of lines, so a longer window would begin empty.
            raise RefusedError("no such budget", hint="scope, kind, window up to a day, limit")
        case actions.Freeze(scope, _) | actions.Unfreeze(scope, _) if scope not in (
            "session", "instance", "person", "site",
        ):  # fmt: skip
            raise RefusedError("no such scope", hint="session, instance, person or site")
        case actions.AddInstance(may=may) if not set(may) <= set(Ability):
            raise RefusedError("no such ability", hint=f"some of {', '.join(Ability)}")
        case _:
            pass


def check_act(standing: Standing, session: Session, action: Actions) -> None:
    """Refuse an act that the person's role does not carry."""
    rights = standing.people[session.person].rights
    everyones = isinstance(action, EVERYONE_STOPS) and _is_own(standing, session, action)
    if not everyones and not isinstance(action, rights.acts):
        name = type(action).__name__
        raise NotAllowedError(f"this role may not do this: {name}", hint="see docs/roles.md")
    frozen, _ = standing.is_frozen(session) or ("", "")
    if _needs_trust(action) and frozen not in {"", "site"}:
        raise NotAllowedError(
            f"this {frozen} is frozen: it neither proposes nor approves",
            hint="two people unfreeze it",
        )
    if isinstance(action, actions.Review):
        broken = standing.reviews.waiting.get(action.line)
        if broken is not None and broken.person == session.person:
            raise NotAllowedError("nobody reviews themselves", hint="somebody else must look")


def _needs_trust(action: Actions) -> bool:
    """Say whether an act needs two people who are not frozen.

    Ending a freeze does not, or two officers could lock each other out for ever; nor what ends the
    wait for a follower or a witness, for until then nothing is unfrozen.
    """
    return isinstance(action, actions.TWO_PEOPLE) and not isinstance(
        action, (actions.Unfreeze, *actions.WITHOUT_FOLLOWER)
    )


def _is_own(standing: Standing, session: Session, action: Actions) -> bool:
    """Say whether an act that stops something stops only what is the person's own."""
    match action:
        case actions.Freeze(scope, who):
            return (scope, who) in {("session", session.id.hex()), ("person", session.person)}
        case actions.EndSession(ident):
            return any(
                each.id == ident and each.person == session.person
                for each in standing.sessions.values()
            )
        case _:
            return True


def check_second(standing: Standing, session: Session, proposal: bytes, now: int) -> Actions:
    """Give the act a second person may carry out. Raises when it is gone, old, or their own."""
    found = standing.proposals.get(proposal)
    if found is None or found.expires <= now:
        raise RefusedError("no such proposal waits", hint="propose it again")
    if found.person == session.person:
        raise NotAllowedError("a second person is needed", hint="somebody else must approve")
    if _needs_trust(found.action) and ("person", found.person) in standing.frozen:
        raise NotAllowedError("who proposed this is frozen", hint="somebody else must propose it")
    check_act(standing, session, found.action)
    return found.action
