"""Segments: written, read, merged; and what is none."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError, DamagedError, UnknownFormatError
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.proofs import Frontier, push_spans
from chartkeep.recovery import segment as segments
from chartkeep.recovery.archive import Archive, cover
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.merging import merge
from chartkeep.recovery.segment import Ledger, Object, Segment, SegmentName
from tests.recovery.ledgers import chart, frontier, keep, segment, taken
from tests.recovery.place_contract import NOW

VECTORS = Path(__file__).parents[1] / "vectors" / "recovery"


@pytest.fixture
def place(tmp_path: Path) -> FolderPlace:
    return FolderPlace(tmp_path)


def as_object(index: int, charts: int = 3) -> Object | None:
    one = taken(index, charts)
    return None if one.words is None else Object(index, one.type, one.words, one.beside)


def objects_of(number: int, end: int, charts: int = 3) -> list[Object]:
    mine = (as_object(at, charts) for at in range(end) if at % charts == number)
    return [one for one in mine if one is not None]


def lie(place: FolderPlace, name: SegmentName, content: bytes) -> None:
    """Put bytes under a segment's name behind the place's back."""
    path = place.root / name.text()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_segment_gives_back_every_line_and_every_object_of_a_chart(place: FolderPlace) -> None:
    name = keep(place, 0, 40)
    found = Segment(place, name)
    assert list(found.lines()) == [(taken(at).type, taken(at).line) for at in range(40)]
    assert list(found.lines(37)) == [(taken(at).type, taken(at).line) for at in range(37, 40)]
    for number in range(3):
        row = found.find(chart(number))
        assert row is not None
        assert list(found.objects(row)) == objects_of(number, 40)
    assert found.find(chart(99)) is None
    assert (found.note, found.peaks) == (b"checkpoint of 40 lines\n", frontier(40).peaks)


def test_its_peaks_and_the_next_lines_give_the_next_root(place: FolderPlace) -> None:
    first, second = keep(place, 0, 37), keep(place, 37, 100)
    going = Frontier()
    push_spans(going, 37, Segment(place, first).peaks)
    going.push_leaves([hash_leaf(line) for _, line in Segment(place, second).lines()])
    assert going.root() == frontier(100).root()
    assert going.peaks == Segment(place, second).peaks


def test_one_chart_among_thousands_is_found(place: FolderPlace) -> None:
    found = Segment(place, keep(place, 0, 5_000, charts=2_500))
    for number in (0, 1, 77, 1_249, 2_499):
        row = found.find(chart(number))
        assert row is not None
        assert list(found.objects(row)) == objects_of(number, 5_000, 2_500)
    assert [found.find(bytes(16)), found.find(b"\xff" * 16)] == [None, None]


@settings(max_examples=20, deadline=None)
@given(cuts=st.sets(st.integers(1, 59), max_size=12))
def test_merged_segments_are_the_segment_of_all_their_lines(
    cuts: set[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = FolderPlace(tmp_path_factory.mktemp("merged"))
    edges = [0, *sorted(cuts), 60]
    names = [keep(place, *run) for run in itertools.pairwise(edges)]
    merged = merge(place, names)
    assert b"".join(merged.merge.parts()) == b"".join(segment(0, 60).parts)
    assert merged.name == segment(0, 60).name


def test_segments_that_are_no_neighbours_are_not_merged(place: FolderPlace) -> None:
    with pytest.raises(DamagedError, match="no neighbours"):
        merge(place, [keep(place, 0, 5), keep(place, 6, 9)])


def test_a_cover_takes_the_longest_and_ends_at_a_gap(place: FolderPlace) -> None:
    names = [keep(place, *run) for run in ((0, 4), (4, 8), (8, 9), (12, 14))]
    whole = keep(place, 0, 8)
    assert cover(place, Ledger.RECORDS) == [whole, names[2]]
    archive = Archive(place, Ledger.RECORDS)
    assert (archive.size, list(archive.beyond())) == (9, [names[3]])
    assert cover(place, Ledger.RECORDS, {whole.text()}) == names[:3]
    assert cover(place, Ledger.RELEASES) == []


def test_an_archive_reads_lines_charts_and_everything(place: FolderPlace) -> None:
    for run in ((0, 10), (10, 11), (11, 30)):
        keep(place, *run)
    archive = Archive(place, Ledger.RECORDS)
    assert [line for _, line in archive.lines(9)] == [taken(at).line for at in range(9, 30)]
    assert list(archive.chart(chart(1))) == objects_of(1, 30)
    assert sorted(archive.objects()) == sorted(filter(None, map(as_object, range(30))))
    assert archive.segments[-1].note == b"checkpoint of 30 lines\n"


def test_the_golden_segment_reads_as_it_was_written(place: FolderPlace) -> None:
    golden = json.loads((VECTORS / "segment.json").read_text())
    name = SegmentName.parse(golden["name"])
    place.put(golden["name"], [bytes.fromhex(golden["bytes"])], NOW)
    found = Segment(place, name)
    assert [[kind, line.hex()] for kind, line in found.lines()] == golden["lines"]
    assert [[o.at, o.type, o.words.hex(), o.beside.hex()] for o in found.objects()] == (
        golden["objects"]
    )
    assert found.note.decode() == golden["note"]
    assert [peak.hex() for peak in found.peaks] == golden["peaks"]
    assert [row.chart.hex() for row in found.directory()] == golden["charts"]


@pytest.mark.attack
@pytest.mark.parametrize("cut", [0, 3, 23, 200, 1_000])
def test_a_cut_segment_is_named_and_never_read_as_a_shorter_one(
    place: FolderPlace, cut: int
) -> None:
    built = segment(0, 40)
    whole = b"".join(built.parts)
    lie(place, built.name, whole[:cut] if cut < 100 else whole[:-cut])
    with pytest.raises((DamagedError, UnknownFormatError)):
        list(Segment(place, built.name).objects())


@pytest.mark.attack
def test_a_segment_under_another_ones_name_is_refused(place: FolderPlace) -> None:
    built = segment(0, 40)
    for other in (built.name._replace(end=41), built.name._replace(ledger=Ledger.RELEASES)):
        lie(place, other, b"".join(built.parts))
        with pytest.raises(DamagedError, match="not what its name says"):
            _ = Segment(place, other).note


@pytest.mark.attack
@pytest.mark.parametrize(
    "text",
    [
        "records/0/0-1-" + "0" * 64,
        "records/000000000000/0000000000000002-0000000000000001-" + "0" * 64,
        "records/000000000000/0000000000000000-0000000000000001-" + "g" * 64,
        "charts/000000000000/0000000000000000-0000000000000001-" + "0" * 64,
        "records/000000000001/0000000000000000-0000000000000001-" + "0" * 64,
        "records",
        "",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        SegmentName.parse(text)


@pytest.mark.attack
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_is_an_error_of_ours_or_shows_in_the_digest(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    built = segment(3, 20)
    whole = bytearray(b"".join(built.parts))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    place = FolderPlace(tmp_path_factory.mktemp("flipped"))
    lie(place, built.name, bytes(whole))
    found = Segment(place, built.name)
    try:
        list(found.lines()), list(found.objects()), list(found.directory())
        _ = found.note, found.peaks
    except (DamagedError, UnknownFormatError):
        return
    assert segments.digest_of([bytes(whole)]) != built.name.digest
