from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.inventor.names import Origin, Sex
from chartkeep.inventor.numbers import individual_number_check, national_number, patient_number

BORN = date(1984, 3, 9)


def test_the_check_digit_is_the_one_on_the_specimen_card() -> None:
    # the specimen card shows 1234 5678 9018
    assert individual_number_check("12345678901") == 8


def test_a_rest_of_nought_or_one_gives_the_check_digit_nought() -> None:
    assert individual_number_check("00000000000") == 0
    assert individual_number_check("00000000006") == 0


@given(st.integers(0, 9_000_000))
@settings(max_examples=50)
def test_japanese_numbers_pass_their_check_in_a_range_nobody_has(serial: int) -> None:
    number = national_number(Origin.JAPAN, 5, serial, BORN, Sex.MALE)
    assert len(number) == 12
    assert number.startswith("0000")
    assert int(number[11]) == individual_number_check(number[:11])


def test_an_indonesian_womans_day_of_birth_is_written_plus_forty() -> None:
    woman = national_number(Origin.INDONESIA, 5, 1, BORN, Sex.FEMALE)
    man = national_number(Origin.INDONESIA, 5, 1, BORN, Sex.MALE)
    assert len(woman) == len(man) == 16
    assert (woman[:2], woman[6:12], man[6:12]) == ("99", "490384", "090384")


def test_american_numbers_begin_where_none_are_given_out() -> None:
    number = national_number(Origin.WEST, 5, 123_456, BORN, Sex.MALE)
    assert number.startswith("999-")
    assert len(number) == 11


@pytest.mark.parametrize("origin", list(Origin))
def test_no_two_of_twenty_thousand_share_a_number(origin: Origin) -> None:
    serials = range(-100, 20_000)  # decoys are counted down
    assert len({national_number(origin, 5, s, BORN, Sex.MALE) for s in serials}) == len(serials)
    assert len({patient_number(5, s) for s in serials}) == len(serials)
