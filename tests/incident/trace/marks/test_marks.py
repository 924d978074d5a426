"""Marks of exports: what was sent points back at its export, also when three buyers mix copies."""

from collections.abc import Sequence

import numpy as np
import orjson
import pytest

from chartkeep.custody.marking import A_HUNDRED, Code, Mark
from chartkeep.fingerprint.spacing import read_bits
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.inventor.names import Origin
from chartkeep.model import ChartId, EntryId

CODE = Code(b"c" * 16)
EXPORTS = [EntryId(at.to_bytes(16, "big")) for at in range(60)]
MARKS = {ident: Mark(CODE, b"own" + ident) for ident in EXPORTS}
CHARTS = [ChartId((at * 7_919).to_bytes(16, "big")) for at in range(900)]
LIKELY = 1 / (100 * len(EXPORTS))


def _line(chart: bytes) -> bytes:
    meta = {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00.000Z"}
    body = {"resourceType": "Patient", "id": chart.hex(), "meta": meta, "birthDate": "1970-01-01"}
    return orjson.dumps(body)


def _sent(export: EntryId, charts: Sequence[ChartId] = CHARTS) -> list[tuple[ChartId, bytes]]:
    mark = MARKS[export]
    return [(chart, mark.line(_line(chart))) for chart in mark.arrange(charts)]


def _take(reading: Reading, raw: bytes) -> None:
    found = read_bits(raw)
    reading.take_bits([found] if found else [])


def _accused(reading: Reading) -> set[EntryId]:
    return {ident for ident, chance in reading.chances().items() if chance <= LIKELY}


def _mixed(exports: list[EntryId], rows: int, seed: int) -> list[tuple[ChartId, bytes]]:
    """Each row from one of the copies, in no order of theirs."""
    chance = np.random.default_rng(seed)
    copies = [dict(_sent(export)) for export in exports]
    charts = [CHARTS[at] for at in chance.permutation(len(CHARTS))[:rows]]
    return [(chart, copies[int(chance.integers(len(copies)))][chart]) for chart in charts]


def test_a_mark_changes_no_value() -> None:
    for chart, raw in _sent(EXPORTS[3]):
        assert orjson.loads(raw) == orjson.loads(_line(chart))


def test_what_is_written_is_what_is_read() -> None:
    raw = MARKS[EXPORTS[5]].line(_line(CHARTS[0]))
    found = read_bits(raw + b"\n")
    assert found is not None
    ident, bits = found
    assert ident == CHARTS[0].hex().encode()
    assert bits == [MARKS[EXPORTS[5]].word[place] for place in CODE.places(ident)]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b'{"id":"x"}', b'{"text":"a, b","resourceType":"Patient"}', b'{"resourceType":"P'],
)
def test_a_line_that_begins_otherwise_stays_as_it_is(raw: bytes) -> None:
    assert MARKS[EXPORTS[0]].line(raw) == raw
    assert read_bits(raw) is None


def test_forty_lines_point_at_their_export() -> None:
    reading = Reading(MARKS)
    for _, raw in _mixed([EXPORTS[9]], 40, seed=1):
        _take(reading, raw)
    assert _accused(reading) == {EXPORTS[9]}


@pytest.mark.parametrize("seed", range(4))
def test_three_buyers_who_mix_their_copies_are_found(seed: int) -> None:
    guilty = [EXPORTS[seed], EXPORTS[20 + seed], EXPORTS[50 + seed]]
    reading = Reading(MARKS)
    for _, raw in _mixed(guilty, 600, seed):
        _take(reading, raw)
    assert _accused(reading) == set(guilty)


def test_the_order_alone_points_at_its_export() -> None:
    reading = Reading(MARKS)
    for chart, _ in _sent(EXPORTS[7])[200:240]:
        reading.take_chart(chart)
    assert _accused(reading) == {EXPORTS[7]}


def test_rows_sorted_by_a_thief_say_nothing_of_their_order() -> None:
    reading = Reading(MARKS)
    for chart in sorted(CHARTS):
        reading.take_chart(chart)
    assert _accused(reading) == set()


def test_lines_written_anew_accuse_nobody() -> None:
    reading = Reading(MARKS)
    for _, raw in _mixed([EXPORTS[4]], 300, seed=2):
        _take(reading, orjson.dumps(orjson.loads(raw)))
    assert _accused(reading) == set()


def test_a_foreign_export_accuses_nobody() -> None:
    stranger, reading = Mark(CODE, b"somebody else"), Reading(MARKS)
    for chart in stranger.arrange(CHARTS):
        _take(reading, stranger.line(_line(chart)))
        reading.take_chart(chart)
    assert _accused(reading) == set()


def test_an_invented_patient_names_its_export_however_it_is_written() -> None:
    few = {ident: MARKS[ident] for ident in EXPORTS[:3]}
    who = few[EXPORTS[1]].patient(4, Origin.JAPAN)
    reading = Reading(few, dict.fromkeys(few, 6))
    assert not reading.take_row(["somebody", "1970-01-01", "090-1234-5678"])
    assert reading.take_row(["?", f"{who.birth:%Y/%m/%d}", who.phone.replace("-", "")])
    assert {ident for ident, each in reading.shown().items() if each.invented} == {EXPORTS[1]}
    assert reading.chances()[EXPORTS[1]] <= 1e-5


def test_one_in_a_hundred_is_invented_and_in_fewer_none() -> None:
    mark = MARKS[EXPORTS[0]]
    assert mark.beside(0, A_HUNDRED - 1) == {}
    beside = mark.beside(1_000, 350)
    assert sorted(beside.values()) == [10, 11, 12]
    assert [place // A_HUNDRED for place in sorted(beside)] == [0, 1, 2]


def test_without_any_export_nothing_is_found() -> None:
    reading = Reading({})
    _take(reading, _sent(EXPORTS[0])[0][1])
    reading.take_chart(CHARTS[0])
    assert not reading.take_row(["somebody", "1970-01-01"])
    assert reading.chances() == {}


def test_who_is_invented_is_the_same_for_whoever_asks() -> None:
    again = Mark(Code(b"c" * 16), b"own" + EXPORTS[2])
    assert again.patient(7, Origin.WEST) == MARKS[EXPORTS[2]].patient(7, Origin.WEST)
    assert again.like(7, "A-1234") == MARKS[EXPORTS[2]].like(7, "A-1234")
    assert again.like(7, "A-1234")[:2] == "A-"
