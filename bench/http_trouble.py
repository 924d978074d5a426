"""What each HTTP server does with bad clients, bad luck and a stop: facts, not rates.

python -m bench.http_trouble [--servers uvicorn granian]
"""

import argparse
import contextlib
import os
import resource
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench import machine
from bench.http_servers import PORT, SERVERS, family, keeper, serving

HERE = ("127.0.0.1", PORT)
GET = b"GET /who HTTP/1.1\r\nhost: a\r\n\r\n"


def _ask(raw: bytes, timeout: float = 5) -> str:
    """Send bytes; give the status line, or what happened instead."""
    with socket.create_connection(HERE, timeout) as wire:
        with contextlib.suppress(OSError):
            wire.sendall(raw)
        return _hear(wire)


def _hear(wire: socket.socket) -> str:
    try:
        answer = wire.recv(65536)
    except TimeoutError:
        return "silence"
    except OSError:
        return "reset"
    return answer.split(b"\r\n")[0].decode("latin-1") if answer else "closed"


def broken(_: int) -> str:
    """Bytes that are not HTTP, and HTTP that smuggles."""
    tries = {
        "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
        "two lengths": b"POST /swallow HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n"
        b"content-length: 5\r\n\r\nabcde",
        "length and chunked": b"POST /swallow HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "no host": b"GET /who HTTP/1.1\r\n\r\n",
        "bare LF": b"GET /who HTTP/1.1\nhost: a\n\n",
        "60 kB url": b"GET /who?" + b"a" * 60_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
        "1 MB header": b"GET /who HTTP/1.1\r\nhost: a\r\nx: " + b"a" * 1_000_000 + b"\r\n\r\n",
        "5,000 headers": b"GET /who HTTP/1.1\r\nhost: a\r\n" + b"x: y\r\n" * 5000 + b"\r\n",
    }
    return "; ".join(f"{name}: {_ask(raw)}" for name, raw in tries.items())


def slow_headers(_: int) -> str:
    """A header line a second, without end."""
    with socket.create_connection(HERE, 1) as wire:
        wire.sendall(b"GET /who HTTP/1.1\r\nhost: a\r\n")
        start = time.monotonic()
        while time.monotonic() - start < 45:
            try:
                wire.sendall(b"x: y\r\n")
            except OSError:
                break
            if (heard := _hear(wire)) != "silence":
                return f"{heard} after {time.monotonic() - start:.0f} s"
    return "still listening after 45 s"


def slow_body(_: int) -> str:
    """A body that stops half way."""
    with socket.create_connection(HERE, 45) as wire:
        wire.sendall(b"POST /swallow HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc")
        start = time.monotonic()
        heard = _hear(wire)
        return f"{heard} after {time.monotonic() - start:.0f} s"


def large_body(pid: int) -> str:
    """100 MB that the door streams and keeps nothing of: what the server holds of it."""
    before = _memory(pid)
    with socket.create_connection(HERE, 60) as wire:
        wire.sendall(b"POST /swallow HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n")
        for _ in range(1000):
            wire.sendall(bytes(100_000))
        return f"{_hear(wire)}, memory {before:.0f} -> {_memory(pid, peak=True):.0f} MB at its peak"


def unread_answer(_: int) -> str:
    """A client that goes before its answer; the next one is served."""
    for _ in range(200):
        with socket.create_connection(HERE, 5) as wire:
            wire.sendall(b"GET /own/fast HTTP/1.1\r\nhost: a\r\n\r\n")
    return _ask(GET)


def many(pid: int) -> str:
    """Memory before, with, and after 10,000 idle keep-alive connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 10_200:
        return f"only {hard} descriptors here"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before, wires, errors = _memory(pid), [], 0
    for _ in range(10_000):
        try:
            wire = socket.create_connection(HERE, 5)
            wire.sendall(GET)
            errors += not _hear(wire).endswith("200 OK")
            wires.append(wire)
        except OSError:
            errors += 1
    during = _memory(pid)
    for wire in wires:
        wire.close()
    time.sleep(2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return f"{before:.0f} -> {during:.0f} -> {_memory(pid):.0f} MB, {errors} errors"


def stop(pid: int) -> str:
    """SIGTERM while a request of two seconds runs."""
    said: list[str] = []
    late = threading.Thread(
        target=lambda: said.append(_ask(b"GET /sleep HTTP/1.1\r\nhost: a\r\n\r\n"))
    )
    idle = socket.create_connection(HERE, 20)
    idle.sendall(GET)
    _hear(idle)
    late.start()
    time.sleep(0.5)
    start = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    late.join()
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        if time.monotonic() - start > 20:
            return f"request: {said[0]}; still up after 20 s (an idle connection is open)"
        time.sleep(0.05)
    return f"request: {said[0]}; ended after {time.monotonic() - start:.1f} s"


def dead_worker(pid: int) -> str:
    """Kill one of two workers; ask for three seconds."""
    worker = int(_body("/who"))
    if worker == pid:
        return "the worker is the server"
    os.kill(worker, signal.SIGKILL)
    heard: list[str] = []
    seen = set()
    end = time.monotonic() + 6
    while time.monotonic() < end:
        try:
            seen.add(_body("/who"))
            heard.append("ok")
        except (OSError, IndexError):
            heard.append("error")
        time.sleep(0.02)
    alive = Path(f"/proc/{pid}").exists() and len(family(pid)) - 1
    return f"{heard.count('error')} errors of {len(heard)}, answered by {len(seen)}, {alive} below"


def _body(path: str) -> str:
    with socket.create_connection(HERE, 5) as wire:
        wire.sendall(f"GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
        answer = b""
        while part := wire.recv(65536):
            answer += part
    return answer.split(b"\r\n\r\n")[1].decode()


def spread(_: int) -> str:
    """How 200 new connections fall on two workers."""
    seen: dict[str, int] = {}
    for _ in range(200):
        pid = _body("/who")
        seen[pid] = seen.get(pid, 0) + 1
    return " / ".join(map(str, seen.values()))


def _memory(pid: int, *, peak: bool = False) -> float:
    return sum(machine.rss(each, peak=peak) for each in family(pid))


TROUBLES: list[tuple[Callable[[int], str], int]] = [
    (broken, 1),
    (slow_headers, 1),
    (slow_body, 1),
    (large_body, 1),
    (unread_answer, 1),
    (many, 1),
    (stop, 1),
    (spread, 2),
    (dead_worker, 2),
    (stop, 2),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.http_trouble")
    parser.add_argument("--servers", nargs="*", default=["uvicorn", "uvicorn-h11", "granian"])
    parser.add_argument("--troubles", nargs="*", default=[])
    asked = parser.parse_args()
    assert set(asked.servers) <= SERVERS.keys()
    rows = []
    with tempfile.TemporaryDirectory() as folder, keeper(Path(folder)) as path:
        for server in asked.servers:
            for trouble, workers in TROUBLES:
                name = trouble.__name__
                if asked.troubles and name not in asked.troubles:
                    continue
                with serving(server, workers, path) as child:
                    rows.append([name, server, str(workers), trouble(child.pid)])
                machine.progress(" | ".join(rows[-1]))
    print(f"# HTTP servers in trouble\n\n{machine.header()}")
    machine.print_table("What they do", ["trouble", "server", "workers", "what it does"], rows)


if __name__ == "__main__":
    main()
