"""$export breaks off: cancelled, ended, frozen, over a budget."""

from collections.abc import Iterator

import pytest

from chartkeep.errors import OverBudgetError
from chartkeep.keyholder import actions
from tests.fhir.http.conftest import Clinic
from tests.fhir.http.taker import (
    HOUR,
    Taker,
    poll,
    released,
    taker,
)


def test_what_was_cancelled_or_has_ended_gives_nothing_more(clinic: Clinic) -> None:
    carla = taker(clinic)
    begun = carla.start().headers["content-location"]
    files = poll(carla.web, begun).body["output"]
    assert carla.web.ask("DELETE", begun).status == 202
    assert [carla.web.get(url).status for url in (begun, files[0]["url"])] == [404, 404]
    second = carla.start().headers["content-location"]
    files = poll(carla.web, second).body["output"]
    clinic.house.clock.move(hours=1)
    again = clinic.web("carla")
    assert [again.get(url).status for url in (second, files[0]["url"])] == [404, 404]
    assert released(clinic, carla.grant) == set()


def pieces(carla: Taker, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[bytes]:
    """Read a file batch by batch, one chart in each."""
    monkeypatch.setattr("chartkeep.custody.bulk.MOST_CHARTS", 1)
    return carla.web.stream(url)


@pytest.mark.attack
def test_a_file_that_is_being_read_ends_where_it_was_cancelled(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    carla = taker(clinic)
    begun = carla.start().headers["content-location"]
    url = poll(carla.web, begun).body["output"][0]["url"]
    reading = pieces(carla, url, monkeypatch)
    assert next(reading)
    carla.web.ask("DELETE", begun)
    with pytest.raises(Exception, match="cancelled"):
        next(reading)
    assert len(released(clinic, carla.grant)) == 1


@pytest.mark.attack
def test_a_freeze_breaks_a_file_off(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    carla = taker(clinic)
    reading = pieces(carla, carla.manifest()["output"][0]["url"], monkeypatch)
    assert next(reading)
    clinic.house.desk.keyholder.act(clinic.house.login("dewi"), actions.Freeze("person", "carla"))
    with pytest.raises(Exception, match="frozen"):
        next(reading)
    assert len(released(clinic, carla.grant)) == 1


@pytest.mark.attack
def test_a_budget_breaks_a_file_off_and_a_grant_does_not_pass_it(clinic: Clinic) -> None:
    keyholder, login = clinic.house.desk.keyholder, clinic.house.login
    limit = actions.SetLimit("person", "carla", "bulk", 24 * HOUR, 1)
    keyholder.approve(login("gita"), keyholder.act(login("dewi"), limit).proposal)
    carla = taker(clinic)
    reading = carla.web.stream(carla.manifest()["output"][0]["url"])
    assert next(reading).count(b"\n") == 1
    with pytest.raises(OverBudgetError):
        list(reading)
    assert len(released(clinic, carla.grant)) == 1
