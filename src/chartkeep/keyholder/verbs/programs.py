"""`login_program`: a backend program proves itself with a signed assertion (RFC 7523).

The slow lane has verified the signature; here it is asked whether the assertion is for this
house, holds now, and comes for the first time. What was used stands in the ledger until its end.
"""

import hashlib
from typing import NamedTuple

from chartkeep.errors import NotAllowedError
from chartkeep.keyholder import details, protocol
from chartkeep.keyholder.asking import check_budget
from chartkeep.keyholder.budget import Kind, Who
from chartkeep.keyholder.core import Asked, Keyholder
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.turn import After, Turn
from chartkeep.model import to_text
from chartkeep.sealing.assertion import Claims
from chartkeep.sealing.keyed import token_hash
from chartkeep.sealing.keys import fresh_id, fresh_secret

PROGRAM_LIFE = 5 * 60_000
"""SMART Backend Services, "Issue access token": expires_in should not exceed 300 s."""
LONGEST = 5 * 60_000
"""The same, "Request access token": exp no more than five minutes ahead."""
SKEW = 30_000
"""By how much a program's clock may run ahead of ours."""


class ProvedProgram(NamedTuple):
    """What the slow lane found out: whom an assertion is from, and its claims if it is signed."""

    name: str
    claims: Claims | None


def login_program(keyholder: Keyholder, turn: Turn, call: Asked) -> After:
    """Open a session for a program the slow lane proved; one assertion makes one session."""
    proved: ProvedProgram = call.finding
    name, claims = proved
    who = Who(f"{name[:64]}@{call.peer.instance}", "", call.peer.instance)
    check_budget(keyholder.standing, who, Kind.LOGIN, turn.now)
    try:
        used = _check(keyholder, name, claims, turn.now)
    except NotAllowedError:
        keyholder.standing.spending.spend(who, Kind.LOGIN, turn.now)
        raise
    token, expires = fresh_secret(), turn.now + PROGRAM_LIFE
    session = Session(fresh_id(), name, call.peer.instance, expires, turn.now)
    told = details.LoggedIn(token_hash(token), expires, -1, *used)
    turn.line("login", told, peer=call.peer, session=session)
    return lambda: protocol.Session(session.id, token, expires)


def _check(keyholder: Keyholder, name: str, claims: Claims | None, now: int) -> tuple[bytes, int]:
    """Refuse an assertion that does not hold here and now; gives its mark and its end."""
    standing = keyholder.standing
    program = standing.programs.get(name)
    if program is None or claims is None:
        raise NotAllowedError("this assertion proves no program", hint="see chartkeep program add")
    if claims.audience not in {f"urn:uuid:{to_text(keyholder.name.id)}", program.audience} - {""}:
        raise NotAllowedError("the assertion is for somebody else", hint="aud as it was registered")
    end, begins = round(claims.exp * 1000), round(max(claims.iat, claims.nbf) * 1000)
    if not now < end <= now + LONGEST + SKEW or begins > now + SKEW:
        raise NotAllowedError(
            "the assertion does not hold now", hint="exp at most 5 minutes ahead; set the clock"
        )
    used = used_by(name, claims.jti)
    if used in standing.assertions:
        raise NotAllowedError("the assertion was used before", hint="a fresh jti each time")
    return used, end


def used_by(name: str, jti: str) -> bytes:
    """Name a used assertion in 16 bytes."""
    return hashlib.sha256(f"{name}\0{jti}".encode()).digest()[:16]
