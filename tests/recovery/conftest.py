from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import memory
from tests.house import house
from tests.recovery.vaults import VaultRun

__all__ = ["house"]


@pytest.fixture
def quick() -> Iterator[Path]:
    """A folder in memory, where there is one: no test with it breaks a disk."""
    with memory.folder() as folder:
        yield folder


@pytest.fixture
def run(quick: Path) -> Iterator[VaultRun]:
    """A store and a vault."""
    running = VaultRun(quick)
    yield running
    running.close()
