"""A deposit that dies at any of its steps is sent again: the same receipt, nothing doubled."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from chartkeep.custody.house import House
from chartkeep.model import Purpose
from tests.house import HouseRun, Meddling, Sent
from tests.records import lab, patient, stay

STEPS = ["sameness", "heads", "seal_keys", "write_labels", "commit"]
FIRST = 3 + 2 + 1
"""Three resources, the person's and the stay's face, fingerprints of the deposit."""
CHANGED = 2 + 1 + 1
"""The person and the result again, the person's face, fingerprints."""


class KilledError(Exception):
    """The client's process is gone."""


def killed(*, after: bool) -> Callable[..., Any]:
    def call(real: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if after:  # the keeper did it, nobody heard of it
            real(*args, **named)
        raise KilledError

    return call


def dying_at(house: HouseRun, step: str, *, after: bool) -> House:
    """A worker of the engine that dies when it comes to a step."""
    worker = house.join("engine")
    change = {step: killed(after=after)}
    worker.store = Meddling(worker.store, **change)  # type: ignore[assignment]
    worker.keyholder = Meddling(worker.keyholder, **change)  # type: ignore[assignment]
    return worker


def send(house: HouseRun, worker: House, family: str, value: float) -> Sent:
    entries = [
        patient(family=family),
        stay("e", "in-progress", start="2026-03-01"),
        lab("o", value=value),
    ]
    return house.send(*entries, house=worker)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_first_deposit_that_died_is_taken_once(
    house: HouseRun, step: str, *, after: bool
) -> None:
    with pytest.raises(KilledError):
        send(house, dying_at(house, step, after=after), "Tanaka", 1)
    again = send(house, house.join("engine"), "Tanaka", 1)
    assert [taken.version for taken in again.receipts[0].taken] == [1, 1, 1]
    assert again.new == (0 if (step, after) == ("commit", True) else 3)
    assert house.store_client("verifier").status().entries == FIRST
    (face,) = house.search(house.login("carla"), name="tanaka")
    assert (face.chart, face.place.ward) == (again.charts[0], "3W")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_change_that_died_is_taken_once(house: HouseRun, step: str, *, after: bool) -> None:
    send(house, house.engine, "Tanaka", 1)
    with pytest.raises(KilledError):
        send(house, dying_at(house, step, after=after), "Mori", 2)
    again = send(house, house.join("engine"), "Mori", 2)
    assert [taken.version for taken in again.receipts[0].taken] == [2, 1, 2]
    assert house.store_client("verifier").status().entries == FIRST + CHANGED
    token = house.login("carla")
    assert [face.chart for face in house.search(token, name="mori")] == again.charts
    assert house.search(token, name="tanaka") == []


@pytest.mark.parametrize(("step", "after"), [("write_labels", True), ("commit", False)])
def test_a_change_that_died_leaves_the_patient_findable_as_before(
    house: HouseRun, step: str, *, after: bool
) -> None:
    sent = send(house, house.engine, "Tanaka", 1)
    with pytest.raises(KilledError):
        send(house, dying_at(house, step, after=after), "Mori", 2)
    time.sleep(2.5)  # errands run once a second
    token = house.login("carla")
    assert [face.chart for face in house.search(token, name="tanaka")] == sent.charts
    (asked,) = house.desk.keyholder.read_labels(token, Purpose.TREATMENT, ["name:tanaka"])
    assert house.desk.store.find(asked.labels) == sent.charts


def test_what_was_acknowledged_survives_both_keepers(house: HouseRun) -> None:
    sent = send(house, house.engine, "Tanaka", 1)
    house.admit(sent.charts[0])
    house.stop_store()
    house.keyholder.stop()
    house.keyholder.start()
    house.start_store()
    opened = house.open(house.login("aiko"), sent.charts[0], house=house.join("desk"))
    assert len(opened.entries) == 4
    assert opened.damaged == []
