"""The door as an ASGI application: bytes on the loop, work on threads of its own.

Everything below `Dispatch.answer` is plain code that blocks; one small pool of threads runs it
(decision 0012), so that those who wait for the same disk wait together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote

from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.bounds import ROUTE
from chartkeep.fhir.http.template import template

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
BASE = "/fhir"
PATIENCE = 30.0
"""Seconds in which a client takes one piece of a stream."""


def fhir_app(answer: Callable[[Asked], Answer], threads: Executor) -> Any:
    """Make the application that answers below its mount; `answer` blocks."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        asked = _asked(scope, await _body(receive))
        scope[ROUTE] = scope.get("root_path", "") + template(asked.path)
        found = await asyncio.get_running_loop().run_in_executor(threads, answer, asked)
        if found.stream is None or scope["method"] == "HEAD":
            await _send(found, send, head=scope["method"] == "HEAD")
        else:
            await _stream(found, found.stream, threads, receive, send)

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
    # A proxy before us ends TLS. Who lies about it only gets links of their own that lead nowhere.
    secure = "https" in (scope.get("scheme"), headers.get("x-forwarded-proto"))
    scheme = "https" if secure else "http"
    base = f"{scheme}://{headers.get('host', 'localhost')}{root}"
    return Asked(
        method, tuple(unquote(part) for part in path.split("/") if part),
        parse_qsl(query, keep_blank_values=True), headers, body, base,
    )  # fmt: skip


async def _stream(
    answer: Answer, pieces: Generator[bytes], threads: Executor, receive: Receive, send: Send
) -> None:
    """Send pieces as they are made; a thread is held only while one is.

    What breaks it off leaves the answer without its end, so that nobody takes it for whole: an
    error, a client that left, or one that takes no piece within its time.
    """
    loop = asyncio.get_running_loop()
    left = asyncio.ensure_future(_left(receive))
    try:
        start = {"type": "http.response.start", "status": answer.status}
        await send(start | {"headers": _headers(answer)})
        piece: bytes | None = answer.body
        while piece is not None:
            if left.done():
                return
            part = {"type": "http.response.body", "body": piece, "more_body": True}
            await asyncio.wait_for(send(part), PATIENCE)
            piece = await loop.run_in_executor(threads, next, pieces, None)
        await send({"type": "http.response.body", "body": b""})
    finally:
        left.cancel()
        with suppress(ValueError):  # it is being made just now, and ends when that is done
            await loop.run_in_executor(threads, pieces.close)


async def _left(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
    if answer.body or answer.stream is not None:
        headers.append((b"content-type", answer.kind.encode()))
    return headers


async def _send(answer: Answer, send: Send, *, head: bool) -> None:
    headers = _headers(answer)
    if answer.stream is None:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    else:
        answer.stream.close()
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
