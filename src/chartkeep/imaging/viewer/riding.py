"""Pictures for the viewer: asked for by its page alone, with the session the console made.

The session's cookie comes with the browser (cookies know no ports) and is read by no script. It
lets in what reads, from pages of this very origin; whatever else came as a means is dropped.
"""

from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from chartkeep.web.asgi import App, Message, Receive, Scope, Send

_READS = frozenset({"GET", "HEAD"})
_OF_PDF = (
    (
        b"content-security-policy",
        b"default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    ),
    (b"x-frame-options", b"SAMEORIGIN"),
)
_DROPPED = frozenset({b"authorization", b"cookie"})


def ride(door: App, cookies: Iterable[str]) -> App:
    """Put a session's cookie before `/dicom-web`; `cookies` are its names, the safest first."""
    names = tuple(cookies)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        if scope["method"] not in _READS:
            await _refuse(send, 405)
        elif dict(headers).get(b"sec-fetch-site") != b"same-origin":
            await _refuse(send, 403)
        else:
            kept = [each for each in headers if each[0] not in _DROPPED]
            token = _token(dict(headers).get(b"cookie", b"").decode("latin-1"), names)
            if token:
                kept.append((b"authorization", f"Bearer {token}".encode("latin-1")))
            scope["headers"] = kept
            await door(scope, receive, _framed(send))

    return app


def _framed(send: Send) -> Send:
    """Let the viewer's own page show a PDF within it; the browser's reader needs `object-src`."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = dict(message["headers"])
            if headers.get(b"content-type", b"").startswith(b"application/pdf"):
                message = {**message, "headers": [*message["headers"], *_OF_PDF]}
        await send(message)

    return sent


def _token(text: str, names: tuple[str, ...]) -> str:
    try:
        cookies = SimpleCookie(text)
    except CookieError:
        return ""
    return next((cookies[name].value for name in names if name in cookies), "")


async def _refuse(send: Send, status: int) -> None:
    start: Message = {"type": "http.response.start", "status": status, "headers": []}
    await send(start)
    await send({"type": "http.response.body", "body": b""})
