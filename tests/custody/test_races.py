"""Two workers deposit the same thing at the same time: nothing doubles and nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from chartkeep.custody.house import House
from chartkeep.errors import ConflictError
from tests.house import HouseRun, Meddling
from tests.records import organization, patient, post


def overtaken(house: HouseRun, *rivals: object) -> House:
    """A worker of the engine: others get in with these, one before each of its commits."""
    waiting = list(rivals)

    def commit(real: Callable[..., Any], *asked: Any) -> Any:
        if waiting:
            house.send(waiting.pop(0), house=house.join("engine"))
        return real(*asked)

    worker = house.join("engine")
    worker.store = Meddling(worker.store, commit=commit)  # type: ignore[assignment]
    return worker


def test_two_who_load_the_same_organization_both_succeed(house: HouseRun) -> None:
    (receipt,) = house.send(organization(), house=overtaken(house, organization())).receipts
    assert [taken[1:3] for taken in receipt.taken] == [(1, True)]
    assert house.store_client("verifier").status().entries == 1


def test_what_came_along_with_the_overtaken_one_is_taken(house: HouseRun) -> None:
    worker = overtaken(house, organization("org"))
    (receipt,) = house.send(organization("mine"), organization("org"), house=worker).receipts
    assert [taken[1:3] for taken in receipt.taken] == [(1, False), (1, True)]


def test_two_puts_of_other_bytes_are_two_versions(house: HouseRun) -> None:
    house.send(patient(family="Ito"))
    sent = house.send(patient(family="Sato"), house=overtaken(house, patient(family="Mori")))
    assert sent.receipts[0].taken[0][1:3] == (3, False)
    token = house.login("carla")
    assert [face.chart for face in house.search(token, name="sato")] == sent.charts
    assert house.search(token, name="mori") == []


def test_a_patient_two_bring_at_once_is_found(house: HouseRun) -> None:
    sent = house.send(patient(), house=overtaken(house, patient()))
    assert sent.receipts[0].taken[0][1:3] == (1, True)
    assert [face.chart for face in house.search(house.login("carla"), name="tanaka")] == sent.charts


def test_a_post_overtaken_by_other_bytes_is_refused_by_its_place(house: HouseRun) -> None:
    worker = overtaken(house, post("Organization", "urn:uuid:o", name="Minato"))
    with pytest.raises(ConflictError, match=r"^entry\[0\]: Organization came before"):
        house.send(post("Organization", "urn:uuid:o", name="Midori"), house=worker)


def test_one_overtaken_twice_hears_of_it(house: HouseRun) -> None:
    worker = overtaken(house, patient(family="Ito"), patient(family="Mori"))
    with pytest.raises(ConflictError, match="stands at version 2, version 2 cannot follow"):
        house.send(patient(family="Sato"), house=worker)
    assert house.send(patient(family="Sato"), house=worker).receipts[0].taken[0][1:3] == (3, False)
