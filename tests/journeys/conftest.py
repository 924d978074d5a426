from collections.abc import Iterator

import pytest

from tests.journeys.service import Service, serving


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One house for all journeys: each brings people and patients of its own."""
    with serving(tmp_path_factory.mktemp("journeys")) as made:
        yield made
