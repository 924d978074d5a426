"""A share with files about people of an invented hospital, and the index that knows them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.fingerprint.numbers import fold_number
from chartkeep.incident.sweep.finding import Swept
from chartkeep.incident.sweep.state import State
from chartkeep.incident.sweep.sweeping import Sweep
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.matching import Matcher
from tests.incident.trace import people
from tests.incident.trace.intake.conftest import intake

__all__ = ["intake"]
PEOPLE = 60
SECRET = b"a secret of this test, 32 bytes."


@cache
def matcher() -> Matcher:
    """Know the first people of the invented hospital, as many as the files are about."""
    builder = Builder(people.KEY)
    for number in range(PEOPLE):
        who = people.patient(number)
        mrn = fold_number(who.identifiers[0][1])
        builder.add(people.chart_of(number), [(people.ADMITTED, people.reading_of(who))], [mrn])
    return Matcher(builder.finish(), people.KEY)


class Share(NamedTuple):
    """A folder that is swept, and where what was found is kept."""

    root: Path
    kept: Path
    intake: Intake

    def sweep(self, *, again: bool = False) -> dict[str, Swept]:
        """Sweep; gives what was read now, by name under the root."""
        run = Sweep(matcher(), self.state(), [self.intake], again=again)
        return {each.path.removeprefix(f"{self.root}/"): each for each in run.run([self.root])}

    def state(self) -> State:
        return State(self.kept, SECRET)


@pytest.fixture
def share(tmp_path: Path, intake: Intake) -> Share:
    (tmp_path / "share").mkdir()
    return Share(tmp_path / "share", tmp_path / "kept", intake)
