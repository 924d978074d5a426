"""Every answer is on two disks; a follower takes over with every key, the old one is unheard."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from chartkeep.errors import (
    ChartkeepError,
    ConflictError,
    LedgerBrokenError,
    NotAllowedError,
    OverBudgetError,
    RefusedError,
    SealBrokenError,
    UnavailableError,
    UnknownWriteError,
)
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.follower import Follower, promote
from chartkeep.keyholder.founding import open_keyholder
from chartkeep.keyholder.group import load_tree
from chartkeep.keyholder.mirror import SupersededError, copy_back
from chartkeep.model import Consent, Provision, Section
from chartkeep.sealing.kek import Cost, PassphraseFile
from tests import cast
from tests.conftest import KeyholderRun
from tests.keyholder.pair import Cable, DoomedPrimary, FollowerRun, PrimaryRun, wait_for
from tests.keyholder.test_opening import a_chart, opened, placed_chart

NOBODY = Consent(Provision(permit=False))


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[FollowerRun]:
    running = FollowerRun(tmp_path / "follower")
    yield running
    running.stop()


@pytest.fixture
def primary(tmp_path: Path, clock: cast.FakeClock, follower: FollowerRun) -> Iterator[PrimaryRun]:
    running = PrimaryRun(tmp_path / "primary", clock, follower.address)
    running.follow()
    yield running
    running.stop()


def heads(primary: PrimaryRun, follower: FollowerRun) -> tuple[bytes, bytes]:
    """The root on the primary's disk and the one the follower stands at."""
    book = primary.book.reader()
    here = load_tree(book, book.size()).root()
    book.close()
    return here, follower.follower.where().root


def two_people(primary: KeyholderRun, action: actions.Actions) -> None:
    erik, fumi = primary.login("erik"), primary.login("fumi")
    client = primary.client()
    client.approve(fumi, client.act(erik, action).proposal)


def test_a_new_follower_is_seeded_and_then_has_every_line(
    primary: PrimaryRun, follower: FollowerRun
) -> None:
    a_chart(primary, "3W", "12")
    here, there = heads(primary, follower)
    assert here == there
    assert primary.client().status().follower == "in step"


def test_the_outbox_is_emptied_as_the_follower_acknowledges(
    primary: PrimaryRun, follower: FollowerRun
) -> None:
    for _ in range(5):
        a_chart(primary)
    assert primary.book.reader().value("SELECT count(*) FROM outbox") <= 1


def test_without_the_follower_only_the_floor_and_broken_glass_go_on(primary: PrimaryRun) -> None:
    inpatient, other = a_chart(primary, "3W", "12"), a_chart(primary, "3W")
    aiko, desk = primary.login("aiko"), primary.client()
    primary.cable.is_cut = True
    assert opened(desk, aiko, other).error == "UnavailableError"
    assert opened(desk, aiko, other, "BTG").error == ""
    assert opened(desk, aiko, inpatient).error == ""
    with pytest.raises(UnavailableError, match="follower"):
        a_chart(primary)


def test_it_catches_up_when_the_follower_is_back(
    primary: PrimaryRun, follower: FollowerRun
) -> None:
    inpatient, aiko = a_chart(primary, "3W", "12"), primary.login("aiko")
    primary.cable.is_cut = True
    for _ in range(20):
        opened(primary.client(), aiko, inpatient)
    primary.cable.is_cut = False
    wait_for(primary.link.in_step)
    a_chart(primary)
    here, there = heads(primary, follower)
    assert here == there


def test_two_people_detach_it_and_it_stays_detached_over_a_restart(primary: PrimaryRun) -> None:
    primary.cable.is_cut = True
    two_people(primary, actions.Detach())
    a_chart(primary)
    primary.stop()
    primary.start()
    a_chart(primary)
    assert primary.client().status().follower == "none"
    assert primary.book.reader().value("SELECT count(*) FROM outbox") == 0


@pytest.mark.attack
def test_taking_the_follower_out_of_the_configuration_detaches_nothing(
    primary: PrimaryRun,
) -> None:
    primary.stop()
    alone = KeyholderRun(primary.folder, primary.clock)
    with pytest.raises(UnavailableError, match="follower"):
        a_chart(alone)
    alone.stop()
    primary.start()


def test_a_restarted_primary_goes_on_with_its_follower(
    primary: PrimaryRun, follower: FollowerRun
) -> None:
    primary.stop()
    primary.start()
    wait_for(primary.link.in_step)
    a_chart(primary)
    here, there = heads(primary, follower)
    assert here == there


def test_a_restarted_follower_is_found_again(primary: PrimaryRun, follower: FollowerRun) -> None:
    follower.stop()
    with pytest.raises(UnavailableError):
        a_chart(primary)
    follower.start()
    wait_for(primary.link.in_step)
    a_chart(primary)
    here, there = heads(primary, follower)
    assert here == there


def crash(primary: PrimaryRun, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let the power fail before a group is sent, before its commit here, or before its answer."""
    wait, engine = primary.link.wait, primary.client("engine")
    engine.status()

    def fail(*_: object) -> bool:
        wait()  # what was sent has arrived
        raise UnknownWriteError("the power fails")

    match step:
        case "send":
            monkeypatch.setattr(primary.link, "send", fail)
        case "commit":
            monkeypatch.setattr(primary.book, "apply", fail)
        case "answer":
            monkeypatch.setattr(primary.link, "wait", fail)
    with pytest.raises(UnavailableError):
        engine.seal_keys([protocol.SealWant(bytes(16), [int(Section.FACE)], True)])
    monkeypatch.undo()
    primary.stop()


@pytest.mark.attack
@pytest.mark.parametrize("step", ["send", "commit", "answer"])
def test_a_crash_between_the_two_disks_loses_nothing_and_leaves_one_history(
    primary: PrimaryRun, follower: FollowerRun, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    kept = a_chart(primary, "3W", "12")
    crash(primary, monkeypatch, step)
    primary.start()
    wait_for(primary.link.in_step)
    assert opened(primary.client(), primary.login("aiko"), kept).error == ""
    a_chart(primary)
    here, there = heads(primary, follower)
    assert here == there


@pytest.mark.attack
def test_a_primary_that_crashed_and_could_not_ask_replaces_what_nobody_was_answered(
    primary: PrimaryRun, follower: FollowerRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    inpatient, aiko = a_chart(primary, "3W", "12"), primary.login("aiko")
    crash(primary, monkeypatch, "commit")
    follower.stop()
    primary.start()
    assert opened(primary.client(), aiko, inpatient).error == ""
    follower.start()
    wait_for(primary.link.in_step)
    here, there = heads(primary, follower)
    assert here == there


@pytest.mark.attack
def test_the_primarys_disk_is_destroyed_under_load_and_no_acknowledged_key_is_lost(
    tmp_path: Path, follower: FollowerRun, clock: cast.FakeClock
) -> None:
    doomed = DoomedPrimary(tmp_path / "doomed", follower.address)
    aiko = doomed.client("desk").login("aiko", cast.PASSWORD, clock.code("aiko")).token
    acknowledged: list[protocol.ChartWraps] = []
    lines: list[int] = []

    def load() -> None:
        engine, desk = doomed.client("engine"), doomed.client("desk")
        with suppress(UnavailableError, OverBudgetError):  # admissions are bounded
            while True:
                wanted = placed_chart(engine, "3W", "12")
                acknowledged.append(wanted)
                lines.append(opened(desk, aiko, wanted).line)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(acknowledged) > 40)
    doomed.destroy()
    for thread in threads:
        thread.join()
    doomed.hang_up()
    heir = KeyholderRun(follower.promoted(), clock)
    desk = heir.client()
    assert {opened(desk, aiko, wanted).error for wanted in acknowledged} == {""}
    assert max(lines) < heir.client().status().lines
    heir.stop()


@pytest.mark.attack
def test_budgets_go_on_at_the_new_keyholder(
    primary: PrimaryRun, follower: FollowerRun, clock: cast.FakeClock
) -> None:
    aiko, desk = primary.login("aiko"), primary.client()
    charts = [a_chart(primary, "3W") for _ in range(61)]
    assert [opened(desk, aiko, wanted).error for wanted in charts[:60]] == [""] * 60
    heir = KeyholderRun(follower.promoted(), clock)
    assert opened(heir.client(), aiko, charts[60]).error == "OverBudgetError"
    assert opened(heir.client(), aiko, charts[0]).error == ""
    heir.stop()


@pytest.mark.attack
def test_consents_and_reviews_go_on_at_the_new_keyholder(
    primary: PrimaryRun, follower: FollowerRun, clock: cast.FakeClock
) -> None:
    aiko, dewi, wanted = primary.login("aiko"), primary.login("dewi"), a_chart(primary, "3W", "1")
    primary.client("engine").set_consent(wanted.chart, b"e" * 16, [NOBODY])
    assert opened(primary.client(), aiko, wanted, "BTG").error == ""
    heir = KeyholderRun(follower.promoted(), clock)
    assert opened(heir.client(), aiko, wanted).error == "NotAllowedError"
    assert [each.chart for each in heir.client().reviews(dewi)] == [wanted.chart]
    heir.stop()


@pytest.mark.attack
def test_the_old_primary_stops_when_it_hears_of_the_take_over(
    primary: PrimaryRun, follower: FollowerRun, clock: cast.FakeClock
) -> None:
    follower.promoted()
    follower.start()
    for _ in range(3):
        with pytest.raises(ChartkeepError):
            a_chart(primary)
    wait_for(lambda: primary.stopped)
    primary.stop()
    with pytest.raises(SupersededError):
        primary.start()


@pytest.mark.attack
def test_a_promoted_follower_never_acknowledges_its_old_primary(
    primary: PrimaryRun, follower: FollowerRun, clock: cast.FakeClock
) -> None:
    heir = KeyholderRun(follower.promoted(), clock)
    where = Follower(heir.book.reader()).where()
    checkpoint = heir.keyholder.checkpoint().text.splitlines()
    assert (where.epoch, heir.keyholder.standing.epoch, checkpoint[3]) == (2, 2, "epoch 2")
    with pytest.raises(NotAllowedError, match="took over"):
        Follower(heir.book.reader()).follow(protocol.Follow(1, where.number + 1, b""))
    heir.stop()


@pytest.mark.attack
def test_a_wrong_key_file_promotes_nothing_and_fences_nobody_off(
    primary: PrimaryRun, follower: FollowerRun
) -> None:
    other = PassphraseFile.create(b"another hospital's passphrase", Cost(1, 8_192, 1))
    book = follower.book.reader()
    with pytest.raises(SealBrokenError):
        promote(book, cast.FACILITY, other)
    book.close()
    a_chart(primary)
    assert primary.client().status().follower == "in step"


@pytest.mark.attack
def test_a_primary_with_an_older_disk_does_not_start_and_is_copied_back(
    primary: PrimaryRun, follower: FollowerRun, tmp_path: Path
) -> None:
    primary.stop()
    early = primary.copy_disk(tmp_path / "early")
    primary.start()
    wait_for(primary.link.in_step)
    kept = a_chart(primary, "3W", "12")
    a_chart(primary)
    primary.stop()
    primary.put_back(early)
    with pytest.raises(LedgerBrokenError, match="older"):
        primary.start()
    (primary.folder / "keyholder.db").unlink()
    book, cable = Book(primary.folder / "keyholder.db"), Cable(follower.address)
    copy_back(cable, book)
    book.close()
    cable.close()
    primary.start()
    assert opened(primary.client(), primary.login("aiko"), kept).error == ""


@pytest.mark.attack
def test_a_follower_is_never_overwritten_by_another_history(
    primary: PrimaryRun, follower: FollowerRun, tmp_path: Path, clock: cast.FakeClock
) -> None:
    (tmp_path / "stranger").mkdir()
    alone = KeyholderRun(tmp_path / "stranger", clock)
    for _ in range(20):
        a_chart(alone)
    alone.stop()
    stranger = PrimaryRun(tmp_path / "stranger", clock, follower.address)
    before = follower.follower.where()
    wait_for(lambda: "another history" in stranger.link.trouble)
    assert follower.follower.where() == before
    assert not stranger.keyholder.standing.following
    stranger.stop()


@pytest.mark.attack
def test_a_follower_refuses_gaps_other_lines_and_a_second_seeding(
    primary: PrimaryRun, follower: FollowerRun
) -> None:
    there = follower.follower
    number = there.where().number
    with pytest.raises(ConflictError):
        there.follow(protocol.Follow(1, number + 2, b""))
    held = there.fetch(protocol.Fetch(number))
    with pytest.raises(LedgerBrokenError):
        there.follow(protocol.Follow(1, number + 1, held.group))
    with pytest.raises(RefusedError, match="not empty"):
        there.seed(protocol.Seed(9, True, "mark", [("group", 1)], True))
    a_chart(primary)
    here, root = heads(primary, follower)
    assert here == root


def test_it_hears_its_primary_only(follower: FollowerRun) -> None:
    with pytest.raises(NotAllowedError):
        follower.service.public_key("desk")


def test_a_followers_folder_is_not_served_without_a_promotion(
    primary: PrimaryRun, follower: FollowerRun, clock: cast.FakeClock
) -> None:
    with pytest.raises(RefusedError, match="follower"):
        open_keyholder(follower.book, cast.FACILITY, cast.KEK, clock.read)
    with pytest.raises(RefusedError, match="no whole"):
        promote(primary.book.reader(), cast.FACILITY, cast.KEK)
