"""Who is written to: the charts of the three nested sets of a case's newest estimates.

The newest by the ledger and the newest of each lot of files that was traced are joined: a sample of
sixty rows that was posted does not take back a letter from the ten thousand whose charts went out
with them, nor the next sample from them.

What lies in an estimate only as sealed bytes nobody could open is counted and not written to: the
case says by a decision what that means under which law.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Final, NamedTuple

from chartkeep.errors import NotFoundError
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Estimate as Estimated
from chartkeep.incident.case.events import Group, Written
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.notify.affected import Affected, Sure
from chartkeep.incident.notify.register import Register
from chartkeep.model import ChartId, Millis, Section

_IN_FILE: Final = {How.EXPORTED, How.POSTED}


class Concerned(NamedTuple):
    """Whom it is about; `sealed`: charts left out because they were there as sealed bytes alone."""

    affected: list[Affected]
    sealed: int
    version: int


def concerned(case: Case) -> Concerned:
    """Read the lists of the newest estimates, one of each question.

    Raises NotFoundError when there is none with a list, UnknownFormatError when a list is none of
    ours.
    """
    found = [each for _, each in newest(case)]
    if not found:
        raise NotFoundError("the case has no estimate", hint="make one, then its letters")
    affected: list[Affected] = []
    sealed: set[bytes] = set()
    for sure, group in (group for each in found for group in _groups(each)):
        into = BytesIO()
        case.read(group.list, into.write)
        told, untold = told_of(Estimate.read(into.getvalue()), sure)
        affected += told
        sealed |= untold
    if not affected and not sealed:
        raise NotFoundError(
            "the newest estimate has counts and no list", hint="keep its list in the case"
        )
    there = {each.chart for each in affected}
    return Concerned(affected, len(sealed - there), found[-1].version)


def without_letter(case: Case, letters: Register) -> int:
    """Count whom the newest estimates concern and no letter was made for."""
    try:
        charts = {each.chart for each in concerned(case).affected}
    except NotFoundError:
        return 0
    return len(charts - letters.by_chart.keys())


def newest(case: Case) -> list[tuple[Written, Estimated]]:
    """Give the newest estimate of each question that stands, the oldest first.

    By the ledger there is one question; each other lot of files that was traced is another.
    """
    ordered = sorted(case.standing(Estimated), key=lambda one: one[1].version)
    of_question = {_question(each): (frame, each) for frame, each in ordered}
    return sorted(of_question.values(), key=lambda one: one[1].version)


def _question(estimate: Estimated) -> tuple[str, str]:
    method = estimate.method.partition(" ")[0]
    return method, estimate.query if method == "trace" else ""


def told_of(estimate: Estimate, sure: Sure) -> tuple[list[Affected], set[bytes]]:
    """Split an estimate: charts to tell of, and charts that were there sealed alone.

    One list of an exposure serves two sets: implied is only what was exported. The facility's own
    chart is nobody's.
    """
    told: list[Affected] = []
    sealed: set[bytes] = set()
    for each in estimate:
        if each.chart == estimate.facility:
            continue
        if sure is Sure.IMPLIED and not _IN_FILE & each.how.keys():
            continue
        open_ = {way: bits for way, bits in each.how.items() if way is not How.SEALED}
        if each.how and not open_:
            sealed.add(each.chart)
            continue
        # A chart without a section was labelled through a suspect: its name was seen there.
        mask = 0 if open_ else 1 << Section.FACE
        for bits in open_.values():
            mask |= bits
        chart, first, last = ChartId(each.chart), Millis(each.first), Millis(each.last)
        told.append(Affected(chart, mask, first, last, sure))
    return told, sealed


def _groups(estimate: Estimated) -> Iterator[tuple[Sure, Group]]:
    for sure, group in (
        (Sure.CERTAIN, estimate.certain),
        (Sure.IMPLIED, estimate.implied),
        (Sure.POSSIBLE, estimate.possible),
    ):
        if group is not None and group.list:
            yield sure, group
