"""Long work on every core: the results in order, and a few of them held at a time.

Processes, because Python counts on one core only. They are forked, so that they begin at once and
what they are told is never written down; a process that has threads is not forked (a lock another
thread holds would be held for ever in the child): there, and for few items, one core does it.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import get_context
from typing import TypeVar

from chartkeep.errors import UnavailableError

FEW = 8
"""Items that are done sooner than processes are started."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def on_every_core(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Do the work for each item; `work`, items and results must pickle.

    Raises what `work` raises, or UnavailableError when a process was ended from outside.
    """
    source = iter(items)
    first = list(islice(source, FEW))
    cores = len(os.sched_getaffinity(0))
    if len(first) < FEW or cores == 1 or threading.active_count() > 1:
        yield from map(work, chain(first, source))
        return
    with ProcessPoolExecutor(cores, get_context("fork")) as pool:
        try:
            yield from _in_order(pool, work, chain(first, source), 2 * cores)
        except BrokenProcessPool as error:
            raise UnavailableError(
                "a process that was reading the ledger was ended", hint="ask again"
            ) from error


def _in_order(
    pool: ProcessPoolExecutor,
    work: Callable[[Item], Result],
    items: Iterable[Item],
    most: int,
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > most:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
