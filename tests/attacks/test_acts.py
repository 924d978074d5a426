"""9. Root on the primary destroys what he can; what was acknowledged comes back from the vault."""

from collections.abc import Callable, Iterator

import pytest
from attack.acts import on_files, on_history, on_the_database, on_the_way
from attack.acts.day import Day
from attack.acts.judging import judge
from attack.acts.table import ACTS, Act

from chartkeep.recovery.vault import pulling
from chartkeep.store import witnessing
from chartkeep.store.guard import guard, scrubbing
from tests import memory

PARTS = (on_files, on_the_database, on_history, on_the_way)


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    """A day whose clocks' beats come twenty times as fast."""
    monkeypatch.setattr(guard, "BEAT", 0.05)
    monkeypatch.setattr(pulling, "HEAD_REST", 0)
    monkeypatch.setattr(scrubbing, "SHORTEST", 0.5)
    monkeypatch.setattr(witnessing, "PAUSE", 0.02)
    with memory.folder() as folder:
        made = Day(folder)
        try:
            made.write()
            made.settle()
            yield made
        finally:
            made.close()


def test_there_are_enough_acts() -> None:
    assert len(ACTS) >= 40
    assert all(part.__name__ in {each.do.__module__ for each in ACTS} for part in PARTS)


def marks(act: Act) -> list[pytest.MarkDecorator]:
    return [pytest.mark.attack] if act.quick else [pytest.mark.attack, pytest.mark.full]


@pytest.mark.parametrize(
    "act", [pytest.param(each, id=each.name, marks=marks(each)) for each in ACTS]
)
def test_what_was_acknowledged_comes_back(
    day: Day, act: Act, record_property: Callable[[str, object], None]
) -> None:
    act.do(day)
    verdict = judge(day, act)
    record_property("figure", verdict.text())
    assert verdict.lost == 0
    assert verdict.proved
    assert verdict.after <= act.within
