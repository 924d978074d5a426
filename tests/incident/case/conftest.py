"""A desk with one case about a stolen export, on a clock that stands still."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.incident.case.case import Case, new_case, open_case
from chartkeep.incident.desk import Desk
from chartkeep.model import Millis
from chartkeep.sealing.kek import Cost

NOON = Millis(1_795_348_800_000)
Open = Callable[[], Case]


def clock() -> Millis:
    return NOON


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stick") / "desk.key"
    path.touch(mode=0o600)
    path.write_text("a passphrase of the desk")
    return path


@pytest.fixture
def desk(tmp_path: Path, key_file: Path) -> Desk:
    return Desk.found(tmp_path / "desk", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))


@pytest.fixture
def case(desk: Desk) -> Case:
    return new_case(desk, "The export of May", "dewi", clock, ["JP"])


@pytest.fixture
def again(desk: Desk, case: Case) -> Open:
    """Open the same case once more, as another process would."""
    return lambda: open_case(desk, case.id, "erik", clock)
