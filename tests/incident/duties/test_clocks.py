"""The clocks of a case: every duty is shown, the ones to persons too, and what became of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chartkeep.errors import BadInputError, RefusedError
from chartkeep.incident.case import events
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.desk import Desk
from chartkeep.incident.duties.clocks import clocks_of, rules_of
from chartkeep.incident.duties.rule import Fact
from chartkeep.model import Millis
from chartkeep.sealing.kek import Cost

AWARE = Millis(int(datetime(2022, 1, 6, 3, 15, tzinfo=UTC).timestamp() * 1000))
DAY = 86_400_000


@pytest.fixture
def case(tmp_path: Path) -> Case:
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    desk = Desk.found(tmp_path / "office", ("Jakarta", "ab" * 16), key_file, Cost(1, 8, 1))
    return new_case(desk, "The post", "dewi", lambda: AWARE, ["ID"])


def stands(case: Case, after: int) -> dict[str, str]:
    at = Millis(AWARE + after)
    return {each.standing.name: each.says(at) for each in clocks_of(case, rules_of(case), at)}


def test_the_laws_are_the_cases_own_unless_others_are_asked_for(case: Case) -> None:
    assert {rule.jurisdiction for rule in rules_of(case)} == {"ID"}
    assert {rule.jurisdiction for rule in rules_of(case, ["JP"])} == {"JP"}
    with pytest.raises(BadInputError, match="no law of XX"):
        rules_of(case, ["JP", "XX"])
    everywhere = new_case(case.desk, "another", "dewi", lambda: AWARE)
    assert len({rule.jurisdiction for rule in rules_of(everywhere)}) == 6


def test_no_clock_runs_before_somebody_knew(case: Case) -> None:
    with pytest.raises(RefusedError, match="who became aware when"):
        clocks_of(case, rules_of(case), AWARE)


def test_what_is_open_met_late_and_past_is_said(case: Case) -> None:
    case.add(events.Aware("a stranger's post", AWARE))
    case.add(events.Known(Fact.DATA_OUT, holds=True))
    found = stands(case, DAY)
    assert found["id-pdp persons"] == found["id-pdp agency"] == "open"
    assert found["id-bssn report"].startswith("open: incident of high category?")
    assert stands(case, 3 * DAY + 60_000)["id-pdp persons"] == "PAST"
    case.add(events.Clock("id-pdp persons", "4 people", None, Millis(AWARE + 2 * DAY)))
    case.add(events.Clock("id-pdp agency", "Komdigi", None, Millis(AWARE + 4 * DAY)))
    found = stands(case, 5 * DAY)
    assert found["id-pdp persons"] == "met"
    assert found["id-pdp agency"] == "met, too late"
