"""Proving a person: password (argon2id) and TOTP (RFC 6238), checked here and nowhere else.

It takes as long for a stranger as for a known name. It makes no session and counts nothing: a
code's step comes out, so that the keyholder can use each step once.
"""

import argon2
import pyotp

from chartkeep.keyholder.protocol import Login
from chartkeep.keyholder.standing import Person
from chartkeep.keyholder.verbs.people import Proved, open_secrets
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


def prove(key: BoxKey, person: Person | None, request: Login, wall: float) -> Proved:
    """Check a log-in at a wall time (seconds); codes of the step before and after are taken."""
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
