from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.incident.trace.found import Found, Picture, Source, Table
from chartkeep.incident.trace.intake.reading import Intake


class Sheet(NamedTuple):
    name: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


class Read(NamedTuple):
    """All that was found in one file, with its rows."""

    sheets: list[Sheet]
    pictures: list[Picture]
    sources: list[Source]

    @property
    def whole(self) -> Source:
        return self.sources[-1]

    @property
    def rows(self) -> list[tuple[str, ...]]:
        return [row for sheet in self.sheets for row in sheet.rows]

    def trouble_of(self, *inside: str) -> str:
        return next(s.trouble for s in self.sources if s.where.inside == inside)


def gather(found: Iterator[Found]) -> Read:
    read = Read([], [], [])
    for each in found:
        match each:
            case Table():
                rows = [row.values for batch in each.rows for row in batch]
                read.sheets.append(Sheet(each.name, each.columns, rows))
            case Picture():
                read.pictures.append(each)
            case Source():
                read.sources.append(each)
    return read


@pytest.fixture(scope="session")
def intake() -> Iterator[Intake]:
    with Intake() as made:
        yield made


@pytest.fixture
def take(intake: Intake, tmp_path: Path) -> Callable[[str, bytes], Read]:
    def taken(name: str, data: bytes) -> Read:
        path = tmp_path / name
        path.write_bytes(data)
        return gather(intake.read(path))

    return taken
