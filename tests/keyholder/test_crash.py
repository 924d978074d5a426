"""Break the disk at every step of a turn: no key goes out without its line, whatever happens.

One turn holds every verb that lets something go. What the callers got is compared with the
ledger a new start finds on the disk.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chartkeep.errors import DamagedError, UnavailableError, UnknownWriteError
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.group import load_tree
from chartkeep.keyholder.protocol import (
    Act,
    Login,
    OpenKeys,
    ReadLabels,
    RotateChart,
    SealKeys,
    SealWant,
)
from chartkeep.keyholder.standing import Standing
from chartkeep.ledger.tree import Tree
from chartkeep.sealing.wrap import read_wrap, unwrap_section_key
from tests import cast
from tests.faults import Fault, Plan, faulty_vfs
from tests.keyholder.desk import Desk, Letter, write_labels

pytestmark = pytest.mark.attack
NEW = b"n" * 16


class Scene:
    """A keyholder that ended in order, and what its people hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = cast.FakeClock()
        desk = Desk(folder, self.clock)
        self.aiko, self.erik = desk.login("aiko"), desk.login("erik")
        self.outpatient, self.inpatient = desk.chart("3W"), desk.chart("3W", "1")
        self.rotating, self.old = desk.chart(), desk.chart()
        desk.ask(write_labels(self.outpatient.chart, ["name:sato"]), "engine")
        dewi, gita = desk.login("dewi"), desk.login("gita")
        desk.two(dewi, gita, actions.Shred(self.old.chart, ""))
        self.clock.move(hours=7 * 24 - 11)
        self.aiko, self.erik = desk.login("aiko"), desk.login("erik")
        desk.open(self.aiko, self.outpatient)
        self.size, self.spent = len(desk.lines()), spent(desk.keyholder.standing, self.clock.at)
        desk.stop()
        self.clock.move(minutes=10)

    def letters(self) -> list[Letter]:
        """Everything that lets something go, in one turn."""
        charts = [self.outpatient, self.inpatient]
        code = self.clock.code("budi")
        return [
            Letter("desk", OpenKeys(self.aiko, "TREAT", "", b"", charts)),
            Letter("engine", SealKeys([SealWant(NEW, [1, 3], True)])),
            Letter("engine", SealKeys([SealWant(self.inpatient.chart, [1], False)])),
            Letter("engine", write_labels(NEW, ["name:ito"])),
            Letter("desk", ReadLabels(self.aiko, "TREAT", ["name:sato"])),
            Letter("desk", Login("budi", cast.PASSWORD, code)),
            Letter("desk", Act(self.erik, actions.Freeze("person", "carla"))),
            Letter("host", RotateChart(self.rotating.chart, self.rotating.wraps)),
        ]


def spent(standing: Standing, now: int) -> dict[Any, int]:
    return {key: window.used(now) for key, window in standing.spending._windows.items()}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def again(scene: Scene, tmp_path: Path) -> Iterator[Path]:
    """A copy of the scene to break."""
    folder = tmp_path / "copy"
    shutil.copytree(scene.folder, folder)
    yield folder
    shutil.rmtree(folder)


def play(scene: Scene, folder: Path, plan: Plan, step: int) -> list[Letter]:
    """Serve the turn on a disk whose n-th step from now on breaks; gives the letters."""
    letters = scene.letters()
    with faulty_vfs(plan) as vfs:
        desk = Desk(folder, scene.clock, vfs)
        plan.at = plan.count + step if step else 0
        try:
            desk.send(letters)
            desk.round()
        except UnknownWriteError:
            pass
        plan.dead = bool(step)  # a power cut: nothing more is written, not even by closing
        desk.stop()
    return letters


def steps_of(scene: Scene, folder: Path) -> int:
    plan = Plan(at=0)
    with faulty_vfs(plan) as vfs:
        desk = Desk(folder, scene.clock, vfs)
        before = plan.count
        desk.send(scene.letters())
        desk.round()
        steps = plan.count - before
        desk.stop()
    return steps


def check(scene: Scene, folder: Path, letters: list[Letter]) -> None:
    """What was given out stands in the ledger a new start reads; the start is clean."""
    desk = Desk(folder, scene.clock)
    try:
        lines, standing = desk.lines(), desk.keyholder.standing
        tree, book = Tree(), desk.keyholder.book
        tree.append_many(entry for (entry,) in book.rows("SELECT entry FROM line ORDER BY idx"))
        assert tree.root() == load_tree(book, len(lines)).root() == desk.keyholder.tree.root()
        now = spent(standing, desk.keyholder.open_turn().now)
        assert all(now.get(key, 0) >= count for key, count in scene.spent.items())
        for letter in letters:
            check_answer(desk, letter.result, [line.verb for line in lines])
        assert desk.open(scene.aiko, scene.inpatient, scene.outpatient) == ["", ""]
        desk.round()
    finally:
        desk.stop()


def check_answer(desk: Desk, result: Any, verbs: list[str]) -> None:
    ring = desk.keyholder.ring
    match result:
        case protocol.OpenedKeys(_, charts):
            assert [verbs[chart.line] for chart in charts] == ["release"] * 2
        case protocol.SealedKeys(line, _, keys):
            assert verbs[line] == "seal_key"
            for key in keys:
                chart_key = ring.chart_key_of(key.chart, read_wrap(key.wrap).generation)
                assert unwrap_section_key(key.wrap, chart_key).secret == key.key
        case protocol.LabelList(labels):
            assert "labels" in verbs
            word = ring.search.keyword_hash("name:ito")
            n = desk.keyholder.book.value("SELECT n FROM label WHERE word = ?", (word,))
            assert ring.search.label(word, ring.search.show(n)) in labels
        case protocol.FoundLabels():
            assert "search" in verbs
        case protocol.Session(_, token, _):
            assert desk.ask(protocol.Logout(token))
        case protocol.Acted(line, _):
            assert verbs[line] == "act"
            assert ("person", "carla") in desk.keyholder.standing.frozen
        case protocol.Rotated(generation, wraps):
            assert "rotate" in verbs
            assert generation == 2
            for wrap in wraps:
                unwrap_section_key(wrap, ring.chart_key_of(read_wrap(wrap).chart, 2))
        case _:
            assert result is None or isinstance(result, Exception)


def test_the_turn_goes_through_on_a_sound_disk(scene: Scene, again: Path) -> None:
    letters = play(scene, again, Plan(at=0), 0)
    assert not [x.result for x in letters if x.result is None or isinstance(x.result, Exception)]
    check(scene, again, letters)


@pytest.mark.parametrize("fault", Fault)
def test_no_key_goes_out_without_its_line_whichever_step_breaks(
    scene: Scene, again: Path, tmp_path: Path, fault: Fault
) -> None:
    steps = steps_of(scene, again)
    assert steps > 15
    answered = 0
    for step in range(1, steps + 1):
        folder = tmp_path / f"{step}"
        shutil.copytree(scene.folder, folder)
        letters = play(scene, folder, Plan(at=0, fault=fault), step)
        answered += letters[0].result is not None
        check(scene, folder, letters)
        shutil.rmtree(folder)
    assert 0 < answered < steps, "steps before and after the answer were both broken"


@pytest.mark.parametrize("fault", Fault)
def test_a_founding_that_was_cut_short_is_told_from_a_keyholder(
    tmp_path: Path, fault: Fault
) -> None:
    """Either nothing was founded, or all of it; it never opens with half its people."""
    plan = Plan(at=0)
    with faulty_vfs(plan) as vfs:
        (tmp_path / "sound").mkdir()
        Desk(tmp_path / "sound", cast.FakeClock(), vfs).stop()
    for step in range(1, plan.count + 1, 3):
        folder = tmp_path / f"{step}"
        folder.mkdir()
        found_on_a_breaking_disk(folder, Plan(at=step, fault=fault))
        people = people_in(folder)
        assert people in (set(), set(cast.PEOPLE))


def found_on_a_breaking_disk(folder: Path, plan: Plan) -> None:
    with faulty_vfs(plan) as vfs:
        try:
            desk = Desk(folder, cast.FakeClock(), vfs)
        except (UnavailableError, UnknownWriteError, DamagedError):
            return
        plan.dead = True
        desk.stop()


def people_in(folder: Path) -> set[str]:
    desk = Desk(folder, cast.FakeClock())
    found = set(desk.keyholder.standing.people)
    desk.stop()
    return found
