"""Downtimes: which wards had no system from when to when, as a person says.

Written down when it begins, or afterwards. What was given out to those wards becomes due: the
newest pack when it began, and each that was made meanwhile. A downtime is put right by saying it
again; what was said before stays in its history.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from chartkeep.continuity.numbers import Hold, check_reason
from chartkeep.continuity.registry import LONGEST_WARD, OLDEST_PACK, Batch, list_batches, make_due
from chartkeep.custody.house import House
from chartkeep.custody.paper import FORMAT, Kind, fetch_kept, keep, paper_look, read_said, times_of
from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.model import Millis, to_text
from chartkeep.sealing.keys import fresh_id

MOST_WARDS = 100
ALL_WARDS: tuple[str, ...] = ()


class Downtime(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Wards (none named means all) without the system; `ends` is 0 while that is not over.

    `by` said so last, with `reason`; times are Millis.
    """

    format: str = FORMAT
    ident: str
    wards: tuple[str, ...] = ALL_WARDS
    begins: int
    ends: int = 0
    by: str
    reason: str

    def concerns(self, ward: str) -> bool:
        """Say whether a ward is meant."""
        return not self.wards or ward in self.wards


class Known(NamedTuple):
    """A downtime, and the version that says so."""

    said: Downtime
    version: int


def declare(
    wards: Iterable[str], begins: Millis, ends: Millis, reason: str, by: str, hold: Hold
) -> Downtime:
    """Write down a downtime; `ends` 0 while it is not over. Raises BadInputError."""
    said = Downtime(
        ident=to_text(fresh_id()), wards=_check_wards(wards), begins=begins, ends=ends, by=by,
        reason=reason.strip(),
    )  # fmt: skip
    _write(said, 0, hold.writes)
    _make_due(said, hold)
    return said


def amend(ident: str, begins: Millis, ends: Millis, reason: str, by: str, hold: Hold) -> Downtime:
    """Say that a downtime is over, or put its times right. Raises NotFoundError, StaleError."""
    known = next((k for k in list_downtimes(hold) if k.said.ident == ident), None)
    if known is None:
        raise NotFoundError("there is no such downtime", hint="list them")
    said = replace(known.said, begins=begins, ends=ends, by=by, reason=reason.strip())
    _write(said, known.version, hold.writes)
    _make_due(said, hold)
    return said


def list_downtimes(hold: Hold) -> list[Known]:
    """List all downtimes, the latest first."""
    kinds = (Kind.DOWNTIME, Kind.DOWNTIME_OVER)
    found = fetch_kept(kinds, paper_look(hold.token), hold.reads)
    known = [Known(read_said(each.raw, Downtime), each.version) for each in found]
    return sorted(known, key=lambda each: each.said.begins, reverse=True)


def downtime_of(batch: Batch, known: Iterable[Known]) -> list[Downtime]:
    """Give the downtimes a pack's paper can be of: its ward's, not over when it was made."""
    said = batch.said
    return [
        each.said
        for each in known
        if each.said.concerns(said.ward)
        and (said.by_hand or not each.said.ends or each.said.ends > said.made)
    ]


def running(house: House) -> list[Millis]:
    """Say since when each downtime that is not over was written down; nothing is opened."""
    return times_of(Kind.DOWNTIME, house)


def _write(said: Downtime, before: int, house: House) -> None:
    check_reason(said.reason)
    now = house.clock()
    if not 0 < said.begins <= now or (said.ends and not said.begins < said.ends <= now):
        raise BadInputError(
            "a downtime begins before it ends, and neither is to come", hint="look at the times"
        )
    kind = Kind.DOWNTIME_OVER if said.ends else Kind.DOWNTIME
    keep(f"downtime/{said.ident}", kind, said, house, before=before)


def _make_due(said: Downtime, hold: Hold) -> None:
    """Make due what may have been used; a crash meanwhile is mended by saying it again."""
    since = Millis(max(said.begins - OLDEST_PACK, 0))
    given = list_batches((Kind.GIVEN,), hold, since)
    for batch in used_in(said, [each for each in given if said.concerns(each.said.ward)]):
        make_due(batch, f"downtime {said.ident}", hold.writes)


def used_in(said: Downtime, given: Sequence[Batch]) -> list[Batch]:
    """Choose the packs wards had in their hands: the newest before, and those made meanwhile."""
    newest: dict[str, Batch] = {}
    meanwhile = []
    for batch in sorted(given, key=lambda each: each.said.made):
        if batch.said.made <= said.begins:
            newest[batch.said.ward] = batch
        elif not said.ends or batch.said.made < said.ends:
            meanwhile.append(batch)
    return [*newest.values(), *meanwhile]


def _check_wards(wards: Iterable[str]) -> tuple[str, ...]:
    named = tuple(dict.fromkeys(ward.strip() for ward in wards if ward.strip()))
    if len(named) > MOST_WARDS or any(len(ward) > LONGEST_WARD for ward in named):
        raise BadInputError("too many wards, or too long a name", hint="leave them out to mean all")
    return named
