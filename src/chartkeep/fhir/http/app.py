"""The door as an ASGI application: bytes on the loop, work on threads of its own.

Everything below `Dispatch.answer` is plain code that blocks; one small pool of threads runs it
(decision 0011), so that those who wait for the same disk wait together.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from typing import Any
from urllib.parse import parse_qsl, unquote

from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.bounds import ROUTE
from chartkeep.fhir.http.template import template

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
BASE = "/fhir"


def fhir_app(answer: Callable[[Asked], Answer], threads: Executor) -> Any:
    """Make the application that answers below its mount; `answer` blocks."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        asked = _asked(scope, await _body(receive))
        scope[ROUTE] = scope.get("root_path", "") + template(asked.path)
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
    root = scope.get("root_path", "")
    path = scope["path"].removeprefix(root)
    query = scope["query_string"].decode("latin-1")
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    base = f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}{root}"
    return Asked(
        method, tuple(unquote(part) for part in path.split("/") if part),
        parse_qsl(query, keep_blank_values=True), headers, body, base,
    )  # fmt: skip


async def _send(answer: Answer, send: Send, *, head: bool) -> None:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    if answer.body:
        headers.append((b"content-type", answer.kind.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
