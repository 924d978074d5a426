"""Bodies as they arrive: whole, inflated, within bytes and time, and no more than fit together.

Promises: however a client sends, no more is held of a body than its limit, and of all bodies of a
worker no more than their room. Nothing is written to disk: a body is a patient's words in clear.
A body too large to be held comes in pieces, as slowly as its taker takes them (`paced`).
"""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from chartkeep.web.asgi import Message, Receive
from chartkeep.web.rejecting import LeftError, RejectedError

SMALL = 64 * 1024
"""What of each body needs no room: a few large ones never keep everyday ones out."""
_STEP = 1024 * 1024
PACE = 64 * 1024
"""Bytes a second below which a body in pieces is too slow."""


class Limit(NamedTuple):
    """How large a body may be once inflated, and how many seconds it may take to arrive."""

    size: int
    seconds: float


class Room:
    """Bytes that all bodies of a worker may hold together, beside the first `SMALL` of each."""

    def __init__(self, size: int) -> None:
        self.free = size

    def take(self, size: int) -> None:
        """Take room. Raises RejectedError when there is none now."""
        if size > self.free:
            raise RejectedError(
                503, "throttled", "too many large bodies at once", "send it again a little later"
            )
        self.free -= size

    def give(self, size: int) -> None:
        """Give room back."""
        self.free += size


class Body:
    """One body on its way in. Whoever read it calls `drop` when its request is over."""

    def __init__(self, limit: Limit, room: Room) -> None:
        self._limit, self._room = limit, room
        self._held = bytearray()
        self._taken = 0

    async def read(self, receive: Receive, declared: int | None, coding: str) -> bytes:
        """Wait for the whole body. `declared` is its length as sent, None when nobody knows.

        Raises RejectedError, and LeftError when the client went.
        """
        if declared == 0 and coding != "gzip":
            return b""
        if declared is not None and declared > self._limit.size:
            # before `receive`: who sent Expect: 100-continue sends nothing
            raise _too_large(self._limit)
        try:
            async with asyncio.timeout(self._limit.seconds):
                if coding == "gzip":
                    await self._inflate(receive)
                else:
                    async for part in parts(receive):
                        self._hold(part)
        except TimeoutError as error:
            raise _too_slow() from error
        whole, self._held = bytes(self._held), bytearray()
        return whole

    def drop(self) -> None:
        """Forget the body and give its room back."""
        self._room.give(self._taken)
        self._taken = 0
        self._held = bytearray()

    async def _inflate(self, receive: Receive) -> None:
        """Inflate in small steps, so that a bomb is cut at the limit and holds nobody else up."""
        inflating = zlib.decompressobj(wbits=31)
        try:
            async for part in parts(receive):
                while part:
                    if inflating.eof:
                        raise _broken_gzip("the gzip body goes on after its end")
                    self._hold(inflating.decompress(part, _STEP))
                    part = inflating.unconsumed_tail or inflating.unused_data  # noqa: PLW2901 - what is left of it
                    await asyncio.sleep(0)
        except zlib.error as error:
            raise _broken_gzip("the gzip body is broken") from error
        if not inflating.eof:
            raise _broken_gzip("the gzip body ends too early")

    def _hold(self, part: bytes) -> None:
        size = len(self._held) + len(part)
        if size > self._limit.size:
            raise _too_large(self._limit)
        more = max(0, size - SMALL) - self._taken
        self._room.take(more)
        self._taken += more
        self._held += part


def paced(receive: Receive, limit: Limit, declared: int | None) -> Receive:
    """Bound a body that is taken in pieces: its bytes, and the seconds its client lets us wait.

    `limit.seconds` are for the first piece; each further second must bring `PACE` bytes. What
    comes after the body, the client's leaving, is waited for as long as it takes. Raises
    RejectedError for a length that is too large already.
    """
    if (declared or 0) > limit.size:
        raise _too_large(limit)
    size, waited, more = 0, 0.0, True

    async def within() -> Message:
        nonlocal size, waited, more
        began = time.monotonic()
        try:
            async with asyncio.timeout(limit.seconds + size / PACE - waited if more else None):
                message = await receive()
        except TimeoutError as error:
            raise _too_slow() from error
        waited += time.monotonic() - began
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
        if size > limit.size:
            raise _too_large(limit)
        return message

    return within


def _too_large(limit: Limit) -> RejectedError:
    most = f"the limit here is {limit.size:,} bytes, inflated"
    return RejectedError(413, "too-long", "the body is too large", most)


def _too_slow() -> RejectedError:
    return RejectedError(408, "timeout", "the body took too long to arrive", "send less at once")


async def parts(receive: Receive) -> AsyncIterator[bytes]:
    """Give the parts of a body as they come. Raises LeftError."""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise LeftError
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _broken_gzip(words: str) -> RejectedError:
    return RejectedError(400, "invalid", words)
