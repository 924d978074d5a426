"""What the HTTP servers are measured with: a small door, and the keeper it asks.

The door has the shape of ours: about 100 µs of Python that holds the interpreter, one blocking
question over a Unix socket, 1 kB of JSON out. It asks in three ways: `loop` on the event loop,
`pool` in Starlette's thread pool, `own` in a few threads of its own. `mixed` questions are as
`fast` ones but that each twentieth takes 3 ms without processor time, as a durable line does.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = orjson.dumps(
    {"resourceType": "Observation", "id": "a" * 32, "note": [{"text": "x" * 60}] * 12}
)
KEEPER = os.environ.get("BENCH_KEEPER", "")
THREADS = int(os.environ.get("BENCH_THREADS", "8"))
_FAST, _SLOW = b"f", b"s"
_mine = threading.local()
_calls = count()


def ask(kind: str) -> bytes:
    """Ask the keeper over this thread's own connection, and do a door's work on the answer."""
    if not hasattr(_mine, "wire"):
        _mine.wire = socket.socket(socket.AF_UNIX)
        _mine.wire.connect(KEEPER)
    slow = kind == "mixed" and next(_calls) % 20 == 0
    _mine.wire.sendall(_SLOW if slow else _FAST)
    answer = b""
    while len(answer) < len(ANSWER):
        answer += _mine.wire.recv(65536)
    _busy(100e-6)
    return orjson.dumps(orjson.loads(answer))


def _busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def _answer(body: bytes) -> Response:
    return Response(body, media_type="application/fhir+json")


async def _loop(request: Request) -> Response:
    return _answer(ask(request.path_params["kind"]))


def _pool(request: Request) -> Response:
    return _answer(ask(request.path_params["kind"]))


_threads = ThreadPoolExecutor(THREADS)


async def _own(request: Request) -> Response:
    loop = asyncio.get_running_loop()
    return _answer(await loop.run_in_executor(_threads, ask, request.path_params["kind"]))


async def _nothing(_: Request) -> Response:
    return _answer(ANSWER)


async def _swallow(request: Request) -> Response:
    """Read a body as it comes and keep none of it."""
    size = 0
    async for part in request.stream():
        size += len(part)
    return Response(str(size))


async def _sleep(_: Request) -> Response:
    """Answer after two seconds, for the graceful stop."""
    await asyncio.sleep(2)
    return Response("late")


async def _who(_: Request) -> Response:
    return Response(str(os.getpid()))


app = Starlette(
    routes=[
        Route("/loop/{kind}", _loop),
        Route("/pool/{kind}", _pool),
        Route("/own/{kind}", _own),
        Route("/nothing/{kind}", _nothing),
        Route("/swallow", _swallow, methods=["POST"]),
        Route("/sleep", _sleep),
        Route("/who", _who),
    ]
)


def wsgi(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer the same without Starlette, in the server's own threads."""
    body = ask(environ["PATH_INFO"].rpartition("/")[2])
    start_response("200 OK", [("content-type", "application/fhir+json")])
    return [body]


class _Keeper(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        if data == _SLOW:
            asyncio.get_running_loop().call_later(3e-3, self._transport.write, ANSWER)
        else:
            _busy(60e-6)
            self._transport.write(ANSWER)


async def keep(path: str) -> None:
    """Serve questions at `path` until cancelled."""
    server = await asyncio.get_running_loop().create_unix_server(_Keeper, path)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(keep(KEEPER))
