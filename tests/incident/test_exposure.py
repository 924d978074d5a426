"""Whose data could somebody have seen: exactly those charts, no fewer when in doubt, and proved."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from chartkeep.custody.blobs import stream_blob
from chartkeep.custody.lines import Window
from chartkeep.custody.release import Look, release
from chartkeep.errors import DamagedError, LedgerBrokenError, NotAllowedError
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.proving import PROVED, prove, read_proof, write_proof
from chartkeep.incident.estimate.suspect import Kind
from chartkeep.keyholder import protocol
from chartkeep.keyholder.roles import mask
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.model import ChartId, Purpose, Section
from tests.custody.images import LONG, image, take
from tests.house import CARE, HouseRun, Meddling
from tests.incident.conftest import Scene
from tests.incident.estimate.ledgers import told
from tests.records import lab

VERIFY = Path(__file__).parents[2] / "verify" / "verify.py"


def session_of(house: HouseRun) -> bytes:
    """The session that began last."""
    return next(line.session for line in reversed(house.lines()) if line.verb == "login")


def released(scene: Scene, kind: Kind, value: bytes, since: int = 0) -> dict[bytes, int]:
    found = scene.ask(kind, value, since)
    assert found.is_exact
    return told(found, How.RELEASED)


def test_a_session_is_exposed_to_what_it_opened_and_nothing_else(scene: Scene) -> None:
    since = scene.house.now()
    other = scene.house.login("aiko", "second desk")
    scene.house.open(other, scene.charts[2], house=scene.house.join("second desk"))
    token = scene.house.login("aiko")
    session = session_of(scene.house)
    scene.open(token, scene.charts[0], CARE)
    scene.open(token, scene.charts[1])
    scene.open(token, scene.charts[1], frozenset({Section.FACE}))
    assert released(scene, Kind.SESSION, session, since) == scene.opened


def test_a_person_is_exposed_through_every_session(scene: Scene) -> None:
    since = scene.house.now()
    for at, instance in enumerate(("desk", "second desk")):
        token = scene.house.login("aiko", instance)
        scene.open(token, scene.charts[at], house=scene.house.join(instance))
    scene.house.open(scene.house.login("carla"), scene.charts[2], frozenset({Section.IDENTITY}))
    assert released(scene, Kind.PERSON, b"aiko", since) == scene.opened


def test_an_instance_is_exposed_through_everybody(scene: Scene) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    scene.open(scene.house.login("carla"), scene.charts[1], frozenset({Section.IDENTITY}))
    mine = scene.house.join("second desk")
    scene.house.open(scene.house.login("aiko", "second desk"), scene.charts[2], house=mine)
    assert released(scene, Kind.INSTANCE, b"desk", since) == scene.opened


def test_what_was_refused_is_no_exposure_and_a_search_is_counted(scene: Scene) -> None:
    since = scene.house.now()
    token = scene.house.login("budi")
    with pytest.raises(NotAllowedError):
        scene.house.open(token, scene.charts[0])
    scene.house.search(token, name="nobody")
    found = scene.ask(Kind.PERSON, b"budi", since)
    assert (len(found), found.searches) == (0, 1)


def test_charts_written_through_an_instance_are_exposed_as_written(scene: Scene) -> None:
    found = scene.ask(Kind.INSTANCE, b"engine", 1)
    written = mask(Section.FACE, Section.IDENTITY, Section.RESULTS, Section.FINGERPRINTS)
    assert told(found) == told(found, How.WRITTEN) == dict.fromkeys(scene.charts, written)


def test_whoever_sent_or_opened_an_image_is_exposed_to_it_however_long_it_was_read(
    scene: Scene,
) -> None:
    chart, since, desk = scene.charts[0], scene.house.now(), scene.house.desk
    take(ChartId(chart), scene.house.engine, image(LONG))
    imaging = frozenset({Section.IMAGING})
    look = Look(scene.house.login("aiko"), imaging, Purpose.TREATMENT)
    opened = release(ChartId(chart), look, desk)
    pieces = stream_blob(opened.entries[0], lambda: release(ChartId(chart), look, desk), desk)
    next(pieces)
    scene.house.clock.move(minutes=6)  # the lease ends in the middle of it
    next(pieces)
    assert scene.house.verbs()[-2:] == ["release", "release"]
    assert released(scene, Kind.PERSON, b"aiko", since) == {chart: 1 << Section.IMAGING}
    through = scene.ask(Kind.INSTANCE, b"engine", 1)
    assert told(through, How.WRITTEN)[chart] >> Section.IMAGING & 1


def test_the_window_reaches_back_to_the_log_in(scene: Scene) -> None:
    token = scene.house.login("aiko")
    session = session_of(scene.house)
    scene.open(token, scene.charts[0])
    scene.house.clock.move(hours=3)
    since = scene.house.now()
    scene.open(token, scene.charts[1])
    assert released(scene, Kind.SESSION, session, since) == scene.opened
    assert released(scene, Kind.PERSON, b"aiko", since) == scene.opened


def test_a_session_that_ended_before_the_window_is_not_in_it(scene: Scene) -> None:
    token = scene.house.login("aiko")
    scene.house.open(token, scene.charts[0])
    scene.house.desk.keyholder.logout(token)
    scene.house.clock.move(hours=1)
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[1])
    assert released(scene, Kind.PERSON, b"aiko", since) == scene.opened


def test_the_window_reaches_back_to_the_start_of_a_worker_still_there(scene: Scene) -> None:
    token = scene.house.login("aiko")
    scene.open(token, scene.charts[0])
    scene.house.clock.move(hours=2)
    assert released(scene, Kind.INSTANCE, b"desk") == scene.opened


def test_the_file_satisfies_a_stranger_and_reads_back_the_same(scene: Scene) -> None:
    since = scene.house.now()
    token = scene.house.login("aiko")
    scene.open(token, scene.charts[0])
    found = scene.ask(Kind.SESSION, session_of(scene.house), since)
    proof = read_proof(scene.proof, asked(scene, found), scene.house.releases_key)
    assert {chart: one.how for chart, one in proof.charts.items()} == {
        each.chart: each.how for each in found
    }
    said = verified(scene)
    assert said.returncode == 0, said.stderr
    assert "1 listed, 0 gaps" in said.stdout


def asked(scene: Scene, found: Estimate) -> Question:
    """What the list of an estimate of one answers."""
    (one,), (since,) = found.suspects, found.widened
    return Question(PROVED[one.kind], one.value, since, one.until)


@pytest.mark.attack
def test_a_file_with_a_line_less_satisfies_nobody(scene: Scene) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    found = scene.ask(Kind.PERSON, b"aiko", since)
    lines = scene.proof.read_bytes().splitlines(keepends=True)
    scene.proof.write_bytes(b"".join(line for line in lines if not line.startswith(b"W ")))
    with pytest.raises(DamagedError, match=r"^line "):
        read_proof(scene.proof, asked(scene, found), scene.house.releases_key)
    assert "REFUSED" in verified(scene).stderr


@pytest.mark.attack
def test_a_file_that_answers_a_smaller_question_is_refused(scene: Scene) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    whole = asked(scene, scene.ask(Kind.PERSON, b"aiko", since))
    scene.house.desk.keyholder.logout(scene.house.login("aiko"))
    smaller = msgspec.structs.replace(whole, since=whole.since + 1)
    with pytest.raises(LedgerBrokenError, match="another question"):
        read_proof(scene.proof, smaller, scene.house.releases_key)


@pytest.mark.attack
def test_an_answer_the_ledger_does_not_prove_is_refused(scene: Scene) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    found = scene.ask(Kind.PERSON, b"aiko", since)
    token, log = scene.house.login("dewi", "second desk"), scene.house.releases_key
    officer = scene.house.join("second desk")
    none = found.where(np.zeros(len(found), np.bool_))
    for wrong in (none, replace(found, first=found.first + 1, last=found.last + 1)):
        with pytest.raises(LedgerBrokenError, match="proves another answer"):
            list(prove(wrong, officer, log, token, scene.folder / "again"))


def verified(scene: Scene) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, VERIFY, "exposure", scene.proof, "--key"]
    return subprocess.run(  # the stranger has no chartkeep on his path
        [*command, scene.house.releases_key.text()],
        capture_output=True, text=True, check=False, cwd="/", env={"PATH": os.environ["PATH"]},
    )  # fmt: skip


Lines = list[tuple[int, protocol.SealedLine]]
Unread = tuple[int, int, bytes]


def changed(sealed: Lines) -> Lines:
    at, line = sealed[1]
    body = bytearray(line.body)
    body[40] ^= 1
    return [sealed[0], (at, protocol.SealedLine(line.time, line.entry, bytes(body))), *sealed[2:]]


def lying(lie: Callable[[Lines], Lines]) -> Callable[[Unread], Unread]:
    def change(page: Unread) -> Unread:
        first, end, raw = page
        lines = lie(list(enumerate(protocol.read_page(raw), first)))
        return first, end, msgspec.msgpack.encode([line for _, line in lines])

    return change


LIES = {
    "a line changed": changed,
    "two lines swapped": lambda lines: [lines[0], (1, lines[2][1]), (2, lines[1][1]), *lines[3:]],
    "the last line missing": lambda lines: lines[:-1],
    "nothing at all": lambda lines: [],
}


QUESTION = Question(Asked.PERSON, b"aiko", 1, 1 << 50)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_keyholder_that_shows_other_lines_is_refused(
    scene: Scene, lie: Callable[[Lines], Lines]
) -> None:
    scene.open(scene.house.login("aiko"), scene.charts[0])
    window = officers_window(scene, line_pages=lambda real, *asked: map(lying(lie), real(*asked)))
    with pytest.raises(DamagedError):
        write_proof(window, QUESTION, scene.house.releases_key, scene.proof)


def officers_window(scene: Scene, **lies: Callable[..., Any]) -> Window:
    scene.proof = scene.folder / "proof"
    token = scene.house.login("dewi", "second desk")
    keyholder: Any = Meddling(scene.house.join("second desk").keyholder, **lies)
    return Window(keyholder, scene.house.releases_key, token, QUESTION.since, QUESTION.until)


@pytest.mark.attack
@pytest.mark.parametrize("lie", [{"first": 2}, {"end": 3}])
def test_a_keyholder_that_names_a_smaller_window_is_refused(
    scene: Scene, lie: dict[str, int]
) -> None:
    def open_less(real: Callable[..., protocol.LineKeys], *asked: object) -> protocol.LineKeys:
        given = real(*asked)
        return msgspec.structs.replace(given, **lie, keys=given.keys[:1])

    window = officers_window(scene, open_lines=open_less)
    question = msgspec.structs.replace(QUESTION, until=window.until)
    with pytest.raises(LedgerBrokenError, match="the window"):
        write_proof(window, question, scene.house.releases_key, scene.proof)


@pytest.mark.attack
@pytest.mark.parametrize("keys", [[], [b"short"], [bytes(32)] * 2])
def test_keys_that_do_not_fit_the_window_are_refused(scene: Scene, keys: list[bytes]) -> None:
    def fewer(real: Callable[..., protocol.LineKeys], *asked: object) -> protocol.LineKeys:
        return msgspec.structs.replace(real(*asked), keys=keys)

    with pytest.raises(DamagedError, match="keys"):
        officers_window(scene, open_lines=fewer)


def test_a_ledger_cut_while_a_place_in_it_is_sought_is_refused(scene: Scene) -> None:
    token = scene.house.login("dewi", "second desk")
    keyholder = Meddling(scene.house.join("second desk").keyholder, lines=lambda *_: iter(()))
    window = Window(keyholder, scene.house.releases_key, token, 1, 9)  # type: ignore[arg-type]
    window.end += 5
    with pytest.raises(LedgerBrokenError, match="ends before line"):
        window.place(5)


def test_only_an_auditor_is_given_the_keys_of_lines(scene: Scene) -> None:
    token = scene.house.login("aiko")
    with pytest.raises(NotAllowedError, match="does not read the ledger"):
        Window(scene.house.desk.keyholder, scene.house.releases_key, token, 0, 1)


def test_a_window_over_several_bundles_of_lines_are_still_exact(scene: Scene) -> None:
    since = scene.house.now()
    token = scene.house.login("aiko")
    for _ in range(300):
        scene.open(token, scene.charts[0])
    scene.open(token, scene.charts[1])
    scene.house.send(lab("o-q", "Patient/q", 7))
    assert released(scene, Kind.PERSON, b"aiko", since) == scene.opened
