"""`login`, `logout`, `act`, `approve`: sessions, and acts that take one person or two."""

import base64
from typing import NamedTuple

import argon2
import msgspec

from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.keyholder import actions, details, protocol
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.budget import Kind, Who
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.decide import check_act, check_budget, check_second
from chartkeep.keyholder.roles import Ability
from chartkeep.keyholder.standing import (
    DAY,
    SHRED_DELAY,
    Person,
    Session,
    Standing,
    check_action,
)
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import check_ability, session_of
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.keyed import token_hash
from chartkeep.sealing.keys import fresh_id, fresh_secret
from chartkeep.wire.frames import Done

SESSION_LIFE = 12 * 3_600_000
SHREDS_A_DAY = 5
TOTP_BYTES = 16
"""RFC 4226, section 4, R6."""


class Proved(NamedTuple):
    """What the slow lane found out about a log-in: whether it holds, and its TOTP step."""

    holds: bool
    step: int


def login(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Open a session for a person the slow lane proved; one code makes one session."""
    request: protocol.Login = call.request
    proved: Proved = call.finding
    who = Who(f"{request.person[:64]}@{call.peer.instance}", "", call.peer.instance)
    check_budget(keyholder.standing, who, Kind.LOGIN, turn.now)
    used = keyholder.standing.steps.get(request.person, -1)
    if not proved.holds or proved.step <= used:
        keyholder.standing.spending.spend(who, Kind.LOGIN, turn.now)
        raise NotAllowedError(
            "name, password or code is wrong", hint="a code works once: wait for the next"
        )
    token, expires = fresh_secret(), turn.now + SESSION_LIFE
    session = Session(fresh_id(), request.person, call.peer.instance, expires, turn.now)
    told = details.LoggedIn(token_hash(token), expires, proved.step)
    turn.line("login", told, peer=call.peer, session=session)
    return lambda: protocol.Session(session.id, token, expires)


def logout(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """End a session."""
    session = session_of(keyholder, turn, call)
    turn.line("logout", details.Told(), peer=call.peer, session=session)
    return Done


def act(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Do an act, or write down that it waits for a second person."""
    request: protocol.Act = call.request
    check_action(request.action)
    if not request.token:
        return _act_as_source(keyholder, turn, call)
    session = session_of(keyholder, turn, call)
    check_act(keyholder.standing, session, request.action)
    action = seal_secrets(keyholder.ring.people, request.action)
    _check_effect(keyholder, turn, action)
    if isinstance(action, actions.TWO_PEOPLE):
        proposal = fresh_id()
        told = details.Proposed(proposal, action)
        line = turn.line("propose", told, peer=call.peer, session=session)
        return lambda: protocol.Acted(line, proposal)
    line = turn.line(
        "act", details.Acted(action), peer=call.peer, session=session, chart=_chart_of(action)
    )
    return lambda: protocol.Acted(line, b"")


def approve(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Carry out an act as its second person."""
    session = session_of(keyholder, turn, call)
    proposal: bytes = call.request.proposal
    action = check_second(keyholder.standing, session, proposal, turn.now)
    _check_effect(keyholder, turn, action)
    first = keyholder.standing.proposals[proposal].person
    told = details.Acted(action, first, proposal)
    line = turn.line("act", told, peer=call.peer, session=session, chart=_chart_of(action))
    return lambda: protocol.Acted(line, b"")


def seal_secrets(key: BoxKey, action: Actions) -> Actions:
    """Seal what an act must not show in the ledger: how a person proves themselves."""
    if not isinstance(action, actions.AddPerson):
        return action
    check_means(action.secret, action.totp)
    plain = msgspec.json.encode([action.secret, action.totp])
    sealed = base64.b64encode(seal_box(key, action.name.encode(), plain)).decode()
    return msgspec.structs.replace(action, secret=sealed, totp="")


def check_means(secret: str, totp: str) -> None:
    """Refuse a hash or a TOTP secret with which nobody could log in, or anybody."""
    try:
        argon2.extract_parameters(secret)
        known = len(base64.b32decode(totp))
    except ValueError as error:
        raise RefusedError("these are no means to log in", hint="see person add --help") from error
    if known < TOTP_BYTES:
        raise RefusedError("this TOTP secret is too short", hint=f"{TOTP_BYTES} bytes or more")


def open_secrets(key: BoxKey, person: Person) -> tuple[str, str]:
    """Give a person's argon2id hash and TOTP secret."""
    plain = open_box(key, person.name.encode(), base64.b64decode(person.secret))
    secret, totp = msgspec.json.decode(plain, type=tuple[str, str])
    return secret, totp


def _act_as_source(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Let a registered source place patients, and a program on this host name decoys."""
    action: Actions = call.request.action
    for ability, kind in actions.SOURCES.items():
        if isinstance(action, kind):
            check_ability(keyholder, call, Ability(ability))
            line = turn.line("act", details.Acted(action), peer=call.peer, chart=_chart_of(action))
            return lambda: protocol.Acted(line, b"")
    raise NotAllowedError("this act needs a session", hint="log in first")


def _check_effect(keyholder: Keyholder, turn: Turn, action: Actions) -> None:
    """Refuse an act whose effect would be wrong now."""
    match action:
        case actions.Shred(chart, _):
            _check_shred(keyholder, turn, chart)
        case actions.StopShred(chart) if chart not in keyholder.standing.shredding:
            raise RefusedError("no shredding of this chart is on its way", hint="see status")
        case actions.AcceptHead(root) if root != keyholder.start_head:
            raise RefusedError("this is not the head of the ledger", hint="copy it from status")
        case actions.RemovePerson(name) if _adders(keyholder.standing, name) < 2:
            raise RefusedError("two administrators must remain", hint="add another one first")
        case actions.Grant() if action.until > turn.now + 30 * DAY:
            raise RefusedError("a grant lasts at most 30 days", hint="name an earlier end")
        case _:
            pass


def _check_shred(keyholder: Keyholder, turn: Turn, chart: bytes) -> None:
    touched = keyholder.book.value("SELECT max(touched) FROM chart_key WHERE chart = ?", (chart,))
    if touched is None or chart == keyholder.name.id:
        raise RefusedError("there is no such chart to shred", hint="search for it")
    if touched > turn.now - keyholder.retention:
        raise RefusedError(
            "this chart is inside its retention period", hint="see retention in facility.json"
        )
    lately = turn.now + SHRED_DELAY - DAY
    if sum(due > lately for due in keyholder.standing.shredding.values()) >= SHREDS_A_DAY:
        raise RefusedError(f"at most {SHREDS_A_DAY} charts are shredded a day", hint="wait")


def _adders(standing: Standing, leaver: str) -> int:
    """Count who could add people when one has left: with fewer than two nobody ever could."""
    return sum(
        actions.AddPerson in person.rights.acts
        for person in standing.people.values()
        if person.name != leaver
    )


def _chart_of(action: Actions) -> bytes:
    return getattr(action, "chart", b"")
