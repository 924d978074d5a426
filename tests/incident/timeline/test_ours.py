"""What a real house wrote, in the timeline: everything that counts, and nothing anybody typed."""

from pathlib import Path

import pytest

from chartkeep.custody import lines
from chartkeep.custody.release import Look
from chartkeep.incident.timeline.event import Event, What
from chartkeep.incident.timeline.export import row_of
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.ours import of_happening, vault_alarms
from chartkeep.incident.timeline.signs import Facts, Strength
from chartkeep.incident.timeline.watchers.logins import Logins
from chartkeep.incident.trail import Question, Trail
from chartkeep.keyholder import actions
from chartkeep.model import Purpose, Section
from tests.house import HouseRun, house
from tests.records import lab, patient

__all__ = ["house"]


def read(house: HouseRun) -> list[Event]:
    desk = house.join("desk")
    token = house.login("dewi", "desk")
    look = Look(token, frozenset({Section.JOURNAL}), Purpose.AUDIT, "a timeline")
    trail = Trail(look, desk, house.releases_key, {})
    house.clock.move(seconds=1)
    return [of_happening(each) for each in trail.happened(Question(0, house.now() + 1))]


def test_a_houses_own_lines_are_events_without_what_people_typed(
    house: HouseRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    chart = house.send(patient("p"), lab("o-p", "Patient/p")).charts[0]
    house.admit(chart, bed="p")
    token = house.login("aiko")
    house.open(token, chart, frozenset({Section.RESULTS}))

    told = read(house)

    kinds = {event.what for event in told}
    assert {What.LOGIN, What.OPEN, What.WRITE} <= kinds
    opened = next(event for event in told if event.what is What.OPEN)
    assert opened.person == "aiko"
    assert opened.line >= 0
    assert [event.time for event in told] == sorted(event.time for event in told)
    assert not any("reason" in row_of(event, ()) for event in told)


def test_somebody_who_left_is_known_by_the_line_about_it(
    house: HouseRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    house.join("desk").keyholder.act(house.login("erik", "desk"), actions.RemovePerson("aiko"))

    watcher = Logins(Known(Facts(), {}, {}))
    for event in read(house):
        list(watcher.look(event))
    late = Event(house.now() + 60_000, "vpn", "vpn:9", What.LOGIN, person="aiko")
    (sign,) = watcher.look(late)

    assert sign.strength is Strength.CLEAR
    assert "aiko left" in sign.words


def test_a_vaults_alarms_are_read_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "alarms.jsonl"
    path.write_text('{"time": 5, "alarm": "the vault failed"}\nnonsense\n{"time": []}\n[]\n')

    (alarm,) = vault_alarms(path)

    assert (alarm.what, alarm.time, alarm.text) == (What.ALARM, 5, "the vault failed")
