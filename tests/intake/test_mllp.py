"""Messages over real connections: order, bounds, answers, and keepers that are away."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path

import hl7.client
import pytest

from chartkeep.errors import RefusedError
from chartkeep.intake import mllp
from chartkeep.intake.mllp import Bind, MllpListener
from tests.house import house
from tests.intake.hl7.conftest import Feed, feed
from tests.intake.hl7.messages import ADMITTED, PID, adt, message, oru
from tests.intake.hl7.samples import SAMPLES
from tests.wire.certificates import Authority

__all__ = ["feed", "house"]


class Running:
    """A listener and what it told."""

    def __init__(
        self,
        feed: Feed,
        source: str = "127.0.0.0/8",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        certificate: str = "",
    ) -> None:
        self.told: list[str] = []
        self.threads = ThreadPoolExecutor(4)
        bind = Bind("his", "127.0.0.1", port, [ip_network(source)], tls, certificate)
        self.listener = MllpListener(bind, feed.his, self.threads, self.told.append)
        self.listener.start()

    def stop(self) -> None:
        self.listener.stop()
        self.threads.shutdown()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.listener.port), 60)

    def ask(self, *raws: bytes) -> list[str]:
        """Send all at once over one connection; gives MSA of each answer until it closes."""
        with self.connect() as found:
            found.sendall(b"".join(frame(raw) for raw in raws))
            found.shutdown(socket.SHUT_WR)
            answers = read_all(found)
        return [each.split("MSA|")[1].split("\r")[0] for each in answers.split("\x1c\r") if each]


def answered(connection: socket.socket) -> bytes:
    """Send a message; gives what comes back, nothing when the other side only closes."""
    with connection, suppress(OSError):
        connection.sendall(frame(SAMPLES["A28"]))
        return connection.recv(4_096)
    return b""


def frame(raw: bytes) -> bytes:
    return b"\x0b" + raw + b"\x1c\r"


def read_all(connection: socket.socket) -> str:
    found = b""
    while chunk := connection.recv(65_536):
        found += chunk
    return found.decode()


@pytest.fixture
def his(feed: Feed) -> Iterator[Running]:
    running = Running(feed)
    yield running
    running.stop()


def test_messages_of_one_connection_are_answered_in_their_order(his: Running, feed: Feed) -> None:
    beds = [adt("A02", ADMITTED.replace("302^1", f"302^{at}"), number=f"T{at}") for at in range(20)]
    assert his.ask(adt("A01", ADMITTED), *beds) == ["AA|M1", *(f"AA|T{at}" for at in range(20))]
    feed.house.login("aiko")
    (visit,) = feed.read("Encounter")
    assert visit["location"][-1]["location"]["display"] == "302-19"


def test_a_foreign_client_and_its_command_line_are_answered(his: Running, tmp_path: Path) -> None:
    with hl7.client.MLLPClient("127.0.0.1", his.listener.port) as client:
        answer = hl7.parse(client.send_message(SAMPLES["A28"]).strip(b"\x0b\x1c\r").decode())
    assert str(answer.segment("MSA")[1]) == "AA"
    file = tmp_path / "messages.hl7"
    file.write_bytes(b"".join(frame(SAMPLES[name]) for name in ("A05", "A01")))
    said = subprocess.run(
        [Path(sys.executable).parent / "mllp_send", "--file", file, "--port",
         str(his.listener.port), "127.0.0.1"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert said.stdout.count("MSA|AA") == 2


def test_an_answer_names_both_sides_the_event_and_is_of_the_same_version(feed: Feed) -> None:
    (raw,) = feed.his.answer(SAMPLES["A28"]).messages
    msh, msa, _ = raw.decode().split("\r")
    fields = msh.split("|")
    assert fields[2:6] == ["CHARTKEEP", "MINATO", "HIS", "MINATO"]
    assert fields[8] == "ACK^A28^ACK"
    assert fields[11] == "2.5"
    assert fields[17] == "UNICODE UTF-8"
    assert msa == "MSA|AA|1"


@pytest.mark.parametrize(
    ("accept", "application", "codes"),
    [("AL", "NE", ["CA"]), ("AL", "AL", ["CA", "AA"]), ("NE", "AL", ["AA"]), ("ER", "NE", [])],
)
def test_the_enhanced_mode_is_answered_as_asked(
    feed: Feed, accept: str, application: str, codes: list[str]
) -> None:
    raw = SAMPLES["A28"].replace(b"|2.5||||||", f"|2.5|||{accept}|{application}||".encode())
    answers = feed.his.answer(raw).messages
    assert [each.split(b"MSA|")[1][:2].decode() for each in answers] == codes


def test_what_nobody_reads_here_is_rejected_with_the_reason(his: Running) -> None:
    answers = his.ask(message("SIU^S12", PID), b"hello", message("ADT^A01", PID, number=""))
    assert [each[:2] for each in answers] == ["AR", "AR", "AR"]
    with his.connect() as found:
        found.sendall(frame(message("SIU^S12", PID)))
        found.shutdown(socket.SHUT_WR)
        assert "ERR|||200^^HL70357|E" in read_all(found)


def test_a_keeper_that_is_away_for_a_moment_is_waited_for(
    his: Running, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.house.stop_store()
    with his.connect() as found:
        found.sendall(frame(SAMPLES["A28"]))
        time.sleep(0.3)
        feed.house.start_store()
        found.shutdown(socket.SHUT_WR)
        assert "MSA|AA" in read_all(found)


@pytest.mark.attack
def test_nobody_is_answered_while_the_store_is_away_and_nothing_is_lost(
    his: Running, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp, "WAITS", (0.05,))
    his.ask(adt("A01", ADMITTED))
    feed.house.stop_store()
    assert his.ask(oru(number="R9")) == []
    feed.house.start_store()
    assert his.ask(oru(number="R9")) == ["AA|R9"]
    assert his.told[1].endswith("a keeper is away, unanswered; no messages")


@pytest.mark.attack
def test_a_stranger_is_closed_unread(feed: Feed) -> None:
    running = Running(feed, source="10.0.0.0/8")
    try:
        with running.connect() as found:
            assert found.recv(10) == b""
        assert running.told == ["his 127.0.0.1: closed, no source of this feed"]
    finally:
        running.stop()


@pytest.mark.attack
@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x0b" + SAMPLES["A28"], b"\x0bMSH" * 100, b"\x00" * 100_000],
    ids=["another protocol", "no end", "begins again", "zeros"],
)
def test_what_is_no_mllp_ends_its_connection_and_no_other(his: Running, sent: bytes) -> None:
    with his.connect() as found:
        found.sendall(sent)
        found.shutdown(socket.SHUT_WR)
        assert "MSA|AA" not in read_all(found)
    assert his.ask(SAMPLES["A28"]) == ["AA|1"]


@pytest.mark.attack
def test_a_message_over_the_limit_is_refused_and_memory_is_not_spent_on_it(
    his: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp, "LARGEST", 2 << 20)
    with his.connect() as found:
        found.sendall(b"\x0b" + SAMPLES["A28"] + b"OBX|" + b"x" * (3 << 20))
        assert b"MSA|AR|1|the message is too large" in found.recv(4_096)


@pytest.mark.attack
def test_in_tls_only_a_sender_with_a_certificate_is_heard(feed: Feed, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "hospital")
    context = authority.context(ssl.Purpose.CLIENT_AUTH)
    running = Running(feed, tls=context, certificate="his.minato.example")
    tls = authority.context(ssl.Purpose.SERVER_AUTH, name="his.minato.example")
    other = authority.context(ssl.Purpose.SERVER_AUTH, name="serve")
    tls.check_hostname = other.check_hostname = False
    try:
        with tls.wrap_socket(running.connect()) as his:
            his.sendall(frame(SAMPLES["A28"]))
            assert b"MSA|AA|1" in his.recv(4_096)
        assert b"MSA" not in answered(other.wrap_socket(running.connect()))
        stranger = ssl.create_default_context()
        stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
        assert b"MSA" not in answered(stranger.wrap_socket(running.connect()))
        assert b"MSA" not in answered(running.connect())
    finally:
        running.stop()


def test_it_ends_while_senders_are_silent_or_in_the_middle_of_a_message(feed: Feed) -> None:
    running = Running(feed)
    with running.connect() as silent, running.connect() as halfway:
        halfway.sendall(b"\x0b" + SAMPLES["A28"][:50])
        running.ask(SAMPLES["A28"])
        running.stop()
        assert (silent.recv(10), halfway.recv(10)) == (b"", b"")
    assert sum(told.endswith("ended; no messages") for told in running.told) == 2


def test_a_port_that_is_taken_is_said(his: Running, feed: Feed) -> None:
    with pytest.raises(RefusedError, match="cannot listen"):
        Running(feed, port=his.listener.port)
