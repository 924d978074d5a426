"""Shredding takes two people, its time and a week; then the key is nowhere on the disk."""

from functools import partial

import pytest

from chartkeep.errors import NotAllowedError, NotFoundError, RefusedError, SealBrokenError
from chartkeep.keyholder import actions
from chartkeep.keyholder.errands import Errands
from chartkeep.keyholder.protocol import (
    Act,
    Approve,
    RetireKey,
    RotateChart,
    SealKeys,
    SealWant,
)
from chartkeep.keyholder.service import HANDLERS
from chartkeep.keyholder.standing import DAY
from chartkeep.keyholder.verbs.acts import SHREDS_A_DAY
from tests import cast
from tests.keyholder.desk import Desk, Letter, shred_round, write_labels


def shred(desk: Desk, chart: bytes, first: str = "dewi", second: str = "gita") -> None:
    """Two people decide to shred a chart."""
    desk.two(desk.login(first), desk.login(second), actions.Shred(chart, "asked by the patient"))


def on_disk(desk: Desk) -> bytes:
    """Every byte of the keyholder's files."""
    found = sorted(desk.path.parent.glob("keyholder.db*"))
    assert len(found) >= 2
    return b"".join(path.read_bytes() for path in found)


def kept(desk: Desk, chart: bytes) -> list[bytes]:
    rows = desk.keyholder.book.rows("SELECT wrapped FROM chart_key WHERE chart = ?", (chart,))
    return [wrapped for (wrapped,) in rows]


def test_nothing_goes_before_seven_days_are_over(desk: Desk) -> None:
    wanted = desk.chart("3W", "1")
    shred(desk, wanted.chart)
    desk.clock.move(hours=7 * 24 - 1)
    desk.round()
    assert desk.open(desk.login("aiko"), wanted) == [""]
    desk.clock.move(hours=1)
    desk.round()
    assert desk.open(desk.login("aiko"), wanted) == ["NotAllowedError"]


@pytest.mark.parametrize("stopper", cast.PEOPLE)
def test_any_one_person_stops_it(desk: Desk, stopper: str) -> None:
    wanted = desk.chart("3W", "1")
    shred(desk, wanted.chart)
    desk.clock.move(hours=6 * 24)
    desk.ask(Act(desk.login(stopper), actions.StopShred(wanted.chart)))
    desk.clock.move(hours=60 * 24)
    desk.round()
    assert desk.open(desk.login("aiko"), wanted) == [""]


def test_a_chart_inside_its_retention_is_not_shredded(desk: Desk) -> None:
    wanted = desk.chart()
    desk.keyholder.retention = 10 * DAY
    with pytest.raises(RefusedError, match="retention"):
        shred(desk, wanted.chart)
    desk.clock.move(hours=10 * 24)
    shred(desk, wanted.chart)


def test_what_was_written_since_counts_for_retention(desk: Desk) -> None:
    wanted = desk.chart()
    desk.keyholder.retention = 10 * DAY
    desk.clock.move(hours=10 * 24)
    desk.ask(SealKeys([SealWant(wanted.chart, [1], False)]), "engine")
    with pytest.raises(RefusedError, match="retention"):
        shred(desk, wanted.chart)


def test_a_few_a_day_and_no_more(desk: Desk) -> None:
    charts = [desk.chart().chart for _ in range(SHREDS_A_DAY + 1)]
    for chart in charts[:-1]:
        shred(desk, chart)
    with pytest.raises(RefusedError, match="a day"):
        shred(desk, charts[-1])
    desk.clock.move(hours=25)
    shred(desk, charts[-1])


def test_proposals_that_waited_do_not_pass_the_daily_few(desk: Desk) -> None:
    charts = [desk.chart().chart for _ in range(SHREDS_A_DAY + 1)]
    dewi, gita = desk.login("dewi"), desk.login("gita")
    waiting = [desk.ask(Act(dewi, actions.Shred(chart, ""))).proposal for chart in charts]

    results = desk.send(Letter("desk", Approve(gita, proposal)) for proposal in waiting)
    assert [isinstance(r, RefusedError) for r in results] == [False] * SHREDS_A_DAY + [True]


def test_the_facilitys_own_chart_is_never_shredded(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="no such chart"):
        shred(desk, cast.FACILITY.id)


@pytest.mark.attack
def test_a_rogue_administrator_shreds_all_he_can_and_no_chart_is_lost(desk: Desk) -> None:
    charts = [desk.chart("3W", str(bed)) for bed in range(10)]
    erik = desk.login("erik")
    for wanted in charts:
        for request, instance in (
            (Act(erik, actions.Shred(wanted.chart, "")), "desk"),
            (Act(b"", actions.Shred(wanted.chart, "")), "host"),
            (RetireKey(wanted.chart, 1), "host"),
            (RetireKey(wanted.chart, 2), "host"),
            (RetireKey(wanted.chart, 2**32 - 1), "host"),
            (RotateChart(wanted.chart, []), "host"),
            (RetireKey(wanted.chart, 2), "host"),
        ):
            desk.send([Letter(instance, request)])
    desk.clock.move(hours=6.9 * 24)
    run_all_errands(desk, [])
    desk.round()
    aiko = desk.login("aiko")
    assert desk.open(aiko, *charts) == [""] * len(charts)


def run_all_errands(
    desk: Desk,
    wraps: list[bytes],
    told: list[tuple[str, bytes]] | None = None,
    there: dict[bytes, bytes] | None = None,
) -> list[tuple[str, bytes]]:
    """Let the keyholder run its errands at a store that tells what it is given.

    `there`: the labels it has, and whose they are.
    """
    done = [] if told is None else told

    class Store:
        def find(self, labels: list[bytes]) -> list[bytes]:
            return [(there or {}).get(label, b"") for label in labels]

        def drop_labels(self, chart: bytes, labels: list[bytes]) -> None:
            done.extend(("drop", label) for label in labels)

        def shred(self, chart: bytes) -> None:
            done.append(("shred", chart))

        def wraps(self, chart: bytes) -> list[bytes]:
            return wraps

        def shreds(self) -> list[bytes]:
            return []

    keyholder, errands = desk.keyholder, Errands(desk.keyholder.book)
    for _ in range(2):  # what is settled in one round is deleted in the next
        for follows in list(errands.run(Store(), desk.clock.at)):
            keyholder.serve([], [partial(follows, keyholder)])
    return done


def test_a_shredded_charts_key_is_in_no_byte_of_the_database_or_its_log(desk: Desk) -> None:
    wanted, other = desk.chart(), desk.chart()
    desk.ask(write_labels(wanted.chart, ["name:sato"]), "engine")
    keys = kept(desk, wanted.chart)
    assert all(key in on_disk(desk) for key in keys)
    shred(desk, wanted.chart)
    desk.clock.move(hours=7 * 24)
    desk.round()
    after = on_disk(desk)
    assert len(keys) == 1
    assert not any(key in after or key[-32:] in after for key in keys)
    assert all(key in after for key in kept(desk, other.chart))


def test_both_keys_of_a_rotated_chart_go(desk: Desk) -> None:
    wanted = desk.chart()
    desk.ask(RotateChart(wanted.chart, wanted.wraps), "host")
    keys = kept(desk, wanted.chart)
    shred(desk, wanted.chart)
    desk.clock.move(hours=7 * 24)
    desk.round()
    assert len(keys) == 2
    assert not any(key in on_disk(desk) for key in keys)


def test_its_labels_go_here_and_an_errand_has_the_store_shred_it_too(desk: Desk) -> None:
    wanted = desk.chart()
    desk.ask(write_labels(wanted.chart, ["name:sato", "birth:1950"]), "engine")
    shred(desk, wanted.chart)
    desk.clock.move(hours=7 * 24)
    desk.round()
    book = desk.keyholder.book
    assert book.value("SELECT count(*) FROM chart_words") == 0
    assert book.value("SELECT count(*) FROM label") == 0
    assert run_all_errands(desk, []) == [("shred", wanted.chart)]


def test_nothing_can_be_written_to_a_shredded_chart_nor_made_again(desk: Desk) -> None:
    wanted = desk.chart()
    shred(desk, wanted.chart)
    desk.clock.move(hours=7 * 24)
    desk.round()
    for request, instance in (
        (SealKeys([SealWant(wanted.chart, [1], True)]), "engine"),
        (write_labels(wanted.chart, ["name:sato"]), "engine"),
        (RotateChart(wanted.chart, wanted.wraps), "host"),
    ):
        with pytest.raises(RefusedError):
            desk.ask(request, instance)
    assert kept(desk, wanted.chart) == []


def test_what_comes_in_the_turn_of_the_shredding_does_not_save_the_key(desk: Desk) -> None:
    wanted = desk.chart()
    desk.ask(write_labels(wanted.chart, ["name:sato"]), "engine")
    shred(desk, wanted.chart)
    desk.clock.move(hours=7 * 24)

    letters = [
        Letter("host", RotateChart(wanted.chart, wanted.wraps)),
        Letter("engine", write_labels(wanted.chart, ["name:ito"])),
        Letter("engine", SealKeys([SealWant(wanted.chart, [1], True)])),
    ]
    asked = [(letter, HANDLERS[type(letter.request)]) for letter in letters]
    desk.keyholder.serve(asked, [lambda turn: shred_round(desk.keyholder, turn)])
    assert all(isinstance(letter.result, RefusedError) for letter in letters)
    assert kept(desk, wanted.chart) == []
    assert desk.keyholder.book.value("SELECT count(*) FROM chart_words") == 0


def test_a_shredding_on_its_way_goes_on_after_a_start(desk: Desk) -> None:
    wanted = desk.chart()
    shred(desk, wanted.chart)
    again = desk.restart()
    again.clock.move(hours=7 * 24)
    again.round()
    assert kept(again, wanted.chart) == []
    third = again.restart()
    assert wanted.chart in third.keyholder.standing.shredded
    third.stop()


# Retiring old keys after a rotation can lose charts too.


def test_an_old_key_stays_while_a_write_lease_under_it_may_run(desk: Desk) -> None:
    wanted = desk.chart()
    desk.ask(RotateChart(wanted.chart, wanted.wraps), "host")
    with pytest.raises(RefusedError, match="still be needed"):
        desk.ask(RetireKey(wanted.chart, 2), "host")
    desk.clock.move(minutes=61)
    desk.ask(SealKeys([SealWant(wanted.chart, [1], False)]), "engine")
    desk.ask(RetireKey(wanted.chart, 2), "host")
    assert len(kept(desk, wanted.chart)) == 2


def test_the_newest_key_is_never_retired(desk: Desk) -> None:
    wanted = desk.chart()
    desk.clock.move(hours=2)
    for generation in (2, 3, 2**32 - 1):
        with pytest.raises(RefusedError):
            desk.ask(RetireKey(wanted.chart, generation), "host")


def test_a_wrap_at_the_store_keeps_its_key_and_holds_up_no_other_errand(desk: Desk) -> None:
    wanted, other = desk.chart(), desk.chart()
    desk.ask(RotateChart(wanted.chart, wanted.wraps), "host")
    desk.clock.move(hours=2)
    desk.ask(RetireKey(wanted.chart, 2), "host")
    for words in (["name:sato"], []):
        desk.ask(write_labels(other.chart, words), "engine")
    done: list[tuple[str, bytes]] = []
    with pytest.raises(SealBrokenError, match="still needs"):
        run_all_errands(desk, wanted.wraps, done)
    assert {verb for verb, _ in done} == {"drop"}
    assert len(kept(desk, wanted.chart)) == 2


def test_a_stranger_to_the_host_rotates_nothing(desk: Desk) -> None:
    wanted = desk.chart()
    for instance in ("desk", "engine"):
        with pytest.raises(NotAllowedError):
            desk.ask(RotateChart(wanted.chart, wanted.wraps), instance)
    with pytest.raises(NotFoundError):
        desk.ask(RotateChart(b"x" * 16, []), "host")
