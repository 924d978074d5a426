"""One pool for all tests of pictures: its processes take a second to start."""

from collections.abc import Iterator

import pytest

from chartkeep.imaging.pixels.pool import Pixels


@pytest.fixture(scope="session")
def pixels() -> Iterator[Pixels]:
    pool = Pixels()
    yield pool
    pool.close()
