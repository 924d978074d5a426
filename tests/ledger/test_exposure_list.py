"""Exposure lists: complete, gap-free, and revealing no more than they must."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import DamagedError, LedgerBrokenError
from chartkeep.ledger.body import Whole
from chartkeep.ledger.exposure_list import Place, Question, Verdict, verify_list
from chartkeep.ledger.line import EXPOSING_VERBS, Line
from chartkeep.ledger.note import to_base64

from .releases import (
    COLLEAGUE,
    LOG_VKEY,
    NURSE,
    WITNESS_VKEY,
    Releases,
    about_nurse,
    at,
    day,
    listed,
)

LEDGER = Releases(day(90, gaps=(33, 70)))


def check(raw: bytes) -> tuple[Verdict, list[tuple[int, Line, Place]]]:
    found: list[tuple[int, Line, Place]] = []
    verdict = verify_list(
        raw.splitlines(keepends=True), LOG_VKEY, [WITNESS_VKEY], lambda *one: found.append(one)
    )
    return verdict, found


def edit(raw: bytes, number: int, record: bytes) -> bytes:
    """Replace the record of index `number`, in a list that starts at 9."""
    lines = raw.splitlines(keepends=True)
    first = next(at for at, line in enumerate(lines) if line[:2] in {b"W ", b"X "})
    lines[first + number - 9] = record
    return b"".join(lines)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 90), st.integers(0, 90))
def test_a_list_holds_exactly_what_the_person_could_have_seen(since: int, until: int) -> None:
    start, end = max(0, since - 1), min(90, max(since, until) + 1)
    verdict, found = check(LEDGER.exposure(about_nurse(since, until), start, end))
    wanted = [
        index
        for index in range(since, until)
        if LEDGER.lines[index].person == NURSE and LEDGER.lines[index].verb in EXPOSING_VERBS
    ]
    assert [index for index, _, place in found if place is Place.LISTED] == wanted
    assert verdict.listed + verdict.gaps + verdict.excluded == end - start


def test_it_shows_other_people_only_by_the_field_that_excludes_them() -> None:
    raw = LEDGER.exposure(about_nurse(10, 20), 9, 21)
    verdict, _ = check(raw)
    assert verdict.excluded > 0
    assert to_base64(LEDGER.bodies[11]).encode() not in raw
    assert all(line.person == NURSE for _, line, _ in check(raw)[1])


def test_a_gap_is_always_listed_as_unknown() -> None:
    _, found = check(LEDGER.exposure(about_nurse(30, 40), 29, 41))
    assert [index for index, _, place in found if place is Place.GAP] == [33]


def test_a_gap_that_closes_the_window_counts() -> None:
    verdict, found = check(LEDGER.exposure(about_nurse(60, 70), 59, 71))
    assert verdict.gaps == 1
    assert found[-1][0] == 70


@pytest.mark.attack
@pytest.mark.parametrize(("start", "end"), [(10, 21), (9, 20), (12, 21), (9, 18)])
def test_a_range_that_does_not_cover_the_window_is_refused(start: int, end: int) -> None:
    with pytest.raises(LedgerBrokenError, match="does not reach"):
        check(LEDGER.exposure(about_nurse(10, 20), start, end))


@pytest.mark.attack
def test_leaving_a_line_out_is_refused() -> None:
    raw = LEDGER.exposure(about_nurse(10, 20), 9, 21)
    whole, bodies = LEDGER.range(9, 21), [*LEDGER.bodies[9:14], *LEDGER.bodies[15:22]]
    question, note = about_nurse(10, 20), LEDGER.note().raw()
    with pytest.raises(DamagedError):
        check(listed(question, note, whole, bodies))
    with pytest.raises(DamagedError):
        check(edit(raw, 14, b""))


@pytest.mark.attack
@pytest.mark.parametrize("names", [[], ["verb"], ["person"], ["verb", "person"], ["verb", "time"]])
def test_a_listed_line_cannot_be_passed_off_as_excluded(names: list[str]) -> None:
    raw = LEDGER.exposure(about_nurse(10, 20), 9, 21)
    hidden = to_base64(Whole.parse(LEDGER.bodies[10]).open(names).raw()).encode()
    with pytest.raises(LedgerBrokenError, match="line 10: nothing shown of it excludes it"):
        check(edit(raw, 10, b"X " + hidden + b"\n"))


@pytest.mark.attack
@pytest.mark.parametrize("names", [["person"], ["time"], ["verb"], ["verb", "person"]])
def test_a_gap_cannot_be_hidden(names: list[str]) -> None:
    raw = LEDGER.exposure(about_nurse(10, 33), 9, 34)
    hidden = to_base64(Whole.parse(LEDGER.bodies[33]).open(names).raw()).encode()
    with pytest.raises(LedgerBrokenError, match="line 33"):
        check(edit(raw, 33, b"X " + hidden + b"\n"))


@pytest.mark.attack
def test_a_line_of_someone_else_cannot_be_listed() -> None:
    raw = LEDGER.exposure(about_nurse(10, 20), 9, 21)
    assert LEDGER.lines[15].person == COLLEAGUE
    with pytest.raises(LedgerBrokenError, match="not part of the answer"):
        check(edit(raw, 15, b"W " + to_base64(LEDGER.bodies[15]).encode() + b"\n"))


@pytest.mark.attack
def test_a_list_of_a_forked_ledger_is_refused() -> None:
    other = Releases(day(90))
    raw = listed(about_nurse(30, 40), LEDGER.note().raw(), other.range(29, 41), other.bodies[29:41])
    with pytest.raises(LedgerBrokenError, match="not what the ledger holds"):
        check(raw)


@pytest.mark.attack
def test_every_flipped_byte_is_refused_or_only_asks_another_question() -> None:
    raw = LEDGER.exposure(about_nurse(10, 16), 9, 17)
    asked = check(raw)[0].question
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        try:
            assert check(changed)[0].question != asked
        except DamagedError:
            continue


def test_a_window_at_the_end_of_the_ledger_needs_no_later_line() -> None:
    verdict, _ = check(LEDGER.exposure(about_nurse(80, 500), 79, 90))
    assert verdict.opened.witnessed == {WITNESS_VKEY.name: 1_700_009_999}
    assert verdict.range.end == verdict.opened.checkpoint.size


def test_an_empty_ledger_exposes_nobody() -> None:
    empty = Releases([])
    verdict, _ = check(empty.exposure(Question(about_nurse(0, 1).field, b"x", 0, at(9)), 0, 0))
    assert (verdict.listed, verdict.gaps, verdict.excluded) == (0, 0, 0)
