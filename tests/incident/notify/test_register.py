"""The register of letters is what it was: who guessed how often is not forgotten with a folder."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.errors import ChartkeepError, LedgerBrokenError
from chartkeep.incident.case.anchoring import anchor
from chartkeep.incident.case.book import Book
from chartkeep.incident.case.case import Case
from chartkeep.incident.notify.answering import call_desk, write_made
from chartkeep.incident.notify.calling import CallDesk
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.register import open_register
from tests.incident.notify.conftest import NOTICE, Office


def remove(office: Office, _: Path) -> None:
    shutil.rmtree(folder_of(office))


def put_back(office: Office, older: Path) -> None:
    remove(office, older)
    shutil.copytree(older, folder_of(office))


def folder_of(office: Office) -> Path:
    return office.desk.root / "letters" / office.case.id


def call(office: Office) -> CallDesk:
    house = office.house
    return call_desk(office.desk, office.case.id, "carla", house.desk, house.now)


def made(office: Office, folder: Path) -> Path:
    """Make letters twice; gives the folder as it was after the first time."""
    office.admit("hana", "Tanaka", "Hana")
    office.make()
    older = shutil.copytree(folder_of(office), folder / "older")
    office.admit("ann", "Miller", "Ann")
    office.make()
    write_made(office.case, "two letters", office.register().head, NOTICE)
    return Path(older)


@pytest.mark.attack
@pytest.mark.parametrize("lose", [remove, put_back])
def test_letters_made_are_not_unmade(
    office: Office, tmp_path: Path, lose: Callable[[Office, Path], None]
) -> None:
    older = made(office, tmp_path)
    lose(office, older)
    for use in (office.register, lambda: call(office)):
        with pytest.raises(LedgerBrokenError, match="register of letters was cut or put back"):
            use()
    with pytest.raises(ChartkeepError):
        office.make()


@pytest.mark.attack
def test_a_register_put_back_since_the_last_anchor_is_named(office: Office, tmp_path: Path) -> None:
    def letters(case: Case) -> Book:
        return open_register(case.desk, case.id, "", office.house.now).book

    def hold() -> list[str]:
        return anchor(office.desk, None, office.house.now, letters)

    made(office, tmp_path)
    older = shutil.copytree(folder_of(office), tmp_path / "before the calls")
    register = office.register()
    register.move(list(register.rows), State.TOLD)
    assert hold() == []
    put_back(office, Path(older))
    assert hold() == [f"the case {office.case.id} letters was cut or written anew"]
