"""Processes are killed in the middle of a feed; what was acknowledged is there, once."""

import json
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path

import pytest

from chartkeep.inventor.hl7 import AUTHORITY, hospital_messages
from chartkeep.inventor.numbers import MRN_SYSTEM
from chartkeep.inventor.site import HOSPITAL_TIME
from chartkeep.wiring.founding import free_port
from tests.attacks.house import Founded, small_hospital, started, until

pytestmark = pytest.mark.attack
MESSAGES = 90
FEW = 10
LANES = 3
VICTIMS = ("intake", "keyholder")
AGAIN = b"it was here before"


class Sender:
    """A sending system: it keeps each message until it is acknowledged."""

    def __init__(self, port: int, messages: list[bytes]) -> None:
        self.port = port
        self.left = messages
        self.told: list[bytes] = []

    def send(self, enough: threading.Event) -> None:
        """Send until somebody is killed, or all is acknowledged."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 30) as lane:
                while self.left and not enough.is_set():
                    answer = ask(lane, self.left[0])
                    if b"MSA|AA|" in answer:
                        self.told.append(self.left.pop(0))
        except OSError:
            pass


def ask(lane: socket.socket, raw: bytes) -> bytes:
    lane.sendall(b"\x0b" + raw + b"\x1c\r")
    answer = b""
    while not answer.endswith(b"\x1c\r"):
        chunk = lane.recv(65_536)
        if not chunk:
            raise ConnectionResetError
        answer += chunk
    return answer


def feed_of(founded: Founded) -> int:
    """Configure one feed; gives its port."""
    port = free_port()
    feed = {"name": "all", "port": port, "from": ["127.0.0.1"], "issuer": AUTHORITY, "place": True}
    feeds = {"issuers": {AUTHORITY: MRN_SYSTEM}, "mllp": [feed]}
    (founded.home.root / "feeds.json").write_text(json.dumps(feeds))
    return port


def until_told(senders: list[Sender], more: int) -> None:
    """Wait until so many more messages are acknowledged, or all."""
    wanted = min(sum(len(each.told) for each in senders) + more, MESSAGES)
    until(lambda: sum(len(each.told) for each in senders) >= wanted)


def test_whoever_is_killed_while_a_feed_runs_nothing_acknowledged_is_lost(
    founded: Founded, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    stream = hospital_messages(small_hospital(40), datetime(2026, 3, 2, tzinfo=HOSPITAL_TIME), 7)
    sent = list(islice(stream, MESSAGES))
    port = feed_of(founded)
    senders = [Sender(port, [s.raw for s in sent if s.patient % LANES == n]) for n in range(LANES)]
    with started(founded.home) as run:
        run.start("intake")
        for victim in VICTIMS:
            enough = threading.Event()
            lanes = [threading.Thread(target=each.send, args=(enough,)) for each in senders]
            for lane in lanes:
                lane.start()
            until_told(senders, FEW)
            run.stop(victim, kill=True)
            enough.set()
            run.start(victim)
            for lane in lanes:
                lane.join()
        told = [raw for each in senders for raw in each.told]
        with socket.create_connection(("127.0.0.1", port), 30) as lane:
            lost = [raw for raw in told if AGAIN not in ask(lane, raw)]
            rest = [ask(lane, raw) for each in senders for raw in each.left]
            again = [ask(lane, each.raw) for each in sent]
    record_property("figure", f"{len(VICTIMS)} kills, {len(told)} acknowledged, {len(lost)} lost")
    assert len(told) > 0
    assert lost == []
    assert all(b"MSA|AA|" in each for each in rest)
    assert all(AGAIN in each for each in again)
