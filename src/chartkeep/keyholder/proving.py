"""Proving who logs in, checked here and nowhere else.

A person by password (argon2id) and TOTP (RFC 6238), which takes as long for a stranger as for a
known name; a program by its signature (RFC 7523). It makes no session and counts nothing: what
may be used once comes out, so that the keyholder can see to it.
"""

from collections.abc import Mapping

import argon2
import pyotp

from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.protocol import Login, LoginProgram
from chartkeep.keyholder.roster import Person, Program
from chartkeep.keyholder.verbs.people import Proved, open_secrets
from chartkeep.keyholder.verbs.programs import ProvedProgram
from chartkeep.sealing.assertion import claimed_program, open_assertion, read_program_key
from chartkeep.sealing.box import BoxKey

STEP = 30
_hasher = argon2.PasswordHasher()
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$3SZ8GKi1Bqjnekfcef0Bow"
    "$91vxaZCVf120na4GWWqcf1NmaX+sGSfP7tAof5dRTi0"
)
"""The hash of a password nobody has, at the present cost: strangers take as long."""


def hash_password(password: str, *, cheap: bool = False) -> str:
    """Hash a password with argon2id; `cheap` is for demonstrations with invented people only."""
    if cheap:
        return argon2.PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(password)
    return _hasher.hash(password)


def fresh_totp() -> str:
    """Draw a TOTP secret, base32."""
    return pyotp.random_base32()


def prove(
    keyholder: Keyholder, request: Login | LoginProgram, wall: float
) -> Proved | ProvedProgram:
    """Check a log-in of a person, at a wall time (seconds), or of a program."""
    standing = keyholder.standing
    if isinstance(request, LoginProgram):
        return prove_program(standing.programs, request)
    return prove_person(keyholder.ring.people, standing.people.get(request.person), request, wall)


def prove_person(key: BoxKey, person: Person | None, request: Login, wall: float) -> Proved:
    """Check a log-in at a wall time (seconds); codes of the step before and after are taken."""
    if person is not None and not person.secret:
        person = None  # a program: it has no password
    secret, totp = open_secrets(key, person) if person else (_NOBODY, pyotp.random_base32())
    try:
        _hasher.verify(secret, request.password)
        right = person is not None
    except (argon2.exceptions.Argon2Error, ValueError):  # ValueError: this is no hash
        right = False
    now = int(wall) // STEP
    for step in (now, now - 1, now + 1):
        if pyotp.utils.strings_equal(pyotp.TOTP(totp).at(step * STEP), request.code):
            return Proved(right, step)
    return Proved(holds=False, step=-1)


def prove_program(programs: Mapping[str, Program], request: LoginProgram) -> ProvedProgram:
    """Check an assertion's signature by the key of the program it claims to be from."""
    name = claimed_program(request.assertion)
    known = programs.get(name)
    try:
        claims = known and open_assertion(request.assertion, read_program_key(known.key))
    except (SealBrokenError, BadInputError):
        return ProvedProgram(name, None)
    return ProvedProgram(name, claims)
