"""What is kept of each job: its question, how far it came, its answer; sealed.

    jobs/<case>/<job>      one sealed file a job, replaced whole

Promises that a thief of the folder reads neither questions nor answers, that a job of another case
or another desk does not open here, and that no session lies there: who lets a job go on brings one.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from chartkeep.errors import NotFoundError, SealBrokenError, UnknownFormatError
from chartkeep.incident.desk import Desk, write_durably
from chartkeep.incident.jobs.kinds import AnyQuestion
from chartkeep.incident.jobs.question import Far
from chartkeep.model import Millis
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.keys import fresh_id

_USE: Final = "jobs"
_ID: Final = re.compile(r"[0-9a-f]{16}").fullmatch


class Stage(StrEnum):
    """How a job stands. What is stopped or failed can go on; what is done stays."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


UNDER_WAY: Final = frozenset({Stage.WAITING, Stage.RUNNING})


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="chartkeep-job-1"):
    """A question asked in a case, by whom and when; `events`: what the case says since."""

    id: str
    case: str
    question: AnyQuestion
    by: str
    asked: Millis
    stage: Stage = Stage.WAITING
    far: Far = Far()
    words: tuple[str, ...] = ()
    events: tuple[int, ...] = ()
    error: str = ""
    hint: str = ""


class Kept:
    """The jobs of a desk, as they lie in its folder. Cases are named by who knows there is one."""

    def __init__(self, desk: Desk) -> None:
        self._folder = desk.root / _USE
        self._key = BoxKey(desk.key_for(_USE), b"job")

    def new(self, case: str, question: AnyQuestion, by: str, asked: Millis) -> Job:
        """Keep a new job."""
        job = Job(fresh_id().hex()[:16], case, question, by, asked)
        (self._folder / case).mkdir(parents=True, exist_ok=True, mode=0o700)
        self.write(job)
        return job

    def write(self, job: Job) -> None:
        """Keep a job as it is now; durable when this returns."""
        sealed = seal_box(self._key, _place(job.case, job.id), msgspec.json.encode(job))
        write_durably(self._folder / job.case / job.id, sealed)

    def read(self, case: str, ident: str) -> Job:
        """Read a job of a case.

        Raises NotFoundError for none, SealBrokenError for one that was changed or is not of here.
        """
        path = self._folder / case / ident
        if _ID(ident) is None or not path.is_file():
            raise NotFoundError("there is no such job in this case", hint="GET /cases/ID/jobs")
        try:
            raw = open_box(self._key, _place(case, ident), path.read_bytes())
            return msgspec.json.decode(raw, type=Job)
        except SealBrokenError as error:
            raise SealBrokenError(f"the job {ident} does not open: it is not of here") from error
        except msgspec.MsgspecError as error:
            raise UnknownFormatError(f"the job {ident} is not of a version known here") from error

    def ids(self, case: str) -> Iterator[str]:
        """Name the jobs of a case."""
        folder = self._folder / case
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return (name for name in names if _ID(name) is not None)


def _place(case: str, ident: str) -> bytes:
    return f"{case}/{ident}".encode()
