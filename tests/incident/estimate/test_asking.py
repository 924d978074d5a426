"""Any mix of suspects, asked of columns: the charts of the proved list, no fewer in doubt."""

from functools import reduce
from operator import or_
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.custody.paper import PACK_REASON
from chartkeep.errors import LedgerBrokenError, RefusedError, UnknownFormatError
from chartkeep.incident.estimate.comparing import compare
from chartkeep.incident.estimate.counting import count
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.keyholder import details
from chartkeep.keyholder.actions import Place
from chartkeep.keyholder.budget import Kind as Budget
from chartkeep.ledger.line import Line
from chartkeep.model import Section, to_text
from tests import memory
from tests.incident.estimate.ledgers import asked, told, written
from tests.incident.estimate.plain import plain

RELEASED = details.pack(details.Released("TREAT", "", "chart", True, 99, b"", 1))


def with_detail(line: Line) -> Line:
    return msgspec.structs.replace(line, detail=RELEASED) if line.verb == "release" else line


MOMENTS = st.builds(
    Line,
    time=st.integers(1, 99),
    verb=st.sampled_from(["release", "seal_key", "search", "login", "logout", "gone", "gap"]),
    person=st.sampled_from(["", "aiko", "budi"]),
    session=st.sampled_from([b"", b"s" * 16, b"t" * 16]),
    instance=st.sampled_from(["desk", "engine"]),
    worker=st.sampled_from([b"v" * 16, b"w" * 16]),
    chart=st.sampled_from([b"", b"c" * 16, b"d" * 16, bytes(16)]),
    sections=st.sampled_from([2, 4, 6]),
).map(with_detail)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Kind.PERSON, b"aiko"), (Kind.SESSION, b"s" * 16), (Kind.INSTANCE, b"desk")],
)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(lines=st.lists(MOMENTS, min_size=1, max_size=25), pages=st.integers(1, 9))
def test_one_suspect_is_exposed_as_going_through_the_lines_says(
    kind: Kind, value: bytes, lines: list[Line], pages: int
) -> None:
    ordered = sorted(lines, key=lambda line: line.time)
    suspect = Suspect(kind, value, 40, 80)
    true = plain(ordered, suspect)
    with memory.folder() as folder:
        found = asked(written(folder, ordered, pages, 2), suspect)
    assert found.widened == (true.since,)
    assert {
        each.chart: (
            each.how.get(How.RELEASED, 0), each.how.get(How.WRITTEN, 0), each.first, each.last
        )
        for each in found
    } == true.charts  # fmt: skip
    assert (found.searches, found.is_exact) == (true.searches, not true.gaps)


SUSPECTS = st.builds(
    Suspect,
    st.just(Kind.PERSON) | st.just(Kind.INSTANCE),
    st.sampled_from([b"aiko", b"budi", b"desk", b"engine"]),
    st.integers(1, 60),
    st.integers(61, 99),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    lines=st.lists(MOMENTS, min_size=1, max_size=25),
    mix=st.lists(SUSPECTS, min_size=2, max_size=5),
)
def test_a_mix_is_its_suspects_one_by_one_whatever_their_windows(
    lines: list[Line], mix: list[Suspect]
) -> None:
    ordered = sorted(lines, key=lambda line: line.time)
    alone = [plain(ordered, one).charts for one in mix]
    with memory.folder() as folder:
        found = asked(written(folder, ordered, 7, 99), *mix)
    true = {}
    for chart in set().union(*alone):
        by = tuple(number for number, one in enumerate(alone) if chart in one)
        parts = [alone[number][chart] for number in by]
        released, written_ = (reduce(or_, (part[at] for part in parts)) for at in (0, 1))
        first, last = min(part[2] for part in parts), max(part[3] for part in parts)
        true[chart] = released, written_, first, last, by
    assert {
        each.chart: (
            each.how.get(How.RELEASED, 0), each.how.get(How.WRITTEN, 0),
            each.first, each.last, each.by,
        )
        for each in found
    } == true  # fmt: skip


def hello(time: int, worker: bytes, verb: str = "hello") -> Line:
    return Line(time, verb, instance="desk", worker=worker * 16)


@pytest.mark.parametrize(
    ("lines", "began"),
    [
        ([hello(10, b"w"), hello(20, b"w", "gone")], 50),
        ([hello(10, b"w")], 10),
        ([hello(10, b"w"), hello(20, b"v"), hello(30, b"w", "gone")], 20),
        ([hello(10, b"w"), hello(20, b"w", "gone"), hello(30, b"w")], 10),
        ([hello(10, b"w"), hello(20, b"w", "gone"), hello(60, b"w")], 10),
        ([hello(10, b"w"), hello(20, b"w", "gone"), hello(60, b"v")], 50),
        ([hello(10, b"w"), hello(60, b"w", "gone")], 10),
    ],
    ids=[
        "gone before", "still there", "one of two gone", "came back", "came back inside",
        "another came", "gone inside",
    ],
)  # fmt: skip
def test_a_worker_lives_from_its_first_hello_whatever_its_connections_did(
    tmp_path: Path, lines: list[Line], began: int
) -> None:
    found = asked(written(tmp_path, lines), Suspect(Kind.INSTANCE, b"desk", 50, 90))
    assert found.widened == (began,)


RESULTS, FACE = 1 << 4, 1 << 1
GRANT, PACK = b"g" * 16, b"p" * 16


def release(time: int, chart: bytes, **more: object) -> Line:
    told = details.Released("TREAT", "", "chart", True, 99, b"", 1)
    line = Line(time, "release", person="aiko", chart=chart, sections=RESULTS)
    return msgspec.structs.replace(line, **{"detail": details.pack(told), **more})


def sealed(time: int, chart: bytes, sections: int = RESULTS) -> Line:
    return Line(time, "seal_key", instance="engine", chart=chart, sections=sections)


def lost(time: int) -> Line:
    return Line(time, "gap", detail=details.pack(details.Gap(3, 9, time - 5)))


@pytest.mark.attack
@pytest.mark.parametrize("at", [30, 45, 70])
def test_an_intruders_exposure_under_lost_lines_is_never_exact(tmp_path: Path, at: int) -> None:
    lines = sorted([release(25, b"c" * 16), lost(at)], key=lambda line: line.time)
    intruder = Suspect(Kind.PERSON, b"aiko", 20, 60)
    found = asked(written(tmp_path, lines), intruder)
    assert set(told(found)) == {b"c" * 16}
    assert not found.is_exact
    assert [(one.why, one.since, one.until) for one in found.unknown] == [
        ("lines 3 to 8 are lost", at - 5, at)
    ]
    assert asked(written(tmp_path, []), Suspect(Kind.PERSON, b"aiko", 80, 90)).is_exact


@pytest.mark.attack
def test_what_is_not_read_yet_is_never_exact(tmp_path: Path) -> None:
    found = written(tmp_path, [release(25, b"c" * 16)])
    found.save(30, ())
    intruder = asked(found, Suspect(Kind.PERSON, b"aiko", 20, 60))
    assert [one.why for one in intruder.unknown] == ["the ledger is not read that far"]


@pytest.mark.attack
def test_who_has_the_keyholder_has_every_chart_and_it_is_never_exact(tmp_path: Path) -> None:
    lines = [
        Line(3, "start"), sealed(5, b"c" * 16), sealed(6, b"d" * 16, FACE), Line(20, "start"),
        Line(35, "start"), sealed(45, b"e" * 16), Line(50, "start"), sealed(90, b"f" * 16),
    ]  # fmt: skip
    found = asked(written(tmp_path, lines), Suspect(Kind.KEYHOLDER, b"", 40, 80))
    held = told(found, How.HELD)
    assert held == {b"c" * 16: RESULTS, b"d" * 16: FACE, b"e" * 16: RESULTS}
    assert {each.chart[:1]: (each.first, each.last) for each in found} == {
        b"c": (35, 79), b"d": (35, 79), b"e": (45, 79),
    }  # fmt: skip
    assert not found.is_exact


def test_one_charts_key_is_that_chart_whole(tmp_path: Path) -> None:
    lines = [sealed(5, b"c" * 16), sealed(6, b"c" * 16, FACE), sealed(7, b"d" * 16)]
    found = asked(written(tmp_path, lines), Suspect(Kind.CHART_KEY, b"c" * 16, 40, 80))
    assert told(found, How.HELD) == {b"c" * 16: RESULTS | FACE}


def test_an_export_and_a_pack_are_what_was_opened_for_them(tmp_path: Path) -> None:
    for_export = details.Released("HOPERAT", "study", "grant", True, 99, GRANT, 1)
    reason = PACK_REASON + to_text(PACK)
    for_pack = details.Released("TREAT", reason, Budget.PACK, True, 99, b"h" * 16, 1)
    lines = [
        release(25, b"c" * 16, detail=details.pack(for_export)),
        release(26, b"d" * 16, detail=details.pack(for_pack)),
        release(27, b"e" * 16),
    ]
    columns = written(tmp_path, lines)
    assert told(asked(columns, Suspect(Kind.GRANT, GRANT, 1, 99)), How.EXPORTED) == {
        b"c" * 16: RESULTS
    }
    assert told(asked(columns, Suspect(Kind.PACK, PACK, 1, 99)), How.PACKED) == {b"d" * 16: RESULTS}
    assert not asked(columns, Suspect(Kind.PACK, GRANT, 1, 99))


def test_a_patient_lay_where_he_was_placed_last_before_he_was_exposed(tmp_path: Path) -> None:
    def place(time: int, chart: bytes, ward: str) -> Line:
        told = details.Acted(Place(chart, ward, "1"))
        return Line(time, "act", chart=chart, detail=details.pack(told))

    lines = [
        place(1, b"c" * 16, "3W"), place(2, b"c" * 16, "ICU"), release(3, b"c" * 16),
        place(4, b"c" * 16, "3W"), release(5, b"c" * 16), place(6, b"d" * 16, "3W"),
        release(7, b"d" * 16), release(8, b"e" * 16), place(9, b"e" * 16, "3W"),
    ]  # fmt: skip
    found = asked(written(tmp_path, lines, pages=1), Suspect(Kind.PERSON, b"aiko", 1, 99))
    assert [each.ward for each in found] == ["ICU", "3W", ""]
    assert count(found).wards == {"3W": 1, "ICU": 1, "no ward": 1}
    later = asked(written(tmp_path / "w", lines), Suspect(Kind.PERSON, b"aiko", 5, 99))
    assert [each.ward for each in later] == ["3W", "3W", ""]


def test_an_estimate_reads_back_as_it_was_written(tmp_path: Path) -> None:
    lines = [release(25, b"c" * 16), sealed(26, b"d" * 16), lost(30)]
    found = asked(written(tmp_path, lines), Suspect(Kind.PERSON, b"aiko", 1, 99))
    again = Estimate.read(found.raw())
    assert (list(again), again.unknown, again.digest()) == (
        list(found), found.unknown, found.digest(),
    )  # fmt: skip
    with pytest.raises(UnknownFormatError):
        Estimate.read(found.raw()[:-3])


def test_the_counts_are_those_of_the_charts(tmp_path: Path) -> None:
    lines = [release(25, b"c" * 16), release(26, b"c" * 16, sections=FACE), sealed(27, b"d" * 16)]
    aiko, engine = Suspect(Kind.PERSON, b"aiko", 1, 99), Suspect(Kind.INSTANCE, b"engine", 1, 99)
    found = count(asked(written(tmp_path, lines), aiko, engine))
    assert found.charts == 2
    assert found.sections == {Section.FACE: 1, Section.RESULTS: 2}
    assert found.ways == {How.RELEASED: 1, How.WRITTEN: 1}


def test_a_difference_says_what_came_what_went_and_what_grew(tmp_path: Path) -> None:
    lines = [
        release(25, b"c" * 16), release(26, b"d" * 16), release(70, b"d" * 16, sections=FACE),
        release(75, b"e" * 16), lost(90),
    ]  # fmt: skip
    columns = written(tmp_path, lines)
    early, late = (Suspect(Kind.PERSON, b"aiko", 1, until) for until in (60, 80))
    found = compare(asked(columns, early), asked(columns, late))
    assert (found.added, found.gone, found.wider, found.narrower) == (
        [b"e" * 16], [], [b"d" * 16], [],
    )  # fmt: skip
    assert (found.same, found.suspects_added, found.suspects_gone) == (1, [late], [early])
    back = compare(asked(columns, late), asked(columns, early))
    assert (back.added, back.gone, back.wider, back.narrower) == (
        [], [b"e" * 16], [], [b"d" * 16],
    )  # fmt: skip
    assert compare(asked(columns, late), asked(columns, late)).is_empty


@pytest.mark.attack
@pytest.mark.parametrize("pages", [1, 3])
def test_lines_out_of_time_are_refused(tmp_path: Path, pages: int) -> None:
    lines = [release(25, b"c" * 16), release(60, b"d" * 16), release(30, b"e" * 16)]
    with pytest.raises(LedgerBrokenError, match="before an earlier"):
        written(tmp_path, lines, pages)


def test_a_mix_that_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    columns = written(tmp_path, [])
    with pytest.raises(RefusedError, match="ends before"):
        asked(columns, Suspect(Kind.PERSON, b"aiko", 9, 9))
    with pytest.raises(RefusedError, match="at most 64"):
        asked(columns, *[Suspect(Kind.PERSON, b"aiko", 1, 9)] * 65)
