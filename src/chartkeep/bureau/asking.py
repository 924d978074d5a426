"""Jobs over HTTP: long questions begun, watched, stopped and let go on, by whoever audits.

    POST /cases/ID/jobs                  begins one: {"ask": "exposure", …}
    GET  /cases/ID/jobs                  lists them
    GET  /cases/ID/jobs/JOB              how far it is, or what came of it
    GET  /cases/ID/jobs/JOB/progress     the same, a line whenever it changes, until it ends
    POST /cases/ID/jobs/JOB/stop         ends it at its next step
    POST /cases/ID/jobs/JOB/resume       lets it go on, with this session

Promises that a question reads no file of the desk's host but below the folders whoever serves it
has named, that a file elsewhere and one that is not there are refused alike, and that who watches
hears nothing more when their session has ended.
"""

from collections.abc import Generator
from pathlib import Path
from threading import BoundedSemaphore
from time import sleep
from typing import Any, Final

import msgspec

from chartkeep.bureau.asked import Answer, Asked, read_body, tell
from chartkeep.custody.sessions import Sessions
from chartkeep.errors import BadInputError, ChartkeepError, NotFoundError, UnavailableError
from chartkeep.incident.case.case import open_case
from chartkeep.incident.jobs.keeping import UNDER_WAY, Job
from chartkeep.incident.jobs.kinds import AnyQuestion
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import Jobs
from chartkeep.web.caller import Caller

MOST_STREAMS: Final = 4
"""Who may watch at once: each holds a thread of the door."""
LONGEST: Final = 600
"""Lines a watcher gets, a second apart where nothing changes; then they ask again."""
_LARGEST: Final = 256 << 10
_PAUSE: Final = 0.2
_HELP: Final = "docs/incident/case.md"
_LINES: Final = "application/x-ndjson"
_questions: msgspec.json.Decoder[AnyQuestion] = msgspec.json.Decoder(AnyQuestion)


class Asking:
    """Answers what is asked of jobs."""

    def __init__(self, jobs: Jobs, site: Site, folders: tuple[Path, ...]) -> None:
        """Answer for a desk's jobs; `folders`: where their questions may read files."""
        self._jobs = jobs
        self._sessions = Sessions(site.house)
        self._folders = tuple(folder.resolve() for folder in folders)
        self._streams = BoundedSemaphore(MOST_STREAMS)

    def answer(self, caller: Caller, asked: Asked) -> Answer:
        """Answer one request below a case's jobs."""
        person, case = caller.known.person, asked.path[1]
        open_case(self._jobs.desk, case, person, self._jobs.clock)  # or it is said why not
        match asked.method, asked.path[3:]:
            case "POST", ():
                question = self._read(asked.body)
                return tell(_shown(self._jobs.begin(question, case, person, caller.token)), 201)
            case "GET", ():
                found = [self._told(case, ident) for ident in self._jobs.ids(case)]
                return tell({"jobs": found})
            case "GET", (ident,):
                return tell(_shown(self._jobs.look(case, ident)))
            case "GET", (ident, "progress"):
                return self._watch(self._jobs.look(case, ident), caller.token)
            case "POST", (ident, "stop"):
                return tell(_shown(self._jobs.stop(case, ident)), 202)
            case "POST", (ident, "resume"):
                self._check_files(self._jobs.look(case, ident).question.files())
                return tell(_shown(self._jobs.go_on(case, ident, person, caller.token)), 202)
            case _:
                raise NotFoundError("there is no such thing to ask", hint=_HELP)

    def _told(self, case: str, ident: str) -> dict[str, Any]:
        try:
            return _shown(self._jobs.look(case, ident))
        except ChartkeepError as error:
            return {"id": ident, "damaged": str(error)}

    def _read(self, body: bytes) -> AnyQuestion:
        if len(body) > _LARGEST:
            raise BadInputError("a question is not that long", hint=_HELP)
        question = read_body(body, _questions.decode)
        self._check_files(question.files())
        return question

    def _check_files(self, names: tuple[str, ...]) -> None:
        """Refuse what lies elsewhere, whether or not it is there."""
        if not all(map(self._may_read, names)):
            raise BadInputError(
                "a file or folder that may not be read from here",
                hint="chartkeep incident serve --may-read FOLDER, or POST …/evidence",
            )

    def _may_read(self, name: str) -> bool:
        path = Path(name)
        if not path.is_absolute():
            return False
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):  # none, too long, a link to itself, no name
            return False
        return any(real.is_relative_to(folder) for folder in self._folders)

    def _watch(self, job: Job, token: bytes) -> Answer:
        if not self._streams.acquire(blocking=False):
            raise UnavailableError("too many watch", hint="ask for the job itself")
        return Answer(200, b"", kind=_LINES, stream=self._lines(job, token))

    def _lines(self, job: Job, token: bytes) -> Generator[bytes]:
        try:
            yield _line(job)
            for _ in range(LONGEST):
                if job.stage not in UNDER_WAY:
                    return
                sleep(_PAUSE)  # a job says how far it is more often than anybody reads
                job = self._jobs.wait(job, 1.0)
                self._sessions.who(token)
                yield _line(job)
        except ChartkeepError:  # their session has ended: without a last line they know
            return
        finally:
            self._streams.release()


def _line(job: Job) -> bytes:
    return msgspec.json.encode(_shown(job)) + b"\n"


def _shown(job: Job) -> dict[str, Any]:
    """Show a job; its question names what was asked, which is this case's."""
    shown: dict[str, Any] = msgspec.to_builtins(job)
    del shown["type"]
    return {name: value for name, value in shown.items() if value not in ("", ())}
