import pytest

from chartkeep.model import ChartId
from tests.house import HouseRun, house
from tests.records import lab, patient

__all__ = ["house"]


@pytest.fixture
def chart(house: HouseRun) -> ChartId:
    """A patient in bed on 3W."""
    made = house.send(patient(), lab()).charts[0]
    house.admit(made)
    return made
