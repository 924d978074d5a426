"""From a house's ledger into columns: proved, a piece at a time, never another ledger's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chartkeep.errors import DamagedError, LedgerBrokenError, NotAllowedError
from chartkeep.incident.estimate.asking import ask
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.estimate.proving import prove
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.keyholder import protocol
from chartkeep.model import Section
from tests import cast
from tests.house import CARE, Meddling
from tests.incident.conftest import Scene
from tests.incident.estimate.ledgers import SECRET
from tests.incident.test_exposure import changed, lying, session_of


class Officer:
    """The privacy officer, whose desk keeps the columns."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder
        self.house = scene.house.join("second desk")
        self.honest = self.house.keyholder

    def open(self) -> Columns:
        return Columns(self.folder, SECRET, cast.FACILITY.origin)

    def fill(self, columns: Columns, step: int = 7, **lies: Callable[..., Any]) -> None:
        scene = self.scene
        scene.house.clock.move(seconds=1)
        token = scene.house.login("dewi", "second desk")
        liar: Any = Meddling(self.honest, **lies)
        self.house.keyholder = liar
        log = scene.house.releases_key
        scene.house.clock.move(seconds=1)
        fill(columns, self.house, log, token, scene.house.now(), step=step)

    def ask(self, *suspects: Suspect) -> Estimate:
        columns = self.open()
        self.fill(columns)
        return ask(self.open(), suspects, cast.FACILITY.id, self.scene.house.now())


@pytest.fixture
def officer(scene: Scene, tmp_path: Path) -> Officer:
    return Officer(scene, tmp_path / "columns")


def ways(found: Estimate, way: How) -> dict[bytes, int]:
    return {each.chart: each.how[way] for each in found if way in each.how}


def test_columns_filled_in_two_goes_give_what_the_ledger_proves(
    scene: Scene, officer: Officer, tmp_path: Path
) -> None:
    since = scene.house.now()
    token = scene.house.login("aiko")
    session = session_of(scene.house)
    scene.open(token, scene.charts[0], CARE)
    officer.fill(officer.open())
    scene.open(token, scene.charts[1], frozenset({Section.FACE}))
    until = scene.house.now() + 1
    asked = ((Kind.PERSON, b"aiko"), (Kind.SESSION, session), (Kind.INSTANCE, b"engine"))
    found = officer.ask(*(Suspect(kind, value, since, until) for kind, value in asked))
    assert ways(found, How.RELEASED) == scene.opened
    officer.house.keyholder = officer.honest
    token, log = scene.house.login("dewi", "second desk"), scene.house.releases_key
    lists = list(prove(found, officer.house, log, token, tmp_path / "proofs"))
    names = ["00-person.list", "01-session.list", "02-instance.list"]
    assert [path.name for path in lists] == names


def test_a_mix_is_all_of_its_suspects_together(scene: Scene, officer: Officer) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    scene.open(scene.house.login("carla"), scene.charts[1], frozenset({Section.IDENTITY}))
    until = scene.house.now() + 1
    aiko, carla = (Suspect(Kind.PERSON, who, since, until) for who in (b"aiko", b"carla"))
    both = officer.ask(aiko, carla)
    assert ways(both, How.RELEASED) == scene.opened
    assert {each.chart: each.by for each in both} == {scene.charts[0]: (0,), scene.charts[1]: (1,)}


def test_who_lay_where_is_known_of_each_chart(scene: Scene, officer: Officer) -> None:
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0])
    found = officer.ask(Suspect(Kind.PERSON, b"aiko", since, scene.house.now() + 1))
    assert [each.ward for each in found] == ["3W"]


def test_only_an_auditor_fills_columns(scene: Scene, officer: Officer) -> None:
    token = scene.house.login("aiko", "second desk")
    with pytest.raises(NotAllowedError, match="does not read the ledger"):
        fill(officer.open(), officer.house, scene.house.releases_key, token, 9)


def test_cut_short_it_goes_on_where_it_was(scene: Scene, officer: Officer) -> None:
    class Cut(Exception):  # noqa: N818 - it is no error of ours
        pass

    def tell(read: int, _size: int) -> None:
        if read:
            raise Cut

    token = scene.house.login("dewi", "second desk")
    scene.house.clock.move(seconds=1)
    log, now, columns = scene.house.releases_key, scene.house.now(), officer.open()
    with pytest.raises(Cut):
        fill(columns, officer.house, log, token, now, tell, step=3)
    assert 0 < officer.open().size < len(scene.house.lines()) - 1
    officer.fill(officer.open())
    assert officer.open().until == scene.house.now()
    assert len(set(scene.charts)) == len(officer.ask(Suspect(Kind.INSTANCE, b"engine", 1, 1 << 50)))


LIES = {
    "a line changed": changed,
    "the last line missing": lambda lines: lines[:-1],
    "nothing at all": lambda lines: [],
}


@pytest.mark.attack
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_keyholder_that_shows_other_lines_fills_nothing(
    scene: Scene, officer: Officer, lie: Callable[..., Any]
) -> None:
    columns = officer.open()
    with pytest.raises(DamagedError):
        officer.fill(columns, 1_000, line_pages=lambda real, *asked: map(lying(lie), real(*asked)))
    assert officer.open().size == 0


@pytest.mark.attack
def test_columns_of_a_ledger_that_was_rolled_back_are_refused(
    scene: Scene, officer: Officer
) -> None:
    columns = officer.open()
    officer.fill(columns)
    columns.save(columns.until, (bytes(32), *columns.peaks[1:]))  # another history, as long
    with pytest.raises(LedgerBrokenError, match="not the one these columns"):
        officer.fill(officer.open())


def test_an_old_question_is_answered_by_a_head_that_covers_all_that_was_read(
    scene: Scene, officer: Officer
) -> None:
    scene.open(scene.house.login("aiko"), scene.charts[0])
    officer.fill(officer.open())
    columns = officer.open()
    token = scene.house.login("dewi", "second desk")
    before = columns.size
    fill(columns, officer.house, scene.house.releases_key, token, 1)
    assert columns.size >= before


@pytest.mark.attack
def test_a_keyholder_that_shows_no_times_is_asked_no_more_and_nothing_is_exact(
    scene: Scene, officer: Officer
) -> None:
    def early(real: Callable[..., Any], *asked: object) -> Any:
        return ((at, msgspec.structs.replace(line, time=0)) for at, line in real(*asked))

    columns = officer.open()
    officer.fill(columns, 3, lines=early)
    until = scene.house.now()
    found = ask(officer.open(), (Suspect(Kind.PERSON, b"aiko", 1, until),), b"f" * 16, until)
    assert not found.is_exact


@pytest.mark.attack
def test_a_keyholder_that_begins_too_late_is_refused(scene: Scene, officer: Officer) -> None:
    def later(real: Callable[..., protocol.LineKeys], *asked: object) -> protocol.LineKeys:
        return msgspec.structs.replace(real(*asked), first=2)

    with pytest.raises(LedgerBrokenError, match="leaves lines out"):
        officer.fill(officer.open(), open_lines=later)


@pytest.mark.attack
def test_a_keyholder_that_ends_too_early_is_refused(scene: Scene, officer: Officer) -> None:
    def sooner(real: Callable[..., protocol.LineKeys], *asked: object) -> protocol.LineKeys:
        given = real(*asked)
        return msgspec.structs.replace(given, end=3, keys=given.keys[:1])

    with pytest.raises(LedgerBrokenError, match="end of the window"):
        officer.fill(officer.open(), 1_000, open_lines=sooner)
    assert officer.open().size == 0
