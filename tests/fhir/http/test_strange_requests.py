"""Requests nobody would write: an answer, or an OperationOutcome that gives nobody away."""

import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests import memory
from tests.fhir.http.grammar import WORD, Request, likely, requests
from tests.fhir.http.strange import Knocking, check, knocking

ALL = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def door() -> Iterator[Knocking]:
    with memory.folder() as folder, knocking(folder) as made:
        yield made


class Faults(logging.Handler):
    """What the last place that stops an error wrote down."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def faults() -> Iterator[Faults]:
    handler = Faults()
    logging.getLogger("chartkeep.faults").addHandler(handler)
    yield handler
    logging.getLogger("chartkeep.faults").removeHandler(handler)


SEEN: Counter[int] = Counter()


@pytest.mark.attack
@ALL
@given(request=requests() | likely())
def test_no_request_makes_it_fail_or_tell(door: Knocking, faults: Faults, request: Request) -> None:
    faults.lines.clear()
    answered = door.ask(request)
    SEEN[answered.status] += 1
    assert not faults.lines, (faults.lines, request)
    check(request, answered)


def test_many_kinds_of_answers_were_reached() -> None:
    assert {200, 400, 403, 404, 405} <= SEEN.keys(), SEEN
    assert len(SEEN) >= 8, SEEN


@pytest.mark.attack
def test_no_line_of_the_log_names_anybody(door: Knocking) -> None:
    lines = door.log.getvalue()
    assert lines.count("\n") >= sum(SEEN.values())
    assert WORD.lower() not in lines.lower()
