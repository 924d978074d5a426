"""DICOMweb one request at a time: this house, and Orthanc from Debian beside it.

    python -m bench.dicomweb --s 200 --l 60 --x 5 --studies 2000

Sets of `tests.imaging.sets`: S 39 KB CT, L 526 KB CT, X 7.2 MB CR, Q small MR and CT. Orthanc runs
with its defaults and its DICOMweb plugin in a network namespace of its own. Processor time is of
all processes of a side; on a machine that others use it is the figure to trust. This house seals,
logs, asks who is there, and is durable before each answer.
"""

import argparse
import ctypes
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.imaging.sets import MRN, Picture, huge, large, many, small

from bench import machine
from bench.dimse import know, orthanc
from bench.door import Doors, doors
from bench.house import WARDS, BenchHouse, bench_house
from chartkeep.keyholder.actions import Place
from chartkeep.wiring.joining import join

NURSES = 4
REPEATS = 15
"""Searches of a hundred rows a nurse makes: at two thousand hits an hour she would be asked why."""
PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
AS_IS = 'multipart/related; type="application/dicom"; transfer-syntax=*'
OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
JSON = "application/dicom+json"
_CLONE_NEWNET = 0x40000000

Heads = dict[str, str]


class Side(NamedTuple):
    """A server: how to reach it, whom to be there, what its processes have used."""

    connect: Callable[[], socket.socket]
    tokens: list[str]
    work: Callable[[], dict[str, float]]


class Run(NamedTuple):
    """What one kind of request cost: how many things, seconds, processor seconds of each part."""

    count: int
    seconds: float
    work: dict[str, float]

    @property
    def cost(self) -> float:
        return sum(self.work.values()) / self.count * 1e3

    @property
    def rate(self) -> float:
        return self.count / self.seconds


class Client:
    """One connection of one person, that sends and waits."""

    def __init__(self, side: Side, person: int = 0) -> None:
        self._connect = side.connect
        self._token = side.tokens[person % len(side.tokens)]
        self.open()

    def open(self) -> None:
        """Connect, again where the server has hung up on who was silent."""
        self._connection = http.client.HTTPConnection("localhost")
        self._connection.sock = self._connect()

    def ask(self, method: str, path: str, accept: str, body: bytes = b"", kind: str = "") -> bytes:
        heads: Heads = {"Accept": accept, "Authorization": f"Bearer {self._token}"}
        if kind:
            heads["Content-Type"] = kind
        self._connection.request(method, f"/dicom-web{path}", body or None, heads)
        try:
            answer = self._connection.getresponse()
        except http.client.RemoteDisconnected:
            self.open()
            return self.ask(method, path, accept, body, kind)
        raw = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {raw[:300]!r}")
        return raw

    def get(self, path: str, accept: str) -> bytes:
        return self.ask("GET", path, accept)

    def store(self, *files: bytes) -> None:
        head = b"\r\n--bound\r\nContent-Type: application/dicom\r\n\r\n"
        body = b"".join(head + file for file in files) + b"\r\n--bound--\r\n"
        kind = 'multipart/related; type="application/dicom"; boundary=bound'
        self.ask("POST", "/studies", JSON, body, kind)


class Sets(NamedTuple):
    """The files, made once for both sides."""

    s: list[Picture]
    l: list[Picture]  # noqa: E741 - the set is called so
    x: list[Picture]
    q: list[Picture]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.dicomweb")
    for name, count in (("--s", 200), ("--l", 60), ("--x", 5), ("--studies", 2_000)):
        parser.add_argument(name, type=int, default=count)
    asked = parser.parse_args()
    sets = Sets(
        list(small(asked.s, 20)), list(large(asked.l, 20)), list(huge(asked.x)),
        list(many(asked.studies)),
    )  # fmt: skip
    machine.progress("dicomweb: chartkeep")
    with chartkeep(sets) as side:
        ours = measure(side, sets)
    theirs: dict[str, Run] = {}
    if os.path.exists(PLUGIN):  # noqa: PTH110 - one look
        machine.progress("dicomweb: Orthanc")
        settings = {"Plugins": [PLUGIN], "DicomWeb": {"Enable": True}, "OverwriteInstances": False}
        with orthanc({}, settings) as there:
            inside = Side(within(int(there.prefix[2]), 8042), [""], there.work)
            theirs = measure(inside, sets)
    print("# dicomweb\n\n" + machine.header())
    show(ours, theirs)


def measure(side: Side, sets: Sets) -> dict[str, Run]:
    """Do everything once; things are counted as the targets name them."""
    runs: dict[str, Run] = {}
    client = Client(side)
    time.sleep(3)  # a start ends before anything is counted
    client.store(*(each.data for each in sets.q[:5]))

    def timed(name: str, count: int, doing: Callable[[], Any]) -> None:
        before, start = side.work(), time.perf_counter()
        doing()
        seconds, after = time.perf_counter() - start, side.work()
        runs[name] = Run(count, seconds, {part: after[part] - before[part] for part in after})
        machine.progress(f"  {name}: {runs[name].cost:.2f} ms, {runs[name].rate:.1f}/s")

    def each(pictures: Sequence[Picture], doing: Callable[[Picture], Any]) -> Callable[[], None]:
        return lambda: [doing(picture) for picture in pictures] and None

    for name, pictures in (("S", sets.s), ("L", sets.l), ("X", sets.x)):
        timed(f"STOW {name}", len(pictures), each(pictures, lambda p: client.store(p.data)))
    at = range(0, len(sets.q), 50)
    timed("STOW Q, 50 together", len(sets.q), lambda: [
        client.store(*(p.data for p in sets.q[n : n + 50])) for n in at
    ])  # fmt: skip
    for name, pictures in (("S", sets.s), ("L", sets.l)):
        timed(f"WADO instance {name}", len(pictures),
              each(pictures, lambda p: client.get(_path(p), AS_IS)))  # fmt: skip
    timed(
        "frames L", len(sets.l), each(sets.l, lambda p: client.get(f"{_path(p)}/frames/1", OCTETS))
    )
    client.get(f"{_path(sets.s[0])}/rendered", "image/jpeg")  # what decodes is started once
    timed("rendered L", len(sets.l),
          each(sets.l, lambda p: client.get(f"{_path(p)}/rendered", "image/jpeg")))  # fmt: skip
    for name, pictures in (("S", sets.s), ("L", sets.l)):
        studies = list({p.study for p in pictures})
        timed(f"metadata of a study {name}", 3 * len(pictures), lambda s=studies: [
            client.get(f"/studies/{study}/metadata", JSON) for study in s * 3
        ])  # fmt: skip
    _search(side, client, sets, timed)
    return runs


def _search(
    side: Side,
    client: Client,
    sets: Sets,
    timed: Callable[[str, int, Callable[[], Any]], None],
) -> None:
    """Search as nurses do, each until her hour's hits are nearly spent."""
    first = sets.q[0]
    list_of_day = f"/studies?StudyDate={first.day}&ModalitiesInStudy={first.modality}&limit=100"
    clients = [Client(side, number) for number in range(NURSES)]
    rows = json.loads(clients[0].get(list_of_day, JSON))
    machine.progress(f"  {len(rows)} rows")
    for one in (client, *clients):
        one.open()
    timed("QIDO day, faces not open", NURSES - 1, lambda: [
        one.get(list_of_day, JSON) for one in clients[1:]
    ])  # fmt: skip
    timed("QIDO day", NURSES * REPEATS, lambda: [
        one.get(list_of_day, JSON) for one in clients for _ in range(REPEATS)
    ])  # fmt: skip
    number = f"/studies?PatientID={first.person.number}"
    timed("QIDO PatientID", 100, lambda: [
        clients[n % NURSES].get(number, JSON) for n in range(100)
    ])  # fmt: skip
    accession = f"/studies?AccessionNumber={first.accession}"
    timed("QIDO AccessionNumber", 100, lambda: [
        clients[n % NURSES].get(accession, JSON) for n in range(100)
    ])  # fmt: skip


def show(ours: dict[str, Run], theirs: dict[str, Run]) -> None:
    """Print what the issue asks for, then everything."""
    figures = [
        machine.at_most("QIDO of 100 rows by day and modality", ours["QIDO day"].cost, 20, "ms"),
        machine.at_most("QIDO by PatientID", ours["QIDO PatientID"].cost, 3, "ms"),
        machine.at_most("QIDO by AccessionNumber", ours["QIDO AccessionNumber"].cost, 3, "ms"),
    ]
    asked = {
        "STOW S": 150, "STOW L": 150, "STOW X": 100, "WADO instance S": 100,
        "WADO instance L": 100, "frames L": 150, "metadata of a study S": 300,
        "metadata of a study L": 300, "rendered L": 100,
    }  # fmt: skip
    for name, least in asked.items():
        if name in theirs:
            work = 100 * theirs[name].cost / ours[name].cost
            figures.append(machine.at_least(f"{name}: Orthanc's work to ours", work, least, "%"))
    machine.print_figures("Against the targets, by processor time", figures)
    rows = [
        [name, str(run.count), f"{run.cost:.2f} ms", f"{run.rate:.1f}/s",
         ", ".join(f"{k} {v / run.count * 1e3:.1f}" for k, v in run.work.items()),
         *_beside(run, theirs.get(name))]
        for name, run in ours.items()
    ]  # fmt: skip
    heads = ["", "n", "all processes", "rate", "parts (ms)", "Orthanc", "rate", "our rate to its"]
    machine.print_table("Each, one connection", heads, rows)


def _beside(run: Run, other: Run | None) -> list[str]:
    if other is None:
        return ["", "", ""]
    return [f"{other.cost:.2f} ms", f"{other.rate:.1f}/s", f"{run.rate / other.rate:.2f} x"]


def _path(picture: Picture) -> str:
    return f"/studies/{picture.study}/series/{picture.series}/instances/{picture.instance}"


@contextmanager
def chartkeep(sets: Sets) -> Iterator[Side]:
    """Run a house whose people know these patients, and treat those whose pictures they see."""
    with bench_house(NURSES) as house:
        feeds = {"issuers": {"MINATO": MRN}, "dicomweb": {"issuer": "MINATO"}}
        (house.home.root / "feeds.json").write_text(json.dumps(feeds))
        people = {p.person.number: p.person for kept in sets for p in kept}
        for who in people.values():
            know(house, who)
        with doors(house, 1) as door:
            tokens = door.login(range(NURSES))
            _admit(house, sets)
            yield Side(_connector(door), tokens, door.work)


def _admit(house: BenchHouse, sets: Sets) -> None:
    """Put those to bed whose pictures are looked at."""
    loader = join(house.home, "loader")
    numbers = {p.person.number.lower() for kept in (sets.s, sets.l, sets.x) for p in kept}
    for at, number in enumerate(sorted(numbers)):
        chart = loader.entry_id("bench", f"Patient/{number}")
        loader.keyholder.act(b"", Place(chart, WARDS[at % len(WARDS)], "1"))


def _connector(door: Doors) -> Callable[[], socket.socket]:
    return lambda: _nodelay(socket.create_connection(("127.0.0.1", door.port)))


def within(pid: int, port: int) -> Callable[[], socket.socket]:
    """Make what connects inside the network namespace of a process."""

    def connect() -> socket.socket:
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as ours, open(f"/proc/{pid}/ns/net") as theirs:  # noqa: PTH123
            _enter(libc, theirs.fileno())
            try:
                return _nodelay(socket.create_connection(("127.0.0.1", port)))
            finally:
                _enter(libc, ours.fileno())

    return connect


def _enter(libc: ctypes.CDLL, namespace: int) -> None:
    if libc.setns(namespace, _CLONE_NEWNET):
        raise SystemExit(f"cannot enter the network namespace: {os.strerror(ctypes.get_errno())}")


def _nodelay(made: socket.socket) -> socket.socket:
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


if __name__ == "__main__":
    sys.exit(main())
