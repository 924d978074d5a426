"""One number of a form: whose it is, and how it ended. What it was given out in is `registry`."""

from typing import Literal, NamedTuple

import msgspec

from chartkeep.continuity.forms import FormNumber, read_number
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
)
from chartkeep.errors import BadInputError
from chartkeep.model import EntryId, Millis

SHORTEST_REASON, LONGEST_REASON = 4, 500


class Stand(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One number: printed, begun, or how it ended; `chart` (a UUID) whose it is, once that is said.

    `lines`: how many lines of it were filed. `sex`: what the form says. `was`: how it had ended
    before it turned up. `printed`: the chart it was printed for, as the ward's PC says.
    """

    format: str = FORMAT
    number: str
    state: Literal["printed", "begun", "entered", "void", "missing"]
    by: str
    reason: str = ""
    chart: str = ""
    downtime: str = ""
    sex: str = ""
    was: str = ""
    printed: str = ""
    lines: int = 0


class Hold(NamedTuple):
    """Who asks: a session's token, the house it reads through, and the one that writes for it.

    A program with pages has one house for both; at a desk that may not write they are two.
    """

    token: bytes
    reads: House
    writes: House


class Begun(NamedTuple):
    """A number whose keying has begun, who began it and since when."""

    number: FormNumber
    stand: Stand
    since: Millis


def find_number(number: FormNumber, hold: Hold) -> tuple[Kept, Stand] | None:
    """Say where one number stands; None when nothing was said about it."""
    ident, kinds = number_id(number, hold.reads), (Kind.PRINTED, Kind.BEGUN, Kind.ENDED)
    found = fetch_kept(kinds, paper_look(hold.token), hold.reads, entries=[ident])
    return (found[0], read_said(found[0].raw, Stand)) if found else None


def list_begun(hold: Hold) -> list[Begun]:
    """List the numbers whose keying has not ended: what of them waits lies in their charts."""
    found = fetch_kept((Kind.BEGUN,), paper_look(hold.token), hold.reads)
    said = ((each, read_said(each.raw, Stand)) for each in found)
    return [Begun(read_number(stand.number), stand, kept.time) for kept, stand in said]


def put_number(number: FormNumber, kind: Kind, said: Stand, before: int, house: House) -> None:
    """Write where a number stands. Raises StaleError when somebody else did meanwhile."""
    keep(number_name(number), kind, said, house, before=before)


def check_reason(reason: str) -> None:
    """Refuse to end anything without a word why."""
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise BadInputError(
            f"a reason has {SHORTEST_REASON} to {LONGEST_REASON} letters", hint="say why"
        )


def number_id(number: FormNumber, house: House) -> EntryId:
    """Give the id of what is said about a number."""
    return name_of(number_name(number), house)


def number_name(number: FormNumber) -> str:
    """Name what is said about a number."""
    return f"number/{number}"
