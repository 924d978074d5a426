from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import SealBrokenError, UnavailableError
from chartkeep.fingerprint.keys import Field, FingerprintKey, LookUp
from chartkeep.fingerprint.person import Reading
from chartkeep.fingerprint.prints import Filed, Record, told_of
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.index import ARRAYS, MOST_ALIKE, Index, merged
from chartkeep.model import Millis, Section
from tests.incident.trace.people import ADMITTED, KEY, chart_of, patient, reading_of

SECRET = b"a secret of this desk, 32 bytes."


def built(numbers: list[int], cities: dict[int, str] | None = None) -> Index:
    builder = Builder(KEY)
    for number in numbers:
        reading = reading_of(patient(number))
        if cities and number in cities:
            reading = reading._replace(cities=(cities[number],))
        record = Record(KEY.digest(f"V{number:07}"), is_long=True)
        files = [Filed(KEY.digest(f"file {each}"), Section.IMAGING) for each in (number, "of all")]
        builder.take(
            chart_of(number), [(ADMITTED, told_of(reading, KEY.digest))], [record],
            [KEY.digest(f"{number}|t")], [(Millis(ADMITTED + number), each) for each in files],
        )  # fmt: skip
    return builder.finish(len(numbers))


def same(one: Index, other: Index) -> bool:
    """Compare what two indexes say, however their arrays are ordered inside a chart."""
    return all(
        np.array_equal(one.arrays[name], other.arrays[name]) for name in ("charts", "tokens")
    )


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_two_joined_are_as_one_that_was_made_at_once(first: set[int], second: set[int]) -> None:
    whole, joined = (
        built(sorted(first | second)),
        merged(built(sorted(first)), built(sorted(second))),
    )
    assert same(whole, joined)
    for number in range(whole.size):
        held, kept = whole.held(number, KEY), joined.held(number, KEY)
        assert held.chart == kept.chart
        who = next(n for n in first | second if chart_of(n) == held.chart)
        assert kept.is_marked(Field.RECORD, f"V{who:07}")
        assert kept.is_marked(Field.FACT, f"{who}|t")
        assert kept.runs(Field.BIRTH, patient(who).birth.isoformat())
        (lain,) = joined.lain(KEY.look_up(LookUp.FILE, f"file {who}"))
        assert (lain.chart, lain.section) == (number, Section.IMAGING)
        assert 0 <= ADMITTED + who - lain.since < 1_000
    everywhere = joined.lain(KEY.look_up(LookUp.FILE, "file of all"))
    assert [each.chart for each in everywhere] == [*range(whole.size)]


def test_a_chart_in_both_is_as_in_the_new_one() -> None:
    joined = merged(built([1, 2, 3]), built([2], {2: "elsewhere"}))
    number = next(n for n in range(3) if joined.chart(n) == chart_of(2))
    assert joined.held(number, KEY).runs(Field.CITY, "elsewhere")
    assert joined.size == 3
    assert len(joined.arrays["tokens"]) == len(built([1, 2, 3]).arrays["tokens"])


def test_many_tokens_are_looked_up_at_once_each_with_its_charts() -> None:
    index = built(list(range(50)))
    asked = [KEY.look_up(LookUp.RECORD, f"V{number:07}") for number in (7, 99, 3)]
    places, charts, _ = index.find(np.array(asked, np.uint64))
    found = {place: index.chart(chart) for place, chart in zip(places, charts, strict=True)}
    assert found == {0: chart_of(7), 2: chart_of(3)}


def test_a_token_too_many_share_finds_nobody() -> None:
    builder = Builder(KEY)
    for number in range(MOST_ALIKE + 1):
        builder.add(chart_of(number), [(ADMITTED, Reading(phones=("112112112",)))])
    token = np.array([KEY.look_up(LookUp.PHONE, "112112112")], np.uint64)
    assert len(builder.finish().find(token)[0]) == 0


def test_a_value_that_comes_back_has_two_spans() -> None:
    before, between = reading_of(patient(1)), reading_of(patient(2))
    moments = [Millis(ADMITTED + step * 86_400_000) for step in range(3)]
    builder = Builder(KEY)
    builder.add(chart_of(1), list(zip(moments, (before, between, before), strict=True)))
    held = builder.finish().held(0, KEY)
    spans = held.spans(held.runs(Field.PHONE, before.phones[0]))
    assert sorted(spans) == [(moments[0], moments[1]), (moments[2], 1 << 62)]


def test_an_index_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    index = built(list(range(40)))
    keeping.keep(index, tmp_path, SECRET)
    back = keeping.load(tmp_path, SECRET)
    assert back.upto == 40
    assert all(np.array_equal(back.arrays[name], index.arrays[name]) for name in ARRAYS)


def test_where_there_is_none_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="no trace index"):
        keeping.load(tmp_path, SECRET)


def test_the_one_before_is_whole_until_the_next_is(tmp_path: Path) -> None:
    keeping.keep(built([1]), tmp_path, SECRET)
    (tmp_path / "f00d").mkdir()  # what a crash left of a next one
    assert keeping.load(tmp_path, SECRET).size == 1
    keeping.keep(built([1, 2]), tmp_path, SECRET)
    assert keeping.load(tmp_path, SECRET).size == 2
    assert len([each for each in tmp_path.iterdir() if each.is_dir()]) == 1


@pytest.mark.attack
def test_the_disk_shows_no_value_and_no_token_and_that_no_two_charts_are_alike(
    tmp_path: Path,
) -> None:
    who = reading_of(patient(1))
    builder = Builder(KEY)
    for number in range(64):  # 64 charts of one person: whatever is equal would show
        builder.add(chart_of(number), [(ADMITTED, who)], ["V123456"])
    index = builder.finish()
    keeping.keep(index, tmp_path, SECRET)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    told = [who.births[0], who.phones[0], who.numbers[1], who.names[0].letters, "V123456"]
    tokens = [KEY.look_up(LookUp.RECORD, "V123456").to_bytes(8, "little"), chart_of(3)]
    for needle in [*(each.encode() for each in told), *tokens]:
        assert not any(needle in each for each in files)
    blocks = [each[at : at + 16] for each in files for at in range(0, len(each) - 16, 16)]
    assert len(set(blocks)) == len(blocks)
    private = index.arrays["compared"]["token"]
    assert len(set(private.tolist())) == len(private)  # opened too, no two charts are alike


@pytest.mark.attack
def test_no_piece_opens_under_another_key_in_another_place_or_changed(tmp_path: Path) -> None:
    builder = Builder(KEY)
    for number in range(5):
        reading = Reading(phones=(f"81200000{number}",))
        builder.add(chart_of(number), [(ADMITTED, reading)], [f"V{number:07}"])
    keeping.keep(builder.finish(), tmp_path, SECRET)
    with pytest.raises(SealBrokenError):
        keeping.load(tmp_path, bytes(32))
    pieces = {path.name: path for path in tmp_path.rglob("*-0")}
    kept = pieces["owners-0"].read_bytes()
    pieces["owners-0"].write_bytes(pieces["marks-0"].read_bytes())
    with pytest.raises(SealBrokenError, match="owners-0"):
        keeping.load(tmp_path, SECRET)
    pieces["owners-0"].write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(SealBrokenError, match="owners-0"):
        keeping.load(tmp_path, SECRET)


@pytest.mark.attack
def test_another_key_makes_other_tokens_and_no_kind_meets_another() -> None:
    other = FingerprintKey(bytes(32))
    assert KEY.look_up(LookUp.PHONE, "1") != other.look_up(LookUp.PHONE, "1")
    assert len({KEY.look_up(kind, "1") for kind in LookUp}) == len(LookUp)
    private = {KEY.private(chart_of(n), field, "1") for n in range(9) for field in Field}
    assert len(private) == 9 * len(Field)
    assert "a key" not in repr(KEY)
