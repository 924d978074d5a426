"""The cause: the first foreign act and its door, with reasons, or "unknown" with what is missing.

A door somebody was seen to come through needs no more than that. A door by elimination (a person's
own session, the vault's place with its key, an interface with its key) needs the logs in which
any other would stand: without them it is unknown. Names nobody as guilty: a person's account is
not the person. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from chartkeep.incident.timeline.bounded import Bounded
from chartkeep.incident.timeline.chain import Chain, chains
from chartkeep.incident.timeline.event import HOUSE, REPORTS, Event, What
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.merged import Reach
from chartkeep.incident.timeline.signs import Door, Facts, Sign, Strength
from chartkeep.incident.timeline.watchers import watchers
from chartkeep.incident.timeline.watchers.logins import CONSOLE

HOUR = 3_600_000
DAY = 24 * HOUR
MOST_SIGNS = 20_000
MOST_GAPS = 1_000
MOST_SEATS = 100_000
BY_ELIMINATION = frozenset({Door.INSIDE, Door.PLACE, Door.FEED, Door.PACK, Door.MACHINE})


class Cause(msgspec.Struct, frozen=True):
    """The proposal: `first` is the first foreign act; `missing` says what would change it."""

    door: Door
    first: Event | None = None
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    chain: Chain | None = None
    others: tuple["Cause", ...] = ()


class Watch:
    """One reading of a timeline: what is foreign in it, and what one cannot see.

    watch = Watch(facts, timeline.reach, timeline.aliases)
    for event in timeline.events(): watch.look(event)
    watch.cause()
    """

    def __init__(
        self, facts: Facts, reach: Mapping[str, Reach], aliases: Mapping[str, str]
    ) -> None:
        """`reach`: from when to when each source speaks; `aliases`: whose address is whose."""
        self.signs: list[Sign] = []
        self.known = Known(facts, {name: each.first for name, each in reach.items()}, aliases)
        self._reach = reach
        self._watchers = watchers(self.known)
        self._gaps: list[Event] = []
        self._tells: Bounded[set[str]] = Bounded(set)
        self._guards: Bounded[set[str]] = Bounded(set)
        self._seats: dict[tuple[str, int], list[Event]] = {}

    def look(self, event: Event) -> list[Sign]:
        """Take the next event, and give its signs."""
        event = event._replace(
            host=self.known.name(event.host), target=self.known.name(event.target)
        )
        if event.what is What.GAP and len(self._gaps) < MOST_GAPS:
            self._gaps.append(event)
        # Of a gateway only who came in counts, of any other host whatever it says of itself.
        if event.host not in self.known.facts.gateways or event.what is What.LOGIN:
            self._tells[event.host].add(event.source)
        if event.what is What.RUN:
            self._guards[event.host].add(event.source)
        if event.what is What.LOGIN and event.ok and event.person and len(self._seats) < MOST_SEATS:
            self._seats.setdefault((event.person, event.time // DAY), []).append(event)
        found = [sign for watcher in self._watchers for sign in watcher.look(event)]
        self.signs += found
        if len(self.signs) > 2 * MOST_SIGNS:  # what is merely unusual goes first, the oldest of it
            weak = [sign for sign in self.signs if sign.strength <= Strength.WEAK]
            strong = [sign for sign in self.signs if sign.strength > Strength.WEAK]
            self.signs = weak[-MOST_SIGNS // 2 :] + strong[:MOST_SIGNS]
        return found

    def cause(self) -> Cause:
        """Propose the first foreign act of all that was looked at, and its door."""
        found = [self._of_chain(chain) for chain in chains(self.signs, self.known)]
        if not found:
            return Cause(Door.NONE, missing=tuple(self._unseen_gateways(None)))
        found.sort(key=lambda cause: _began(cause).time)
        found = list({(cause.door, _began(cause).place): cause for cause in found}.values())
        return _one_of(found)

    def _of_chain(self, chain: Chain) -> Cause:
        """Say where one chain began."""
        root = chain.signs[0]
        entries = [sign for sign in chain.signs if sign.door is not None]
        doors = dict.fromkeys(sign.door for sign in entries if sign.door is not None)
        why = tuple(_say(sign) for sign in chain.signs[:20])
        blind = self._blind(root.event)
        if not entries:
            return self._from_within(chain, why, blind)
        entry = entries[0]
        missing = [*blind, *self._unexplained(chain, entry)]
        if entry.strength <= Strength.WEAK:
            missing += [
                f"{sign.words}: {sign.door} would be another door"
                for sign in entries[1:]
                if sign.strength > Strength.WEAK and sign.door is not entry.door
            ][:1]
        if entry.door in BY_ELIMINATION:
            missing += self._unseen_gateways(entry.event)
        if entry.door in BY_ELIMINATION - {
            Door.MACHINE
        }:  # what shows one's calls shows who calls it
            missing += self._unseen_host(entry.event)
        if missing:
            maybe = tuple(f"it may have been {door}" for door in doors)
            return Cause(Door.UNKNOWN, None, (*why, *maybe), tuple(missing), chain)
        assert entry.door is not None
        return Cause(entry.door, entry.event, why, (), chain)

    def _from_within(self, chain: Chain, why: tuple[str, ...], blind: list[str]) -> Cause:
        """Judge a chain nobody was seen to come in by: a person's own session, or unknown."""
        root = chain.signs[0]
        missing = [*blind, *self._unseen_gateways(root.event)]
        person = root.event.person
        if not person or any(sign.strength is not Strength.HARM for sign in chain.signs):
            missing.append(f"where this came from: {root.words}")
        else:
            missing += self._seated(root.event)
        if missing:
            return Cause(Door.UNKNOWN, None, why, tuple(missing), chain)
        return Cause(Door.INSIDE, root.event, why, (), chain)

    def _seated(self, event: Event) -> list[str]:
        """Say what is missing to show that a person sat where they always work."""
        day = event.time // DAY
        near = [
            *self._seats.get((event.person, day - 1), []),
            *self._seats.get((event.person, day), []),
        ]
        near = [each for each in near if 0 <= event.time - each.time <= 12 * HOUR + each.within]
        if any(self.known.is_outside(each.address) for each in near):
            return [f"{event.person} was logged in from outside at that time"]
        seats = [each for each in near if each.how in CONSOLE]
        if not seats:
            return [f"no log shows {event.person} before a screen of the house at that time"]
        # Somebody else's program on that PC could have done it: what ran there must be known.
        if not all(self._covers(self._guards[each.host], event.time) for each in seats):
            return [f"no log of what ran on {seats[0].host}"]
        return []

    def _unexplained(self, chain: Chain, entry: Sign) -> list[str]:
        """Name the first trace before the entry that the entry does not explain."""
        before = [sign for sign in chain.signs if sign.event.time < entry.event.time]
        sure = [sign for sign in before if sign.event.time + sign.event.within < entry.event.time]
        return [f"what came before it: {_say(sign)}" for sign in sure[:1]]

    def _blind(self, event: Event) -> list[str]:
        """Say what cannot be seen around an event: the beginning of its log, a gap."""
        told: list[str] = []
        reach = self._reach.get(event.source)
        logged = event.source != REPORTS  # what people tell begins and ends nowhere
        if logged and reach is not None and event.time - reach.first < DAY:
            told.append(f"the log {event.source} begins only then: what was before is not in it")
        for gap in self._gaps:
            if gap.time - 30 * DAY <= event.time <= gap.time:
                told.append(f"the ledger has a gap: {gap.text}")
                break
        return told

    def _unseen_host(self, event: Event) -> list[str]:
        """Say if a machine's own log is missing, which would show another hand on it."""
        host = event.host
        return [f"no log of {host} itself"] if host and not self._speaks(host, event.time) else []

    def _unseen_gateways(self, event: Event | None) -> list[str]:
        gateways = sorted(self.known.facts.gateways)
        if not gateways:
            return ["nobody said which machines the outside reaches (--facts)"]
        if event is None:
            return [f"no log of {host}" for host in gateways if not self._tells[host]]
        return [
            f"no log of {host} of that day"
            for host in gateways
            if not self._speaks(host, event.time)
        ]

    def _speaks(self, host: str, time: int) -> bool:
        """Say whether a log that tells of a host speaks of the day before a moment, too."""
        return self._covers(self._tells[host] - {HOUSE}, time)

    def _covers(self, sources: AbstractSet[str], time: int) -> bool:
        """Say whether one of these sources speaks of the day before a moment, and goes on."""
        reaches = (self._reach[name] for name in sources if name in self._reach)
        return any(each.first <= time - DAY and time <= each.last for each in reaches)


def _one_of(found: Sequence[Cause]) -> Cause:
    """Choose among chains in order of time: what was seen goes before what is only left over."""
    seen = [cause for cause in found if cause.door not in BY_ELIMINATION]
    known = [cause for cause in seen if cause.door is not Door.UNKNOWN]
    chosen = known[0] if known else found[0]
    others = tuple(cause for cause in found if cause is not chosen)
    began = _began(chosen)
    earlier = [c for c in others if _began(c).time - _began(c).within < began.time + began.within]
    if any(cause.door is not chosen.door for cause in (*earlier, *known)) and chosen.first:
        words = "more than one thing began apart, and nothing joins them"
        also = [*chosen.missing, words, *_doors(found)]
        return msgspec.structs.replace(
            chosen, door=Door.UNKNOWN, first=None, missing=tuple(also), others=others
        )
    return msgspec.structs.replace(chosen, others=others)


def _doors(found: Iterable[Cause]) -> list[str]:
    return [f"one by {cause.door}: {cause.reasons[0]}" for cause in found if cause.reasons][:5]


def _began(cause: Cause) -> Event:
    assert cause.chain is not None
    return cause.first or cause.chain.signs[0].event


def _say(sign: Sign) -> str:
    return f"{sign.words} ({sign.event.place})"
