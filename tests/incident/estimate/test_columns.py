"""Columns on a disk: what was changed, swapped, cut or another's is an error, no answer."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from chartkeep.errors import ChartkeepError, DamagedError, RefusedError
from chartkeep.incident.estimate import block, columns
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.keyholder import details
from chartkeep.ledger.line import Line
from tests.incident.estimate.ledgers import EVER, ORIGIN, SECRET, asked, told, written

OPENED = details.pack(details.Released("TREAT", "", "chart", True, 99, b"", 1))
AIKO = Suspect(Kind.PERSON, b"aiko", 1, EVER)


def release(time: int, chart: bytes, person: str = "aiko") -> Line:
    return Line(
        time, "release", person=person, session=b"s" * 16, chart=chart, sections=4, detail=OPENED
    )


def some(count: int) -> list[Line]:
    return [release(at, at.to_bytes(16, "big")) for at in range(1, count + 1)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of five lines."""
    monkeypatch.setattr(block, "LINES", 5)
    monkeypatch.setattr(columns, "LINES", 5)


@pytest.mark.parametrize(("pages", "saves"), [(1, 1), (3, 1), (4, 3), (13, 1)])
def test_it_does_not_matter_in_which_pieces_lines_came(
    small: None, tmp_path: Path, pages: int, saves: int
) -> None:
    lines = some(13)
    found = written(tmp_path, lines, pages, saves)
    assert told(asked(found, AIKO)) == {line.chart: 4 for line in lines}
    assert found.size == 13
    assert sorted(len(each) for each in found.blocks(0, EVER)) == [3, 5, 5]


def test_what_was_not_saved_never_was(small: None, tmp_path: Path) -> None:
    found = written(tmp_path, some(4))
    again = written(tmp_path / "other", some(9))
    for path in (tmp_path / "other").glob("*.columns"):  # as a crash leaves it: blocks, old state
        if not (tmp_path / path.name).exists():
            shutil.copy(path, tmp_path)
    assert Columns(tmp_path, SECRET, ORIGIN).size == found.size == 4
    assert again.size == 9


def test_nothing_of_people_or_charts_is_readable_on_the_disk(tmp_path: Path) -> None:
    written(tmp_path, [release(1, b"chart of someone", "aiko yamada")])
    for path in tmp_path.iterdir():
        raw = path.read_bytes()
        assert b"aiko" not in raw
        assert b"chart of someone" not in raw


@pytest.mark.attack
def test_any_byte_changed_on_the_disk_is_noticed(tmp_path: Path) -> None:
    written(tmp_path, some(3))
    right = told(asked(Columns(tmp_path, SECRET, ORIGIN), AIKO))
    for path in sorted(tmp_path.iterdir()):
        raw = path.read_bytes()
        for at in range(0, len(raw), 7):
            path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
            with suppress(DamagedError):  # a byte of a part nobody asked for changes nothing
                assert told(asked(Columns(tmp_path, SECRET, ORIGIN), AIKO)) == right
        path.write_bytes(raw)


@pytest.mark.attack
def test_two_blocks_that_were_swapped_and_a_missing_one_are_noticed(
    small: None, tmp_path: Path
) -> None:
    written(tmp_path, some(13))
    first, second, _ = sorted(tmp_path.glob("*.columns"))
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    with pytest.raises(DamagedError, match="were changed"):
        asked(Columns(tmp_path, SECRET, ORIGIN), AIKO)
    first.unlink()
    with pytest.raises(DamagedError, match="were changed"):
        asked(Columns(tmp_path, SECRET, ORIGIN), AIKO)


@pytest.mark.attack
def test_columns_of_another_key_or_another_ledger_are_refused(tmp_path: Path) -> None:
    written(tmp_path, some(3))
    with pytest.raises(ChartkeepError):
        Columns(tmp_path, b"x" * 32, ORIGIN)
    with pytest.raises(RefusedError, match="another ledger"):
        Columns(tmp_path, SECRET, "chartkeep.example/there/releases")
