"""MLLP: HL7 messages framed on a TCP connection, VT … FS CR, each answered before the next.

Promises: one message of a connection is in work at a time, so its order is kept; nobody hears yes
before it is true; when nobody can say (a keeper is away) the connection ends without an answer, and
the sender keeps the message. Connections, sizes and times are bounded, and only configured
addresses are read at all. HL7 v2 implementation guide, "MLLP Release 1"; the ACK is chapter 2's.
"""

import asyncio
import ipaddress
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import NamedTuple

from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.intake.hl7.answering import Answer, Door

BEGIN, END = b"\x0b", b"\x1c\r"
LARGEST = 32 << 20
SMALL = 1 << 20
MOST_LARGE = 4
"""Messages over a MiB that are read at a time: memory is bounded by these and the connections."""
MOST_CONNECTIONS = 64
CHUNK = 64 << 10
IDLE = 3_600.0
SLOW = 120.0
"""Seconds from a message's first byte to its last, and for an answer to be read."""
WAITS = (0.1, 0.3, 0.6, *(1.0,) * 14)
"""Seconds between tries while a keeper is away; then the connection ends unanswered."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Bind(NamedTuple):
    """Where a feed listens, and to whom; `certificate` is the sender's name in TLS."""

    name: str
    address: str
    port: int
    sources: Sequence[Network]
    tls: ssl.SSLContext | None = None
    certificate: str = ""


class TooLargeError(Exception):
    """A message passes the limit; it holds the message's beginning."""

    def __init__(self, begun: bytes) -> None:
        super().__init__()
        self.begun = begun


class BrokenFrameError(Exception):
    """What comes is no MLLP."""


class MllpListener:
    """Listens for one feed in a thread of its own; messages are worked on in `threads`."""

    def __init__(
        self, bind: Bind, door: Door, threads: Executor, tell: Callable[[str], None]
    ) -> None:
        self._bind = bind
        self._door = door
        self._threads = threads
        self._tell = tell
        self._open: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._error: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name=f"mllp {bind.name}", daemon=True)
        self.port = bind.port

    def start(self) -> None:
        """Listen. Raises RefusedError when the port cannot be had."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise RefusedError(
                f"{self._bind.name} cannot listen at port {self._bind.port}",
                hint="is another program there? give the feed another port",
            ) from self._error

    def stop(self) -> None:
        """Take no further message, answer the one in work on each connection, and close."""
        if self._loop is not None and self._ending is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._large = asyncio.Semaphore(MOST_LARGE)
        server = await asyncio.start_server(
            self._connected, self._bind.address, self._bind.port,
            limit=CHUNK, ssl=self._bind.tls,
        )  # fmt: skip
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ending.wait()
        server.close()
        for task in self._idle:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, is idle, or says what is no MLLP."""
        task = asyncio.current_task()
        assert task is not None
        where = f"{self._bind.name} {writer.get_extra_info('peername')[0]}"
        if not self._is_known(writer.get_extra_info("peername")[0]):
            self._tell(f"{where}: closed, no source of this feed")
        elif self._bind.tls is not None and not self._is_named(writer):
            self._tell(f"{where}: closed, its certificate names another")
        elif len(self._open) >= MOST_CONNECTIONS:
            self._tell(f"{where}: closed, too many connections")
        else:
            self._open.add(task)
            counts: Counter[str] = Counter()
            try:
                ended = await self._converse(Stream(reader, self._large), writer, counts)
            finally:
                self._open.discard(task)
            told = ", ".join(f"{count} {ack}" for ack, count in sorted(counts.items()))
            self._tell(f"{where}: {ended}; {told or 'no messages'}")
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(5):
                await writer.wait_closed()

    def _is_known(self, address: str) -> bool:
        ip = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._bind.sources)

    def _is_named(self, writer: asyncio.StreamWriter) -> bool:
        """Say whether the certificate is the sender's: the authority gives out others, too."""
        shown = writer.get_extra_info("peercert") or {}
        names = [value for part in shown.get("subject", ()) for kind, value in part]
        names += [value for _, value in shown.get("subjectAltName", ())]
        return self._bind.certificate in names

    async def _converse(
        self, stream: "Stream", writer: asyncio.StreamWriter, counts: Counter[str]
    ) -> str:
        """Answer messages in their order; gives why the connection ends."""
        while True:
            try:
                raw = await self._next(stream)
                if raw is None:
                    return "ended"
                answer = await self._answer(raw)
            except TooLargeError as error:
                await self._send(writer, self._door.too_large(error.begun), counts)
                return "a message over the size limit"
            except BrokenFrameError:
                return "no MLLP"
            except UnavailableError:
                return "a keeper is away, unanswered"
            except (TimeoutError, OSError):
                return "timed out or broken"
            try:
                await self._send(writer, answer, counts)
            except (TimeoutError, OSError):
                return "broken before its answer was read"

    async def _next(self, stream: "Stream") -> bytes | None:
        """Wait for a message; gives None when the sender or this listener has ended."""
        assert self._ending is not None
        if self._ending.is_set():
            return None
        task = asyncio.current_task()
        assert task is not None
        self._idle.add(task)
        try:
            return await stream.message() if await stream.begin() else None
        except asyncio.CancelledError:
            if not self._ending.is_set():
                raise
            task.uncancel()
            return None
        finally:
            self._idle.discard(task)

    async def _answer(self, raw: bytes) -> Answer:
        """Have a message taken, and wait a while for keepers that are away."""
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        for wait in (*WAITS, None):
            try:
                answer = await loop.run_in_executor(self._threads, self._take, raw)
            except UnavailableError:
                if wait is None or self._ending is None or self._ending.is_set():
                    raise
                await asyncio.sleep(wait)
                continue
            self._log(answer, time.monotonic() - began, len(raw))
            return answer
        raise AssertionError("the last wait ends it")

    def _take(self, raw: bytes) -> Answer:
        try:
            return self._door.answer(raw)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - one message must not end the feed
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            at = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place else ""
            self._tell(f"{self._bind.name}: a fault, {type(error).__name__} at {at}")
            return self._door.fault(raw)

    def _log(self, answer: Answer, seconds: float, size: int) -> None:
        outcome = answer.outcome
        if outcome.reason:
            self._tell(
                f"{self._bind.name}: {outcome.ack} {outcome.reason}"
                f" ({size} bytes, {seconds * 1000:.0f} ms)"
            )

    async def _send(
        self, writer: asyncio.StreamWriter, answer: Answer, counts: Counter[str]
    ) -> None:
        counts[answer.outcome.ack] += 1
        for message in answer.messages:
            writer.write(BEGIN + message + END)
        async with asyncio.timeout(SLOW):
            await writer.drain()


class Stream:
    """The messages of one connection."""

    def __init__(self, reader: asyncio.StreamReader, large: asyncio.Semaphore) -> None:
        self._reader = reader
        self._large = large
        self._buffer = bytearray()

    async def begin(self) -> bool:
        """Wait for the next message's first bytes; gives False when the sender has ended.

        Raises TimeoutError after an hour without one.
        """
        while not self._buffer.strip(b"\r\n"):
            self._buffer.clear()
            async with asyncio.timeout(IDLE):
                chunk = await self._reader.read(CHUNK)
            if not chunk:
                return False
            self._buffer += chunk
        return True

    async def message(self) -> bytes:
        """Read one message whose first bytes are there.

        Raises BrokenFrameError, TooLargeError, or TimeoutError for one that comes too slowly.
        """
        async with asyncio.timeout(SLOW):
            return await self._message()

    async def _message(self) -> bytes:
        start = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        del self._buffer[:start]
        if not self._buffer.startswith(BEGIN):
            raise BrokenFrameError
        end = await self._find(SMALL)
        if end < 0:
            async with self._large:
                end = await self._find(LARGEST)
        if end < 0:
            raise TooLargeError(bytes(self._buffer[1:CHUNK]))
        message = bytes(self._buffer[1:end])
        del self._buffer[: end + len(END)]
        return message

    async def _find(self, limit: int) -> int:
        """Read until the end of the message stands in the buffer; -1 when it is over a limit."""
        looked = 0
        while (end := self._buffer.find(END, looked)) < 0:
            if len(self._buffer) > limit:
                return -1
            looked = max(0, len(self._buffer) - 1)
            chunk = await self._reader.read(CHUNK)
            if not chunk:
                raise BrokenFrameError
            self._buffer += chunk
        return end
