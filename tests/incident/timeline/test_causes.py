from pathlib import Path

import pytest

from chartkeep.incident.timeline.cause import Watch
from chartkeep.incident.timeline.event import REPORTS, Event, What
from chartkeep.incident.timeline.merged import Reach
from chartkeep.incident.timeline.reading import read
from chartkeep.incident.timeline.signs import Door
from chartkeep.inventor.intrusions import PLOTS, UNANSWERABLE, stage
from chartkeep.inventor.intrusions.logbook import BEGAN
from tests.incident.timeline.staging import FACTS, find_cause, judge, lay_out, propose

SEED = 1


def test_twenty_intrusions_of_different_kinds_are_staged() -> None:
    assert len(PLOTS) >= 20
    doors = {stage(name, SEED).truth.door for name in ("mail", "disk", "update", "supplier")}
    assert len(doors) == 4


@pytest.mark.parametrize("name", sorted(PLOTS))
def test_the_first_foreign_act_and_its_door_are_found(name: str, tmp_path: Path) -> None:
    staged, cause = find_cause(name, SEED, tmp_path)

    assert judge(staged, cause) == "right", cause
    assert cause.reasons


@pytest.mark.parametrize("name", sorted(UNANSWERABLE))
def test_what_the_logs_do_not_show_is_unknown_and_a_quiet_house_is_quiet(
    name: str, tmp_path: Path
) -> None:
    staged, cause = find_cause(name, SEED, tmp_path)

    assert cause.door.name == staged.truth.door
    assert cause.first is None


@pytest.mark.attack
@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("vpn stolen", "vpn"),
        ("desk taken", "edr"),
    ],
)
def test_who_takes_a_log_away_gets_no_innocent_door_named(
    name: str, log: str, tmp_path: Path
) -> None:
    _, cause = find_cause(name, SEED, tmp_path, leave_out=log)

    assert cause.door in {Door.UNKNOWN, Door.NONE}
    assert cause.first is None


def test_from_too_late_a_beginning_nothing_is_new(tmp_path: Path) -> None:
    staged = stage("vpn stolen", SEED)
    timeline = lay_out(staged, tmp_path)
    timeline.since = staged.truth.time - 3_600_000

    cause = propose(timeline)

    assert cause.door is Door.UNKNOWN
    assert not any("never came" in each for each in cause.reasons)


def test_no_colleague_is_blamed_while_the_vpns_log_is_missing(tmp_path: Path) -> None:
    _, cause = find_cause("insider many", SEED, tmp_path, leave_out="vpn")

    assert cause.door is Door.UNKNOWN
    assert any("no log of vpn1" in each for each in cause.missing)


def test_what_somebody_told_is_no_log_that_begins_late() -> None:
    told = Event(BEGAN, REPORTS, "case:7", What.REPORT, text="police: it lies in a folder")
    watch = Watch(FACTS, {REPORTS: Reach(BEGAN, BEGAN, 1)}, {})
    watch.look(told)

    cause = watch.cause()
    assert cause.door is Door.UNKNOWN
    assert not [words for words in cause.missing if "begins only then" in words]


def test_reading_is_ended_while_clocks_are_still_measured(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        if done:
            raise InterruptedError

    timeline = lay_out(stage("mail", SEED), tmp_path)
    with pytest.raises(InterruptedError):
        read(timeline, FACTS, told=stop)
    assert not timeline.reach


def test_without_the_houses_ledger_nothing_is_called_innocent(tmp_path: Path) -> None:
    found = read(lay_out(stage("vpn stolen", SEED), tmp_path, leave_out="house"), FACTS)

    assert found.cause.door is Door.UNKNOWN
    assert found.cause.missing[0] == "the house's own ledger was not read (--home)"
