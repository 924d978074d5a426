"""What a restore asks the keyholder: who lies in a bed, what has no key, who was written to."""

import os

import pytest

from chartkeep.errors import NotAllowedError
from chartkeep.keyholder import protocol
from chartkeep.keyholder.backup import reapply_shreds
from chartkeep.wire.frames import Message
from tests.keyholder.desk import Desk


def test_a_restore_is_told_who_has_a_bed_by_ward_and_bed(desk: Desk) -> None:
    second, first = desk.chart("3W", "2").chart, desk.chart("3W", "1").chart
    desk.chart("5E", "")
    found = desk.ask(protocol.AskBeds(), "host").beds
    assert [(bed.chart, bed.ward, bed.bed) for bed in found] == [
        (first, "3W", "1"), (second, "3W", "2"),
    ]  # fmt: skip


def test_it_is_told_which_charts_nobody_can_open_any_more(desk: Desk) -> None:
    here, gone = desk.chart("3W", "1").chart, os.urandom(16)
    assert desk.ask(protocol.AskKeyless([here, gone]), "host").charts == [gone]


def test_it_is_told_who_was_written_to_since_a_time(desk: Desk) -> None:
    desk.chart("3W", "1")
    desk.clock.move(minutes=5)
    later = desk.clock.read().wall
    newer = desk.chart("3W", "2").chart
    assert desk.ask(protocol.AskWritten(later), "host").charts == [newer]


@pytest.mark.attack
@pytest.mark.parametrize(
    "request_", [protocol.AskBeds(), protocol.AskKeyless([]), protocol.AskWritten(0)]
)
def test_nobody_else_is_told(desk: Desk, request_: Message) -> None:
    with pytest.raises(NotAllowedError, match="may not host"):
        desk.ask(request_, "desk")
    assert desk.lines()[-1].verb == "refuse"


def test_a_store_older_than_its_keyholder_is_told_of_shreddings_again(desk: Desk) -> None:
    chart = desk.chart("3W", "1").chart
    desk.keyholder.standing.shredded.add(chart)
    reapply_shreds(desk.keyholder, [])
    rows = desk.keyholder.book.rows("SELECT verb, chart FROM errand")
    assert ("shred", chart) in rows
