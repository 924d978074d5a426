"""A hospital's incident desk at work, in a drill: what its officer does with it, step by step."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.custody.paper import paper_look
from chartkeep.custody.release import Look
from chartkeep.incident.case.bag import export_bag
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.case.contents import Wish
from chartkeep.incident.case.events import Aware, Decision, Known, Report
from chartkeep.incident.desk import Desk
from chartkeep.incident.duties.rule import Fact, read_rules
from chartkeep.incident.estimate.at_desk import Officer, estimate
from chartkeep.incident.estimate.estimate import Estimate
from chartkeep.incident.estimate.filling import fill as fill_columns
from chartkeep.incident.estimate.keeping import keep_estimate, open_columns
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.incident.notify import making
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.drafts.making import make_drafts, told
from chartkeep.incident.notify.estimated import concerned
from chartkeep.incident.notify.fonts import Fonts
from chartkeep.incident.notify.letter import Occasion
from chartkeep.incident.notify.notice import Notice, Told
from chartkeep.incident.notify.register import open_register
from chartkeep.incident.sweep.finding import Swept
from chartkeep.incident.sweep.state import State as SweepState
from chartkeep.incident.sweep.sweeping import Sweep
from chartkeep.incident.trace.at_desk import Warrant, fresh_half, open_matcher, open_place
from chartkeep.incident.trace.indexing import Job, bring_up
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.marks.of_house import Looked
from chartkeep.incident.trace.through import Through, through
from chartkeep.incident.trace.tracing import Tracing
from chartkeep.model import KeyId, Millis, Purpose, Section
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

OFFICER = "dewi"
JURISDICTION, ZONE = "ID", "Asia/Jakarta"
KNOWN = (Fact.HEALTH_DATA, Fact.UNLAWFUL_ACT, Fact.DATA_OUT, Fact.RISK)
CHECKER = Path(__file__).parents[3] / "verify" / "verify_bag.py"
_INDONESIAN = Told(
    "RS Melati", "dr. Ratna Wijaya, direktur", "0800-5000-100", "setiap hari 08.00-20.00",
    "Salinan data yang kami berikan kepada mitra penelitian telah ditawarkan untuk dijual.",
    "Kami menghentikan mitra itu, melapor kepada yang berwenang, dan memeriksa semua akses.",
    reviewed="dr. Ratna Wijaya",
)  # fmt: skip
_ENGLISH = Told(
    "RS Melati", "Dr Ratna Wijaya, director", "+62 800-5000-100", "every day 08:00-20:00",
    "A copy of data that we gave to a research partner was offered for sale.",
    "We stopped the partner, told the authorities, and looked through every access.",
    reviewed="Dr Ratna Wijaya",
)  # fmt: skip
NOTICE = Notice(
    "id", ZONE, ["Jl. Melati No. 1", "Jakarta 10110"], ["Kotak Pos 77", "Jakarta 10110"],
    {"id": _INDONESIAN, "en": _ENGLISH},
)  # fmt: skip


class Office(NamedTuple):
    """The desk of a house, an officer's session there, and the house it asks."""

    desk: Desk
    home: Home
    house: House
    token: bytes

    def begin(self) -> Case:
        """Begin the case of the day: what was reported, and by whom it is known."""
        case = new_case(self.desk, "A sample is offered for sale", OFFICER, now, [JURISDICTION])
        case.add(Report("a post", "a journalist", now(), "6 million patients, with a sample"))
        case.add(Aware("the privacy officer", now(), "a journalist telephoned"))
        for fact in KNOWN:
            case.add(Known(fact.value, holds=True))
        return case

    def fresh_half(self) -> KeyId:
        """Make a half of the index's key, for two people to say that it counts."""
        return fresh_half(join(self.home, "incident"))

    def build_index(self, grant: bytes) -> None:
        """Build the trace index of this house, under a grant of two people."""
        writer, warrant = join(self.home, "incident"), self._warrant(grant)
        bring_up(Job(warrant, open_place(self.desk, warrant), writer))

    def _warrant(self, grant: bytes) -> Warrant:
        return Warrant(self.token, grant, self.house)

    def trace(self, posted: Path, grant: bytes) -> Tracing:
        """Match posted files with this house's charts, and look for the marks of its exports."""
        marks = Looked.of(paper_look(self.token), self.house, join(self.home, "incident")).reading
        tracing = Tracing(open_matcher(self.desk, self._warrant(grant)), marks=marks)
        with Intake() as intake:
            for path in sorted(posted.iterdir()):
                tracing.read(intake, path)
        return tracing

    def find_door(self, tracing: Tracing, posted: Millis, grant: bytes) -> Through | None:
        """Ask the ledger through which door the rows left before they were posted."""
        veil = open_place(self.desk, self._warrant(grant)).veil()
        with open_columns(self.desk, self.home.releases_key) as columns:
            fill_columns(columns, self.house, self.home.releases_key, self.token, now())
            return through(tracing.evidence, columns, tracing.matcher.index, posted, veil)

    def sweep(self, folder: Path, grant: bytes) -> list[Swept]:
        """Find which files of a folder hold which patients."""
        state = SweepState(self.desk.root / "sweep", self.desk.key_for("sweep"))
        matcher = open_matcher(self.desk, self._warrant(grant))
        with Intake() as intake:
            return list(Sweep(matcher, state, [intake]).run([folder]))

    def estimate(self, case: Case, grant: bytes, window: tuple[Millis, Millis]) -> Estimate:
        """List whose data was opened under a grant, and keep the list in the case."""
        suspect = Suspect(Kind.GRANT, grant, *window)
        officer = Officer(self.desk, self.house, self.home.releases_key, self.token)
        found = estimate(officer, [suspect], [], window, now()).estimate
        keep_estimate(found, case, query=suspect.words())
        return found

    def draft(self, case: Case) -> dict[str, Millis | None]:
        """Draft what each authority is to be told; gives each duty and when it is due."""
        rules = [rule for rule in read_rules() if rule.jurisdiction == JURISDICTION]
        states = open_register(self.desk, case.id, OFFICER, now).counts()
        written = make_drafts(case, rules, states, now(), ZONE)
        case.add_all(told(written))
        return {each.draft.duty: each.draft.due for each in written}

    def write(self, case: Case, grant: bytes) -> dict[State, int]:
        """Write to everybody concerned, under a grant of two people for their addresses."""
        identity = frozenset({Section.IDENTITY})
        look = Look(self.token, identity, Purpose.OPERATIONS, f"letters of case {case.id}", grant)
        register = open_register(self.desk, case.id, OFFICER, now)
        at = making.Desk(case, register, look, self.house, Fonts(None))
        day = datetime.now(NOTICE.clock).date()
        wanted = making.Asked(concerned(case).affected)
        return making.make_letters(wanted, Occasion(NOTICE, day), at).states

    def hand_over(self, case: Case, out: Path) -> bool:
        """Make the police's bag, and have a stranger's script say that it holds."""
        case.add(Decision("the partner is stopped", OFFICER, "the sample is of its export"))
        export_bag(case, out, Wish("the police", "a report"), now())
        command = [sys.executable, str(CHECKER), str(out), "--key", self.desk.file.key]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - ours
