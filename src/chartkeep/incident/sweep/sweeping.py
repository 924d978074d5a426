"""`Sweep`: folders in, what each new file holds out; it may be ended at any moment and run again.

A file whose size, times and place are those of the last sweep is not read again. Nothing of a
file's content is kept: who is in it, how sure, which kinds of data, and its digest.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from chartkeep.incident.sweep.finding import Swept
from chartkeep.incident.sweep.reading import Draft, match_prose, read_file
from chartkeep.incident.sweep.state import State
from chartkeep.incident.sweep.walking import Seen, Shut, walk
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.labelling import PROSE_LABELS
from chartkeep.incident.trace.matching import Matcher
from chartkeep.incident.trace.persons import Join

KEPT_TOGETHER: Final = 200
"""Files after which what was found is made durable; so many are read again after a crash."""
_AHEAD: Final = 8
_MATCHED_TOGETHER: Final = 32


@dataclass
class Progress:
    """How far a sweep is."""

    seen: int = 0
    read: int = 0
    unchanged: int = 0
    holding: int = 0


class Sweep:
    """One run over folders, by as many readers at once as `intakes`; whose they are closes them.

    `again`: read also what has not changed since the last one. `join`: as `Tracing` has it, but
    called by several threads.
    """

    def __init__(
        self, matcher: Matcher, state: State, intakes: Sequence[Intake], *, again: bool = False,
        join: Join = iter,
    ) -> None:  # fmt: skip
        # Who is in a file is asked, and not whose copy it is.
        self._matcher = Matcher(matcher.index, matcher.key, copies=False)
        self._state = state
        self._again = again
        self._join = join
        self._intakes = intakes
        self.progress = Progress()
        self.shut: list[Shut] = []
        self.paths: set[str] = set()
        """Every file that is there, read now or unchanged."""

    def run(
        self, paths: Iterable[Path], skip: frozenset[Path] = frozenset(),
        tell: Callable[[Progress], None] = lambda _: None,
    ) -> Iterator[Swept]:  # fmt: skip
        """Read what is new, yielding each file when what it holds is durable."""
        batch: list[Swept] = []
        for swept in self._swept(self._new(paths, skip)):
            self.progress.read += 1
            self.progress.holding += bool(swept.sure)
            tell(self.progress)
            batch.append(swept)
            if len(batch) >= KEPT_TOGETHER:
                self._state.add(batch)
                yield from batch
                batch = []
        self._state.add(batch)
        yield from batch

    def _new(self, paths: Iterable[Path], skip: frozenset[Path]) -> Iterator[Seen]:
        """Walk, and pass over what is as it was."""
        for each in walk(paths, skip):
            if isinstance(each, Shut):
                self.shut.append(each)
                continue
            self.progress.seen += 1
            self.paths.add(each.name)
            known = self._state.files.get(each.name)
            if known is not None and known.stamp == each.stamp and not self._again:
                self.progress.unchanged += 1
                continue
            yield each

    def _swept(self, files: Iterator[Seen]) -> Iterator[Swept]:
        waiting: list[Draft] = []
        for draft in self._read(files):
            waiting.append(draft)
            if len(waiting) >= _MATCHED_TOGETHER:
                yield from self._matched(waiting)
                waiting = []
        yield from self._matched(waiting)

    def _matched(self, drafts: list[Draft]) -> Iterator[Swept]:
        match_prose(self._matcher, drafts, PROSE_LABELS, self._join)
        yield from (draft.done() for draft in drafts)

    def _read(self, files: Iterator[Seen]) -> Iterator[Draft]:
        """Read a few files at a time, each by a process of its own, as they are done.

        Not in their order: a file that takes an hour holds up none of the others.
        """
        idle: SimpleQueue[Intake] = SimpleQueue()
        for intake in self._intakes:
            idle.put(intake)

        def read(seen: Seen) -> Draft:
            intake = idle.get()
            try:
                return read_file(intake, self._matcher, seen, PROSE_LABELS, self._join)
            finally:
                idle.put(intake)

        with ThreadPoolExecutor(len(self._intakes)) as pool:
            under_way: set[Future[Draft]] = set()
            try:
                for seen in files:
                    under_way.add(pool.submit(read, seen))
                    if len(under_way) >= len(self._intakes) * _AHEAD:
                        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                        yield from (each.result() for each in done)
                yield from (each.result() for each in as_completed(under_way))
            finally:
                pool.shutdown(cancel_futures=True)
