"""The console as an ASGI application: bytes on the loop, work on threads of its own.

Everything below `answer` is plain code that blocks; a small pool of threads runs it.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from typing import Any
from urllib.parse import parse_qs, unquote

from chartkeep.console.asked import MOST_FIELDS, Answer, Asked
from chartkeep.console.dispatch import template

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ROUTE = "chartkeep.route"
"""Where the access log looks for the route as the program writes it, never as it was asked."""


def console_app(answer: Callable[[Asked], Answer], threads: Executor) -> Any:
    """Make the application; `answer` blocks."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        asked = _asked(scope, await _body(receive))
        scope[ROUTE] = template(asked.path)
        found = await asyncio.get_running_loop().run_in_executor(threads, answer, asked)
        await _send(found, send, head=scope["method"] == "HEAD")

    return app


async def _body(receive: Receive) -> bytes:
    """Read the whole body; its size and its time are bounded before it comes here."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _asked(scope: Scope, body: bytes) -> Asked:
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    try:
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=MOST_FIELDS)
    except ValueError:
        query = {}
    # A proxy before us ends TLS. Who lies about it only makes their own cookie one that is not
    # sent back.
    secure = "https" in (scope.get("scheme"), headers.get("x-forwarded-proto"))
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    parts = tuple(unquote(part) for part in path.split("/") if part)
    return Asked(method, parts, query, headers, body, secure)


async def _send(answer: Answer, send: Send, *, head: bool) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    if answer.body:
        headers.append((b"content-type", answer.kind.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
