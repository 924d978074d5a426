"""Lines a ward PC kept: chained, so that what was changed in between shows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.continuity.openings import read_lines, salt_of
from chartkeep.errors import BadInputError, ChartkeepError, SealBrokenError
from chartkeep.sealing.pack import WardKey, mark_line
from tests.continuity.packs import ward_key

KEY = ward_key()
BODIES = [
    '{"at":1767225600000,"who":"佐藤","pack":"7a","act":"opened"}',
    '{"at":1767225700000,"who":"佐藤","pack":"7a","act":"form","number":"4712188450126293","form":1,"bed":"3"}',
    '{"at":1767225800000,"who":"佐藤","pack":"7a","act":"printed","what":"ward","count":24}',
]


def written(bodies: list[str], key: WardKey = KEY) -> str:
    lines, last = [f"chartkeep-openings-1 {key.salt.hex()}"], ""
    for body in bodies:
        last = mark_line(key, last, body)
        lines.append(f"{last} {body}")
    return "\n".join(lines) + "\n"


def test_lines_are_read_in_the_order_they_were_written() -> None:
    found = read_lines(written(BODIES), KEY)
    assert [line.act for line in found] == ["opened", "form", "printed"]
    assert (found[0].who, found[1].number, found[2].count) == ("佐藤", "4712188450126293", 24)
    assert salt_of(written(BODIES)) == KEY.salt


def test_a_text_that_went_through_a_mail_program_is_still_read() -> None:
    assert len(read_lines(written(BODIES).replace("\n", "\r\n") + "\r\n", KEY)) == 3


def test_no_lines_are_no_lines() -> None:
    assert read_lines(written([]), KEY) == []


@pytest.mark.attack
@pytest.mark.parametrize("missing", [0, 1])
def test_a_line_left_out_before_another_is_noticed(missing: int) -> None:
    rows = written(BODIES).split("\n")
    del rows[1 + missing]
    with pytest.raises(SealBrokenError, match=f"line {missing + 1} "):
        read_lines("\n".join(rows), KEY)


@pytest.mark.attack
def test_another_name_in_a_line_is_noticed() -> None:
    with pytest.raises(SealBrokenError, match="line 1 "):
        read_lines(written(BODIES).replace("佐藤", "高橋", 1), KEY)


@pytest.mark.attack
def test_a_line_chained_by_somebody_without_the_code_is_noticed() -> None:
    other = WardKey(KEY.rounds, KEY.salt, bytes(32))
    with pytest.raises(SealBrokenError):
        read_lines(written(BODIES, other), KEY)


def test_lines_of_another_ward_are_refused() -> None:
    with pytest.raises(BadInputError, match="another ward"):
        read_lines(written(BODIES, WardKey(KEY.rounds, bytes(16), KEY.secret)), KEY)


@pytest.mark.parametrize("body", ["", "{}", "[]", json.dumps({"at": -1}), "\x00"])
def test_a_line_no_page_writes_is_refused_though_well_chained(body: str) -> None:
    with pytest.raises(SealBrokenError):
        read_lines(written([body, BODIES[0]]), KEY)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    for given_text in (text, f"chartkeep-openings-1 {KEY.salt.hex()}\n{text}x"):
        with pytest.raises(ChartkeepError):
            read_lines(given_text, KEY)
