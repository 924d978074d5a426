"""Who is written to, and how sure each letter may sound: no surer than the list it is from."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Estimate, Group
from chartkeep.incident.estimate.joining import of_post
from chartkeep.incident.estimate.keeping import keep_estimate
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.incident.notify.affected import Sure, joined
from chartkeep.incident.notify.drafts.facts import Facts
from chartkeep.incident.notify.estimated import concerned
from chartkeep.keyholder import details
from chartkeep.ledger.line import Line
from chartkeep.model import ChartId, Section
from tests.incident.case.conftest import case, desk, key_file
from tests.incident.estimate.ledgers import FACILITY, asked, written
from tests.incident.estimate.test_asking import release

__all__ = ["case", "desk", "key_file"]
EXPORTED, SEEN, NAMED = b"e" * 16, b"d" * 16, b"n" * 16
GRANT = b"g" * 16
FOR_EXPORT = details.pack(details.Released("HOPERAT", "study", "grant", True, 99, GRANT, 1))


@pytest.mark.attack
def test_who_was_in_no_file_is_not_written_to_as_if_they_were(case: Case, tmp_path: Path) -> None:
    lines = [
        release(25, EXPORTED, person="carla", detail=FOR_EXPORT), release(30, SEEN),
        release(35, FACILITY), Line(40, "labels", person="aiko", chart=NAMED),
    ]  # fmt: skip
    mix = Suspect(Kind.GRANT, GRANT, 20, 60), Suspect(Kind.PERSON, b"aiko", 20, 60)
    keep_estimate(asked(written(tmp_path / "c", lines), *mix), case, "both")
    found = joined(concerned(case).affected)
    assert {chart: each.sure for chart, each in found.items()} == {
        EXPORTED: Sure.IMPLIED, SEEN: Sure.POSSIBLE, NAMED: Sure.POSSIBLE,
    }  # fmt: skip
    assert found[ChartId(NAMED)].named() == [Section.FACE]


@pytest.mark.attack
def test_a_posted_sample_takes_back_no_letter(case: Case, tmp_path: Path) -> None:
    aiko = Suspect(Kind.PERSON, b"aiko", 20, 60)
    keep_estimate(asked(written(tmp_path / "c", [release(25, SEEN)]), aiko), case, "aiko")
    lists = [
        case.keep(of_post(charts, 1, (10, 20), FACILITY, 30).raw(), "x")
        for charts in ([NAMED], [NAMED, EXPORTED])
    ]
    trace = Estimate(2, "trace of what was posted", Group(1, lists[0]), Group(2, lists[1]))
    case.add(trace, evidence=lists)
    found = joined(concerned(case).affected)
    assert {chart: each.sure for chart, each in found.items()} == {
        NAMED: Sure.CERTAIN, EXPORTED: Sure.IMPLIED, SEEN: Sure.POSSIBLE,
    }  # fmt: skip
    told = [each.text for each in Facts(case, ZoneInfo("UTC")).people()]
    assert [each.partition(" persons")[0] for each in told] == [
        "possible: 1", "certain: 1", "implied: 2",
    ]  # fmt: skip


@pytest.mark.attack
def test_the_next_sample_takes_back_no_letter_and_the_same_again_does(case: Case) -> None:
    """Sellers post sample after sample, and desks trace what turns out to be nobody's."""

    def trace(version: int, query: str, *charts: bytes) -> set[ChartId]:
        listed = of_post(charts, 1, (10, 20), FACILITY, 30).raw()
        group = Group(len(charts), case.keep(listed, f"trace {version}"))
        case.add(Estimate(version, "trace of what was posted", group, query=query))
        return set(joined(concerned(case).affected))

    assert trace(1, "1 file [a]", NAMED, EXPORTED) == {NAMED, EXPORTED}
    assert trace(2, "1 file [b]", SEEN) == {NAMED, EXPORTED, SEEN}
    assert trace(3, "1 file [c]") == {NAMED, EXPORTED, SEEN}
    assert trace(4, "1 file [a]", NAMED) == {NAMED, SEEN}
