"""What stands between strangers and the doors: bounds on a request, headers on each answer.

Promises: a request that reaches a door has a short URL, few headers and its whole body, or one
that comes in pieces within its bounds; what is turned away is told in the language of its door;
an answer is kept by no cache, framed by no page, and tells no other site where it was read; no
error leaves with a traceback; the access log holds method, route template, status, time and size,
never a path, a query, a header or content.

It does not log anybody in, and compresses no answer: on a page with a cookie the length of
compressed bytes tells what stands beside words an attacker chose (BREACH), and on two cores the
processor time is dearer than a hospital's network. Slow *headers* are the server's to end.
"""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import NamedTuple

from chartkeep.web.asgi import REQUEST_ID, ROUTE, STREAMED, App, Message, Receive, Scope, Send
from chartkeep.web.body import Body, Limit, Room, paced
from chartkeep.web.rejecting import LeftError, RejectedError, Rejection, Tell, tell_plainly

_faults = logging.getLogger("chartkeep.faults")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_PROTECTION = {
    b"content-security-policy": _POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}
_DOORS_OWN = frozenset({b"content-security-policy", b"x-frame-options"})
"""What a door may say otherwise of its own pages."""
_ONLY_TLS = {b"strict-transport-security": b"max-age=31536000"}
_NO_STORE = {b"cache-control": b"no-store"}
NO_TELLERS: Mapping[str, Tell] = {}
_UNKNOWN = Rejection(500, "exception", "something failed here", "tell the id to who runs this")


class Bounds(NamedTuple):
    """What a request may be. Sizes in bytes; `bundles` are the paths a transaction goes to.

    Below `streams` a body that is longer than an ordinary one, or does not say, comes in pieces.
    """

    ordinary: Limit = Limit(16 * 1024 * 1024, 30.0)
    bundle: Limit = Limit(128 * 1024 * 1024, 120.0)
    bundles: frozenset[str] = frozenset({"/fhir", "/fhir/"})
    streamed: Limit = Limit(64 * 1024 * 1024 * 1024, 60.0)
    streams: tuple[str, ...] = ("/dicom-web/",)
    room: int = 512 * 1024 * 1024
    url: int = 8192
    headers: int = 32 * 1024
    header_count: int = 100
    at_once: int = 1024
    public: tuple[str, ...] = ("/static/",)
    """Below these paths nothing is about a patient: an answer may say how long it is kept."""


class Bounded:
    """An ASGI application around another."""

    def __init__(
        self,
        app: App,
        bounds: Bounds,
        access: Callable[[str], object],
        clock: Callable[[], float] = time.monotonic,
        tellers: Mapping[str, Tell] = NO_TELLERS,
    ) -> None:
        """Stand around `app`; `access` takes a line of the access log for each request.

        A function, since `logging` costs more (50 µs a line) than all of this together. `tellers`:
        how doors tell a rejection, by the first part of their path; "" for all the others.
        """
        self._app = app
        self._bounds = bounds
        self._access = access
        self._clock = clock
        self._tellers = tellers
        self._room = Room(bounds.room)
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only HTTP and the server's own start and end are let in."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        scope[REQUEST_ID] = secrets.token_hex(8)
        answering = _Answering(scope, send, self._bounds)
        start = self._clock()
        try:
            await self._serve(scope, receive, answering)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            took = (self._clock() - start) * 1e3
            self._access(
                f"{method} {_template(scope)} {answering.status} {took:.1f} ms "
                f"{answering.size} bytes {scope[REQUEST_ID]}\n"
            )

    async def _serve(self, scope: Scope, receive: Receive, answering: "_Answering") -> None:
        body = Body(self._limit(scope), self._room)
        try:
            headers = _check_head(scope, self._bounds)
            scope[STREAMED] = self._is_streamed(scope, headers)
            coding = _coding(headers.get(b"content-encoding", b""))
            if scope[STREAMED]:
                taken = paced(receive, self._bounds.streamed, _length(headers))
                await self._let_in(scope, taken, answering)
                return
            whole = await body.read(receive, _length(headers), coding)
            _describe(scope, len(whole))
            await self._let_in(scope, _once(whole, receive), answering)
        except RejectedError as error:
            await answering.reject(error.rejection, self._tell(scope))
        except LeftError:
            answering.status = 499
        except Exception as error:  # noqa: BLE001 - the last place to stop what words of a patient may be in
            _faults.error("%s: %s at %s", scope[REQUEST_ID], type(error).__name__, _place(error))
            await answering.reject(_UNKNOWN, self._tell(scope))
        finally:
            body.drop()

    async def _let_in(self, scope: Scope, receive: Receive, answering: "_Answering") -> None:
        if self._inside >= self._bounds.at_once:
            raise RejectedError(503, "throttled", "too many requests at once", "try again later")
        self._inside += 1
        try:
            await self._app(scope, receive, answering.send)
        finally:
            self._inside -= 1

    def _is_streamed(self, scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
        """Say whether a body is to be taken in pieces; a packed one is inflated within bounds."""
        if not scope["path"].startswith(self._bounds.streams) or b"content-encoding" in headers:
            return False
        length = _length(headers)
        return length is None or length > self._bounds.ordinary.size

    def _tell(self, scope: Scope) -> Tell:
        first = scope["path"][1:].partition("/")[0]
        return self._tellers.get(first) or self._tellers.get("", tell_plainly)

    def _limit(self, scope: Scope) -> Limit:
        large = scope["method"] == "POST" and scope["path"] in self._bounds.bundles
        return self._bounds.bundle if large else self._bounds.ordinary


class _Answering:
    """An answer on its way out: it is given the headers, and its status and size are kept."""

    def __init__(self, scope: Scope, send: Send, bounds: Bounds) -> None:
        self.status, self.size = 0, 0
        self._send = send
        self._headers = {**_PROTECTION, b"x-request-id": scope[REQUEST_ID].encode()}
        self._asked = scope["headers"]
        self._public = scope["path"].startswith(bounds.public)
        if scope["scheme"] == "https":
            self._headers |= _ONLY_TLS

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kept = {} if self._public and self.status < 300 else _NO_STORE
            said = message.get("headers", [])
            own = {name.lower() for name, _ in said} & _DOORS_OWN
            ours = {n: value for n, value in (self._headers | kept).items() if n not in own}
            theirs = [each for each in said if each[0].lower() not in ours]
            message = {**message, "headers": [*theirs, *ours.items()]}
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)

    async def reject(self, why: Rejection, tell: Tell) -> None:
        """Tell why and end the connection, if nothing was answered yet."""
        if self.status:
            return
        kind, body = tell({name.lower(): value for name, value in self._asked}, why)
        headers = [
            (b"content-type", kind.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),  # what is left of the request is not read
        ]
        if why.status == 503:
            headers.append((b"retry-after", b"1"))
        await self.send({"type": "http.response.start", "status": why.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _check_head(scope: Scope, bounds: Bounds) -> dict[bytes, bytes]:
    """Give the headers, lower case. Raises RejectedError."""
    headers = scope["headers"]
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > bounds.url:
        raise RejectedError(414, "too-long", "the URL is too long", "search with POST _search")
    size = sum(len(name) + len(value) for name, value in headers)
    if size > bounds.headers or len(headers) > bounds.header_count:
        raise RejectedError(431, "too-long", "the headers are too large or too many")
    return {name.lower(): value for name, value in headers}


def _length(headers: Mapping[bytes, bytes]) -> int | None:
    """Give how long the body will be, None when it is not said; the server holds them to it."""
    if b"transfer-encoding" in headers:
        return None
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else None


def _coding(named: bytes) -> str:
    """Say how a body is packed. Raises RejectedError."""
    coding = named.strip().lower().decode("latin-1")
    if coding not in ("", "identity", "gzip"):
        hint = "Content-Encoding: gzip, or none"
        raise RejectedError(415, "not-supported", "this coding is not read here", hint)
    return coding


def _describe(scope: Scope, size: int) -> None:
    """Let the headers speak of the body as the door gets it: inflated, whole."""
    packing = (b"content-encoding", b"content-length", b"transfer-encoding")
    kept = [each for each in scope["headers"] if each[0].lower() not in packing]
    scope["headers"] = [*kept, (b"content-length", str(size).encode())] if size else kept


def _once(whole: bytes, receive: Receive) -> Receive:
    """Hand the body over in one piece; afterwards listen for the client leaving."""
    waiting = [whole]

    async def handed() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return handed


def _template(scope: Scope) -> str:
    """Give the route that was taken as it is written in the program, never as it was asked."""
    found = scope.get(ROUTE) or getattr(scope.get("route"), "path", "")
    return str(found) or "-"


def _place(error: Exception) -> str:
    """Say where an error was raised, without its words: they may be a patient's."""
    trace, place = error.__traceback__, "nowhere"
    while trace is not None:
        place = f"{PurePath(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
