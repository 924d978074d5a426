"""Estimates in a case: versions, the newer one for the older, and one question at a time."""

from pathlib import Path

import pytest

from chartkeep.errors import NotFoundError, UnavailableError
from chartkeep.incident.case import events
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.desk import Desk
from chartkeep.incident.estimate.keeping import keep_estimate, open_columns, read_estimate
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.model import Millis
from chartkeep.sealing.kek import Cost
from tests.incident.estimate.ledgers import ORIGIN, asked, written
from tests.incident.estimate.test_asking import lost, release


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "key").write_text("p" * 40 + "\n")
    (tmp_path / "key").chmod(0o600)
    return Desk.found(tmp_path / "desk", ("Minato", "ab" * 16), tmp_path / "key", Cost(1, 8, 1))


@pytest.fixture
def case(desk: Desk) -> Case:
    return new_case(desk, "a disk is gone", "dewi", lambda: Millis(1_000))


def test_a_newer_version_stands_for_the_older_and_both_are_read_again(
    case: Case, tmp_path: Path
) -> None:
    columns = written(tmp_path / "c", [release(25, b"c" * 16), release(60, b"d" * 16), lost(90)])
    first, second = (asked(columns, Suspect(Kind.PERSON, b"aiko", 1, until)) for until in (50, 80))
    assert (keep_estimate(first, case, "aiko"), keep_estimate(second, case, "aiko")) == (1, 2)
    ((_, standing),) = case.standing(events.Estimate)
    assert standing.version == 2
    assert standing.possible is not None
    assert standing.possible.count == 2
    assert standing.gaps == ("lines 3 to 8 are lost",)
    assert list(read_estimate(case, 1)) == list(first)
    assert list(read_estimate(case, 2)) == list(second)
    with pytest.raises(NotFoundError, match="no estimate 3"):
        read_estimate(case, 3)


def test_one_question_is_asked_at_a_time(desk: Desk) -> None:
    log = VerifierKey(ORIGIN, LOG_KEY, bytes(32))
    with (
        open_columns(desk, log),
        pytest.raises(UnavailableError, match="another question"),
        open_columns(desk, log),
    ):
        pass
    with open_columns(desk, log) as columns:
        assert columns.size == 0
