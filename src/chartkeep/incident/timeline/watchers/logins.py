"""Who logs in from where: guessed passwords, new places, leavers, suppliers, keepers' consoles."""

from collections import deque
from collections.abc import Iterator

from chartkeep.incident.timeline.bounded import Bounded
from chartkeep.incident.timeline.event import HOUSE, Event, What
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.logs.meaning import is_gone
from chartkeep.incident.timeline.ours import LEAVES
from chartkeep.incident.timeline.signs import Door, Sign, Strength

DAY = 86_400_000
GUESSES = 5
"""Refused log-ins from one address in a day before one that succeeds is a guess."""
REMOTE = "10"
CONSOLE = frozenset({"2", "7", "11", "console"})
"""Windows' logon types of somebody before the screen: interactive, unlock, cached."""
DESKTOP_PORT = "3389"
MOST_PLACES = 200


class Logins:
    """What is usual for people, addresses and hosts."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._gone: dict[str, int] = {}
        self._refused: Bounded[deque[int]] = Bounded(lambda: deque(maxlen=1_000))
        self._places: Bounded[set[str]] = Bounded(set)
        self._came: Bounded[list[bool]] = Bounded(lambda: [False])

    def look(self, event: Event) -> Iterator[Sign]:
        """Look at log-ins, and at who leaves."""
        match event.what:
            case What.ACCOUNT | What.ADMIN if is_gone(event) or event.text.startswith(LEAVES):
                self._leave(event)
            case What.ACCOUNT if self._known.learned(event):
                yield Sign(event, event, Strength.WEAK, "an account was made or raised")
            case What.LOGIN if event.ok:
                yield from self._entered(event)
            case What.LOGIN if event.address:
                self._refused[event.address].append(event.time)
            case _:
                pass

    def _leave(self, event: Event) -> None:
        """Note who left: a line's act names him at its end, a Windows event as its account."""
        person = event.text.rpartition(" ")[2] if event.what is What.ADMIN else event.person
        self._gone.setdefault(person.lower(), event.time)

    def _entered(self, event: Event) -> Iterator[Sign]:
        door = self._door(event)
        yield from self._of_leaver(event, door)
        if self._known.is_outside(event.address):
            yield from self._from_outside(event, door)
        else:
            yield from self._inside(event)

    def _of_leaver(self, event: Event, door: Door | None) -> Iterator[Sign]:
        left = self._gone.get(event.person)
        if left is not None and event.time > left:
            words = f"{event.person} left, and logged in all the same"
            yield Sign(event, event, Strength.CLEAR, words, door)

    def _from_outside(self, event: Event, door: Door | None) -> Iterator[Sign]:
        recent = [t for t in self._refused[event.address] if event.time - t <= DAY]
        came, places = self._came[event.address], self._places[event.person]
        if len(recent) >= GUESSES and not came[0]:
            words = f"{len(recent)} log-ins from {event.address} were refused before this one"
            yield Sign(event, event, Strength.CLEAR, words, door)
        elif event.address not in places and self._known.learned(event):
            words = f"{event.person} never came from {event.address} before"
            if event.person in self._known.facts.suppliers:
                door = Door.SUPPLIER
            yield Sign(event, event, Strength.WEAK, words, door)
        elif event.person in self._known.facts.suppliers:
            words = f"{event.person} is a supplier's account"
            yield Sign(event, event, Strength.USUAL, words, Door.SUPPLIER)
        came[0] = True
        if len(places) < MOST_PLACES:
            places.add(event.address)

    def _inside(self, event: Event) -> Iterator[Sign]:
        if not event.host or not event.person:
            return
        seat, places = self._known.seat(event), self._places[event.person]
        path = f"{event.host} from {seat}" if seat else event.host
        if path in places:
            return
        if len(places) < MOST_PLACES:
            places.add(path)
        if not self._known.learned(event):
            return
        console = event.how in CONSOLE or (not event.how and not event.address)
        if event.host in self._known.facts.keepers and console:
            words = f"{event.person} was never before the screen of {event.host}"
            yield Sign(event, event, Strength.CLEAR, words, Door.KEEPER)
        elif event.source != HOUSE:  # a person's first log-in at one of the house's programs
            words = f"{event.person} never logged in at {path} before"
            yield Sign(event, event, Strength.WEAK, words)

    def _door(self, event: Event) -> Door | None:
        """Say which door a log-in from outside went through."""
        facts = self._known.facts
        if not self._known.is_outside(event.address):
            return None
        if event.person in facts.programs:
            return Door.PROGRAM
        if event.host in facts.gateways:
            return Door.VPN
        if event.host in facts.applications:
            return Door.LOGIN_PAGE
        return Door.REMOTE_DESKTOP if event.how in {REMOTE, DESKTOP_PORT} else None
