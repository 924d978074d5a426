"""Where the desk keeps its columns, and how an estimate goes into a case and comes out again."""

from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock

from chartkeep.errors import NotFoundError, UnavailableError
from chartkeep.incident.case import events
from chartkeep.incident.case.case import Case, Saying
from chartkeep.incident.desk import Desk
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.ledger.note import VerifierKey

METHOD = "exposure"
"""How the method of each of our estimates begins: another part's are not ours to supersede."""
_WORDS = "exposure by the ledger: all that was released to, or written through, the suspects"


@contextmanager
def open_columns(desk: Desk, log: VerifierKey) -> Iterator[Columns]:
    """Open the desk's columns of the ledger this key signs, for one question at a time.

    Raises UnavailableError while another process has them.
    """
    folder = desk.root / "columns"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("ab") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise UnavailableError("another question is being asked", hint="ask again") from error
        yield Columns(folder, desk.key_for("columns"), log.name)


def keep_estimate(estimate: Estimate, case: Case, query: str) -> int:
    """Write an estimate into a case; gives its version."""
    says, version = say_estimate(estimate, case, query)
    case.add_all([says])
    return version


def say_estimate(estimate: Estimate, case: Case, query: str) -> tuple[Saying, int]:
    """Make an estimate a case's next version, the list sealed as evidence; gives its number, too.

    It supersedes the version before. An exposure is the widest of the three sets; what lay in an
    export is the middle one.
    """
    digest = case.keep(estimate.raw(), "exposure: the charts of an estimate", origin=query)
    before = case.standing(events.Estimate)
    mine = [frame for frame, what in before if what.method.startswith(METHOD)]
    version = 1 + max((what.version for _, what in before), default=0)
    exported = int(((estimate.masks[How.EXPORTED] != 0) & estimate.is_patient).sum())
    event = events.Estimate(
        version, _WORDS,
        implied=events.Group(exported, digest, "opened under a grant") if exported else None,
        possible=events.Group(estimate.patients, digest, "exposed"), query=query,
        gaps=tuple(one.why for one in estimate.unknown),
    )  # fmt: skip
    supersedes = mine[-1].number if mine else None
    return Saying(event, supersedes, (digest,)), version


def read_estimate(case: Case, version: int) -> Estimate:
    """Read a version of an estimate of ours again. Raises NotFoundError for none."""
    for each in case.events():
        what = each.what
        if isinstance(what, events.Estimate) and what.version == version and what.possible:
            pieces: list[bytes] = []
            case.read(what.possible.list, pieces.append)
            return Estimate.read(b"".join(pieces))
    raise NotFoundError(f"the case has no estimate {version}", hint="chartkeep incident show")
