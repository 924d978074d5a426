"""Fixtures of the attacks: a founded house in a short path, and a watched temporary folder."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.house import Founded, found


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: a socket's may have no more than a hundred letters."""
    return tmp_path_factory.mktemp("a")


@pytest.fixture
def founded(folder: Path) -> Iterator[Founded]:
    house = found(folder)
    yield house
    house.close()


@pytest.fixture
def watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder where every process, this one too, now puts its temporary files."""
    place = folder / "tmp"
    place.mkdir()
    for name in ("TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield place
    tempfile.tempdir = None
