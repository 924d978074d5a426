"""Who has looked: for those who audit, and for nobody else."""

import pytest

from chartkeep.model import to_text
from tests.console.conftest import Clinic
from tests.console.test_chart import WHY


def test_every_look_is_told_with_its_reason(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    aiko.get("/ward")
    aiko.post(clinic.chart(clinic.other), {"reason": WHY})
    clinic.desk.journal.flush()
    clinic.house.clock.move(seconds=1)
    page = clinic.web("dewi").get(f"/looks/{to_text(clinic.other)}")
    assert page.status == 200
    assert "Looks: 1" in page.words
    assert (
        f"aiko nurse serve face, clinical, results summary Patient break-glass {WHY}" in page.words
    )


def test_a_chart_nobody_opened_has_no_looks(clinic: Clinic) -> None:
    page = clinic.web("dewi", "ja").get(f"/looks/{to_text(clinic.other)}?days=7")
    assert "この期間に閲覧した人はいません" in page.words


@pytest.mark.attack
@pytest.mark.parametrize("person", ["aiko", "carla", "erik"])
def test_nobody_else_hears_who_looked(clinic: Clinic, person: str) -> None:
    assert clinic.web(person).get(f"/looks/{to_text(clinic.mine)}").status == 403


def test_a_chart_that_is_none_is_said_so(clinic: Clinic) -> None:
    assert clinic.web("dewi").get("/looks/x").status == 404
