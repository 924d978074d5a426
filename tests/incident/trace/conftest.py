import pytest

from chartkeep.inventor.traffic import Size
from tests.incident.trace.scenes import World, invent_world


@pytest.fixture(scope="session")
def world() -> World:
    """Give a hospital of twenty wards whose log lost one line in ten."""
    return invent_world(1, Size(), loss=0.1)
