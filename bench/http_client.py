"""Clients that keep their processor use low: each sends, waits for the whole answer, sends again.

About 25 µs of one core a request, so that on two cores the server is measured and not this.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import uvloop

HOST = "127.0.0.1"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class Heard(NamedTuple):
    """One answer: its status, when it was asked and answered (s), its body where kept."""

    status: int
    asked: float
    answered: float
    body: bytes

    @property
    def seconds(self) -> float:
        return self.answered - self.asked


def request(method: str, target: str, token: str, body: bytes = b"") -> bytes:
    """Write a request as it goes over the wire."""
    head = [f"{method} {target} HTTP/1.1", f"Host: {HOST}", f"Authorization: Bearer {token}"]
    if body:
        head += ["Content-Type: application/fhir+json", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + _END + body


def form(target: str, body: bytes) -> bytes:
    """Write a POST of a form, by nobody who is logged in."""
    head = [f"POST {target} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {len(body)}"]
    head.append("Content-Type: application/x-www-form-urlencoded")
    return "\r\n".join(head).encode() + _END + body


def drive(
    port: int, clients: Iterable[Iterable[bytes]], seconds: float = 3600.0, *, keep: bool = False
) -> list[Heard]:
    """Let clients ask at once, each over its own connection, until none has more or time is up.

    `keep` keeps the bodies, too. Raises ConnectionError when the server hangs up.
    """
    return uvloop.run(_drive(port, [iter(each) for each in clients], seconds, keep=keep))


async def _drive(
    port: int, clients: list[Iterator[bytes]], seconds: float, *, keep: bool
) -> list[Heard]:
    loop = asyncio.get_running_loop()
    heard: list[Heard] = []
    until = time.perf_counter() + seconds
    waiting = []
    for asks in clients:
        done = loop.create_future()
        waiting.append(done)
        client = _Client(asks, until, done, heard, keep=keep)
        await loop.create_connection(lambda one=client: one, HOST, port)
    await asyncio.gather(*waiting)
    return heard


class _Client(asyncio.Protocol):
    def __init__(
        self, asks: Iterator[bytes], until: float, done: "asyncio.Future[None]",
        heard: list[Heard], *, keep: bool,
    ) -> None:  # fmt: skip
        self._asks, self._until, self._done = asks, until, done
        self._heard, self._keep = heard, keep
        self._parts: list[bytes] = []
        self._status, self._left, self._since = 0, -1, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._parts.append(data)
            head, end, rest = b"".join(self._parts).partition(_END)
            if not end:
                return
            self._status = int(head[9:12])
            length = _LENGTH.search(head)
            self._left = int(length[1]) if length else 0
            self._parts, data = [], rest
        self._left -= len(data)
        if self._keep:
            self._parts.append(data)
        if self._left <= 0:
            body = b"".join(self._parts)
            self._heard.append(Heard(self._status, self._since, time.perf_counter(), body))
            self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("the server hung up"))

    def _ask(self) -> None:
        self._parts, self._left, self._since = [], -1, time.perf_counter()
        ask = next(self._asks, None) if self._since < self._until else None
        if ask is not None:
            self._transport.write(ask)
        elif not self._done.done():
            self._done.set_result(None)
            self._transport.close()


def answered(port: int, ask: bytes) -> dict:
    """Ask once and give the JSON; anything but success ends the benchmark."""
    (heard,) = drive(port, [[ask]], keep=True)
    if heard.status >= 300:
        raise SystemExit(f"{ask[:60]!r} was answered {heard.status}: {heard.body[:300]!r}")
    return json.loads(heard.body)
