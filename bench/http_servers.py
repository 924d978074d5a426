"""Which HTTP server, and on which threads: requests a second, waiting, processor time a request.

    python -m bench.http_servers [--seconds 3] [--servers uvicorn granian]

Needs `wrk`. Client, server and keeper share the machine's cores, as they do in the demo.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machine

PORT = 18431
SERVERS = {
    "uvicorn": "uvicorn bench.http_app:app --loop uvloop --http httptools --no-access-log",
    "uvicorn-h11": "uvicorn bench.http_app:app --loop asyncio --http h11 --no-access-log",
    "granian": "granian bench.http_app:app --interface asgi --loop uvloop --no-access-log"
    " --http 1 --backpressure 16384 --respawn-failed-workers --http1-header-read-timeout 30000",
    "granian-wsgi": "granian bench.http_app:wsgi --interface wsgi --blocking-threads 8"
    " --no-access-log --backpressure 1024",
}
WAYS = {"granian-wsgi": ["wsgi"]}


@contextmanager
def keeper(folder: Path) -> Iterator[Path]:
    """Run the keeper the door asks."""
    path = folder / "keeper"
    environ = {**os.environ, "BENCH_KEEPER": str(path)}
    child = subprocess.Popen([sys.executable, "-m", "bench.http_app"], env=environ)
    _until(path.exists)
    try:
        yield path
    finally:
        child.kill()
        child.wait()


@contextmanager
def serving(server: str, workers: int, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until it answers, and end it with all its workers."""
    command = [sys.executable, "-m", *SERVERS[server].split()]
    command += ["--port", str(PORT), "--workers", str(workers), "--log-level", "warning"]
    environ = {**os.environ, "BENCH_KEEPER": str(path)}
    child = subprocess.Popen(command, env=environ, start_new_session=True)
    try:
        _until(_listens)
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _listens() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", PORT)) == 0


def _until(true: object) -> None:
    assert callable(true)
    end = time.monotonic() + 20
    while not true():
        if time.monotonic() > end:
            raise SystemExit("it did not start")
        time.sleep(0.05)
    time.sleep(0.5)


def family(pid: int) -> list[int]:
    """Give a process and all below it."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    below = [int(word) for path in found for word in path.read_text().split()]
    return [pid, *(each for child in below for each in family(child))]


def measure(way: str, clients: int, seconds: int, pid: int) -> list[str]:
    """Put load on one route; give requests/s, p50, p99, errors, processor time a request."""
    before = sum(map(machine.cpu_seconds, family(pid)))
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}", "--latency", "--timeout", "10"]
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{PORT}/{way}"], capture_output=True, text=True, check=True
    ).stdout
    used = sum(map(machine.cpu_seconds, family(pid))) - before
    done = int(re.findall(r"(\d+) requests in", said)[0])
    rate = float(re.findall(r"Requests/sec: *([\d.]+)", said)[0])
    wrong = " ".join(re.findall(r"(?:Socket errors|Non-2xx).*", said))
    p50, p99 = (re.findall(rf"{share}% +(\S+)", said)[0] for share in (50, 99))
    return [f"{rate:,.0f}", p50, p99, f"{used / max(done, 1) * 1e6:.0f} µs", wrong]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.http_servers")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--servers", nargs="*", default=list(SERVERS))
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--kinds", nargs="*", default=["fast", "mixed"])
    parser.add_argument("--clients", nargs="*", type=int, default=[1, 16, 200])
    asked = parser.parse_args()
    if not shutil.which("wrk"):
        parser.error("wrk is not installed (Debian: apt-get install wrk)")
    rows = []
    with tempfile.TemporaryDirectory() as folder, keeper(Path(folder)) as path:
        for server in asked.servers:
            for workers in asked.workers:
                with serving(server, workers, path) as child:
                    for way in WAYS.get(server, ["loop", "pool", "own"]):
                        for kind in asked.kinds:
                            for clients in asked.clients:
                                took = measure(f"{way}/{kind}", clients, asked.seconds, child.pid)
                                what = [server, str(workers), way, kind, str(clients)]
                                rows.append([*what, *took])
                                machine.progress(" ".join(rows[-1]))
    print(f"# HTTP servers\n\n{machine.header()}")
    heads = ["server", "workers", "way", "questions", "clients", "requests/s", "p50", "p99"]
    machine.print_table("One route", [*heads, "server cpu", "wrong"], rows)


if __name__ == "__main__":
    main()
