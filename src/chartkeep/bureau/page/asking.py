"""How the page asks the desk: one question, in the name of one program.

Promises that what a visitor typed is kept nowhere, and that an answer is words or one of two
refusals: it was not confirmed, or it cannot be said now.
"""

import ssl
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from chartkeep.errors import NotAllowedError, OverBudgetError, RefusedError, UnavailableError
from chartkeep.model import Millis
from chartkeep.sealing.assertion import LONGEST_KEY, Claims, sign_assertion
from chartkeep.sealing.keys import fresh_id

_T = TypeVar("_T")
LOGIN_LIFE: Final = 120
"""Seconds an assertion holds."""
MOST: Final = 1 << 20
TIMEOUT: Final = 20.0
Post = Callable[[str, str, Any], tuple[int, bytes]]
"""Sends JSON to a path, with a bearer's token or none; gives status and body."""


class Paragraph(msgspec.Struct, frozen=True):
    """A paragraph as the desk says it."""

    style: str
    text: str


class Said(msgspec.Struct, frozen=True):
    """What to show a person, and in which language it is."""

    language: str
    say: list[Paragraph]


class _Token(msgspec.Struct, frozen=True):
    token: str


class Program(NamedTuple):
    """The page as the keyholder knows it: its name, its private key (PEM), for which house."""

    name: str
    key: bytes
    facility: str

    def assertion(self, now: Millis) -> str:
        """Sign that it is itself, for a few minutes and once."""
        house, end = f"urn:uuid:{self.facility}", now // 1000 + LOGIN_LIFE
        claims = Claims(self.name, self.name, house, end, fresh_id().hex())
        return sign_assertion(claims, self.key)


class Desk:
    """The desk's door as the page sees it, safe to share between threads."""

    def __init__(
        self, post: Post, program: Program, case: str, clock: Callable[[], Millis]
    ) -> None:
        self._post = post
        self._program = program
        self._path = f"/cases/{case}/calls"
        self._clock = clock
        self._token = ""
        self._lock = Lock()

    def ask(self, claim: dict[str, str]) -> Said:
        """Ask what to tell whoever says this of themselves.

        Raises NotAllowedError when it was not confirmed, OverBudgetError when too many look in
        this hour, UnavailableError for anything else.
        """
        status, body = self._post(self._path, self._token, claim)
        if status == 401:
            status, body = self._post(self._path, self._log_in(self._token), claim)
        if status == 403:
            raise NotAllowedError("not confirmed", hint="ask once more")
        if status == 429:
            raise OverBudgetError("too many look in this hour", hint="ask later")
        if status != 200:
            raise UnavailableError("the desk does not say it now")
        return _read(body, Said)

    def _log_in(self, old: str) -> str:
        with self._lock:
            if self._token == old:  # nobody else did meanwhile
                assertion = self._program.assertion(self._clock())
                status, body = self._post("/login", "", {"assertion": assertion})
                if status != 201:
                    raise UnavailableError("the desk does not know this page")
                self._token = _read(body, _Token).token
            return self._token


def poster(url: str, authority: Path | None = None) -> Post:
    """Give what sends to the desk at `url`; `authority`: the certificate its own is signed by.

    Raises RefusedError for an address without TLS that is not this machine's.
    """
    place = urlsplit(url)
    if place.scheme != "https" and place.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise RefusedError("the desk is asked over TLS", hint="https://…")
    trust = ssl.create_default_context(cafile=authority) if place.scheme == "https" else None

    def post(path: str, token: str, what: Any) -> tuple[int, bytes]:
        host, port = place.hostname or "", place.port
        plain = HTTPConnection(host, port, timeout=TIMEOUT)
        line = (
            plain if trust is None else HTTPSConnection(host, port, timeout=TIMEOUT, context=trust)
        )
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            line.request("POST", place.path.rstrip("/") + path, msgspec.json.encode(what), headers)
            answer = line.getresponse()
            return answer.status, answer.read(MOST)
        except (OSError, HTTPException) as error:
            raise UnavailableError("the desk does not answer") from error
        finally:
            line.close()

    return post


def read_key(path: Path) -> bytes:
    """Read the page's private key. Raises RefusedError."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_KEY)
    except OSError as error:
        raise RefusedError(
            "the page has no key", hint=f"its private key belongs into {path}"
        ) from error


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise UnavailableError("the desk says what the page does not know") from error
