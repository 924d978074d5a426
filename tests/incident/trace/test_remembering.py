"""A trace that was cut goes on, and answers as one that was not."""

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from chartkeep.errors import UnavailableError
from chartkeep.incident.trace import matching
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.matching import Matcher
from chartkeep.incident.trace.remembering import (
    KEPT,
    Memory,
    Remembering,
    forget,
    left,
    open_memory,
)
from chartkeep.incident.trace.tracing import Answer, Tracing
from chartkeep.model import Millis
from tests.incident.trace.people import stranger, told
from tests.incident.trace.test_tracing import POSTED, as_of, intake, matcher, write

__all__ = ["intake", "matcher"]
_T = TypeVar("_T")
SECRET = b"a secret of this test, 32 bytes."
CUTS = (1, 2, 4)


class CutError(Exception):
    pass


class Cut(Memory):
    """A memory whose process ends when it has made so many answers."""

    def __init__(self, folder: Path, after: int) -> None:
        super().__init__(folder, SECRET)
        self._after = after

    def recall(self, asked: object, kind: type[_T], make: Callable[[], _T]) -> _T:
        if self.made == self._after:
            raise CutError
        return super().recall(asked, kind, make)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of fifteen rows."""
    monkeypatch.setattr(matching, "BATCH", 15)


@pytest.fixture
def posted(tmp_path: Path) -> list[Path]:
    rows = [as_of(number, 100) for number in range(50)] + [told(stranger(n)) for n in range(10)]
    return [write(tmp_path / "a.csv", rows[:40]), write(tmp_path / "b.csv", rows[30:])]


def traced(matcher: Matcher, intake: Intake, paths: list[Path]) -> Answer:
    tracing = Tracing(matcher)
    for path in paths:
        tracing.read(intake, path)
    return tracing.answer(POSTED)


def test_cut_anywhere_it_goes_on_and_the_answer_is_the_same(
    matcher: Matcher, intake: Intake, posted: list[Path], tmp_path: Path
) -> None:
    whole = traced(matcher, intake, posted)
    folder = tmp_path / "memory"
    with open_memory(folder, SECRET) as memory:
        assert traced(Remembering(matcher, memory), intake, posted) == whole
        all_of_it = memory.made
    assert not folder.exists(), "it is forgotten when the trace has ended well"
    folder.mkdir()
    for after in CUTS:
        with pytest.raises(CutError):
            traced(Remembering(matcher, Cut(folder, after)), intake, posted)
    last = Memory(folder, SECRET)
    assert traced(Remembering(matcher, last), intake, posted) == whole
    assert last.made == all_of_it - sum(CUTS)


def test_what_changed_meanwhile_is_matched_as_it_is(
    matcher: Matcher, intake: Intake, posted: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(CutError), open_memory(tmp_path / "memory", SECRET):
        traced(Remembering(matcher, Cut(tmp_path / "memory", 5)), intake, posted)
    write(posted[0], [as_of(number, 150) for number in range(30)])
    now = traced(matcher, intake, posted)
    with open_memory(tmp_path / "memory", SECRET) as memory:
        assert traced(Remembering(matcher, memory), intake, posted) == now


def test_one_run_at_a_time_has_it(tmp_path: Path) -> None:
    with open_memory(tmp_path / "memory", SECRET), pytest.raises(UnavailableError):
        open_memory(tmp_path / "memory", SECRET).__enter__()


CHILD = """
import sys
from pathlib import Path
from chartkeep.incident.trace import matching
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.remembering import Memory, Remembering
from tests.incident.trace.test_remembering import SECRET, traced
from tests.incident.trace.test_tracing import matcher
class Loud(Memory):
    def recall(self, asked, kind, make):
        found = super().recall(asked, kind, make)
        print(self.made, flush=True)
        return found
matching.BATCH = 15
with Intake() as intake:
    remembering = Remembering(matcher.__wrapped__(), Loud(Path(sys.argv[1]), SECRET))
    traced(remembering, intake, [Path(each) for each in sys.argv[2:]])
"""


def test_killed_it_loses_one_batch_at_most(
    matcher: Matcher, intake: Intake, posted: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "memory"
    folder.mkdir()
    command = [sys.executable, "-c", CHILD, folder, *posted]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = next(line for line in child.stdout if int(line) == 6)
        child.send_signal(signal.SIGKILL)
    kept = sum(1 for path in folder.iterdir() if not path.name.endswith(".new"))
    assert kept >= int(said)
    whole, again = traced(matcher, intake, posted), Memory(folder, SECRET)
    assert traced(Remembering(matcher, again), intake, posted) == whole
    with open_memory(tmp_path / "other", SECRET) as memory:
        traced(Remembering(matcher, memory), intake, posted)
    assert again.made == memory.made - kept


def test_what_a_cut_trace_left_is_told_and_cleared_after_a_week(tmp_path: Path) -> None:
    folder = tmp_path / "matched"
    with suppress(CutError), open_memory(folder / "cut", SECRET) as memory:
        memory.recall("Tanaka", str, lambda: "Tanaka")
        raise CutError
    (cut,) = left(folder)
    assert (cut.folder.name, cut.size > 0) == ("cut", True)
    forget(folder, Millis(cut.last + KEPT))
    with open_memory(folder / "cut", SECRET) as memory:
        assert left(folder) == [], "it runs"
        forget(folder, Millis(cut.last + 2 * KEPT))
        assert memory.recall("Tanaka", str, lambda: "no") == "Tanaka"
        with pytest.raises(UnavailableError), open_memory(folder / "cut", SECRET):
            pytest.fail("two have it")
    with suppress(CutError), open_memory(folder / "cut", SECRET):
        raise CutError
    forget(folder, Millis(cut.last + 3 * KEPT))
    assert list(folder.iterdir()) == []


@pytest.mark.attack
def test_what_is_remembered_holds_no_value_and_a_forgery_is_not_believed(tmp_path: Path) -> None:
    memory = Memory(tmp_path, SECRET)
    for what in ("Tanaka", "Suzuki"):
        assert memory.recall(what, list[str], [what].copy) == [what]
    one, other = tmp_path.iterdir()
    assert not any(name in path.read_bytes() for path in (one, other) for name in (b"Tan", b"Suz"))
    mixed, theirs = one.read_bytes(), other.read_bytes()
    for forged in (theirs, mixed[:-1], b"", mixed[:40] + bytes(1) + mixed[41:]):
        one.write_bytes(forged)
        for what in ("Tanaka", "Suzuki"):
            assert memory.recall(what, list[str], [what].copy) == [what]
    assert Memory(tmp_path, bytes(32)).recall("Tanaka", list[str], ["anew"].copy) == ["anew"]
