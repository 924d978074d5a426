"""A house as processes, `intake` and `query` among them, as a machine of others meets it."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pyotp
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chartkeep.custody.deposit import deposit
from chartkeep.custody.house import House
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.keyholder import actions
from chartkeep.wiring.founding import init, newcomer
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.launch import running
from chartkeep.wiring.rehearsal import CHEAP
from chartkeep.wiring.running import read_clock
from tests.sealing.assertions import pem, private

MRN = "http://minato.example/mrn"
OURS = "CHARTKEEP"
PATIENCE = 30.0


class Served:
    """A running house: `stores` and `answers` are the ports of its two listeners."""

    def __init__(self, home: Home, people: list[Any]) -> None:
        self.home = home
        self.stores, self.answers, self.back = free_port(), free_port(), free_port()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self.loader: House = join(home, "loader")
        self._write_feeds()
        self._enrol(people)
        self.start("intake", self.stores)
        self.start("query", self.answers)

    def know(self, number: str, family: str, given: str, birth: str) -> None:
        """Deposit a patient."""
        who = {
            "resourceType": "Patient", "identifier": [{"system": MRN, "value": number}],
            "name": [{"family": family, "given": [given]}], "birthDate": birth,
        }  # fmt: skip
        entry = {
            "fullUrl": f"urn:who:{number}", "resource": who,
            "request": {"method": "PUT", "url": f"Patient/{number.lower()}"},
        }  # fmt: skip
        raw = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
        for parcel in route(parse_bundle(raw, "served"), "served", self.loader).parcels:
            deposit(parcel, self.loader)

    def start(self, part: str, port: int) -> None:
        """Start a listener, and wait until it listens."""
        command = [sys.executable, "-m", "chartkeep", part, "--home", str(self.home.root)]
        log = self.home.root / "run" / f"{part}.log"
        with log.open("ab") as out:
            child = self._children[part] = subprocess.Popen(command, stdout=out, stderr=out)
        until = time.monotonic() + PATIENCE
        while not _listens(port):
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)

    def kill(self, part: str) -> None:
        """End a process with no chance to tidy up."""
        child = self._children.pop(part)
        child.kill()
        child.wait(PATIENCE)

    def close(self) -> None:
        for child in self._children.values():
            child.send_signal(signal.SIGTERM)
            child.wait(PATIENCE)
        self.loader.keyholder.close()
        self.loader.store.close()

    def _write_feeds(self) -> None:
        here = {"from": ["127.0.0.1"], "issuer": "MINATO"}
        peers = [
            {"aet": "CT1", "may": ["store", "commit"], **here},
            {"aet": "RAD1", "may": ["find", "move"], "address": "127.0.0.1",
             "port": self.back, **here},
        ]  # fmt: skip
        dimse = {"aet": OURS, "store_port": self.stores, "port": self.answers, "peers": peers}
        feeds = {"issuers": {"MINATO": MRN}, "dimse": dimse}
        (self.home.root / "feeds.json").write_text(json.dumps(feeds))

    def _enrol(self, people: list[Any]) -> None:
        """Let the station log in, as two administrators do."""
        key = private("EdDSA").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.home.root / "stations").mkdir()
        (self.home.root / "stations" / "RAD1.key").write_bytes(key)
        desk = join(self.home, "desk")
        tokens = [
            desk.keyholder.login(each.name, each.password, pyotp.TOTP(each.totp).now()).token
            for each in people
        ]
        added = actions.AddProgram("RAD1", "viewing station", pem("EdDSA"), "")
        desk.keyholder.approve(tokens[1], desk.keyholder.act(tokens[0], added).proposal)
        desk.keyholder.close()
        desk.store.close()


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Found a house and run it until the block ends."""
    people = [newcomer(name, "administrator") for name in ("erik", "fumi")]
    (folder / "stick").mkdir()
    home = init(
        folder / "house", "Minato Hospital", folder / "stick/minato.key", people, read_clock,
        cost=CHEAP, cheap=True,
    )  # fmt: skip
    with running(home):
        house = Served(home, people)
        yield house
        house.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
