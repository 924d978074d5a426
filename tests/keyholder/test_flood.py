"""Whoever floods a keyholder fills neither its disk nor its memory, and stops nobody else."""

import os
import struct
from pathlib import Path

import msgspec
import pytest

from chartkeep.errors import BadInputError, ChartkeepError, RefusedError
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.refusals import MOST_REFUSALS, NOT_LISTED
from chartkeep.keyholder.service import HANDLERS
from chartkeep.wire import connection
from chartkeep.wire.frames import FRAME, MAX_FIRST_FRAME, MAX_FRAME, Peer, encode
from tests.conftest import KeyholderRun
from tests.keyholder.desk import Desk, Letter
from tests.keyholder.raw import Raw

pytestmark = pytest.mark.attack


def door(keyholder: KeyholderRun) -> Path:
    return keyholder.folder / "keyholder.sock"


def refusals(desk: Desk) -> int:
    return sum(line.verb == "refuse" for line in desk.lines())


def test_a_flood_of_refused_requests_is_counted_and_not_listed(desk: Desk) -> None:
    junk = [Letter("desk", protocol.Logout(os.urandom(32))) for _ in range(2_000)]
    desk.send(junk)
    desk.round()
    assert refusals(desk) == MOST_REFUSALS
    (alarm,) = desk.told("alarm")
    assert alarm.number == 2_000 - MOST_REFUSALS


def test_a_flood_of_refused_charts_is_counted_and_not_listed(desk: Desk) -> None:
    budi, wanted = desk.login("budi"), desk.chart("3W", "1")
    request = protocol.OpenKeys(budi, "TREAT", "", b"", [wanted] * 1_000)
    answer = desk.ask(request)
    assert {chart.error for chart in answer.charts} == {"NotAllowedError"}
    assert sum(chart.line == NOT_LISTED for chart in answer.charts) == 1_000 - MOST_REFUSALS
    assert refusals(desk) == MOST_REFUSALS


def test_one_instances_flood_hides_no_refusal_of_another(desk: Desk) -> None:
    desk.send([Letter("desk", protocol.Logout(b"")) for _ in range(MOST_REFUSALS + 1)])
    desk.send([Letter("second desk", protocol.Logout(b""))])
    assert desk.lines()[-1].instance == "second desk"


def test_strangers_share_one_count_whatever_they_call_themselves(desk: Desk) -> None:
    turn = desk.keyholder.open_turn()
    for n in range(1_000):
        desk.keyholder.refusals.note_wire(turn, f"name {n}", "a proof that does not hold")
    assert len(turn.lines) == MOST_REFUSALS
    assert len(desk.keyholder.refusals._windows) == 1


def test_ten_thousand_garbage_frames_leave_three_hundred_lines(keyholder: KeyholderRun) -> None:
    for n in range(500):
        raw = Raw(door(keyholder)).prove("desk") if n % 10 == 0 else Raw(door(keyholder))
        for _ in range(20):
            body = os.urandom(30)
            try:
                raw.send(FRAME.pack(len(body), raw.number, raw.sequence + 1) + body)
            except OSError:
                break
        raw.close()
    keyholder.client().status()
    book = keyholder.book.reader()
    lines = book.value("SELECT count(*) FROM line")
    book.close()
    assert lines < 2 * MOST_REFUSALS
    assert keyholder.stopped == []


@pytest.mark.parametrize("length", [MAX_FIRST_FRAME + 1, 1 << 20, (1 << 32) - 1])
def test_a_stranger_may_not_send_more_than_four_kilobytes(
    keyholder: KeyholderRun, length: int
) -> None:
    raw = Raw(door(keyholder))
    raw.send(FRAME.pack(length, raw.number, 1))
    assert raw.is_cut()
    raw.close()


def test_a_proved_peer_may_not_send_a_frame_over_the_limit(keyholder: KeyholderRun) -> None:
    raw = Raw(door(keyholder)).prove("desk")
    raw.send(FRAME.pack(MAX_FRAME + 1, raw.number, raw.sequence + 1))
    assert raw.is_cut()
    raw.close()


def test_a_stranger_who_says_nothing_is_cut(
    keyholder: KeyholderRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PROOF_SECONDS", 1.0)
    proved, silent = Raw(door(keyholder)).prove("desk"), Raw(door(keyholder))
    assert silent.is_cut()  # and the second the other had is over, too
    assert proved.ask(protocol.Status())
    silent.close()
    proved.close()


def test_pipelined_requests_are_answered_each_once_and_in_order(keyholder: KeyholderRun) -> None:
    raw = Raw(door(keyholder)).prove("desk")
    numbers = range(raw.sequence + 1, raw.sequence + 501)
    raw.send(b"".join(encode(raw.number, n, protocol.Status()) for n in numbers))
    assert [raw.read()[1] for _ in numbers] == list(numbers)
    raw.close()


def test_a_frame_that_comes_byte_by_byte_is_a_frame(keyholder: KeyholderRun) -> None:
    raw = Raw(door(keyholder)).prove("desk")
    for byte in encode(raw.number, raw.sequence + 1, protocol.Status()):
        raw.send(bytes([byte]))
    assert b"Health" in raw.read()[2]
    raw.close()


# Requests that are well formed and mad.

ID = b"i" * 16
MAD: list[tuple[str, object]] = [
    ("desk", ["ReadLines", -1, 10]),
    ("desk", ["ReadLines", 0, -1]),
    ("desk", ["ReadLines", 2**63, 1]),
    ("desk", ["ReadTile", -1, 0, 256]),
    ("desk", ["ReadTile", 0, 2**63, 256]),
    ("desk", ["ReadTile", 0, 0, 0]),
    ("desk", ["OpenLines", b"", -(2**63), 2**64 - 1]),
    ("host", ["RetireKey", ID, 2**40]),
    ("host", ["RetireKey", ID, -1]),
    ("engine", ["SealKeys", [[ID, [], True]]]),
    ("engine", ["SealKeys", [[b"short", [1], True]]]),
    ("engine", ["SealKeys", [[ID, [1] * 10, True]]]),
    ("engine", ["SealKeys", [[ID, [1], True]] * 1_001]),
    ("engine", ["Act", b"", ["Place", b"short", "3W", "1"]]),
    ("engine", ["Act", b"", ["Place", ID, "w" * 201, "1"]]),
    ("desk", ["OpenKeys", b"", "TREAT", "", b"", [[b"short", 2, []]]]),
    ("desk", ["OpenKeys", b"", "TREAT", "", b"", [[ID, -1, []]]]),
    ("desk", ["OpenKeys", b"", "TREAT", "", b"", [[ID, 2**32, []]]]),
    ("desk", ["OpenKeys", b"t" * 33, "TREAT", "", b"", []]),
    ("desk", ["Login", "x" * 201, "", ""]),
    ("desk", ["Nothing"]),
    ("desk", ["Status", [[[]]] * 3]),
]


@pytest.mark.parametrize(("instance", "request_"), MAD, ids=lambda v: str(v)[:40])
def test_a_mad_request_is_answered_and_hurts_nobody(
    keyholder: KeyholderRun, instance: str, request_: object
) -> None:
    raw, other = Raw(door(keyholder)).prove(instance), keyholder.client()
    body = msgspec.msgpack.encode(request_)
    raw.send(FRAME.pack(len(body), raw.number, raw.sequence + 1) + body)
    answer = msgspec.msgpack.decode(raw.read()[2])
    assert answer[0] in {"Failed", "Health"}
    assert other.status().lines
    raw.close()
    keyholder.stop()
    keyholder.start()
    assert keyholder.client().status().red


def test_a_thousand_nested_lists_end_the_connection_and_nothing_else(
    keyholder: KeyholderRun,
) -> None:
    raw = Raw(door(keyholder)).prove("desk")
    body = b"\x92\xa6Status" + b"\x91" * 100_000 + b"\xc0"
    raw.send(FRAME.pack(len(body), raw.number, raw.sequence + 1) + body)
    assert raw.is_cut()
    assert keyholder.client().status().lines
    raw.close()


def test_a_worker_is_sixteen_bytes(keyholder: KeyholderRun) -> None:
    """A shorter one would stand in a line that no start could read."""
    with pytest.raises(ChartkeepError):
        keyholder.client(worker=b"abc").status()
    keyholder.stop()
    keyholder.start()


def test_a_section_named_twice_is_refused_and_writes_no_false_line(desk: Desk) -> None:
    """Twice the bit of one section is the bit of another."""
    for sections in ([1, 1], [1, 3, 1]):
        with pytest.raises(RefusedError, match="section"):
            desk.ask(protocol.SealKeys([protocol.SealWant(ID, sections, True)]), "engine")
    assert "seal_key" not in {line.verb for line in desk.lines()}


def test_a_typing_error_is_told_and_the_connection_lives(keyholder: KeyholderRun) -> None:
    client = keyholder.client("engine")
    with pytest.raises(BadInputError, match="out of bounds"):
        client.act(b"", actions.Place(b"short", "3W", "1"))
    client.act(b"", actions.Place(ID, "3W", "1"))


def test_a_fault_of_ours_in_one_request_stops_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever we did not foresee: its caller hears so, the line is written, the rest goes on."""

    def broken(*_: object) -> object:
        raise struct.error("a name nobody should see: sato")

    monkeypatch.setitem(HANDLERS, protocol.Sameness, broken)
    first, second = desk.send(
        [Letter("engine", protocol.Sameness()), Letter("desk", protocol.Status())]
    )
    assert "sato" not in str(first)
    assert isinstance(first, ChartkeepError)
    assert isinstance(second, protocol.Health)
    assert desk.told("refuse")[-1].error == "error"


def test_a_peer_knows_who_runs_it(keyholder: KeyholderRun) -> None:
    peers: list[Peer] = []
    greet = keyholder.service.greet
    keyholder.service.greet = lambda peer: (peers.append(peer), greet(peer))[1]  # type: ignore[method-assign]
    keyholder.client().status()
    assert [peer.uid for peer in peers] == [os.getuid()]
