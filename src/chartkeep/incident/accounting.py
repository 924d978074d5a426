"""A patient's own accounting of disclosures: who saw what of their chart, when, and why.

Every release of the chart in the window, each with the single reads the journal has of it. What
the house does by itself (keys for writing, labels) is no disclosure; nor is a refusal.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chartkeep.custody.paper import PACK_REASON
from chartkeep.incident.happening import SUCCESS, WRITES, Happening
from chartkeep.incident.trail import Trail, in_order
from chartkeep.ledger.line import GAP_VERB, mask_sections
from chartkeep.model import Section

LEASE = 5 * 60_000
"""How long a release lasts: single reads that rest on it lie within it."""
SLACK = 60_000


@dataclass
class Disclosure:
    """One release, and what was read of it; a read whose release is not here stands alone.

    `openings`: of a release for a ward pack, what ward PCs wrote down about that pack: names that
    somebody typed there without a log-in.
    """

    release: Happening
    reads: list[Happening] = field(default_factory=list)
    openings: list[Happening] = field(default_factory=list)

    @property
    def sections(self) -> list[Section]:
        """List the sections that were open."""
        return mask_sections(self.release.sections)


@dataclass
class Accounting:
    """All disclosures of one chart in a window; `gaps` and `damaged` say what is unknown."""

    chart: bytes
    since: int
    until: int
    disclosures: list[Disclosure] = field(default_factory=list)
    gaps: int = 0
    damaged: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Say whether nothing is unknown."""
        return not self.gaps and not self.damaged


def account(chart: bytes, since: int, until: int, trail: Trail) -> Accounting:
    """Answer a patient: one call. Raises NotAllowedError for a role that does not audit."""
    found = Accounting(chart, since, until)
    for line in trail.lines(since - LEASE, until, chart):
        if line.verb == GAP_VERB:
            found.gaps += 1
        elif line.verb == "release" and line.outcome == SUCCESS:
            found.disclosures.append(Disclosure(line))
    leases = [each.release.time for each in found.disclosures]
    notes = (note for begin, end in spans(leases) for note in trail.notes(begin, end, chart))
    _add_reads(found.disclosures, in_order(filter(_is_read, notes)))
    _add_openings(found.disclosures, trail)
    found.disclosures = [each for each in found.disclosures if _within(each, since, until)]
    found.damaged = trail.damaged
    return found


def spans(times: Iterable[int], lease: int = LEASE + SLACK) -> Iterator[tuple[int, int]]:
    """Join the leases that begin at these times, in order, to windows that do not overlap."""
    begin = end = 0
    for time in times:
        if time > end:
            if end:
                yield begin, end
            begin = time
        end = time + lease
    if end:
        yield begin, end


def _is_read(note: Happening) -> bool:
    return note.outcome == SUCCESS and note.verb not in WRITES


def _add_reads(disclosures: list[Disclosure], reads: Iterable[Happening]) -> None:
    """Put each read to the release it rests on: the one it names, or its session's last one."""
    released = [*disclosures]
    times = [each.release.time for each in released]
    by_line = {each.release.line: each for each in released}
    for read in reads:
        open_then = released[bisect_left(times, read.time - LEASE) : bisect_right(times, read.time)]
        mine = [each for each in open_then if each.release.session == read.session]
        there = by_line.get(read.line) or (mine[-1] if mine else None)
        if there is None:
            disclosures.append(Disclosure(read))
        else:
            there.reads.append(read)
    disclosures.sort(key=lambda each: each.release.time)


def _add_openings(disclosures: list[Disclosure], trail: Trail) -> None:
    """Put what ward PCs wrote down to the releases their pack was made of: the reason names it."""
    packs = {
        each.release.reason.removeprefix(PACK_REASON): each
        for each in disclosures
        if each.release.reason.startswith(PACK_REASON)
    }
    for opening in trail.openings() if packs else ():
        if opening.ident in packs:
            packs[opening.ident].openings.append(opening)


def _within(each: Disclosure, since: int, until: int) -> bool:
    """Keep what was open or read in the window: a lease may have begun before it."""
    seen = (*each.reads, *each.openings)
    times = [each.release.time, *(one.time for one in seen)]
    return any(since <= time < until for time in times)
