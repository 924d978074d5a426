"""Standing grants for ward packs: what they let, whose packs they made, and when one is missing.

A pack is made every quarter of an hour without a person, so its grant stands for long; instead it
is narrow. Promises: it opens current inpatients of its wards and nobody else, in its sections and
no others; a chart counts once a day, on a budget of its own; the ward's key (what its envelope's
code derives) goes out to its program alone. An invented patient lies in no bed, so none is in a
pack; one that was put into a bed is in it and trips nothing: to leave it out would tell whoever
holds the pack and the census who is invented. Pure, no clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chartkeep.errors import NotAllowedError, OverBudgetError, RefusedError
from chartkeep.keyholder.actions import GrantPacks, SetWardKey
from chartkeep.model import CHART_SECTIONS, Purpose, Section

DAY = 86_400_000
LONGEST = 366 * DAY
LATE = 45 * 60_000
"""Three rounds were missed."""
ENDS_SOON = 14 * DAY
MOST_NAMED = 5
_NEVER = frozenset({Section.IMAGING})
PACKABLE = sum(1 << section for section in CHART_SECTIONS - _NEVER)
RESTRICTED = 1 << Section.RESTRICTED
_FACE = 1 << Section.FACE


class Wish(NamedTuple):
    """One chart a packer wants: for the ward its patient lies on, or empty when in no bed."""

    grant: bytes
    program: str
    chart: bytes
    ward: str
    sections: int
    purpose: str


class Pushed(NamedTuple):
    """The last pack of a ward that reached a folder."""

    time: int
    expires: int


@dataclass
class Packs:
    """What stands about packs."""

    grants: dict[bytes, GrantPacks] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    """Each ward's key, sealed."""
    pushed: dict[str, Pushed] = field(default_factory=dict)
    _packed: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    """Under each grant, the charts of the last day and when; the latest stand last."""

    def grant(self, ident: bytes, program: str, now: int) -> GrantPacks:
        """Give a program its own grant while it holds."""
        found = self.grants.get(ident)
        if found is None or found.program != program or found.until <= now:
            raise NotAllowedError("no such grant holds now", hint="ask two people for one")
        return found

    def check(self, wish: Wish, now: int) -> None:
        """Refuse a chart the grant does not carry; whoever lies in no bed of its wards alike."""
        grant = self.grant(wish.grant, wish.program, now)
        if wish.sections & ~grant.sections or wish.purpose != Purpose.TREATMENT:
            raise NotAllowedError("the grant does not carry this", hint="stay in its words")
        if not wish.ward or not covers(grant, wish.ward):
            raise NotAllowedError("packs hold current inpatients of their wards only")
        anew = not self.is_counted(wish.grant, wish.chart, now)
        if anew and self.count(wish.grant, now) >= grant.charts:
            raise OverBudgetError(
                f"the grant's {grant.charts} charts a day are used up", hint="ask two people"
            )

    def note(self, grant: bytes, chart: bytes, now: int) -> None:
        """Remember that a chart went into a pack."""
        charts = self._packed.setdefault(grant, {})
        charts.pop(chart, None)
        charts[chart] = now

    def is_counted(self, grant: bytes, chart: bytes, now: int) -> bool:
        """Say whether a chart went into this grant's packs within a day."""
        return self._packed.get(grant, {}).get(chart, now - DAY) > now - DAY

    def count(self, grant: bytes, now: int) -> int:
        """Count the charts of the last day."""
        charts = self._packed.get(grant, {})
        while charts and next(iter(charts.values())) <= now - DAY:
            del charts[next(iter(charts))]
        return len(charts)

    def apply(self, action: GrantPacks | SetWardKey, ident: bytes) -> None:
        """Let an act about packs hold; `ident` names it."""
        match action:
            case GrantPacks():
                self.grants[ident] = action
            case SetWardKey(ward, sealed):
                self.keys[ward] = sealed

    def end(self, ident: bytes) -> None:
        """Let a grant hold no more."""
        self.grants.pop(ident, None)
        self._packed.pop(ident, None)

    def red(self, census: Mapping[str, set[bytes]], now: int) -> list[str]:
        """Say what needs a person: a ward without a fresh pack, a grant that ends."""
        live = [grant for grant in self.grants.values() if grant.until > now]
        if not live:
            return ["no grant for ward packs holds any more"] if self.grants else []
        wards = sorted(
            w for w, there in census.items() if there and any(covers(g, w) for g in live)
        )
        told = list(self._late(wards, now))
        beyond = len(told) - MOST_NAMED
        more = [f"{beyond} more wards have no fresh pack"] if beyond > 0 else []
        last = max(grant.until for grant in live)
        soon = f"the grant for ward packs ends in {(last - now) // DAY} days"
        return told[:MOST_NAMED] + more + ([soon] if last < now + ENDS_SOON else [])

    def _late(self, wards: list[str], now: int) -> Iterator[str]:
        for ward in wards:
            last = self.pushed.get(ward)
            if ward not in self.keys:
                yield f"ward {ward} has no code for its packs"
            elif last is None:
                yield f"ward {ward} has no pack"
            elif last.time < now - LATE:
                yield f"the last pack of ward {ward} is {(now - last.time) // 60_000} minutes old"


def covers(grant: GrantPacks, ward: str) -> bool:
    """Say whether a grant is for a ward; one that names none is for all."""
    return not grant.wards or ward in grant.wards


def check_terms(grant: GrantPacks, roles: Mapping[str, str], now: int) -> None:
    """Refuse a grant that is too wide: what is restricted takes wards named one by one."""
    if roles.get(grant.program) != "packer":
        raise RefusedError("no packer of this name", hint="see chartkeep program add")
    if now >= grant.until:
        raise RefusedError("this grant would be over already", hint="name a later end")
    if grant.until > now + LONGEST:
        raise RefusedError("a grant for packs lasts at most a year", hint="name an earlier end")
    if not grant.charts:
        raise RefusedError("this grant would be for no chart", hint="--charts: inpatients a day")
    if not grant.sections & _FACE:
        raise RefusedError("a pack without face names nobody", hint="--section face, too")
    if grant.sections & ~PACKABLE:
        words = " ".join(each.name.lower() for each in Section if PACKABLE >> each & 1)
        raise RefusedError("a pack does not hold these sections", hint=f"some of {words}")
    if grant.sections & RESTRICTED and not grant.wards:
        raise RefusedError(
            "what is restricted goes into packs of wards that are named", hint="--ward, repeatable"
        )
