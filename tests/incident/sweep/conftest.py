"""A share with files about people of an invented hospital, and the index that knows them."""

from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.incident.sweep.finding import Swept
from chartkeep.incident.sweep.state import State
from chartkeep.incident.sweep.sweeping import Sweep
from chartkeep.incident.trace.intake.reading import Intake
from tests.incident.trace import people
from tests.incident.trace.intake.conftest import intake

__all__ = ["intake"]
SECRET = b"a secret of this test, 32 bytes."


class Share(NamedTuple):
    """A folder that is swept, and where what was found is kept."""

    root: Path
    kept: Path
    intake: Intake

    def sweep(self, *, again: bool = False) -> dict[str, Swept]:
        """Sweep; gives what was read now, by name under the root."""
        run = Sweep(people.matcher(), self.state(), [self.intake], again=again)
        return {each.path.removeprefix(f"{self.root}/"): each for each in run.run([self.root])}

    def state(self) -> State:
        return State(self.kept, SECRET)


@pytest.fixture
def share(tmp_path: Path, intake: Intake) -> Share:
    (tmp_path / "share").mkdir()
    return Share(tmp_path / "share", tmp_path / "kept", intake)
