"""Lines: what their entries commit to, and what an opening gives away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.errors import LedgerBrokenError, UnknownFormatError
from chartkeep.ledger.line import (
    FIELDS,
    Line,
    Opening,
    check_opening,
    commit,
    decode,
    encode,
    entry_of,
    field_value,
    mask_sections,
    open_fields,
    section_mask,
    write,
)
from chartkeep.model import Section

SALT = bytes(range(32))
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


@given(LINES)
def test_a_body_reads_back_and_gives_the_same_entry(line: Line) -> None:
    body = encode(line, SALT)
    assert decode(body) == (line, SALT)
    assert entry_of(body) == commit(line, SALT)
    assert write(line, SALT) == (commit(line, SALT), body)


@given(LINES, st.sets(st.sampled_from(FIELDS)))
def test_an_opening_shows_the_named_fields_and_no_other(line: Line, names: set[str]) -> None:
    opening = Opening.parse(open_fields(encode(line, SALT), names).raw())
    assert opening.shown() == {name: field_value(line, name) for name in names}
    check_opening(opening, commit(line, SALT))


def test_the_known_line_keeps_its_entry_for_ever() -> None:
    entry = "efcd196e3b42caf8dd5d241b3b94d099cd345c5a1bd9f60579bbfb7b2d06efd9"
    assert commit(KNOWN, SALT).hex() == entry


def test_an_opening_hides_a_person_it_does_not_show() -> None:
    raw = open_fields(encode(KNOWN, SALT), ["time"]).raw()
    assert "山田".encode() not in raw
    assert SALT not in raw


@pytest.mark.attack
def test_every_flipped_byte_of_a_body_gives_another_entry_or_none() -> None:
    body, entry = encode(KNOWN, SALT), commit(KNOWN, SALT)
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        try:
            assert entry_of(changed) != entry
        except UnknownFormatError:
            continue


@pytest.mark.attack
def test_every_flipped_byte_of_an_opening_is_refused() -> None:
    entry, raw = commit(KNOWN, SALT), open_fields(encode(KNOWN, SALT), ["verb", "chart"]).raw()
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises((LedgerBrokenError, UnknownFormatError)):
            check_opening(Opening.parse(changed), entry)


@pytest.mark.attack
@pytest.mark.parametrize("cut", [0, 3, 40, 71, 72, 80])
def test_a_body_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(UnknownFormatError):
        decode(encode(KNOWN, SALT)[:cut])


@pytest.mark.parametrize(
    "line",
    [Line(time=1, verb="Release"), Line(time=1, verb=""), Line(time=1, verb="x", chart=b"short")],
)
def test_a_field_not_as_the_format_has_it_is_refused(line: Line) -> None:
    with pytest.raises(UnknownFormatError):
        decode(encode(line, SALT))


def test_sections_read_back_and_unknown_ones_are_refused() -> None:
    sections = [Section.FACE, Section.RESULTS, Section.JOURNAL]
    assert mask_sections(section_mask(sections)) == sections
    with pytest.raises(UnknownFormatError):
        mask_sections(1 << 30)
