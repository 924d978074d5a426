"""What a chart's fingerprints say for the index, and the fingerprints of charts that have none yet.

A deposit leaves fingerprints of what it brings: they speak for the lines of `records` right before
theirs, of the same writer. Lines are the ledger's, claimed by nobody: a writer that says another
time, or another's name, speaks for nothing. What none speaks for came before there were any: it is
opened once, under the same grant, and the desk deposits its fingerprints, and vouches for them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import MsgspecError
from msgspec.structs import replace

from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.house import House
from chartkeep.custody.prints import draft_prints, is_printed, take_in
from chartkeep.custody.release import Look, release
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import DamagedError, NotAllowedError, NotFoundError
from chartkeep.fingerprint.numbers import SHORTEST, fold_number
from chartkeep.fingerprint.prints import (
    Gathered,
    Prints,
    Record,
    Told,
    decode,
    is_vouched,
    vouched,
)
from chartkeep.incident.trace.at_desk import IndexPlace
from chartkeep.incident.trace.building import Builder
from chartkeep.model import ChartId, Millis, Section, to_text
from chartkeep.sealing.entry import EntryHeader, read_cut_header
from chartkeep.sealing.keys import fresh_id

PAGE: Final = 2_000
MOST_SAID: Final = 8_192
"""Bytes of fingerprints an entry they are made of accounts for: some 900 values."""
_NO_RESOURCE: Final = (AttributeError, LookupError, TypeError, ValueError, MsgspecError)
"""What reading raises of what a stolen writer deposited unchecked, under a resource's name."""
Lines = Mapping[int, EntryHeader]
"""The clear headers of a chart's entries, by their lines in `records`."""


class Known(NamedTuple):
    """What fingerprints say of one chart, and for which lines; `damaged` of them do not open.

    `since`: the earliest of the lines each of them speaks for.
    """

    chart: ChartId
    prints: list[Prints]
    since: list[Millis]
    lines: set[int]
    damaged: int = 0

    def missing(self, lines: Lines) -> dict[int, EntryHeader]:
        """Give what should have left fingerprints and has none."""
        return {
            at: head
            for at, head in lines.items()
            if at not in self.lines and is_printed(head.kind, head.section)
        }

    def own_systems(self) -> set[bytes]:
        """Give under which systems the patient has a number a hospital gives its own."""
        people = (person for each in self.prints for person in each.people)
        return {system for person in people for system, _ in person.numbers()}

    def add_to(
        self, builder: Builder, own: frozenset[bytes], digests: Callable[[str], bytes]
    ) -> None:
        """Add the chart to an index; `own`: the systems of this house's numbers."""
        people = sorted(
            (person for each in self.prints for person in each.people), key=lambda one: one.time
        )
        history: list[tuple[Millis, Told]] = [(Millis(one.time), one.told()) for one in people]
        name = fold_number(to_text(self.chart))
        records = [Record(digests(name), len(name) >= SHORTEST)]
        records += [record for one in people for system, record in one.numbers() if system in own]
        records += [record for each in self.prints for record in each.numbers()]
        facts = (fact for each in self.prints for fact in each.results())
        files = (
            (since, filed)
            for since, each in zip(self.since, self.prints, strict=True)
            for filed in each.filed()
        )
        builder.take(self.chart, history, records, facts, files)


def lines_of(chart: ChartId, house: House) -> Lines:
    """Read which lines a chart has: nothing is opened."""
    found: dict[int, EntryHeader] = {}
    after = 0
    while page := house.store.headers(chart, after, PAGE):
        found |= {at: read_cut_header(clear) for at, clear in page}
        after = page[-1][0] + 1
    return found


def read_known(
    chart: ChartId, entries: Iterable[OpenedEntry], lines: Lines, vouching: bytes
) -> Known:
    """Read a chart's opened fingerprints; those that speak for no line are not heard.

    Nor, as damaged, those that cannot be of the lines they speak for: what is in those is opened.
    """
    places = {_version(head): at for at, head in lines.items()}
    known = Known(chart, [], [], set())
    for entry in entries:
        try:
            prints = decode(entry.raw)
        except DamagedError:
            known = known._replace(damaged=known.damaged + 1)
            continue
        if prints.covers:
            spoken = prints.covers if is_vouched(prints, chart, vouching) else []
        else:
            spoken = _before(places.get(_version(entry.header), 0), lines)
            if not _is_of(prints, entry, [lines[at] for at in spoken]):
                known = known._replace(damaged=known.damaged + 1)
                continue
        if spoken:
            known.prints.append(prints)
            known.since.append(_since(lines[at] for at in spoken if at in lines))
            known.lines.update(spoken)
    return known


def _before(line: int, lines: Lines) -> list[int]:
    """Give the lines right before one, of its own deposit, that leave fingerprints."""
    found: list[int] = []
    at = line - 1
    while (head := lines.get(at)) and head.section is not Section.FINGERPRINTS:
        if head.writer != lines[line].writer:
            break
        if is_printed(head.kind, head.section):
            found.append(at)
        at -= 1
    return found


def _is_of(prints: Prints, entry: OpenedEntry, spoken: Sequence[EntryHeader]) -> bool:
    """Say whether a writer's fingerprints can be of these: as many Patients, of this very time.

    Else whoever stole a writer would move an address into another year, or say so many versions
    and values that those of others have no room.
    """
    patients = sum(head.kind == "Patient" for head in spoken)
    times = {person.time for person in prints.people}
    return (
        len(prints.people) == patients
        and times <= {entry.header.time}
        and len(entry.raw) <= MOST_SAID * len(spoken)
    )


class Filling(NamedTuple):
    """How fingerprints of what came before are made: opened as `look` says, written by `writer`."""

    look: Look
    house: House
    writer: House
    place: IndexPlace

    def fill(self, known: Known, missing: Lines) -> Known | None:
        """Open what nothing speaks for, deposit its fingerprints, and give all there are then.

        None when the chart is refused. What did not open, or is in a section the look has not,
        stays without.
        """
        try:
            found = release(known.chart, self.look, self.house, history=True)
        except (NotAllowedError, NotFoundError):
            # One chart's no, unless the grant itself has ended: asking for its words says which.
            self.house.keyholder.read_grant(self.look.token, self.look.grant)
            return None
        places = {_version(head): at for at, head in missing.items()}
        gathered, covers = Gathered(self.place.deposit), list[int]()
        for each in sorted(found.entries, key=lambda one: (one.header.time, one.header.version)):
            head = each.header
            if (line := places.get(_version(head))) is not None:
                covers.append(line)
                named = to_text(head.entry_id), head.time
                try:
                    take_in(gathered, head.kind, head.section, each.raw, named)
                except _NO_RESOURCE:
                    known = known._replace(damaged=known.damaged + 1)
        prints = replace(gathered.prints(), covers=sorted(covers))
        if covers:
            self._deposit(vouched(prints, known.chart, self.place.vouching), known.chart)
        return known._replace(
            prints=[*known.prints, prints],
            since=[*known.since, _since(missing.values())],
            damaged=known.damaged + len(found.damaged),
        )

    def _deposit(self, prints: Prints, chart: ChartId) -> None:
        draft = draft_prints(prints, f"desk/{fresh_id().hex()}", self.writer.clock(), self.writer)
        deposit_own(draft, self.writer, chart)


def _since(heads: Iterable[EntryHeader]) -> Millis:
    return Millis(min((head.time for head in heads), default=0))


def _version(head: EntryHeader) -> tuple[bytes, int]:
    return head.entry_id, head.version
