import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.incident.case.bag import export_bag
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.contents import Wish
from chartkeep.incident.case.events import Finding, Task
from chartkeep.incident.sweep.finding import Lost, Patient, Swept
from chartkeep.incident.sweep.state import State
from chartkeep.incident.sweep.telling import tell_case
from chartkeep.model import Millis
from tests.incident.case.conftest import case, desk, key_file

__all__ = ["case", "desk", "key_file"]
CHART = b"c" * 16


def swept(path: str, *patients: Patient, lost: str = "") -> Swept:
    parts = (Lost((), lost),) if lost else ()
    stamp = (10, 1_600_000_000_000_000_000, 0, 1)
    return Swept(path, stamp, "aiko", "everyone", "csv", b"d" * 32, patients, parts, 1)


HIT = swept("/share/a holds b.csv", Patient(CHART, True, ("name", "birth"), ("record number",)))
FILES = [HIT, swept("/share/menu.txt"), swept("/share/x.zip", lost="needs a password")]
SECRET = b"s" * 32
THERE = frozenset(each.path for each in FILES)


def tell(
    case: Case,
    state: State,
    there: frozenset[str],
    looked: Callable[[str], bool] = lambda _: True,
) -> str:
    """Tell a case; gives the finding's words."""
    case.add_all(tell_case(case, state, there, looked))
    return case.standing(Finding)[-1][1].says


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State(tmp_path / "kept", SECRET)
    made.add(FILES)
    return made


def test_each_file_that_holds_somebody_is_a_task_with_its_owner(case: Case, state: State) -> None:
    says = tell(case, state, THERE)
    ((_, task),) = case.standing(Task)
    assert says == (
        "1 patient in 1 of 3 files (birth, name, record number); 1 could not be read, or not whole"
    )
    assert (task.owner, task.done) == ("aiko", False)
    assert task.what.startswith(f"sweep: file {state.name_of(HIT.path)} holds 1 patient ")


def test_a_task_is_written_once_and_done_when_the_file_is_gone(case: Case, state: State) -> None:
    tell(case, state, THERE)
    tell(case, state, THERE)
    assert len([each for each in case.events() if isinstance(each.what, Task)]) == 1
    tell(case, state, THERE - {HIT.path})
    ((_, task),) = case.standing(Task)
    assert task.done


def test_the_list_is_evidence_with_files_owners_and_what_was_not_read(
    case: Case, state: State
) -> None:
    tell(case, state, THERE)
    ((written, _),) = case.standing(Finding)
    whole: list[bytes] = []
    case.read(written.evidence[0], whole.append)
    lines = [json.loads(line) for line in b"".join(whole).splitlines()]
    assert [line["file"] for line in lines] == [HIT.path, "/share/x.zip"]
    assert lines[0]["name"] == state.name_of(HIT.path)
    assert lines[0]["owner"] == "aiko"
    assert lines[1]["not read"] == [{"inside": [], "why": "needs a password"}]


@pytest.mark.attack
def test_a_sweep_of_another_share_ends_no_task_of_this_one(case: Case, state: State) -> None:
    tell(case, state, THERE)
    other = swept("/other/menu.txt")
    state.add([other])
    tell(case, state, frozenset({other.path}), lambda path: path.startswith("/other/"))
    ((_, task),) = case.standing(Task)
    assert not task.done


@pytest.mark.attack
def test_a_file_that_was_locked_since_is_no_task_done(case: Case, state: State) -> None:
    tell(case, state, THERE)
    state.add([swept(HIT.path, lost="needs a password")])
    tell(case, state, frozenset({HIT.path}))
    ((_, task),) = case.standing(Task)
    assert not task.done


@pytest.mark.attack
def test_no_path_is_in_what_goes_out_of_the_house(case: Case, state: State, tmp_path: Path) -> None:
    named = swept("/share/Budi Santoso/x.csv", Patient(CHART, True, ("name",)))
    state.add([named])
    tell(case, state, frozenset({named.path}))
    export_bag(case, tmp_path / "bag", Wish("the agency", "asked for it"), Millis(1))
    files = [each for each in (tmp_path / "bag").rglob("*") if each.is_file()]
    assert files
    assert not [each for each in files if b"Santoso" in each.read_bytes()]
    assert any(state.name_of(named.path).encode() in each.read_bytes() for each in files)
    other = State(tmp_path / "another desk's", b"t" * 32)
    assert other.name_of(named.path) != state.name_of(named.path)
