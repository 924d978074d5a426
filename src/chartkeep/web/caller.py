"""Who asks and why: a session's token, and what the headers say of the purpose.

Authorization: Bearer <token>
Chartkeep-Purpose: TREAT          PurposeOfUse; TREAT when absent
Chartkeep-Reason: in a few words  break-glass needs it
Chartkeep-Sections: restricted    besides what the request itself needs
Chartkeep-Grant: <id>             a two-person grant
"""

import base64
import binascii
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from chartkeep.custody.release import Look
from chartkeep.custody.sessions import Sessions
from chartkeep.errors import BadInputError, FrozenError, NotAllowedError
from chartkeep.keyholder.protocol import Known
from chartkeep.keyholder.roles import ROLES, Role
from chartkeep.model import Purpose, Section, to_id

TOKEN_BYTES = 32
_SECTIONS = {section.name.lower(): section for section in Section}


class LoginNeededError(NotAllowedError):
    """No session, or none that holds any more."""


class Caller(NamedTuple):
    """A person or program with a live session, and what they say they are about."""

    token: bytes
    known: Known
    purpose: Purpose
    reason: str
    grant: bytes
    extra: frozenset[Section]

    @property
    def rights(self) -> Role:
        """Give what the role carries; a grant is decided by the keyholder."""
        return ROLES[self.known.role]

    def look(self, sections: frozenset[Section]) -> Look:
        """Say which sections are wanted, and why."""
        return Look(self.token, sections, self.purpose, self.reason, self.grant)


def read_caller(header: Callable[[str], str], sessions: Sessions) -> Caller:
    """Prove who asks; `header` gives a header by its name.

    Raises LoginNeededError when no live session stands behind the request.
    """
    token = read_token(header("authorization"))
    try:
        known = sessions.who(token)
    except FrozenError:
        raise
    except NotAllowedError as error:
        raise LoginNeededError(str(error), hint="log in at /auth/token") from error
    return Caller(
        token, known, _purpose(header("chartkeep-purpose")),
        unquote(header("chartkeep-reason")), _grant(header("chartkeep-grant")),
        _sections(header("chartkeep-sections")),
    )  # fmt: skip


def read_token(header: str) -> bytes:
    """Read a bearer token (RFC 6750, 2.1). Raises LoginNeededError when there is none."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise LoginNeededError("a session is needed", hint="log in at /auth/token")
    try:
        token = base64.b64decode(text.strip() + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        token = b""
    if len(token) != TOKEN_BYTES:
        raise LoginNeededError("this is no token of ours", hint="log in at /auth/token")
    return token


def write_token(token: bytes) -> str:
    """Write a session's secret as a bearer token."""
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text or Purpose.TREATMENT)
    except ValueError as error:
        raise BadInputError(
            "Chartkeep-Purpose is no purpose of use", hint=f"one of {', '.join(Purpose)}"
        ) from error


def _grant(text: str) -> bytes:
    try:
        return to_id(text) if text else b""
    except ValueError as error:
        raise BadInputError("Chartkeep-Grant is not the id of a grant") from error


def _sections(text: str) -> frozenset[Section]:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in _SECTIONS]:
        raise BadInputError(
            f"Chartkeep-Sections: {len(unknown)} of them are no sections",
            hint=f"some of {', '.join(_SECTIONS)}",
        )
    return frozenset(_SECTIONS[name] for name in names)
