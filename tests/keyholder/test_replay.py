"""Whoever records every frame has nothing: each one played back is refused and written down."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.errors import ChartkeepError, NotAllowedError
from chartkeep.keyholder import actions, details, protocol
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.roles import mask
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.model import Section
from chartkeep.sealing.lines import open_body
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import FRAME, encode
from tests import cast
from tests.conftest import KeyholderRun
from tests.keyholder.raw import Raw, Recorder

pytestmark = pytest.mark.attack
SECRET_VERBS = {"release", "seal_key", "search", "labels", "match", "same", "sameness", "login"}


@pytest.fixture
def tape(keyholder: KeyholderRun, tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(tmp_path / "proxy.sock", keyholder.folder / "keyholder.sock")
    yield recorder
    recorder.close()


def recorded(keyholder: KeyholderRun, instance: str) -> KeyholderClient:
    """A client that speaks through the recorder."""
    mine = Credentials(instance, cast.key_of(instance), os.urandom(16))
    address = f"unix:{keyholder.folder / 'proxy.sock'}"
    return KeyholderClient(Client(address, "keyholder", mine))


def lines(keyholder: KeyholderRun) -> list[Line]:
    """Every line on the disk, after the keyholder has done all that was asked."""
    keyholder.client().status()
    book = keyholder.book.reader()
    found = book.rows("SELECT idx, body FROM line ORDER BY idx")
    book.close()
    keys = keyholder.keyholder.ring.lines
    return [Whole.parse(open_body(keys.bundle(n // 256), n, body)).line for n, body in found]


def live(keyholder: KeyholderRun) -> None:
    """A session that uses every verb once."""
    engine, desk = recorded(keyholder, "engine"), recorded(keyholder, "desk")
    host, chart = recorded(keyholder, "host"), os.urandom(16)
    sealed = engine.seal_keys([protocol.SealWant(chart, [1, 3], True)])
    wraps = [key.wrap for key in sealed.keys]
    engine.act(b"", actions.Place(chart, "3W", "1"))
    engine.write_labels(chart, [protocol.Labelled(chart, ["name:sato"])])
    engine.same_person(chart, ["whole:sato"])
    engine.match_number("id:urn:mrn|1")
    engine.sameness()
    tokens = {}
    for person in ("aiko", "erik", "fumi", "dewi"):
        keyholder.clock.move(seconds=30)
        code = keyholder.clock.code(person)
        tokens[person] = desk.login(person, cast.PASSWORD, code).token
    care = mask(Section.FACE, Section.CLINICAL)
    asked = protocol.ChartWraps(chart, care, wraps)
    assert (
        desk.open_keys(protocol.OpenKeys(tokens["aiko"], "TREAT", "", b"", [asked])).charts[0].keys
    )
    desk.read_labels(tokens["aiko"], "TREAT", ["name:sato"])
    limit = actions.SetLimit("person", "", "chart", 3_600_000, 77)
    desk.approve(tokens["fumi"], desk.act(tokens["erik"], limit).proposal)
    desk.open_lines(tokens["dewi"], 0, keyholder.clock.at)
    list(desk.lines(0, 10))
    desk.checkpoint()
    desk.status()
    host.rotate_chart(chart, wraps)
    desk.logout(tokens["aiko"])
    for client in (engine, desk, host):
        client.close()


def test_every_recorded_frame_played_raw_on_a_new_connection_is_cut(
    keyholder: KeyholderRun, tape: Recorder
) -> None:
    live(keyholder)
    before = lines(keyholder)
    assert len(tape.frames) > 20
    for frame in tape.frames:
        raw = Raw(keyholder.folder / "keyholder.sock")
        raw.send(frame)
        assert raw.is_cut()
        raw.close()
    after = lines(keyholder)[len(before) :]
    assert {line.verb for line in after} <= {"refuse", "hello", "gone"}
    assert sum(line.verb == "refuse" for line in after) == len(tape.frames)


@pytest.mark.parametrize("instance", ["desk", "engine"])
def test_every_recorded_frame_played_after_a_true_proof_is_cut(
    keyholder: KeyholderRun, tape: Recorder, instance: str
) -> None:
    live(keyholder)
    before = lines(keyholder)
    for frame in tape.frames:
        raw = Raw(keyholder.folder / "keyholder.sock").prove(instance)
        raw.send(frame)
        assert raw.is_cut()
        raw.close()
    after = lines(keyholder)[len(before) :]
    assert not {line.verb for line in after} & SECRET_VERBS
    assert sum(line.verb == "refuse" for line in after) == len(tape.frames)


def test_a_whole_recorded_connection_played_back_is_cut_at_its_first_frame(
    keyholder: KeyholderRun, tape: Recorder
) -> None:
    live(keyholder)
    before = lines(keyholder)
    raw = Raw(keyholder.folder / "keyholder.sock")
    raw.send(b"".join(tape.frames))
    assert raw.is_cut()
    raw.close()
    assert not {line.verb for line in lines(keyholder)[len(before) :]} & SECRET_VERBS


def test_recorded_words_framed_anew_by_the_true_instance_bring_no_second_session(
    keyholder: KeyholderRun, tape: Recorder
) -> None:
    """Someone on the stolen application host: he can frame, but a code works once."""
    live(keyholder)
    logins = [frame for frame in tape.frames if b"Login" in frame]
    assert len(logins) == 4
    for frame in logins:
        raw = Raw(keyholder.folder / "keyholder.sock").prove("desk")
        body = frame[FRAME.size :]
        raw.send(FRAME.pack(len(body), raw.number, raw.sequence + 1) + body)
        assert b"NotAllowedError" in raw.read()[2]
        raw.close()


def test_the_same_frame_twice_on_one_connection_is_cut(keyholder: KeyholderRun) -> None:
    raw = Raw(keyholder.folder / "keyholder.sock").prove("desk")
    frame = encode(raw.number, raw.sequence + 1, protocol.Status())
    raw.send(frame)
    raw.read()
    raw.send(frame)
    assert raw.is_cut()
    raw.close()


def test_a_proof_for_another_server_or_connection_does_not_hold(keyholder: KeyholderRun) -> None:
    first, second = (Raw(keyholder.folder / "keyholder.sock") for _ in range(2))
    second.challenge = first.challenge
    second.prove("desk")
    assert second.is_cut()
    first.close()
    second.close()


def test_a_stranger_and_a_false_key_do_not_get_in(keyholder: KeyholderRun) -> None:
    for name, key in (("nobody", "nobody"), ("desk", "engine")):
        mine = Credentials(name, cast.key_of(key), os.urandom(16))
        client = Client(f"unix:{keyholder.folder / 'keyholder.sock'}", "keyholder", mine)
        with pytest.raises(NotAllowedError, match="not accepted"):
            client.ask(protocol.Status(), protocol.Health)
    refused = [details.unpack(x).message for x in lines(keyholder) if x.verb == "refuse"]
    assert [m.split(":")[0] for m in refused] == ["nobody", "desk"]


@pytest.fixture
def charts(keyholder: KeyholderRun) -> list[protocol.ChartWraps]:
    engine, made = keyholder.client("engine"), []
    for bed in ("1", "2"):
        chart = os.urandom(16)
        sealed = engine.seal_keys([protocol.SealWant(chart, [1, 3], True)])
        engine.act(b"", actions.Place(chart, "3W", bed))
        wraps = [key.wrap for key in sealed.keys]
        made.append(protocol.ChartWraps(chart, mask(Section.FACE, Section.CLINICAL), wraps))
    return made


def test_stolen_words_open_nothing(
    keyholder: KeyholderRun, charts: list[protocol.ChartWraps]
) -> None:
    mine, other = charts
    token = keyholder.login("aiko")
    face = mask(Section.FACE)
    cut = bytearray(mine.wraps[1])
    cut[40] = Section.FACE  # the section's byte in the wrap's clear header
    forged = [
        protocol.ChartWraps(mine.chart, mine.sections, other.wraps),
        protocol.ChartWraps(other.chart, mine.sections, mine.wraps),
        protocol.ChartWraps(mine.chart, face, [mine.wraps[1]]),
        protocol.ChartWraps(mine.chart, face, [bytes(cut)]),
        protocol.ChartWraps(mine.chart, face, [b"x" * 141]),
        protocol.ChartWraps(mine.chart, face, [b""]),
    ]
    answer = keyholder.client().open_keys(protocol.OpenKeys(token, "TREAT", "", b"", forged))
    assert all(not any(chart.keys) for chart in answer.charts)
    assert [bool(chart.error) for chart in answer.charts] == [True, True, True, False, True, True]
    told = {line.verb for line in lines(keyholder) if line.chart and line.person == "aiko"}
    assert told == {"refuse", "release"}  # the forged byte was only found when it did not open


@pytest.mark.parametrize("instance", ["second desk", "engine"])
def test_another_instances_session_opens_nothing(
    keyholder: KeyholderRun, charts: list[protocol.ChartWraps], instance: str
) -> None:
    token = keyholder.login("aiko")
    request = protocol.OpenKeys(token, "TREAT", "", b"", charts)
    with pytest.raises(NotAllowedError):
        keyholder.client(instance).open_keys(request)
    assert "release" not in {line.verb for line in lines(keyholder)}


def test_a_guessed_token_opens_nothing_and_is_written_down(
    keyholder: KeyholderRun, charts: list[protocol.ChartWraps]
) -> None:
    for token in (b"", b"\0" * 32, os.urandom(32)):
        with pytest.raises(ChartkeepError):
            keyholder.client().open_keys(protocol.OpenKeys(token, "TREAT", "", b"", charts))
    assert sum(line.verb == "refuse" for line in lines(keyholder)) == 3
