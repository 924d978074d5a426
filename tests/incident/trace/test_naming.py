"""A person of a trace is named for two people, by a line, and the case says so."""

from pathlib import Path

import pytest

from chartkeep.custody import lines
from chartkeep.errors import NotAllowedError, NotFoundError
from chartkeep.incident.case.agreement import agree
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.case.events import Finding, Handed
from chartkeep.incident.desk import Desk
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.estimate.keeping import open_columns
from chartkeep.incident.trace.at_desk import Warrant, open_place
from chartkeep.incident.trace.naming import open_name
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section
from chartkeep.sealing.kek import Cost
from tests.custody.test_safe import fill_safe
from tests.house import HouseRun, house
from tests.incident.trace.test_indexing import granted

__all__ = ["house"]


def safe_lines(house: HouseRun) -> int:
    wanted = mask(Section.SAFE)
    return sum(line.verb == "release" and line.sections == wanted for line in house.lines())


@pytest.fixture
def case(house: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """A desk that knows the ledger, in which aiko logged in."""
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    named, log = ("Minato", "ab" * 16), house.releases_key
    desk = Desk.found(tmp_path / "office", named, key_file, Cost(1, 8, 1), log.text())
    fill_safe(house)
    house.login("aiko")
    house.clock.move(seconds=60)
    with open_columns(desk, log) as columns:
        fill(columns, house.desk, log, house.login("dewi"), house.now())
    return new_case(desk, "The sample", "dewi", house.now)


def warrant(house: HouseRun) -> Warrant:
    grant = granted(house, 5, mask(Section.SAFE))
    return Warrant(house.login("carla"), grant, house.desk)


def accused(case: Case, house: HouseRun) -> tuple[str, int]:
    """A finding that names aiko by an id."""
    ident = open_place(case.desk, warrant(house)).veil().hide("aiko")
    return ident, case.add(Finding("trace", f"person {ident}: 40 rows"))


@pytest.mark.attack
def test_a_name_opens_after_two_people_agreed_under_a_grant_and_by_a_line(
    case: Case, house: HouseRun
) -> None:
    ident, number = accused(case, house)
    mine, log, before = warrant(house), house.releases_key, safe_lines(house)
    assert agree(case, number, house.desk, house.login("dewi")) is None
    with pytest.raises(NotAllowedError, match="two people have not agreed"):
        open_name(ident, "so", case, mine, log)
    agree(case, number, house.desk, house.login("gita"))
    with pytest.raises(NotAllowedError, match="grant of two people"):
        open_name(ident, "so", case, mine._replace(grant=b""), log)
    assert safe_lines(house) == before  # nothing was opened for a refusal
    assert open_name(ident, "he is on duty tonight", case, mine, log) == "aiko"
    assert safe_lines(house) == before + 1
    [(_, told)] = case.standing(Handed)
    assert (told.what, told.why) == (f"the name of {ident}", "he is on duty tonight")
    with pytest.raises(NotFoundError, match="no finding"):
        open_name(f"p-00000000-{'0' * 32}", "so", case, mine, log)
