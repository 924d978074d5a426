"""What lies in clear in memory goes with the work, also when somebody was killed at it."""

import subprocess
import sys
from pathlib import Path

import pytest

from chartkeep.incident.jobs import memory

NOBODY = 1 << 40
"""A process there cannot be."""
DIES = """
import os, sys
from pathlib import Path
from chartkeep.incident.jobs import memory
memory.MEMORY = Path(sys.argv[1])
with memory.folder_in_memory() as folder:
    (folder / "names").write_text("Sato Aiko")
    os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "shm")
    (tmp_path / "shm").mkdir()
    return tmp_path / "shm"


def test_it_is_gone_after_the_work_and_nobody_else_may_read_it(place: Path) -> None:
    with memory.folder_in_memory() as folder:
        (folder / "names").write_text("Sato Aiko")
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(place.iterdir()) == []


@pytest.mark.attack
def test_what_a_killed_work_left_in_clear_is_gone_when_the_next_begins(place: Path) -> None:
    assert subprocess.run([sys.executable, "-c", DIES, place], check=False).returncode == -9
    (left,) = place.iterdir()
    assert (left / "names").exists()
    with memory.folder_in_memory() as folder:
        assert list(place.iterdir()) == [folder]


@pytest.mark.attack
def test_a_link_laid_for_it_leads_nowhere_and_a_living_work_is_left_alone(place: Path) -> None:
    precious = place.parent / "precious"
    precious.mkdir()
    (precious / "chart").touch()
    (place / f"{memory.NAME}{NOBODY}-x").symlink_to(precious)
    with memory.folder_in_memory() as first, memory.folder_in_memory():
        assert first.exists()
    assert (precious / "chart").exists()
