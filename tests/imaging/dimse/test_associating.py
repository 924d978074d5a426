"""Who is let in: registered titles from their own addresses, calling us by our name."""

import socket
import struct
import time
from contextlib import suppress

import pytest

from chartkeep.imaging.dimse import listener
from chartkeep.imaging.dimse.command import (
    NO_DATA,
    Command,
    Field,
    Tag,
    read_command,
    write_command,
)
from chartkeep.imaging.dimse.negotiating import Proposal, write_request
from chartkeep.imaging.dimse.peers import Peers, RejectedError
from tests.imaging.dimse.conftest import CT, FAR, OURS, VIEWER, Taking

ECHO = "1.2.840.10008.1.1"
CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"


def pdu(kind: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BxI", kind, len(body) if length is None else length) + body


def hello(calling: str = "CT1", called: str = OURS) -> bytes:
    return pdu(1, write_request(calling, called, [Proposal(ECHO, ("1.2.840.10008.1.2",))]))


def rejection(result: int, source: int, reason: int) -> bytes:
    """Spell the whole answer: `pynetdicom` takes a quick one for a lost connection, by chance."""
    return pdu(3, bytes((0, result, source, reason)))


def say(site: Taking, *parts: bytes) -> bytes:
    """Send bytes, then read all that comes until we are hung up on."""
    with socket.create_connection(("127.0.0.1", site.port), 30) as sock:
        for part in parts:
            sock.sendall(part)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while data := sock.recv(65_536):
            answer += data
        return answer


def test_a_registered_peer_echoes(site: Taking) -> None:
    with site.associated(ECHO) as association:
        assert association.send_c_echo().Status == 0


@pytest.mark.attack
@pytest.mark.parametrize(
    ("calling", "called", "reason"), [("NOBODY", OURS, 3), ("CT1", "OTHER", 7), ("MR9", OURS, 3)]
)
def test_an_unknown_title_a_title_from_elsewhere_and_a_false_name_are_rejected(
    site: Taking, calling: str, called: str, reason: int
) -> None:
    assert say(site, hello(calling, called)) == rejection(1, 1, reason)


@pytest.mark.attack
def test_who_comes_from_no_peers_network_is_not_spoken_to() -> None:
    peers = Peers(OURS, [FAR])
    assert peers.reaches("10.9.8.7")
    assert not peers.reaches("127.0.0.1")


@pytest.mark.attack
def test_a_title_counts_only_with_its_certificate() -> None:
    peers = Peers(OURS, [CT, VIEWER._replace(certificate="rad1.minato.example")])
    assert peers.admit("CT1", OURS, "127.0.0.1", frozenset({"CT1"})) == CT
    assert peers.admit("RAD1", OURS, "::ffff:127.0.0.1", frozenset({"rad1.minato.example"}))
    for stolen in ("CT1", "RAD1"):
        with pytest.raises(RejectedError):
            peers.admit(stolen, OURS, "127.0.0.1", frozenset({"MR9"}))


@pytest.mark.attack
def test_a_registered_modality_is_offered_neither_queries_nor_moves(site: Taking) -> None:
    with site.associated(FIND, "1.2.840.10008.5.1.4.1.2.2.2") as association:
        assert not association.accepted_contexts
    with site.associated(CT_CLASS, ECHO, calling="RAD1") as association:
        assert [each.abstract_syntax for each in association.accepted_contexts] == [ECHO]


@pytest.mark.attack
@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        pdu(1, b"", 0xFFFFFFFF),
        pdu(1, bytes(68)),
        pdu(1, bytes(74)),
        pdu(1, b"\0\1" + b"A" * 66 + b"\x10\0\xff\xff"),
        pdu(4, bytes(8)),
        pdu(9, b""),
        hello() + pdu(4, b"", 0xFFFFFFF0),
        hello() + pdu(4, struct.pack(">IBB", 1 << 31, 1, 3)),
        hello() + pdu(4, struct.pack(">IBB", 2, 99, 3)),
        hello() + pdu(4, struct.pack(">IBB", 2, 1, 2)),
        hello() + pdu(4, struct.pack(">IBB", 10, 1, 3) + b"\0\0\0\1\xff\xff\xff\xff"),
        hello() + pdu(4, (struct.pack(">IBB", 60_002, 1, 1) + bytes(60_000)) * 2),
        hello() + hello(),
        hello() + pdu(2, bytes(80)),
    ],
)
def test_garbage_is_aborted_and_the_next_peer_is_served(site: Taking, garbage: bytes) -> None:
    answer = say(site, garbage)
    assert answer[-10:] == b"\7\0\0\0\0\4\0\0\2\0"
    test_a_registered_peer_echoes(site)


@pytest.mark.attack
def test_an_association_that_ends_half_is_forgotten(site: Taking) -> None:
    say(site, hello()[:20])
    say(site, hello(), pdu(4, struct.pack(">IBB", 100, 1, 1))[:9])
    test_a_registered_peer_echoes(site)
    assert not site.took.files


@pytest.mark.attack
def test_who_says_nothing_is_hung_up_on(site: Taking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HELLO", 0.05)
    monkeypatch.setattr(listener, "PATIENCE", 0.1)
    with socket.create_connection(("127.0.0.1", site.port), 30) as silent:
        assert silent.recv(10) == b""
    with socket.create_connection(("127.0.0.1", site.port), 30) as slow, suppress(ConnectionError):
        for byte in hello()[:100]:  # hung up on while it speaks, or when it listens
            slow.send(bytes((byte,)))
            time.sleep(0.02)
        assert slow.recv(10) == b""


@pytest.mark.attack
def test_one_peer_does_not_take_all_associations(
    site: Taking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "MOST_ASSOCIATIONS", 1)
    with site.associated(ECHO) as first:
        assert say(site, hello()) == rejection(2, 3, 2)
        with site.associated(ECHO, calling="RAD1") as other:
            assert other.send_c_echo().Status == 0
        assert first.send_c_echo().Status == 0


def test_a_message_nobody_serves_is_an_operation_nobody_knows(site: Taking) -> None:
    command = Command({Tag.FIELD: Field.FIND, Tag.MESSAGE: 1, Tag.DATA: NO_DATA})
    raw = write_command(command)
    answer = say(site, hello(), pdu(4, struct.pack(">IBB", len(raw) + 2, 1, 3) + raw))
    told = answer[6 + int.from_bytes(answer[2:6], "big") :]
    assert read_command(told[12:]).number(Tag.STATUS) == 0x0211
