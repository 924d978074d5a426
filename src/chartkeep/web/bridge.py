"""From ASGI to threads: bytes on the loop, work on a small pool of threads.

Everything a door does is plain code that blocks (decision 0012), so that those who wait for the
same disk wait together. A request is handed over whole, or, where `bounds` let it in unread, as
pieces through a `Pipe`; an answer is sent whole, or piece by piece as it is made.
"""

import asyncio
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from chartkeep.web.asgi import ROUTE, STREAMED, App, Receive, Scope, Send
from chartkeep.web.body import parts
from chartkeep.web.pipe import Pipe
from chartkeep.web.rejecting import LeftError

WHOLE = 1 << 20
"""Bytes of a stream that are made before the answer begins: what is no longer goes at once."""
PATIENCE = 30.0
"""Seconds in which a client takes one piece of a stream."""


class Heard(NamedTuple):
    """A request as it came: path below the mount in parts, header names in lower case.

    `base` is the mount's address as the client wrote it, without a slash at its end; `secure` says
    that the client reached us over TLS, or over a proxy of ours that ends it.
    """

    method: str
    path: tuple[str, ...]
    query: str
    headers: Mapping[str, str]
    body: bytes
    pieces: Iterable[bytes]
    """The body as it comes in, where it was too long to wait for; else the body alone."""
    base: str
    secure: bool


class Answering(Protocol):
    """What a door gives back: `stream` follows the body, and an error in it cuts the answer off."""

    @property
    def status(self) -> int:
        """Give the status."""

    @property
    def body(self) -> bytes:
        """Give the body, or its beginning."""

    @property
    def headers(self) -> Iterable[tuple[str, str]]:
        """Give the headers, save the body's type."""

    @property
    def kind(self) -> str:
        """Give the body's media type."""

    @property
    def stream(self) -> Generator[bytes] | None:
        """Give what follows the body."""


class Begun(NamedTuple):
    """An answer as far as it is made: all of it, or its beginning and what makes the rest."""

    answer: Answering
    body: bytes
    rest: Generator[bytes] | None = None


def bridge(
    answer: Callable[[Heard], Answering],
    template: Callable[[tuple[str, ...]], str],
    threads: Executor,
    streams: Executor | None = None,
    whole: int = WHOLE,
) -> App:
    """Make the application that answers below its mount; `answer` blocks.

    `template` writes a path for the access log. `streams` runs what takes a body in pieces: a
    client that sends slowly holds one thread of those, and none of the others'. `whole`: bytes of
    an answer's stream that are made before it begins.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        loop = asyncio.get_running_loop()
        if scope.get(STREAMED):
            found = await _answer_pieces(begin, template, streams or threads, scope, receive)
        else:
            body = await _whole(receive)
            heard = _heard(scope, body, (body,), template)
            found = await loop.run_in_executor(threads, begin, heard)
        if found.rest is None or scope["method"] == "HEAD":
            await _send(found, send, head=scope["method"] == "HEAD")
        else:
            await _stream(found, found.rest, threads, receive, send)

    def begin(heard: Heard) -> Begun:
        return _begin(answer(heard), whole)

    return app


def _begin(answer: Answering, room: int) -> Begun:
    """Make what is short to its end: to go back and forth for each piece costs more than it."""
    if answer.stream is None:
        return Begun(answer, answer.body)
    pieces = [answer.body]
    try:
        for piece in answer.stream:
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                return Begun(answer, b"".join(pieces), answer.stream)
    except Exception as error:  # noqa: BLE001 - whatever it is breaks the answer off
        return Begun(answer, b"".join(pieces), _broken(error))
    return Begun(answer, b"".join(pieces))


def _broken(error: Exception) -> Generator[bytes]:
    """Break off an answer where it would go on."""
    yield b""
    raise error


async def _whole(receive: Receive) -> bytes:
    """Read the whole body; its size and its time are bounded before it comes here."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer_pieces(
    answer: Callable[[Heard], Begun], template: Callable[[tuple[str, ...]], str],
    threads: Executor, scope: Scope, receive: Receive,
) -> Begun:  # fmt: skip
    """Answer a request while its body comes in; what is sent past its answer is read by nobody."""
    loop = asyncio.get_running_loop()
    pipe = Pipe(loop)
    heard = _heard(scope, b"", pipe, template)
    feeding = asyncio.ensure_future(_feed(receive, pipe))
    try:
        return await loop.run_in_executor(threads, answer, heard)
    finally:
        feeding.cancel()
        pipe.end(LeftError())


async def _feed(receive: Receive, pipe: Pipe) -> None:
    """Put a body into a pipe until it ends; what breaks it off is raised where it is taken."""
    try:
        async for piece in parts(receive):
            if piece:
                await pipe.put(piece)
    except Exception as error:  # noqa: BLE001 - whatever it is, a thread waits to hear of it
        pipe.end(error)
    else:
        pipe.end()


def _heard(
    scope: Scope, body: bytes, pieces: Iterable[bytes], template: Callable[[tuple[str, ...]], str]
) -> Heard:
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }
    root = scope.get("root_path", "")
    path = scope["path"].removeprefix(root)
    parts = tuple(unquote(part) for part in path.split("/") if part)
    scope[ROUTE] = root + template(parts)
    # A proxy before us ends TLS. Who lies about it only gets links of their own that lead nowhere,
    # and a cookie that is not sent back.
    secure = "https" in (scope.get("scheme"), headers.get("x-forwarded-proto"))
    base = f"{'https' if secure else 'http'}://{headers.get('host', 'localhost')}{root}"
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    query = scope["query_string"].decode("latin-1")
    return Heard(method, parts, query, headers, body, pieces, base, secure)


async def _stream(
    begun: Begun, pieces: Generator[bytes], threads: Executor, receive: Receive, send: Send
) -> None:
    """Send pieces as they are made; a thread is held only while one is.

    What breaks it off leaves the answer without its end, so that nobody takes it for whole: an
    error, a client that left, or one that takes no piece within its time.
    """
    loop = asyncio.get_running_loop()
    left = asyncio.ensure_future(_left(receive))
    try:
        start = {"type": "http.response.start", "status": begun.answer.status}
        await send(start | {"headers": _headers(begun)})
        piece: bytes | None = begun.body
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


def _headers(begun: Begun) -> list[tuple[bytes, bytes]]:
    answer = begun.answer
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
    if begun.body or begun.rest is not None:
        headers.append((b"content-type", answer.kind.encode()))
    return headers


async def _send(begun: Begun, send: Send, *, head: bool) -> None:
    headers = _headers(begun)
    if begun.rest is None:
        headers.append((b"content-length", str(len(begun.body)).encode()))
    else:
        begun.rest.close()
    await send({"type": "http.response.start", "status": begun.answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else begun.body})
