"""The question of a sweep: which files on shares and disks hold which patients."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, NamedTuple

from msgspec import Meta

from chartkeep.errors import NotFoundError
from chartkeep.incident.case.case import Case, Saying
from chartkeep.incident.counted import many
from chartkeep.incident.jobs.question import Answered, Far, Grant, Means, Question, Tell
from chartkeep.incident.sweep.finding import Swept
from chartkeep.incident.sweep.state import State, open_state
from chartkeep.incident.sweep.sweeping import Progress
from chartkeep.incident.sweep.sweeping import Sweep as Run
from chartkeep.incident.sweep.telling import summary, tell_case
from chartkeep.incident.sweep.walking import under
from chartkeep.incident.trace.at_desk import open_matcher
from chartkeep.incident.trace.intake.reading import Intake

MOST_FOLDERS = 1_000


class Found(NamedTuple):
    """What a sweep found: how it ran, and all that is known of files, also from sweeps before."""

    run: Run
    state: State
    folders: list[Path]

    @property
    def present(self) -> list[Swept]:
        """Give the files that are there."""
        return [each for each in self.state.files.values() if each.path in self.run.paths]

    @property
    def read(self) -> str:
        """Say how much was read."""
        far = self.run.progress
        return f"{many(far.read, 'file')} read, {far.unchanged:,} unchanged"

    def tell(self, case: Case) -> tuple[Saying, ...]:
        """Say what was found, and each task."""
        there = frozenset(self.run.paths)
        # A share that is not mounted is an empty folder: of what lay there nothing is known.
        looked = [each for each in self.folders if any(under(path, [each]) for path in there)]
        shut = [each.path for each in self.run.shut]
        return tell_case(
            case, self.state, there, lambda path: under(path, looked) and not under(path, shut)
        )


class Sweep(Question, frozen=True, tag="sweep"):
    """Sweep folders, mailboxes, mounted disks. `grant`: what two people gave: it opens the index.

    `again`: read unchanged files too. `readers`: files read at once. `pictures`: read text in them.
    """

    paths: Annotated[tuple[str, ...], Meta(max_length=MOST_FOLDERS)]
    grant: Grant = ""
    again: bool = False
    readers: Annotated[int, Meta(ge=1, le=32)] = 2
    pictures: bool = True

    def files(self) -> tuple[str, ...]:
        """Name what is read of this host."""
        return self.paths

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Sweep; the case is told a list, and a task for each file. Words name no file."""
        case = means.the_case()
        found = self.find(means, tell)
        return Answered((found.read, summary(found.present)), found.tell(case))

    def find(self, means: Means, tell: Tell) -> Found:
        """Read what is new; what was read is kept on the way. NotFoundError for no folder."""
        folders = [Path(path) for path in self.paths]
        for folder in folders:
            if not folder.exists():
                raise NotFoundError(f"there is no {folder}", hint="is the share mounted?")

        def far(done: Progress) -> None:
            tell(Far(f"sweeping: patients in {many(done.holding, 'file')}", done.read))

        matcher = open_matcher(means.desk, means.warrant(self.grant))
        secret = means.desk.key_for("sweep")
        with open_state(means.desk.root / "sweep", secret) as state, ExitStack() as stack:
            made = (Intake(ocr=self.pictures) for _ in range(self.readers))
            intakes = [stack.enter_context(each) for each in made]
            run = Run(matcher, state, intakes, again=self.again, join=means.join())
            # The desk's own folder is sealed, and would only be found to be unreadable.
            for _ in run.run(folders, frozenset({means.desk.root.absolute()}), far):
                continue
        return Found(run, state, folders)
