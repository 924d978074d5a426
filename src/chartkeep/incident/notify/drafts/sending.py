"""That a draft went out, or the letters did: a person says so, and the clock of its duty ends.

    sent = say_sent(case, "jp-appi preliminary", "PPC, Tokyo", at, now)

No program sends a draft; what went is the newest version nobody sent before, as it was written.
"""

from io import BytesIO
from typing import NamedTuple

from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.incident.case.case import Case, Saying
from chartkeep.incident.case.events import Clock, Draft
from chartkeep.incident.duties.clocks import clocks_of
from chartkeep.incident.duties.rule import read_rules
from chartkeep.incident.notify.drafts.draft import read_draft
from chartkeep.model import Millis


class Sent(NamedTuple):
    """What went, and when: "version 2", or "letters". `due` None: promptly."""

    what: str
    at: Millis
    due: Millis | None

    @property
    def late(self) -> bool:
        """Say whether it went after its time."""
        return self.due is not None and self.at > self.due


def say_sent(case: Case, duty: str, whom: str, at: Millis, now: Millis) -> Sent:
    """Write down that the newest draft of a duty went to somebody, or that the persons were told.

    Raises NotFoundError where there is nothing to send, BadInputError for nobody or no time,
    RefusedError as `clocks_of`.
    """
    if not whom.strip():
        raise BadInputError("a notice goes to somebody", hint='as "PPC, Tokyo"')
    drafts = [one for one in case.standing(Draft) if one[1].whom == duty and one[1].sent is None]
    says = []
    if drafts:
        frame, newest = max(drafts, key=lambda one: one[1].version)
        gone = Draft(duty, newest.version, newest.text, at)
        says.append(Saying(gone, frame.number, (newest.text,)))
        sent = Sent(f"version {newest.version}", at, _due(case, newest))
    else:
        sent = Sent("letters", at, _due_to_persons(case, duty, now))
    late = ", too late" if sent.late else ""
    says.append(Saying(Clock(duty, whom, sent.due, at, f"{sent.what} sent{late}")))
    case.add_all(says)
    return sent


def _due(case: Case, draft: Draft) -> Millis | None:
    into = BytesIO()
    case.read(draft.text, into.write)
    return read_draft(into.getvalue()).due


def _due_to_persons(case: Case, duty: str, now: Millis) -> Millis | None:
    for each in clocks_of(case, read_rules(), now):
        if each.standing.name == duty and each.standing.is_to_persons:
            return each.standing.deadline
    raise NotFoundError(f"there is no draft of {duty} to send", hint="chartkeep incident drafts")
