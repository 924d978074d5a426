"""Numbers of a ward pack's sheets: they lead back to the pack, and only for the house."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.custody.sheet_marks import PREFIX, SheetMarks

MARKS = SheetMarks(b"key of a house..")


@given(st.binary(min_size=16, max_size=16), st.integers(0, 255))
def test_a_number_leads_back_to_its_pack(pack: bytes, at: int) -> None:
    number = MARKS.number(pack, at)
    assert len(number) == 23
    assert MARKS.packs(f"bed 4, {number}, and more") == {pack[:PREFIX]}


@pytest.mark.parametrize("sign", ["", " ", "-", ".", ", "])
def test_it_is_read_however_its_groups_are_parted(sign: str) -> None:
    number = MARKS.number(bytes(16), 1).replace(".", sign)
    assert MARKS.packs(f"[{number}]") == {bytes(PREFIX)}


def test_no_two_sheets_have_one_number() -> None:
    packs = [bytes([at]) * 16 for at in range(20)]
    numbers = {MARKS.number(pack, at) for pack in packs for at in range(256)}
    assert len(numbers) == 20 * 256


@pytest.mark.attack
def test_a_stranger_makes_no_number_of_ours_and_a_changed_one_reads_as_none() -> None:
    pack = bytes(range(16))
    assert MARKS.packs(SheetMarks(b"another house").number(pack, 3)) == set()
    number = MARKS.number(pack, 3)
    for at, digit in enumerate(number):
        if digit.isdecimal():
            changed = number[:at] + str((int(digit) + 1) % 10) + number[at + 1 :]
            assert MARKS.packs(changed) == set()


@pytest.mark.parametrize("text", ["", "1" * 19, "1" * 21, "19999.99999.99999.99999", "12345 67890"])
def test_other_digits_are_no_number(text: str) -> None:
    assert MARKS.packs(text) == set()
