"""A case only grows: what was written and kept is there again, or an error names what is not."""

from io import BytesIO
from pathlib import Path

import pytest

from chartkeep.errors import BadInputError, ConflictError, NotFoundError, UnknownFormatError
from chartkeep.incident.case.case import Case, Saying, case_ids, open_case
from chartkeep.incident.case.events import (
    Aware,
    Clock,
    Concern,
    Concerned,
    Decision,
    Estimate,
    Finding,
    Group,
    Kept,
    Known,
    Note,
    Opened,
    Report,
    Task,
    Window,
    read_written,
)
from chartkeep.incident.desk import Desk
from chartkeep.model import Millis
from tests.incident.case.conftest import NOON, Open, clock

EVENTS = [
    Note("the ward called"),
    Aware("the police", NOON, "by telephone"),
    Window(Millis(NOON - 10), None, "the VPN log"),
    Concerned(Concern.EXPORT, "e7", "its canary was posted"),
    Decision("freeze the host", "dewi", "it goes on", "erik"),
    Known("health data", holds=True),
    Estimate(1, "exposure", Group(3, "ab" * 32), possible=Group(60), gaps=("no log of site B",)),
    Clock("report", "the authority", Millis(NOON + 10)),
    Report("journalist", "a newspaper", NOON, "a sample was posted", "https://example.org"),
    Finding("cause", "first foreign act: a log-in by VPN", "likely"),
    Task("look at the shared folder", "aiko"),
]


def test_everything_written_is_read_again_in_order(case: Case, again: Open) -> None:
    numbers = [case.add(event) for event in EVENTS]
    found = again().events()
    assert numbers == list(range(1, len(EVENTS) + 1))
    assert [each.what for each in found] == [Opened("The export of May", ("JP",)), *EVENTS]
    assert {(each.by, each.time) for each in found} == {("dewi", NOON)}


ANSWER = [Saying(Finding("trace", "ours", "sure")), Saying(Task("look", "aiko"), 1)]


def test_a_jobs_answer_is_written_once(case: Case, again: Open) -> None:
    case.add(Task("look", "erik"))
    assert case.answer_of("j1") == []
    numbers = case.add_all(ANSWER, "j1")
    assert [each.number for each in again().answer_of("j1")] == numbers
    assert [task.owner for _, task in case.standing(Task)] == ["aiko"]
    with pytest.raises(ConflictError, match="written before"):
        again().add_all(ANSWER, "j1")
    assert case.answer_of("j2") == []


@pytest.mark.attack
def test_half_an_answer_never_stands(case: Case, desk: Desk) -> None:
    case.add(Task("look", "erik"))
    folder = desk.root / "cases" / case.id
    head = (folder / "checkpoint").read_bytes()
    first, whole = case.add_all(ANSWER, "j1")[0], (folder / "book").read_bytes()
    cut = len(whole) - 1  # power was lost in this write: its first record came to the disk
    (folder / "book").write_bytes(whole[:cut])
    (folder / "checkpoint").write_bytes(head)
    found = open_case(desk, case.id, "dewi", clock)
    assert first in found.gone
    assert (found.answer_of("j1"), found.standing(Finding)) == ([], [])
    assert [task.owner for _, task in found.standing(Task)] == ["erik"]
    numbers = found.add_all(ANSWER, "j1")
    assert [frame.number for frame, _ in found.standing(Finding)] == numbers[:1]
    assert [task.owner for _, task in found.standing(Task)] == ["aiko"]


def test_what_is_superseded_stays_written_and_stands_no_more(case: Case, again: Open) -> None:
    first = case.add(Clock("report", "the authority", NOON))
    second = case.add(Clock("report", "the authority", NOON, met=NOON), supersedes=first)
    assert [frame.number for frame, _ in again().standing(Clock)] == [second]
    assert [each.number for each in again().events()] == [0, first, second]


@pytest.mark.parametrize("number", [-1, 0, 2, 99])
def test_only_an_event_of_the_same_kind_is_superseded(case: Case, number: int) -> None:
    case.add(Note("one"))
    with pytest.raises(BadInputError):
        case.add(Note("another"), supersedes=number)
    assert case.book.size == 2


def test_nothing_is_superseded_twice(case: Case) -> None:
    first = case.add(Note("one"))
    case.add(Note("two"), supersedes=first)
    with pytest.raises(BadInputError, match="before"):
        case.add(Note("three"), supersedes=first)


def test_evidence_comes_out_as_it_went_in(case: Case, again: Open, tmp_path: Path) -> None:
    log = tmp_path / "firewall.csv"
    log.write_bytes(b"time,address\n" * 9_000)
    digest = case.keep(log, "firewall log of site B", origin="aiko", people=False)
    number = case.add(Finding("cause", "a log-in"), evidence=[digest])
    out = BytesIO()
    again().read(digest, out.write)
    assert out.getvalue() == log.read_bytes()
    assert again().events()[number].evidence == (digest,)
    kept = again().kept()[digest]
    assert (kept.what, kept.source, kept.size, kept.people) == (
        "firewall log of site B", "aiko", log.stat().st_size, False,
    )  # fmt: skip


def test_the_same_file_is_kept_once(case: Case, again: Open) -> None:
    assert case.keep(b"x", "one") == again().keep(b"x", "another")
    assert len(again().standing(Kept)) == 1


def test_evidence_that_was_never_kept_is_refused(case: Case) -> None:
    with pytest.raises(BadInputError, match="not kept"):
        case.add(Note("see the file"), evidence=["ab" * 32])
    with pytest.raises(NotFoundError):
        case.read("ab" * 32, BytesIO().write)


def test_what_is_no_file_is_not_evidence(case: Case, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="is no file"):
        case.keep(tmp_path, "a folder")


def test_two_processes_write_into_one_case(case: Case, again: Open) -> None:
    other = again()
    numbers = [each.add(Note(str(turn))) for turn in range(5) for each in (case, other)]
    assert numbers == list(range(1, 11))
    assert [each.by for each in again().events()] == ["dewi"] + ["dewi", "erik"] * 5


def test_an_event_longer_than_the_bound_is_refused(case: Case) -> None:
    with pytest.raises(BadInputError, match="too long"):
        case.add(Note("x" * (1 << 20)))


def test_a_desk_names_its_cases(desk: Desk, case: Case) -> None:
    assert list(case_ids(desk)) == [case.id]
    for name in ("20261122-ffffff", "../desk.json", "", case.id + "/"):
        with pytest.raises(NotFoundError):
            open_case(desk, name, "dewi", clock)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"number":0,"time":1,"by":"x","what":{"kind":"erased"}}']
)
def test_an_event_of_an_unknown_kind_is_an_error(body: bytes) -> None:
    with pytest.raises(UnknownFormatError):
        read_written(body)


def test_many_events_are_written_in_one_go_all_or_none(case: Case) -> None:
    first = case.add(Note("a"))
    case.add_all([Saying(Note("b"), first), Saying(Note("c"))])
    assert [each.text for _, each in case.standing(Note)] == ["b", "c"]
    size = case.book.size
    with pytest.raises(BadInputError):
        case.add_all([Saying(Note("d")), Saying(Note(" "))])
    with pytest.raises(BadInputError):
        case.add_all([Saying(Note("d"), size - 1), Saying(Note("e"), size - 1)])
    case.add_all([])
    case.refresh()
    assert case.book.size == size
