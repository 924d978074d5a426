"""Whose data could somebody have seen: exactly those charts, no fewer when in doubt, and proved."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.custody.blobs import stream_blob
from chartkeep.custody.lines import Window
from chartkeep.custody.release import Look, release
from chartkeep.errors import DamagedError, LedgerBrokenError, NotAllowedError
from chartkeep.incident.exposure import Exposure, expose
from chartkeep.incident.glance import glance
from chartkeep.incident.listing import find_exposure, list_exposure, read_exposure
from chartkeep.keyholder import protocol
from chartkeep.ledger.body import LINE_SALT_BYTES, Whole, write
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.ledger.line import Line
from chartkeep.model import ChartId, Purpose, Section
from tests.custody.images import LONG, image, take
from tests.house import CARE, HouseRun, Meddling
from tests.incident.conftest import Scene
from tests.records import lab

VERIFY = Path(__file__).parents[2] / "verify" / "verify.py"


def session_of(house: HouseRun) -> bytes:
    """The session that began last."""
    return next(line.session for line in reversed(house.lines()) if line.verb == "login")


def released(scene: Scene, question: Question) -> dict[bytes, int]:
    found = scene.expose(question)
    assert found.is_exact
    return {chart: each.released for chart, each in found.charts.items() if each.released}


def test_a_session_is_exposed_to_what_it_opened_and_nothing_else(scene: Scene) -> None:
    since = scene.house.now()
    other = scene.house.login("aiko", "second desk")
    scene.house.open(other, scene.charts[2], house=scene.house.join("second desk"))
    token = scene.house.login("aiko")
    session = session_of(scene.house)
    scene.open(token, scene.charts[0], CARE)
    scene.open(token, scene.charts[1])
    scene.open(token, scene.charts[1], frozenset({Section.FACE}))
    assert released(scene, scene.question(Asked.SESSION, session, since)) == scene.opened


def test_a_person_is_exposed_through_every_session(scene: Scene) -> None:
    since = scene.house.now()
    for at, instance in enumerate(("desk", "second desk")):
        token = scene.house.login("aiko", instance)
        scene.open(token, scene.charts[at], house=scene.house.join(instance))
    scene.house.open(scene.house.login("carla"), scene.charts[2], frozenset({Section.IDENTITY}))
    assert released(scene, scene.question(Asked.PERSON, b"aiko", since)) == scene.opened


def test_an_instance_is_exposed_through_everybody(scene: Scene) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    scene.open(scene.house.login("carla"), scene.charts[1], frozenset({Section.IDENTITY}))
    mine = scene.house.join("second desk")
    scene.house.open(scene.house.login("aiko", "second desk"), scene.charts[2], house=mine)
    assert released(scene, scene.question(Asked.INSTANCE, b"desk", since)) == scene.opened


def test_what_was_refused_is_no_exposure_and_a_search_is_counted(scene: Scene) -> None:
    since = scene.house.now()
    token = scene.house.login("budi")
    with pytest.raises(NotAllowedError):
        scene.house.open(token, scene.charts[0])
    scene.house.search(token, name="nobody")
    found = scene.expose(scene.question(Asked.PERSON, b"budi", since))
    assert (found.charts, found.searches) == ({}, 1)


def test_charts_written_through_an_instance_are_exposed_as_written(scene: Scene) -> None:
    found = scene.expose(scene.question(Asked.INSTANCE, b"engine", 1))
    assert set(found.charts) == set(scene.charts)
    assert {each.released for each in found.charts.values()} == {0}
    written = 1 << Section.FACE | 1 << Section.IDENTITY | 1 << Section.RESULTS
    assert {each.written for each in found.charts.values()} == {written}


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
    assert released(scene, scene.question(Asked.PERSON, b"aiko", since)) == {
        chart: 1 << Section.IMAGING
    }
    through = scene.expose(scene.question(Asked.INSTANCE, b"engine", 1))
    assert through.charts[chart].written >> Section.IMAGING & 1


def test_the_window_reaches_back_to_the_log_in(scene: Scene) -> None:
    token = scene.house.login("aiko")
    session = session_of(scene.house)
    scene.open(token, scene.charts[0])
    scene.house.clock.move(hours=3)
    since = scene.house.now()
    scene.open(token, scene.charts[1])
    assert released(scene, scene.question(Asked.SESSION, session, since)) == scene.opened
    assert released(scene, scene.question(Asked.PERSON, b"aiko", since)) == scene.opened


def test_a_session_that_ended_before_the_window_is_not_in_it(scene: Scene) -> None:
    token = scene.house.login("aiko")
    scene.house.open(token, scene.charts[0])
    scene.house.desk.keyholder.logout(token)
    scene.house.clock.move(hours=1)
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[1])
    assert released(scene, scene.question(Asked.PERSON, b"aiko", since)) == scene.opened


def test_the_window_reaches_back_to_the_start_of_a_worker_still_there(scene: Scene) -> None:
    token = scene.house.login("aiko")
    scene.open(token, scene.charts[0])
    scene.house.clock.move(hours=2)
    question = scene.question(Asked.INSTANCE, b"desk")
    assert released(scene, question) == scene.opened


def hello(time: int, worker: bytes, verb: str = "hello") -> Line:
    return Line(time, verb, instance="desk", worker=worker * 16)


@pytest.mark.parametrize(
    ("lines", "began"),
    [
        ([hello(10, b"w"), hello(20, b"w", "gone")], 50),
        ([hello(10, b"w")], 10),
        ([hello(10, b"w"), hello(20, b"v"), hello(30, b"w", "gone")], 20),
        ([hello(10, b"w"), hello(20, b"w", "gone"), hello(30, b"w")], 10),
        ([hello(10, b"w"), hello(20, b"w", "gone"), hello(60, b"w")], 10),
        ([hello(10, b"w"), hello(20, b"w", "gone"), hello(60, b"v")], 50),
        ([hello(10, b"w"), hello(60, b"w", "gone")], 10),
    ],
    ids=[
        "gone before", "still there", "one of two gone", "came back", "came back inside",
        "another came", "gone inside",
    ],
)  # fmt: skip
def test_a_worker_lives_from_its_first_hello_whatever_its_connections_did(
    lines: list[Line], began: int
) -> None:
    assert looked(lines, Question(Asked.INSTANCE, b"desk", 50, 90)).question.since == began


def looked(lines: list[Line], question: Question, page: int = 1) -> Exposure:
    wholes = [Whole.parse(write(line, bytes(LINE_SALT_BYTES))[1]) for line in lines]
    pages = (wholes[at : at + page] for at in range(0, len(wholes), page))
    first, *later = (glance(question, some) for some in pages)
    for each in later:
        first.merge(each)
    return first.answer()


def test_a_gap_makes_the_set_a_lower_bound() -> None:
    question = Question(Asked.PERSON, b"aiko", 10, 90)
    lines = [
        Line(20, "release", person="aiko", chart=b"c" * 16, sections=4),
        Line(30, "gap"),
        Line(99, "release", person="aiko", chart=b"d" * 16, sections=4),
    ]
    found = expose(lines, question)
    assert (set(found.charts), found.gaps, found.is_exact) == ({b"c" * 16}, 1, False)


def test_the_file_satisfies_a_stranger_and_reads_back_the_same(scene: Scene) -> None:
    since = scene.house.now()
    token = scene.house.login("aiko")
    scene.open(token, scene.charts[0])
    found = scene.expose(scene.question(Asked.SESSION, session_of(scene.house), since))
    assert read_exposure(scene.out, found.question, scene.house.releases_key) == found
    told = verified(scene)
    assert told.returncode == 0, told.stderr
    assert "1 listed, 0 gaps" in told.stdout


def test_a_file_with_a_line_less_satisfies_nobody(scene: Scene) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    found = scene.expose(scene.question(Asked.PERSON, b"aiko", since))
    lines = scene.out.read_bytes().splitlines(keepends=True)
    scene.out.write_bytes(b"".join(line for line in lines if not line.startswith(b"W ")))
    with pytest.raises(DamagedError, match=r"^line "):
        read_exposure(scene.out, found.question, scene.house.releases_key)
    assert "REFUSED" in verified(scene).stderr


@pytest.mark.attack
def test_a_file_that_answers_a_smaller_question_is_refused(scene: Scene) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    asked = scene.question(Asked.PERSON, b"aiko", since)
    scene.expose(scene.question(Asked.PERSON, b"aiko"))
    with pytest.raises(LedgerBrokenError, match="another question"):
        read_exposure(scene.out, asked, scene.house.releases_key)


def verified(scene: Scene) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, VERIFY, "exposure", scene.out, "--key"]
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


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_keyholder_that_shows_other_lines_is_refused(
    scene: Scene, lie: Callable[[Lines], Lines]
) -> None:
    scene.open(scene.house.login("aiko"), scene.charts[0])
    question = scene.question(Asked.PERSON, b"aiko", 1)
    pages = officers_window(
        scene, question, line_pages=lambda real, *asked: map(lying(lie), real(*asked))
    )
    log = scene.house.releases_key
    with pytest.raises(DamagedError):
        list_exposure(pages, question, log, scene.out)


def test_the_answer_on_the_screen_is_the_one_of_the_file(scene: Scene) -> None:
    token = scene.house.login("aiko")
    scene.open(token, scene.charts[0])
    scene.house.clock.move(hours=2)
    since = scene.house.now()
    scene.open(token, scene.charts[1])
    question = scene.question(Asked.PERSON, b"aiko", since)
    listed = scene.expose(question)
    assert find_exposure(officers_window(scene, question), question) == listed
    assert set(listed.charts) == {scene.charts[0], scene.charts[1]}


def officers_window(scene: Scene, question: Question, **lies: Callable[..., Any]) -> Window:
    token = scene.house.login("dewi", "second desk")
    keyholder: Any = Meddling(scene.house.join("second desk").keyholder, **lies)
    return Window(keyholder, scene.house.releases_key, token, question.since, question.until)


@pytest.mark.attack
@pytest.mark.parametrize(
    ("lie", "said"), [({"first": 2}, "reach back"), ({"end": 3}, "end of the window")]
)
def test_a_keyholder_that_names_a_smaller_window_is_refused(
    scene: Scene, lie: dict[str, int], said: str
) -> None:
    question = scene.question(Asked.PERSON, b"aiko", 1)

    def open_less(real: Callable[..., protocol.LineKeys], *asked: object) -> protocol.LineKeys:
        return msgspec.structs.replace(real(*asked), **lie)

    window = officers_window(scene, question, open_lines=open_less)
    with pytest.raises(LedgerBrokenError, match=said):
        find_exposure(window, question)


@pytest.mark.attack
@pytest.mark.parametrize("keys", [[], [b"short"], [bytes(32)] * 2])
def test_keys_that_do_not_fit_the_window_are_refused(scene: Scene, keys: list[bytes]) -> None:
    question = scene.question(Asked.PERSON, b"aiko", 1)

    def fewer(real: Callable[..., protocol.LineKeys], *asked: object) -> protocol.LineKeys:
        return msgspec.structs.replace(real(*asked), keys=keys)

    with pytest.raises(DamagedError, match="keys"):
        officers_window(scene, question, open_lines=fewer)


def test_lines_out_of_time_are_refused() -> None:
    lines = [Line(20, "release"), Line(19, "release")]
    for page in (1, 2):
        with pytest.raises(LedgerBrokenError, match="before an earlier"):
            looked(lines, Question(Asked.PERSON, b"aiko", 5, 90), page)


MOMENTS = st.builds(
    Line,
    time=st.integers(0, 99),
    verb=st.sampled_from(["release", "seal_key", "search", "login", "logout", "gap"]),
    person=st.sampled_from(["aiko", "budi"]),
    session=st.sampled_from([b"s" * 16, b"t" * 16]),
    chart=st.sampled_from([b"c" * 16, b"d" * 16]),
    sections=st.sampled_from([1, 2, 4]),
)


@given(st.lists(MOMENTS, min_size=1, max_size=20), st.integers(1, 20))
def test_it_does_not_matter_where_pages_end(lines: list[Line], page: int) -> None:
    ordered = sorted(lines, key=lambda line: line.time)
    question = Question(Asked.PERSON, b"aiko", 40, 80)
    found = looked(ordered, question, page)
    assert found == looked(ordered, question, len(ordered))
    assert found == expose(ordered, found.question)


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
    assert released(scene, scene.question(Asked.PERSON, b"aiko", since)) == scene.opened
