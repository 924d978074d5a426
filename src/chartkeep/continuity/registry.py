"""The registry of numbers: who was given which, and what became of each.

A pack's numbers are *given* in one entry. They become *due* when they may be on paper: the ward
had no system while the pack was its newest, somebody opened it, or one of them was typed. What is
due stays in `status` and in every list until each number has ended: entered, void or missing, with
a reason and a person. What never became due was in a pack that nobody needed; it is listed, and
costs nobody a word. docs/formats/forms.md.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from chartkeep.continuity.forms import (
    BATCHES,
    MOST_FORMS,
    FormKind,
    FormNumber,
    FormRange,
    batch_at,
    house_code,
)
from chartkeep.continuity.numbers import (
    Hold,
    Stand,
    check_reason,
    find_number,
    number_id,
    put_number,
)
from chartkeep.custody.house import House
from chartkeep.custody.paper import (
    FORMAT,
    Kept,
    Kind,
    fetch_kept,
    keep,
    name_of,
    paper_look,
    read_said,
    times_of,
)
from chartkeep.errors import BadInputError, ConflictError, NotFoundError, StaleError
from chartkeep.model import Millis, to_text

LONGEST_WARD = 50
MOST_TRIES = 60
"""Batches asked for before it is said that too many packs are made at once."""

OLDEST_PACK = 7 * 86_400_000
"""Milliseconds before a downtime in which a pack was made that may still lie in a ward."""
_EVER = Millis(0)

Ending = Literal["entered", "void", "missing"]


class Issued(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A pack's numbers: of each kind (its code) so many. Times are Millis.

    `since`: when they became due, and `why`. `by`, `reason` and `ended`: who closed them, saying
    that those not ended one by one are void or missing. `by_hand`: who asked for one number to
    write on a sheet that had none, or one that another sheet has too.
    """

    format: str = FORMAT
    pack: str
    ward: str
    house: int
    batch: int
    counts: dict[int, int]
    made: int
    expires: int
    since: int = 0
    why: str = ""
    by: str = ""
    reason: str = ""
    ended: Ending | None = None
    by_hand: str = ""

    @property
    def name(self) -> str:
        """Name its entry."""
        return batch_name(self.batch)

    @property
    def ranges(self) -> tuple[FormRange, ...]:
        """Give the ranges, one of each kind."""
        return tuple(
            FormRange(self.house, FormKind(kind), self.batch, count)
            for kind, count in sorted(self.counts.items())
        )

    def numbers(self) -> Iterator[FormNumber]:
        """Give all its numbers."""
        return (number for each in self.ranges for number in each.numbers())


class Batch(NamedTuple):
    """A pack's numbers as they stand: given, due or closed."""

    kept: Kept
    said: Issued


class Counted(NamedTuple):
    """How many numbers of a batch are where; `open` are neither begun nor ended."""

    begun: int
    ended: int
    open: int

    @property
    def unreconciled(self) -> int:
        """Count those nobody can say the end of."""
        return self.begun + self.open


class Unreconciled(NamedTuple):
    """How many packs' numbers are due, and since when the oldest is; no time for none."""

    batches: int
    since: Millis | None


def issue_forms(
    pack: str, ward: str, counts: Mapping[FormKind, int], expires: Millis, house: House,
    *, by_hand: str = "",
) -> tuple[FormRange, ...]:  # fmt: skip
    """Give numbers to a pack: durable on return, and nobody else's, also after a restore.

    `pack` is its id. Ask anew for every pack, also when making one failed: numbers nobody used
    trouble nobody. Raises BadInputError for a count out of bounds, ConflictError when other packs
    took every batch of a minute.
    """
    if not counts or not all(1 <= count <= MOST_FORMS for count in counts.values()):
        raise BadInputError(f"a pack has 1 to {MOST_FORMS} forms of a kind")
    now = house.clock()
    first = batch_at(now)
    for ahead in range(MOST_TRIES):
        said = Issued(
            pack=pack, ward=ward, house=house_code(house.facility),
            batch=(first + ahead) % BATCHES, made=now, expires=expires,
            counts={int(kind): count for kind, count in counts.items()}, by_hand=by_hand,
        )  # fmt: skip
        try:
            keep(said.name, Kind.GIVEN, said, house, before=0)
        except (StaleError, ConflictError):
            continue  # another pack has it
        return said.ranges
    raise ConflictError("too many packs were made within a minute", hint="try again in a minute")


def number_by_hand(ward: str, kind: FormKind, by: str, hold: Hold) -> FormNumber:
    """Give a number to a sheet that has none, or one that another sheet has too; it is due."""
    if not 0 < len(ward.strip()) <= LONGEST_WARD:
        raise BadInputError("say which ward the sheet is of")
    house = hold.writes
    (given,) = issue_forms("", ward.strip(), {kind: 1}, house.clock(), house, by_hand=by)
    number = next(given.numbers())
    make_due(find_batch(number, hold), "a sheet had no number of its own", house)
    return number


def find_batch(number: FormNumber, hold: Hold) -> Batch:
    """Find what a number was given out in. Raises NotFoundError when nobody gave it out here."""
    house = hold.reads
    if number.house != house_code(house.facility):
        raise NotFoundError(
            "this number is of another house", hint="its first two digits say which"
        )
    ident = name_of(batch_name(number.batch), house)
    kinds = (Kind.GIVEN, Kind.DUE, Kind.CLOSED)
    found = fetch_kept(kinds, paper_look(hold.token), house, entries=[ident])
    if found:
        batch = Batch(found[0], read_said(found[0].raw, Issued))
        if number.serial <= batch.said.counts.get(int(number.kind), 0):
            return batch
    raise NotFoundError(
        "nobody gave this number out", hint="read it again; keep the paper, and say so to the desk"
    )


def list_batches(kinds: tuple[Kind, ...], hold: Hold, since: Millis = _EVER) -> list[Batch]:
    """List packs' numbers of some states, oldest first: one release of the ordinary section.

    `since`: those whose state was written then or later; of a year there are very many given.
    """
    found = fetch_kept(kinds, paper_look(hold.token), hold.reads, since=since)
    return [Batch(each, read_said(each.raw, Issued)) for each in found]


def make_due(batch: Batch, why: str, house: House) -> None:
    """Say that a pack's numbers may be on paper; those that are due or closed stay as they are."""
    if batch.kept.kind != Kind.GIVEN:
        return
    said = replace(batch.said, since=house.clock(), why=why)
    keep(said.name, Kind.DUE, said, house, before=batch.kept.version)


def count_batch(said: Issued, house: House) -> Counted:
    """Count where a batch's numbers are: the store knows by their kinds, and nothing is opened."""
    ids = [number_id(number, house) for number in said.numbers()]
    kinds = [head.kind for head in house.heads(ids)]
    begun, ended = kinds.count(Kind.BEGUN), kinds.count(Kind.ENDED)
    return Counted(begun, ended, len(ids) - begun - ended)


def close_batch(batch: Batch, ended: Ending, reason: str, by: str, house: House) -> Counted:
    """End all numbers of a batch that have not ended one by one: they are void, or missing.

    Raises ConflictError while the keying of one has begun, or when it is closed already.
    """
    check_reason(reason)
    if ended == "entered":
        raise BadInputError("a number is entered by keying it", hint="void or missing")
    if batch.kept.kind == Kind.CLOSED:
        raise ConflictError("these numbers are closed already", hint="list them again")
    counted = count_batch(batch.said, house)
    if counted.begun:
        raise ConflictError(
            f"the keying of {counted.begun} of these numbers has begun", hint="finish it first"
        )
    said = replace(batch.said, by=by, reason=reason.strip(), ended=ended)
    keep(said.name, Kind.CLOSED, said, house, before=batch.kept.version)
    return counted


def settle_batch(said: Issued, by: str, hold: Hold) -> None:
    """Close a batch all of whose numbers have ended one by one; cut short, the next end does it."""
    if count_batch(said, hold.reads).unreconciled:
        return
    kinds, ident = (Kind.GIVEN, Kind.DUE), name_of(said.name, hold.reads)
    for kept in fetch_kept(kinds, paper_look(hold.token), hold.reads, entries=[ident]):
        there = read_said(kept.raw, Issued)
        closed = replace(there, by=by, reason="each of its numbers has ended")
        keep(said.name, Kind.CLOSED, closed, hold.writes, before=kept.version)


def end_number(number: FormNumber, ended: Ending, reason: str, by: str, hold: Hold) -> None:
    """Say that a number is void or missing. Raises ConflictError for one that was entered.

    One that was missing or void is ended again when more is known, or entered when it turns up.
    """
    check_reason(reason)
    batch = find_batch(number, hold)
    there = find_number(number, hold)
    if there is not None and there[1].state in ("begun", "entered"):
        raise ConflictError("the keying of this number has begun", hint="finish it, or look at it")
    said = Stand(number=str(number), state=ended, by=by, reason=reason.strip())
    put_number(number, Kind.ENDED, said, there[0].version if there else 0, hold.writes)
    settle_batch(batch.said, by, hold)


def unreconciled(house: House) -> Unreconciled:
    """Count what is due without opening anything: what `status` says."""
    times = times_of(Kind.DUE, house)
    return Unreconciled(len(times), times[0] if times else None)


def batch_name(batch: int) -> str:
    """Name a batch."""
    return f"batch/{batch:08d}"


def batch_text(batch: Batch) -> str:
    """Give a batch's id, as pages and commands name it."""
    return to_text(batch.kept.ident)
