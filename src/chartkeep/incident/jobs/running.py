"""Runs jobs, one after the other, so that a door can answer at once and tell how far they are.

    jobs = Jobs(desk, clock, site)
    job = jobs.begin(question, case, "dewi", token)
    jobs.look(case, job.id).far; jobs.stop(case, job.id); jobs.go_on(case, job.id, "dewi", token)

Promises that a job runs with the session of who let it run and ends within a second of it, that
what a killed process leaves is told as stopped and can go on, and that an error tells no more than
the doors do.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from traceback import extract_tb
from typing import Final

from msgspec.structs import replace

from chartkeep.custody.sessions import Sessions
from chartkeep.errors import ChartkeepError, FrozenError, NotAllowedError, RefusedError
from chartkeep.incident.case.case import Now, open_case
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.keeping import UNDER_WAY, Job, Kept, Stage
from chartkeep.incident.jobs.kinds import AnyQuestion
from chartkeep.incident.jobs.question import Far, Means, Site

MOST_WAITING: Final = 8
_faults: Final = logging.getLogger("chartkeep.faults")
_CUT: Final = "the desk's process ended meanwhile"
_STOPPED: Final = "it was stopped"
_FAULT: Final = "something failed here"
_GO_ON: Final = "resume it"


class StoppedError(RefusedError):
    """A job is to end: somebody said so, or whose session it ran with has left."""


@dataclass
class _Live:
    """A job that runs or waits: as it is now, with whose session."""

    job: Job
    token: bytes = field(repr=False)
    stop: bool = False


class Jobs:
    """The jobs of one desk; safe to share between threads. Close it."""

    def __init__(self, desk: Desk, clock: Now, site: Site) -> None:
        self.desk = desk
        self.clock = clock
        self._site = site
        self._sessions = Sessions(site.house)
        self._kept = Kept(desk)
        self._live: dict[str, _Live] = {}
        self._changed = threading.Condition()
        self._thread = ThreadPoolExecutor(1, "jobs")

    def begin(self, question: AnyQuestion, case: str, by: str, token: bytes) -> Job:
        """Begin a job in a case that is there. Raises RefusedError when too many wait."""
        with self._changed:
            self._check_room()
            return self._start(self._kept.new(case, question, by, self.clock()), token)

    def go_on(self, case: str, ident: str, by: str, token: bytes) -> Job:
        """Let a job that was stopped or failed go on, with another session."""
        with self._changed:
            job = self.look(case, ident)
            if job.stage in UNDER_WAY or job.stage is Stage.DONE:
                raise RefusedError(f"this job is {job.stage}", hint="ask another question")
            self._check_room()
            waiting = replace(job, by=by, stage=Stage.WAITING, error="", hint="")
            self._kept.write(waiting)
            return self._start(waiting, token)

    def stop(self, case: str, ident: str) -> Job:
        """Stop a job at its next step; what it did is kept."""
        with self._changed:
            job = self.look(case, ident)
            if live := self._live.get(ident):
                live.stop = True
            return job

    def look(self, case: str, ident: str) -> Job:
        """Say how a job stands. Raises NotFoundError for none in this case."""
        with self._changed:
            live = self._live.get(ident)
            if live is not None and live.job.case == case:
                return live.job
            job = self._kept.read(case, ident)
        if job.stage in UNDER_WAY:
            return replace(job, stage=Stage.STOPPED, error=_CUT, hint=_GO_ON)
        return job

    def wait(self, seen: Job, seconds: float) -> Job:
        """Say how a job stands as soon as it is not as it was seen, or after some time."""
        with self._changed:
            self._changed.wait_for(lambda: self.look(seen.case, seen.id) != seen, seconds)
            return self.look(seen.case, seen.id)

    def ids(self, case: str) -> list[str]:
        """Name the jobs of a case."""
        return list(self._kept.ids(case))

    def close(self) -> None:
        """Stop all of them, and wait until they have."""
        with self._changed:
            for live in self._live.values():
                live.stop = True
        self._thread.shutdown()

    def _check_room(self) -> None:
        if len(self._live) >= MOST_WAITING:
            raise RefusedError("too many jobs wait", hint="stop one, or wait for it")

    def _start(self, job: Job, token: bytes) -> Job:
        live = self._live[job.id] = _Live(job, token)
        self._thread.submit(self._run, live)
        return job

    def _run(self, live: _Live) -> None:
        """Run one job to whatever end it finds; its thread goes on with the next."""
        ended = self._ended(live)
        try:
            self._kept.write(ended)
        except ChartkeepError as error:  # what lies there still says that it ran: it can go on
            _faults.error("job: %s", error)
        with self._changed:
            del self._live[ended.id]
            self._changed.notify_all()

    def _ended(self, live: _Live) -> Job:
        """Answer a job's question; gives the job as it ended."""
        try:
            return self._answered(live)
        except StoppedError as error:
            return replace(live.job, stage=Stage.STOPPED, error=str(error), hint=_GO_ON)
        except ChartkeepError as error:
            return replace(live.job, stage=Stage.FAILED, error=str(error), hint=error.hint)
        except Exception as error:  # noqa: BLE001 - what words of a patient may be in goes no further
            place = extract_tb(error.__traceback__)[-1]
            _faults.error("job: %s in %s:%s", type(error).__name__, place.name, place.lineno)
            return replace(live.job, stage=Stage.FAILED, error=_FAULT, hint="tell who runs this")

    def _answered(self, live: _Live) -> Job:
        """Ask, unless the case has the answer from before this process."""
        job = live.job

        def tell(far: Far) -> None:
            if live.stop:
                raise StoppedError(_STOPPED)
            try:
                self._sessions.who(live.token)
            except (NotAllowedError, FrozenError) as error:
                raise StoppedError(str(error)) from error
            self._change(live, replace(job, stage=Stage.RUNNING, far=far))

        tell(Far("begun"))
        self._kept.write(live.job)
        case = open_case(self.desk, job.case, job.by, self.clock)
        if written := case.answer_of(job.id):
            words = tuple(str(each.what) for each in written)
        else:
            site = self._site._replace(token=live.token)
            means = Means(self.desk, self.clock, job.by, site, case)
            words, says = job.question.ask(means, tell)
            # A crash from here on: the case has all of the answer, and a job that goes on sees it.
            case.add_all(says, job.id)
        events = tuple(each.number for each in case.answer_of(job.id))
        return replace(live.job, stage=Stage.DONE, words=words, events=events)

    def _change(self, live: _Live, job: Job) -> None:
        with self._changed:
            if job != live.job:
                live.job = job
                self._changed.notify_all()
