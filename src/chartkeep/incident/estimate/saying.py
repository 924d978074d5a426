"""An estimate in plain words: how many, in which ways; and loudly what is unknown. Pure."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from chartkeep.incident.counted import many
from chartkeep.incident.duties.rule import Fact, Rule
from chartkeep.incident.estimate.comparing import Difference
from chartkeep.incident.estimate.counting import count
from chartkeep.incident.estimate.estimate import Estimate
from chartkeep.incident.estimate.readable import Keys, known_of, spared, split
from chartkeep.incident.estimate.suspect import Suspect
from chartkeep.model import Millis

MOST_COUNTS: Final = 12
UNKNOWN: Final = "unknown: "
LEAST: Final = "at least "
Show = Callable[[int], str]
"""Writes a time."""


def say_suspect(one: Suspect, show: Show) -> str:
    """Name a suspect and its window."""
    return f"{one.words()}, {show(one.since)} to {show(one.until)}"


def say_query(found: Estimate, show: Show) -> str:
    """Write what gives an estimate's numbers again."""
    told = "; ".join(say_suspect(one, show) for one in found.suspects)
    return f"{told}; ledger of {found.size} lines"


def say(
    found: Estimate, keys: Keys, law: tuple[list[Rule], Millis], at: str, show: Show
) -> Iterator[str]:
    """Say an estimate line by line, none of which names a chart.

    `law`: the rules, and now. `at`: the facility's name, for an estimate is of one.
    """
    for one, began in zip(found.suspects, found.widened, strict=True):
        since = show(began) if began > 0 else "the beginning"
        widened = f", counted from {since}" if began < one.since else ""
        yield f"{say_suspect(one, show)}{widened}"
    counts = count(found)
    sure = "exactly " if found.is_exact else LEAST
    own = ", and the house's own" if counts.own else ""
    searched = many(found.searches, "search", "searches")
    yield f"{sure}{many(counts.charts, 'chart')} exposed at {at}{own}, {searched}"
    yield from (f"{UNKNOWN}{hole.why}" for hole in found.unknown)
    yield from _counts("how", {way.value: n for way, n in counts.ways.items()})
    yield from _counts("sections", {each.name.lower(): n for each, n in counts.sections.items()})
    yield from _counts("wards", counts.wards)
    judged = split(found, keys)
    for verdict, reasons in judged.reasons.items():
        yield f"{verdict}: {many(judged.charts[verdict], 'chart')}, as {'; '.join(reasons)}"
    yield say_laws(known_of(judged), *law)


def say_laws(known: dict[Fact, bool], rules: list[Rule], now: Millis) -> str:
    """Say which laws ask nothing, or less, for what is unreadable; not legal advice."""
    if not known.get(Fact.UNREADABLE):
        return "by no law is it treated as unreadable"
    fewer = spared(rules, {Fact.HEALTH_DATA: True, Fact.DATA_OUT: True}, now, now)
    laws = dict.fromkeys(_law(one.rule) for one in fewer)
    others = "; ".join(dict.fromkeys(law for each in rules if (law := _law(each)) not in laws))
    told = f"some duties fall away for what is unreadable, by: {'; '.join(laws)}"
    return f"{told}; all stay, by: {others}" if others else told


def _law(rule: Rule) -> str:
    return f"{rule.jurisdiction} {rule.law}"


def say_difference(found: Difference, old: int, new: int, show: Show) -> Iterator[str]:
    """Say what a newer version changes, line by line, none of which names a chart."""
    told = (
        f"{many(len(found.added), 'chart')} more, {len(found.gone):,} no longer",
        f"{len(found.wider):,} with more of them, {len(found.narrower):,} with less",
        f"{found.same:,} the same; the ledger grew by {found.lines:,} lines",
    )
    yield f"from version {old} to {new}: {', '.join(told)}"
    yield from (f"new asked: {say_suspect(one, show)}" for one in found.suspects_added)
    yield from (f"no longer asked: {say_suspect(one, show)}" for one in found.suspects_gone)
    yield from (f"new hole: {hole.why}" for hole in found.opened)
    yield from (f"hole closed: {hole.why}" for hole in found.closed)


def _counts(what: str, counts: dict[str, int]) -> Iterator[str]:
    told = [f"{name} {n:,}" for name, n in islice(counts.items(), MOST_COUNTS)]
    if len(counts) > MOST_COUNTS:
        told.append(f"{len(counts) - MOST_COUNTS:,} more")
    if told:
        yield f"  {what}: {', '.join(told)}"
