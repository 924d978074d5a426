import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest

from chartkeep.custody.marking import Code, Mark
from chartkeep.custody.sheet_marks import SheetMarks
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.found import Row, Where
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.intake.telling import Trouble
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.incident.trace.matching import Matcher
from chartkeep.incident.trace.ours import Shuffled, Verdict
from chartkeep.incident.trace.tracing import Answer, Tracing
from chartkeep.model import EntryId, Millis
from tests.incident.trace.people import (
    ADMITTED,
    KEY,
    Values,
    chart_of,
    patient,
    reading_of,
    stranger,
    told,
)

DAY = 86_400_000
POSTED = Millis(ADMITTED + 300 * DAY)
HEADS = ("nik", "nama", "tgl", "jk", "hp", "alamat", "kota")


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    """Two hundred patients, half of whom moved on a day of their own."""
    builder = Builder(KEY)
    for number in range(200):
        before = reading_of(patient(number))
        after = before._replace(addresses=reading_of(patient(number + 1)).addresses)
        moved = Millis(ADMITTED + (number + 1) * DAY)
        history = [(ADMITTED, before), (moved, after)] if number % 2 else [(ADMITTED, before)]
        builder.add(chart_of(number), history)
    return Matcher(builder.finish(), KEY)


@pytest.fixture(scope="module")
def intake() -> Iterator[Intake]:
    with Intake() as made:
        yield made


def write(path: Path, rows: list[Values], delimiter: str = ";") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows([HEADS, *rows])
    return path


def traced(matcher: Matcher, intake: Intake, *paths: Path) -> Answer:
    tracing = Tracing(matcher)
    for path in paths:
        tracing.read(intake, path)
    return tracing.answer(POSTED)


def as_of(number: int, day: int) -> Values:
    """A patient's row as it stood on a day."""
    moved = number % 2 and day > number + 1
    return (*told(patient(number))[:5], *told(patient(number + bool(moved)))[5:])


def test_a_posted_file_without_a_number_of_ours_is_our_record_as_of_a_day(
    matcher: Matcher, intake: Intake, tmp_path: Path
) -> None:
    rows = [as_of(number, 100) for number in range(160)]
    answer = traced(matcher, intake, write(tmp_path / "a.csv", rows + rows[:40]))
    (judged,) = answer.judged
    assert judged.verdict is Verdict.RECORD
    assert not judged.tally.verdicts[Verdict.RECORD]
    assert "changes of after the copy are not in it" in judged.words()
    assert judged.repeated == 40
    assert answer.charts <= {chart_of(number) for number in range(160)}
    assert len(answer.charts) >= 156
    assert answer.moment.is_snapshot
    copied = answer.moment.instants[0]
    assert copied.low <= ADMITTED + 100 * DAY <= copied.high
    assert copied.high - copied.low <= 20 * DAY


def test_a_foreign_file_is_not_ours_and_a_broken_one_is_named(
    matcher: Matcher, intake: Intake, tmp_path: Path
) -> None:
    foreign = write(tmp_path / "b.csv", [told(stranger(n)) for n in range(120)], ",")
    broken = tmp_path / "c.zip"
    broken.write_bytes(b"PK\3\4" + bytes(300))
    answer = traced(matcher, intake, foreign, broken)
    assert answer.verdict is Verdict.FOREIGN
    assert not answer.charts
    assert [each.where.path for each in answer.sources if each.trouble] == [str(broken)]


def test_an_answer_shows_no_value_of_a_row(
    matcher: Matcher, intake: Intake, tmp_path: Path
) -> None:
    rows = [told(patient(n)) for n in range(60)]
    tracing = Tracing(matcher)
    tracing.read(intake, write(tmp_path / "d.csv", rows))
    shown = repr(tracing) + repr(tracing.answer(POSTED).judged)
    assert not any(value in shown for row in rows for value in (row[0], row[1], row[4]))


def _plain(path: Path, lines: list[bytes]) -> Path:
    path = path.with_suffix(".ndjson")
    path.write_bytes(b"\n".join(lines))
    return path


def _zipped(path: Path, lines: list[bytes]) -> Path:
    with ZipFile(path.with_suffix(".zip"), "w") as package:
        package.writestr("all/Patient.ndjson", b"\n".join(lines))
    return path.with_suffix(".zip")


def _cells(path: Path, lines: list[bytes]) -> Path:
    with path.with_suffix(".csv").open("w", newline="") as file:
        csv.writer(file).writerows([["number", "body"], *enumerate(x.decode() for x in lines)])
    return path.with_suffix(".csv")


@pytest.mark.parametrize("written", [_plain, _zipped, _cells])
def test_lines_as_an_export_sent_them_point_at_it_wherever_they_lie(
    matcher: Matcher,
    intake: Intake,
    tmp_path: Path,
    written: Callable[[Path, list[bytes]], Path],
) -> None:
    marks = {EntryId(bytes([at]) * 16): Mark(Code(b"c" * 16), bytes([at]) * 16) for at in range(9)}
    guilty = EntryId(b"\x03" * 16)
    meta = {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00.000Z"}
    lines = [
        marks[guilty].line(
            orjson.dumps({"resourceType": "Patient", "id": f"p{at}", "meta": meta, "n": 1})
        )
        for at in range(60)
    ]
    tracing = Tracing(matcher, marks=Reading(marks))
    tracing.read(intake, written(tmp_path / "leak", lines))
    chances = tracing.marks.chances()
    assert min(chances, key=lambda each: chances[each]) == guilty
    assert chances[guilty] < 1e-5
    assert all(chance > 0.01 for ident, chance in chances.items() if ident != guilty)


def test_a_row_copied_from_a_wards_paper_names_its_pack(
    matcher: Matcher, intake: Intake, tmp_path: Path
) -> None:
    sheets, pack = SheetMarks(b"k" * 16), bytes(range(16))
    said = f"Siti Aminah, born 1990-03-04, bed 7, pack 00010203 · {sheets.number(pack, 3)}\n"
    (tmp_path / "photo.txt").write_text("Ward list\n\n" + said)
    tracing = Tracing(matcher, marks=Reading({}, sheets=sheets))
    tracing.read(intake, tmp_path / "photo.txt")
    assert list(tracing.marks.packs()) == [pack[:4]]
    assert tracing.marks.packs()[pack[:4]] < 1e-12


@pytest.mark.attack
def test_what_matches_no_better_than_chance_makes_nobody_certain(matcher: Matcher) -> None:
    tracing, labels = Tracing(matcher), Labels(names=((0,),), births=(1,))
    rows = [Row(n, told(patient(n))[1:3]) for n in range(1, 41)]
    matched = list(matcher.match(rows, labels, 0.9))
    sure = tracing._take(Where("a.csv"), "", matched, Shuffled(40, 0))
    assert sure.verdict is Verdict.PATIENT
    certain = len(tracing.evidence)
    assert certain > 30
    chance = tracing._take(Where("b.csv"), "", matched, Shuffled(40, 40))
    assert chance.verdict not in {Verdict.PATIENT, Verdict.RECORD}
    assert len(tracing.evidence) == certain


@pytest.mark.attack
def test_a_file_that_is_not_to_be_read_ends_no_trace(
    matcher: Matcher, intake: Intake, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    mark = Mark(Code(bytes(16)), bytes(16))
    tracing = Tracing(matcher, marks=Reading({EntryId(bytes(16)): mark}))
    for name in ("gone.csv", "pipe"):
        tracing.read(intake, tmp_path / name)
    troubles = [each.trouble for each in tracing.answer(POSTED).sources]
    assert troubles == [Trouble.GONE, Trouble.NOT_A_FILE]
