"""Work on every core: in order, few items held, errors as they are."""

import os
import threading
from collections.abc import Iterator

import pytest

from chartkeep.custody.cores import on_every_core
from chartkeep.errors import LedgerBrokenError, UnavailableError


def square(item: int) -> tuple[int, int]:
    return item * item, os.getpid()


def refuse(item: int) -> int:
    if item == 30:
        raise LedgerBrokenError("line 30 is not what was written", hint="keep it all")
    return item


def vanish(item: int) -> int:
    if item == 30:
        os._exit(1)
    return item


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch, two_cores: None) -> None:
    """Count none: a test runner may have its own, which hold no lock of ours."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


@pytest.mark.usefixtures("no_threads")
def test_results_come_in_order_from_other_processes() -> None:
    found = list(on_every_core(square, range(100)))
    assert [result for result, _ in found] == [item * item for item in range(100)]
    assert os.getpid() not in {pid for _, pid in found}


@pytest.mark.usefixtures("no_threads")
def test_few_items_are_held_at_a_time() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        while len(taken) < 1000:
            taken.append(len(taken))
            yield taken[-1]

    results = on_every_core(square, items())
    next(results)
    assert len(taken) < 20
    assert sum(1 for _ in results) == 999


@pytest.mark.usefixtures("two_cores")
def test_few_items_and_a_process_with_threads_are_not_worth_others() -> None:
    assert {pid for _, pid in on_every_core(square, range(3))} == {os.getpid()}
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert {pid for _, pid in on_every_core(square, range(100))} == {os.getpid()}
    done.set()
    thread.join()


@pytest.mark.usefixtures("no_threads")
def test_an_error_comes_back_as_it_was() -> None:
    with pytest.raises(LedgerBrokenError, match="line 30") as caught:
        list(on_every_core(refuse, range(100)))
    assert caught.value.hint == "keep it all"


@pytest.mark.usefixtures("no_threads")
def test_a_process_that_vanishes_is_said_and_not_waited_for() -> None:
    with pytest.raises(UnavailableError, match="was ended"):
        list(on_every_core(vanish, range(100)))
