"""Numbers of paper forms: what a tired hand types wrong is noticed, whatever it is."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.continuity.forms import (
    DIGITS,
    FormKind,
    FormNumber,
    FormRange,
    batch_at,
    house_code,
    read_number,
)
from chartkeep.errors import BadInputError
from chartkeep.model import FacilityId, Millis

NUMBER = FormNumber(47, FormKind.VITALS, 30021884, 501)
numbers = st.builds(
    FormNumber,
    st.integers(0, 99),
    st.sampled_from(FormKind),
    st.integers(0, 10**8 - 1),
    st.integers(1, 999),
)


@given(numbers)
def test_a_number_is_read_back_from_its_digits_and_from_its_print(number: FormNumber) -> None:
    assert len(str(number)) == DIGITS
    assert read_number(str(number)) == number
    assert read_number(number.printed) == number


@given(numbers)
def test_every_wrong_digit_is_noticed(number: FormNumber) -> None:
    text = str(number)
    for at, digit in enumerate(text):
        for wrong in set("0123456789") - {digit}:
            with pytest.raises(BadInputError):
                read_number(text[:at] + wrong + text[at + 1 :])


@given(numbers)
def test_every_two_digits_swapped_are_noticed_however_far_apart(number: FormNumber) -> None:
    text = str(number)
    for one, other in combinations(range(DIGITS), 2):
        if text[one] != text[other]:
            swapped = list(text)
            swapped[one], swapped[other] = text[other], text[one]
            with pytest.raises(BadInputError):
                read_number("".join(swapped))


@given(numbers, st.integers(0, DIGITS - 1))
def test_a_digit_left_out_or_typed_twice_is_noticed(number: FormNumber, at: int) -> None:
    text = str(number)
    for wrong in (text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]):
        with pytest.raises(BadInputError, match="16 digits"):
            read_number(wrong)


@pytest.mark.parametrize("between", ["-", ".", "/", "  ", "\u3000"])
def test_however_it_is_spaced_it_is_read(between: str) -> None:
    assert read_number(between.join(NUMBER.printed.split())) == NUMBER


def test_digits_of_a_japanese_input_method_are_digits() -> None:
    wide = str(NUMBER).translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    assert read_number(wide) == NUMBER


@pytest.mark.parametrize("text", ["", "x" * 16, "<script>", "٤" * 16, "1" * 100_000, "\x00" * 16])
def test_nonsense_is_refused_in_words_without_it(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_number(text)
    assert not text or text[:8] not in str(caught.value)


def test_a_range_gives_its_numbers_in_order() -> None:
    given = FormRange(47, FormKind.NOTES, 5, 3)
    assert [number.serial for number in given.numbers()] == [1, 2, 3]
    assert len({str(number) for number in given.numbers()}) == 3


def test_a_batch_is_the_second_it_was_given_out_in() -> None:
    assert batch_at(Millis(1_800_000_000_999)) == 0
    assert batch_at(Millis(1_800_000_001_000)) == 1


def test_houses_have_two_digits() -> None:
    assert house_code(FacilityId(b"\x00\x00\x00\xff" + bytes(12))) == 55
