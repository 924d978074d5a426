"""A keyed line: whatever is typed is read, or refused by the field's name."""

from contextlib import suppress
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.spelling import encode
from chartkeep.continuity.paper.lines import FIELDS, LineKind, differences, read_line
from chartkeep.continuity.paper.resources import Source, build
from chartkeep.errors import BadInputError
from chartkeep.model import Millis

AT = {"date": "2027-01-15", "time": "09:30"}
SOURCE = Source("4713002188450197", 3, Millis(1), Millis(2), ("aiko",), Millis(3))
GOOD = {
    "medicine": "aspirin", "dose": "100 mg", "done": "given", "what": "medicine",
    "order": "aspirin", "text": "slept", "substance": "latex",
}  # fmt: skip


@settings(deadline=None)  # the first resource of a type compiles its schema
@given(
    st.sampled_from(LineKind),
    st.dictionaries(
        st.sampled_from([each.name for fields in FIELDS.values() for each in fields]),
        st.text(max_size=40) | st.from_regex(r"\d{1,3}([.,]\d)?", fullmatch=True),
    ),
)
def test_whatever_is_read_is_fhir_whatever_is_not_is_refused(
    kind: LineKind, typed: dict[str, str]
) -> None:
    choices = {f.name: f.choices for f in FIELDS[kind] if f.choices}
    kept = {name: text for name, text in typed.items() if text in choices.get(name, (text,))}
    with suppress(BadInputError):
        line = read_line(kind, GOOD | kept | AT, UTC)
        bodies = [encode(made.body) for made in build(line, "Patient/p", SOURCE)]
        assert check_all(bodies) == len(bodies)


def check_all(bodies: list[bytes]) -> int:
    """Count the resources that are FHIR; one that is not is no fault of whoever typed."""
    for raw in bodies:
        try:
            read_resource(raw)
        except BadInputError as error:
            raise AssertionError(raw) from error
    return len(bodies)


@given(st.sampled_from(LineKind), st.text(max_size=30), st.text(max_size=10), st.text(max_size=9))
def test_nothing_typed_breaks_it(kind: LineKind, text: str, day: str, clock: str) -> None:
    typed = dict.fromkeys([each.name for each in FIELDS[kind]], text)
    with suppress(BadInputError):
        read_line(kind, {**typed, "date": day, "time": clock}, UTC)


@pytest.mark.parametrize(
    "clock", ["9:30", "0930", "09.30", "9h30", "09\uff1a30", "\uff10\uff19:30"]
)
def test_a_time_is_read_as_hands_write_it(clock: str) -> None:
    line = read_line(LineKind.NOTE, {"text": "x", "date": "2027-01-15", "time": clock}, UTC)
    assert line.when == 1_800_005_400_000


@pytest.mark.parametrize("clock", ["", "25:00", "9:60", "noon", "-1:00", "09:30:15"])
def test_a_time_that_is_none_is_refused(clock: str) -> None:
    with pytest.raises(BadInputError, match="time is none"):
        read_line(LineKind.NOTE, {"text": "x", "date": "2027-01-15", "time": clock}, UTC)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("37,5", "37.5"), ("037.50", "37.50"), ("\uff13\uff17.5", "37.5"), ("0.5", "0.5")],
)
def test_numbers_keep_their_digits(typed: str, kept: str) -> None:
    line = read_line(LineKind.VITALS, {**AT, "temperature": typed}, UTC)
    assert line.fields == {"temperature": kept}


def test_two_keyings_differ_by_what_matters_only() -> None:
    one = read_line(LineKind.GIVEN, GOOD | AT | {"author": "b"}, UTC)
    same = read_line(LineKind.GIVEN, GOOD | AT | {"medicine": " ASPIRIN "}, UTC)
    assert differences(one, same) == []
    other = read_line(LineKind.GIVEN, GOOD | AT | {"time": "9:31", "route": "oral"}, UTC)
    assert differences(one, other) == ["time", "route"]


def test_the_same_line_keyed_again_gives_the_same_bytes() -> None:
    line = read_line(LineKind.VITALS, {**AT, "pulse": "72", "systolic": "120"}, UTC)
    both = [[encode(each.body) for each in build(line, "Patient/p", SOURCE)] for _ in range(2)]
    assert both[0] == both[1]
    assert len(both[0]) == 3
