"""`login`, `logout`, and how people prove themselves: kept sealed, never in a line."""

import base64
from typing import NamedTuple

import argon2
import msgspec

from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.keyholder import actions, details, protocol
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.asking import check_budget
from chartkeep.keyholder.budget import Kind, Who
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roster import Person, Session
from chartkeep.keyholder.turn import After, Turn
from chartkeep.keyholder.verbs import session_of
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.keyed import token_hash
from chartkeep.sealing.keys import fresh_id, fresh_secret
from chartkeep.sealing.pack import decode_ward_key
from chartkeep.wire.frames import Done

SESSION_LIFE = 12 * 3_600_000
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


def seal_secrets(key: BoxKey, action: Actions) -> Actions:
    """Seal what an act must not show in the ledger: how people prove themselves, wards' keys."""
    if isinstance(action, actions.SetWardKey):
        decode_ward_key(action.secret)
        sealed_key = seal_box(key, ward_place(action.ward), action.secret)
        return msgspec.structs.replace(action, secret=sealed_key)
    if not isinstance(action, actions.AddPerson):
        return action
    check_means(action.secret, action.totp)
    plain = msgspec.json.encode([action.secret, action.totp])
    sealed = base64.b64encode(seal_box(key, action.name.encode(), plain)).decode()
    return msgspec.structs.replace(action, secret=sealed, totp="")


def ward_place(ward: str) -> bytes:
    """Name where a ward's key is sealed: in no other ward's place it opens."""
    return b"ward " + ward.encode()


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
