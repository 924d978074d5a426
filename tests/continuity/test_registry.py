"""The registry: no number is given out twice, and none ends without a word and a person."""

import shutil

import pytest

from chartkeep.continuity.forms import FormKind, FormNumber, FormRange, read_number
from chartkeep.continuity.numbers import Hold, find_number
from chartkeep.continuity.registry import (
    Batch,
    close_batch,
    count_batch,
    end_number,
    find_batch,
    issue_forms,
    list_batches,
    make_due,
    unreconciled,
)
from chartkeep.custody.paper import Kind
from chartkeep.errors import BadInputError, ConflictError, NotFoundError, StaleError
from chartkeep.model import Millis
from tests.house import HouseRun

HOUR = 3_600_000
COUNTS = {FormKind.VITALS: 3, FormKind.MEDICATION: 2}


def issue(house: HouseRun, ward: str = "3W") -> tuple[FormRange, ...]:
    return issue_forms("a pack", ward, COUNTS, Millis(house.now() + 24 * HOUR), house.join("serve"))


def first_number(house: HouseRun) -> FormNumber:
    return next(issue(house)[0].numbers())


def hold(house: HouseRun) -> Hold:
    return Hold(house.login("aiko"), house.desk, house.join("serve"))


def find(house: HouseRun, number: FormNumber) -> Batch:
    return find_batch(number, hold(house))


def test_a_number_given_out_is_found_with_its_pack_and_ward(house: HouseRun) -> None:
    number = first_number(house)
    found = find(house, read_number(number.printed))
    assert (found.said.pack, found.said.ward) == ("a pack", "3W")
    assert len(list(found.said.numbers())) == 5


def test_two_packs_of_one_second_share_no_number(house: HouseRun) -> None:
    packs = [issue(house) for _ in range(3)]
    numbers = [str(number) for ranges in packs for each in ranges for number in each.numbers()]
    assert len(set(numbers)) == 15


def test_a_packer_that_starts_again_gives_out_others(house: HouseRun) -> None:
    before = {str(number) for each in issue(house) for number in each.numbers()}
    again = issue_forms("a pack", "3W", COUNTS, Millis(0), house.join("serve", b"2" * 16))
    assert not before & {str(number) for each in again for number in each.numbers()}


def test_a_house_restored_without_its_last_seconds_gives_out_others(house: HouseRun) -> None:
    """The vault had not pulled them: the store does not know them, but their second has passed."""
    issue(house)
    house.stop_store()
    shutil.copytree(house.folder / "store", house.folder / "vaulted")
    house.start_store()
    lost = issue(house)
    house.stop_store()
    shutil.rmtree(house.folder / "store")
    (house.folder / "vaulted").rename(house.folder / "store")
    house.start_store()
    house.clock.move(seconds=2)
    with pytest.raises(NotFoundError, match="nobody gave this number out"):
        find_batch(next(lost[0].numbers()), hold(house))
    assert lost[0].batch not in {issue(house)[0].batch for _ in range(3)}


def test_a_number_nobody_gave_out_is_refused(house: HouseRun) -> None:
    number = first_number(house)
    for wrong in (number._replace(batch=number.batch + 7), number._replace(serial=4)):
        with pytest.raises(NotFoundError, match="nobody gave this number out"):
            find(house, wrong)


def test_a_number_of_another_house_is_refused_as_such(house: HouseRun) -> None:
    number = first_number(house)
    with pytest.raises(NotFoundError, match="another house"):
        find(house, number._replace(house=(number.house + 1) % 100))


def test_what_nobody_needed_is_given_and_not_due(house: HouseRun) -> None:
    issue(house)
    assert unreconciled(house.desk) == (0, None)
    assert list_batches((Kind.DUE,), hold(house)) == []


def test_what_may_be_on_paper_is_counted_until_it_is_closed(house: HouseRun) -> None:
    number, serve = first_number(house), house.join("serve")
    house.clock.move(hours=1)
    make_due(find(house, number), "typed", serve)
    since = house.now()
    house.clock.move(hours=5)
    assert unreconciled(house.desk) == (1, since)
    make_due(find(house, number), "opened", serve)
    found = find(house, number)
    assert found.said.why == "typed"
    close_batch(found, "void", "not printed", "hiro", serve)
    assert unreconciled(house.desk) == (0, None)
    closed = find(house, number)
    assert (closed.said.ended, closed.said.by, closed.said.reason) == (
        "void",
        "hiro",
        "not printed",
    )


def test_nothing_ends_without_a_word(house: HouseRun) -> None:
    number, serve = first_number(house), house.join("serve")
    with pytest.raises(BadInputError, match="letters"):
        close_batch(find(house, number), "void", "  ", "hiro", serve)
    with pytest.raises(BadInputError, match="letters"):
        end_number(number, "missing", "?", "hiro", hold(house))


def test_a_missing_form_may_turn_up_and_be_void(house: HouseRun) -> None:
    number, serve = first_number(house), house.join("serve")
    held = hold(house)
    end_number(number, "missing", "lost on the stairs", "aiko", held)
    end_number(number, "void", "found, and blank", "budi", held)
    found = find_number(number, held)
    assert found is not None
    assert (found[1].state, found[1].by, found[0].version) == ("void", "budi", 2)
    assert count_batch(find(house, number).said, serve) == (0, 1, 4)


def test_of_two_who_close_at_once_the_second_is_told(house: HouseRun) -> None:
    number, serve = first_number(house), house.join("serve")
    found = find(house, number)
    close_batch(found, "void", "not printed", "hiro", serve)
    with pytest.raises(StaleError):
        close_batch(found, "missing", "burnt", "carla", serve)
    with pytest.raises(ConflictError, match="closed already"):
        close_batch(find(house, number), "missing", "burnt", "carla", serve)


@pytest.mark.parametrize("counts", [{}, {FormKind.NOTES: 0}, {FormKind.NOTES: 1000}])
def test_a_pack_has_some_forms_and_not_too_many(
    house: HouseRun, counts: dict[FormKind, int]
) -> None:
    with pytest.raises(BadInputError):
        issue_forms("a pack", "3W", counts, Millis(0), house.join("serve"))


def test_packs_of_a_time_are_listed_without_those_before(house: HouseRun) -> None:
    early = issue(house)
    house.clock.move(hours=2)
    since = house.now()
    late = issue(house)
    found = list_batches((Kind.GIVEN,), hold(house), since)
    assert [each.said.batch for each in found] == [late[0].batch]
    both = list_batches((Kind.GIVEN,), hold(house), Millis(since - 3 * HOUR))
    assert [each.said.batch for each in both] == [early[0].batch, late[0].batch]


def test_when_each_number_has_ended_the_pack_is_closed_by_itself(house: HouseRun) -> None:
    ranges, held = issue(house), hold(house)
    make_due(find(house, next(ranges[0].numbers())), "typed", held.writes)
    for number in [number for each in ranges for number in each.numbers()]:
        assert unreconciled(house.desk).batches == 1
        end_number(number, "void", "blank", "aiko", held)
    assert unreconciled(house.desk).batches == 0
    number = next(ranges[0].numbers())
    assert find(house, number).said.reason == "each of its numbers has ended"
