"""Both ends are proved, on a socket of this machine and on the network; a lie ends the line."""

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep import errors
from chartkeep.errors import (
    ChartkeepError,
    ConflictError,
    DamagedError,
    NotAllowedError,
    OverBudgetError,
    RefusedError,
    UnavailableError,
)
from chartkeep.keyholder.asking import CeilingError
from chartkeep.sealing.signing import SigningKey
from chartkeep.wire.calls import Call, Lane
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import (
    FORMAT,
    FRAME,
    Address,
    Challenge,
    Done,
    Failed,
    Message,
    Peer,
    encode,
    to_error,
    to_failed,
)
from chartkeep.wire.server import Listener
from tests.wire.certificates import Authority

KEY = SigningKey.from_seed(b"k" * 32)
ME = Credentials("desk", KEY, b"w" * 16)


class Echo(Message, frozen=True, array_like=True, tag=True):
    """Say a word back; some words are refused."""

    word: str


class Echoes:
    """A service with one verb."""

    name = "echo"
    requests = Echo

    def __init__(self) -> None:
        self.suspected: list[tuple[str, str]] = []
        self.peers: list[Peer] = []
        self.parted = threading.Event()

    def public_key(self, instance: str) -> bytes:
        if instance != "desk":
            raise NotAllowedError("no such instance")
        return KEY.public

    def greet(self, peer: Peer) -> None:
        self.peers.append(peer)

    def part(self, peer: Peer) -> None:
        self.parted.set()

    def suspect(self, instance: str, what: str) -> None:
        self.suspected.append((instance, what))

    def take(self, call: Call) -> None:
        if call.request.word == "no":
            call.fail(ConflictError("refused", hint="say yes"))
        else:
            call.answer(call.request)


@pytest.fixture
def service() -> Echoes:
    return Echoes()


@pytest.fixture
def path(service: Echoes, tmp_path: Path) -> Iterator[Path]:
    found = tmp_path / "echo.sock"
    listener = Listener(service, f"unix:{found}")
    listener.start()
    yield found
    listener.stop()


def client(address: str, who: Credentials = ME, tls: ssl.SSLContext | None = None) -> Client:
    return Client(address, "echo", who, tls=tls, timeout=30)


def test_a_word_comes_back_from_a_known_uid(service: Echoes, path: Path) -> None:
    mine = client(f"unix:{path}")
    assert mine.ask(Echo("hello"), Echo).word == "hello"
    assert [(p.instance, p.worker, p.uid) for p in service.peers] == [
        ("desk", b"w" * 16, os.getuid())
    ]
    mine.close()
    assert service.parted.wait(30)


def test_work_is_done_between_request_and_answer(path: Path) -> None:
    mine = client(f"unix:{path}")
    told, worked = mine.ask_while(Echo("a word"), Echo, lambda: "worked")
    assert (told.word, worked) == ("a word", "worked")
    mine.close()


def test_an_answer_nobody_waited_for_is_not_taken_for_the_next(path: Path) -> None:
    mine = client(f"unix:{path}")
    with pytest.raises(ZeroDivisionError):
        mine.ask_while(Echo("lost"), Echo, lambda: 1 // 0)
    assert mine.ask(Echo("next"), Echo).word == "next"
    mine.close()


def test_a_refusal_comes_back_as_its_own_class_with_its_hint(path: Path) -> None:
    mine = client(f"unix:{path}")
    with pytest.raises(ConflictError, match="refused") as refused:
        mine.ask(Echo("no"), Echo)
    assert refused.value.hint == "say yes"
    mine.close()


def test_the_socket_is_for_its_user_and_group_only(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize(
    "who",
    [
        Credentials("nobody", KEY, b"w" * 16),
        Credentials("desk", SigningKey.from_seed(b"x" * 32), b"w" * 16),
        Credentials("desk", KEY, b"short"),
    ],
)
def test_who_is_not_proved_is_refused_and_told_of(
    service: Echoes, path: Path, who: Credentials
) -> None:
    mine = client(f"unix:{path}", who)
    with pytest.raises(NotAllowedError, match="not accepted"):
        mine.ask(Echo("hello"), Echo)
    assert service.peers == []
    assert [what for _, what in service.suspected] == ["a proof that does not hold"]
    mine.close()


def test_a_client_does_not_prove_itself_to_another_server(service: Echoes, path: Path) -> None:
    other = Client(f"unix:{path}", "keyholder", ME)
    with pytest.raises(UnavailableError):
        other.ask(Echo("hello"), Echo)
    assert service.peers == []


def test_a_closed_server_is_unavailable_and_a_new_one_is_found_again(
    service: Echoes, tmp_path: Path
) -> None:
    address = f"unix:{tmp_path / 'again.sock'}"
    mine = client(address)
    for _ in range(2):
        listener = Listener(service, address)
        listener.start()
        assert mine.ask(Echo("hello"), Echo).word == "hello"
        listener.stop()
        with pytest.raises(UnavailableError):
            mine.ask(Echo("hello"), Echo)


# TLS.


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def address(service: Echoes, authority: Authority) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listener = Listener(
        service, f"tls:127.0.0.1:{port}", authority.context(ssl.Purpose.CLIENT_AUTH)
    )
    listener.start()
    yield f"tls:127.0.0.1:{port}"
    listener.stop()


def test_with_certificates_of_one_authority_both_sides_speak(
    service: Echoes, authority: Authority, address: str
) -> None:
    mine = client(address, tls=authority.context(ssl.Purpose.SERVER_AUTH))
    assert mine.ask(Echo("hello"), Echo).word == "hello"
    assert service.peers[0].uid == -1
    mine.close()


def test_a_client_of_another_authority_is_refused(
    service: Echoes, authority: Authority, address: str, tmp_path: Path
) -> None:
    theirs = Authority(tmp_path, "theirs")
    mine = client(address, tls=theirs.context(ssl.Purpose.SERVER_AUTH, trusted=authority))
    with pytest.raises(UnavailableError):
        mine.ask(Echo("hello"), Echo)
    assert service.peers == []


def test_a_server_of_another_authority_is_refused(
    service: Echoes, authority: Authority, address: str, tmp_path: Path
) -> None:
    theirs = Authority(tmp_path, "theirs")
    mine = client(address, tls=authority.context(ssl.Purpose.SERVER_AUTH, trusted=theirs))
    with pytest.raises(UnavailableError):
        mine.ask(Echo("hello"), Echo)
    assert service.peers == []


def test_a_client_without_a_certificate_is_refused(
    service: Echoes, authority: Authority, address: str
) -> None:
    bare = ssl.create_default_context(cafile=str(authority.path))
    mine = client(address, tls=bare)
    with pytest.raises(UnavailableError):
        mine.ask(Echo("hello"), Echo)
    assert service.peers == []


def test_a_certificate_alone_is_not_an_instance(
    service: Echoes, authority: Authority, address: str
) -> None:
    stranger = Credentials("nobody", KEY, b"w" * 16)
    mine = client(address, stranger, authority.context(ssl.Purpose.SERVER_AUTH))
    with pytest.raises(NotAllowedError):
        mine.ask(Echo("hello"), Echo)
    assert service.peers == []
    mine.close()


# A server that lies.


def lying(path: Path, *frames: bytes) -> threading.Thread:
    """Listen once and say these frames, whatever is asked."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    listening.listen()

    def run() -> None:
        with listening, listening.accept()[0] as found:
            for frame in frames:
                found.sendall(frame)
                found.recv(65536)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


CHALLENGE = encode(7, 0, Challenge(FORMAT, "echo", b"n" * 32, 7))
YES = encode(7, 1, Done())
LIES = {
    "another sequence": [CHALLENGE, YES, encode(7, 3, Echo("hello"))],
    "another connection": [CHALLENGE, YES, encode(8, 2, Echo("hello"))],
    "no message": [CHALLENGE, YES, FRAME.pack(3, 7, 2) + b"\xff\xff\xff"],
    "another message": [CHALLENGE, YES, encode(7, 2, Done())],
    "another format": [encode(7, 0, Challenge("chartkeep-wire-9", "echo", b"n" * 32, 7))],
    "no challenge": [encode(7, 0, Done())],
    "too long": [FRAME.pack((1 << 32) - 1, 7, 0)],
    "nothing": [],
}


@pytest.mark.parametrize("lie", LIES)
def test_a_client_believes_no_lie(tmp_path: Path, lie: str) -> None:
    path = tmp_path / "liar.sock"
    thread = lying(path, *LIES[lie])
    mine = client(f"unix:{path}")
    with pytest.raises((UnavailableError, DamagedError)):
        mine.ask(Echo("hello"), Echo)
    mine.close()
    thread.join(60)


# Words.


@pytest.mark.parametrize(
    ("text", "address"),
    [("unix:/run/x.sock", ("/run/x.sock", "", 0)), ("tls:host:1", ("", "host", 1))],
)
def test_an_address_is_read(text: str, address: tuple[str, str, int]) -> None:
    assert tuple(Address.parse(text)) == address


@pytest.mark.parametrize("text", ["", "unix:", "tls:host", "tls::1", "tls:host:x", "http://x:1"])
def test_it_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(RefusedError, match="address"):
        Address.parse(text)


def test_a_network_address_without_mutual_tls_is_refused(service: Echoes) -> None:
    with pytest.raises(RefusedError, match="mutual TLS"):
        Listener(service, "tls:127.0.0.1:0").run()
    weak = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.raises(RefusedError, match="mutual TLS"):
        Listener(service, "tls:127.0.0.1:0", weak).run()


def test_an_address_that_cannot_be_had_is_an_error_at_once(
    service: Echoes, authority: Authority, address: str, tmp_path: Path
) -> None:
    context = authority.context(ssl.Purpose.CLIENT_AUTH)
    for taken in (Listener(service, address, context), Listener(service, f"unix:{tmp_path}/no/x")):
        with pytest.raises(UnavailableError, match="cannot listen"):
            taken.start()
    with pytest.raises(RefusedError, match="mutual TLS"):
        Listener(service, address).start()


def test_every_error_of_the_house_travels_as_itself() -> None:
    for name, found in vars(errors).items():
        if isinstance(found, type) and issubclass(found, ChartkeepError):
            back = to_error(to_failed(found("a sentence", hint="a hint")))
            assert (type(back), str(back), back.hint) == (found, "a sentence", "a hint"), name


def test_a_parts_own_error_travels_as_its_nearest_ancestor() -> None:
    failed = to_failed(CeilingError("too much", freezes=("site", "")))
    assert isinstance(to_error(failed), OverBudgetError)


@given(st.text(max_size=30))
def test_an_unknown_error_is_a_refusal_and_never_another_thing(name: str) -> None:
    assert isinstance(to_error(Failed(name, "x", "")), ChartkeepError)
    assert isinstance(to_error(Failed("uuid", "x", "")), RefusedError)


@given(st.binary(max_size=200))
def test_garbage_is_no_message(raw: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, RecursionError)):
        msgspec.msgpack.decode(b"\xc1" + raw, type=Echo)


def test_a_lane_serves_together_what_came_meanwhile_and_ends_with_everything_served() -> None:
    groups: list[list[int]] = []
    going, waiting = threading.Event(), threading.Event()

    def serve(calls: list[int]) -> None:
        going.set()
        waiting.wait(30)
        groups.append(calls)

    lane = Lane(serve)
    lane.put(0)
    going.wait(30)
    for number in range(1, 10):
        lane.put(number)
    waiting.set()
    lane.close()
    assert groups == [[0], list(range(1, 10))]


def test_a_second_listener_leaves_the_first_its_socket(path: Path) -> None:
    second = Listener(Echoes(), f"unix:{path}")
    with pytest.raises(UnavailableError, match="cannot listen"):
        second.start()
    mine = client(f"unix:{path}")
    assert mine.ask(Echo("still here"), Echo).word == "still here"
    mine.close()


def test_a_socket_left_by_a_killed_process_is_taken(tmp_path: Path) -> None:
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(left))
    listener = Listener(Echoes(), f"unix:{left}")
    listener.start()
    mine = client(f"unix:{left}")
    assert mine.ask(Echo("mine now"), Echo).word == "mine now"
    mine.close()
    listener.stop()
