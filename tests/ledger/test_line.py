"""Lines of the version we write: what their entries commit to, and what an opening gives away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.errors import UnknownFormatError
from chartkeep.ledger.body import LINE_SALT_BYTES, NEWEST, Opening, Whole, write
from chartkeep.ledger.line import FIELDS, Line, field_value, mask_sections, section_mask
from chartkeep.model import Section

SALTS = bytes(range(LINE_SALT_BYTES))
IDS = st.sampled_from([b"", b"i" * 16])
LINES = st.builds(
    Line,
    time=st.integers(0, 2**64 - 1),
    verb=st.sampled_from(["release", "gap", "seal_key"]),
    person=st.text(max_size=9),
    session=IDS,
    instance=st.text(max_size=9),
    worker=IDS,
    chart=IDS,
    sections=st.integers(0, 2**32 - 1),
    detail=st.binary(max_size=30),
)
KNOWN = Line(
    time=1_717_200_000_000,
    verb="release",
    person="山田",
    session=b"s" * 16,
    instance="serve-1",
    chart=b"c" * 16,
    sections=section_mask([Section.FACE, Section.CLINICAL]),
    detail=b"\x80",
)


ENTRY, BODY = write(KNOWN, SALTS)


@given(LINES)
def test_a_body_reads_back_and_gives_the_same_entry(line: Line) -> None:
    entry, body = write(line, SALTS)
    whole = Whole.parse(body)
    assert (whole.line, whole.entry()) == (line, entry)
    assert Opening.parse(body).raw() == body


@given(LINES, st.sets(st.sampled_from(FIELDS)))
def test_an_opening_shows_the_parts_of_the_named_fields_and_no_other(
    line: Line, names: set[str]
) -> None:
    entry, body = write(line, SALTS)
    opening = Opening.parse(Whole.parse(body).open(names).raw())
    parts = {field for part in NEWEST.parts if names & {*part} for field in part}
    assert opening.shown() == {name: field_value(line, name) for name in {"verb", *parts}}
    assert opening.entry() == entry


def test_whom_a_list_is_about_and_when_is_shown_alone() -> None:
    assert set(NEWEST.parts) > {("time",), ("person",), ("session",), ("instance",)}


def test_an_opening_hides_a_person_it_does_not_show() -> None:
    raw = Whole.parse(BODY).open(["time"]).raw()
    assert "山田".encode() not in raw
    assert KNOWN.session not in raw
    assert SALTS[16:32] not in raw


@pytest.mark.attack
def test_every_flipped_byte_of_a_body_gives_another_entry_or_none() -> None:
    for place in range(len(BODY)):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        try:
            assert Whole.parse(changed).entry() != ENTRY
        except UnknownFormatError:
            continue


@pytest.mark.attack
@pytest.mark.parametrize("names", [[], ["time"], ["person"], ["chart"], FIELDS])
def test_every_flipped_byte_of_an_opening_is_refused(names: list[str]) -> None:
    raw = Whole.parse(BODY).open(names).raw()
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        try:
            assert Opening.parse(changed).entry() != ENTRY
        except UnknownFormatError:
            continue


@pytest.mark.attack
@pytest.mark.parametrize("cut", [0, 3, 6, 7, 40, 71, 72, 80, len(BODY) - 1])
def test_a_body_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(UnknownFormatError):
        Whole.parse(BODY[:cut])


@pytest.mark.attack
def test_a_part_opened_is_no_whole_line() -> None:
    with pytest.raises(UnknownFormatError):
        Whole.parse(Whole.parse(BODY).open(FIELDS[:5]).raw())


@pytest.mark.parametrize(
    "line",
    [Line(time=1, verb="Release"), Line(time=1, verb=""), Line(time=1, verb="x", chart=b"short")],
)
def test_a_field_not_as_the_format_has_it_is_refused(line: Line) -> None:
    with pytest.raises(UnknownFormatError):
        _ = Whole.parse(write(line, SALTS)[1]).line


def test_sections_read_back_and_unknown_ones_are_refused() -> None:
    sections = [Section.FACE, Section.RESULTS, Section.JOURNAL]
    assert mask_sections(section_mask(sections)) == sections
    with pytest.raises(UnknownFormatError):
        mask_sections(1 << 30)
