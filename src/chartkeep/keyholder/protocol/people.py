"""Who logs in, who is logged in, who lies on a ward."""

from typing import Annotated

from msgspec import Meta

from chartkeep.wire.frames import Message, Name

Token = Annotated[bytes, Meta(max_length=32)]


class Login(Message, frozen=True, array_like=True, tag=True):
    """Prove a person: password and a TOTP code no session was made of yet."""

    person: Name
    password: Annotated[str, Meta(max_length=1_000)]
    code: Name


class LoginProgram(Message, frozen=True, array_like=True, tag=True):
    """Prove a program: an assertion (RFC 7523) it signed and nobody used yet."""

    assertion: Annotated[str, Meta(max_length=8_192)]


class Session(Message, frozen=True, array_like=True, tag=True):
    """A session: its public id, its secret token, and when it ends by itself."""

    session: bytes
    token: bytes
    expires: int


class Logout(Message, frozen=True, array_like=True, tag=True):
    """End a session."""

    token: Token


class WhoIs(Message, frozen=True, array_like=True, tag=True):
    """Ask who a session is, as things stand now: no line. Answered by `Known`."""

    token: Token


class Known(Message, frozen=True, array_like=True, tag=True):
    """A live session's person; `frozen` is the scope that is frozen for it now, or empty."""

    session: bytes
    person: str
    role: str
    wards: list[str]
    expires: int
    frozen: str


class Census(Message, frozen=True, array_like=True, tag=True):
    """Ask who lies on a ward of one's own: charts and beds, no line. Answered by `Inpatients`."""

    token: Token
    ward: Name


class Inpatient(Message, frozen=True, array_like=True, tag=True):
    """A chart whose patient lies in a bed."""

    chart: bytes
    bed: str


class Inpatients(Message, frozen=True, array_like=True, tag=True):
    """Who has a bed on a ward now, by bed; their faces are a release like any other."""

    inpatients: list[Inpatient]


class Sessions(Message, frozen=True, array_like=True, tag=True):
    """Ask who is logged in: audit roles see all, others their own. Answered by `SessionList`."""

    token: Token


class LiveSession(Message, frozen=True, array_like=True, tag=True):
    """A session that is live; `frozen` when something of it is."""

    session: bytes
    person: str
    role: str
    instance: str
    since: int
    expires: int
    frozen: bool


class SessionList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Sessions`, in the order of their log-ins."""

    sessions: list[LiveSession]
