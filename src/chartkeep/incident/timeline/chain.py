"""Chains: from harm backwards, sign by sign, to where it began.

An earlier sign belongs to a later one when they share a session, an address from outside, a
person, a machine, or the machine a step came from. Far back only what is foreign by itself
counts, or the same session and address: what is merely unusual belongs to what follows in hours.
Pure.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from chartkeep.incident.timeline.event import Event, What
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.signs import Sign, Strength

SOON = 12 * 3_600_000
"""Milliseconds in which what is merely unusual belongs to what follows."""
LONG = 60 * 86_400_000
"""Milliseconds in which what is foreign by itself does."""


class Link(NamedTuple):
    """An earlier sign, the later one it led to, and by what they belong together."""

    earlier: Sign
    later: Sign
    words: str


class Chain(NamedTuple):
    """All signs that belong to one harm or entry, oldest first, and what joins them."""

    signs: tuple[Sign, ...]
    links: tuple[Link, ...]


def chains(signs: Sequence[Sign], known: Known) -> list[Chain]:
    """Make the chains of all harm and of clear entries; those that share a sign are one."""
    ordered = sorted(set(signs), key=_key)
    times = [sign.event.time for sign in ordered]
    anchors = [
        at for at, sign in enumerate(ordered)
        if sign.strength is Strength.HARM or (sign.strength is Strength.CLEAR and sign.door)
    ]  # fmt: skip
    owner: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    links: dict[int, list[Link]] = {}
    for anchor in anchors:
        reached, joined = _back(anchor, ordered, times, known)
        groups = {owner[at] for at in reached if at in owner}
        for group in groups:
            reached |= members.pop(group)
            joined += links.pop(group)
        members[anchor], links[anchor] = reached, joined
        owner |= dict.fromkeys(reached, anchor)
    return [
        Chain(tuple(ordered[at] for at in sorted(members[key])), tuple(dict.fromkeys(links[key])))
        for key in members
    ]


def _key(sign: Sign) -> tuple[int, int, str, str, int]:
    event = sign.event
    return event.time, -sign.strength, event.source, event.place, sign.shown.time


def _back(
    anchor: int, ordered: Sequence[Sign], times: Sequence[int], known: Known
) -> tuple[set[int], list[Link]]:
    """Go back from one sign to all it rests on."""
    reached, waiting, links = {anchor}, [anchor], list[Link]()
    while waiting:
        later = ordered[at := waiting.pop()]
        last = later.shown.time + later.event.within
        for earlier in range(bisect_left(times, later.event.time - LONG), len(ordered)):
            if times[earlier] > last + ordered[earlier].event.within:
                break
            if earlier == at or earlier in reached:
                continue
            words = belongs(ordered[earlier], later, known)
            if words:
                reached.add(earlier)
                waiting.append(earlier)
                links.append(Link(ordered[earlier], later, words))
    return reached, links


def belongs(earlier: Sign, later: Sign, known: Known) -> str:
    """Say by what an earlier sign belongs to a later one; empty when it does not."""
    first, then = earlier.event, later.shown
    if first.session and first.session == then.session:
        return "the same session"
    apart = then.time - first.time
    if apart > SOON and earlier.strength is Strength.USUAL:
        return ""
    if first.address and first.address == then.address and known.is_outside(first.address):
        return f"from the same address {first.address}"
    if apart > (SOON if earlier.strength <= Strength.WEAK else LONG):
        return ""
    if first.person and first.person == then.person:
        return f"as the same person {first.person}"
    return _by_machine(first, then, known) or _by_machine(earlier.shown, then, known)


def _by_machine(first: Event, then: Event, known: Known) -> str:
    if first.what is What.LOGIN and first.target and first.target == then.address:
        return f"from the address {first.target} it was given"
    # A log-in at a gateway passes through it: what else passes there is not its doing.
    passes = first.what is What.LOGIN and first.host in known.facts.gateways
    if passes or not first.host:
        return ""
    if first.host == then.host:
        return f"on the same machine {first.host}"
    if first.host == known.seat(then):
        return f"from the machine {first.host}"
    keepers = known.facts.keepers
    if then.what is What.ALARM and first.host in keepers and then.host in keepers:
        return f"on a keeper's machine {first.host}"  # whose guard sees it is another one's
    return ""
