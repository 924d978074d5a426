import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.vaults import VaultRun


@pytest.fixture
def run() -> Iterator[VaultRun]:
    """A store and a vault in a folder in memory, where there is one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        running = VaultRun(Path(folder))
        yield running
        running.close()
