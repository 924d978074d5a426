"""A keyholder without sockets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cast
from tests.keyholder.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, clock: cast.FakeClock) -> Iterator[Desk]:
    running = Desk(tmp_path, clock)
    yield running
    running.stop()
