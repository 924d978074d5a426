"""The judgement: named, not to be separated, consistent with these bulk doors, or nothing.

A person is named only if all of these hold; the answer says which did not (`why`):

0. the site is calibrated (`calibrating`), with a bound of at most 1 %;
1. at least `LEAST_ROWS` rows are usable, and a third of them tell their version: never on a set
   of charts alone, for that a thief can choose so that it is a colleague's;
2. no bulk door held the rows; where only backups or gaps of the ledger did, which hold whatever
   stood at their time, they and who explains the rows cannot be separated;
3. the door explains more than `bar` beyond all others: ln of the doors of its kind over 1 %, for
   rows, and what the site's own calibration asks on top; and, as a second opinion, the exact
   chance of so many openings among like charts;
4. no other door explains as well (swap);
5. the doors that are named opened three rows in four (a program opens a chart once, and one lost
   line is then one lost row: this is asked where a person is among them).

An opaque id is all an answer holds of a person. "Unlogged or outside" is always among the answers.
"""

from enum import StrEnum
from math import inf, log, log10

import msgspec
import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.trace.doors.bulk import Holding, holding
from chartkeep.incident.trace.doors.calibration import UNCALIBRATED, Calibration
from chartkeep.incident.trace.doors.chance import tail
from chartkeep.incident.trace.doors.controls import chances
from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.mixture import Chosen, Told, choose
from chartkeep.incident.trace.doors.openings import Numbers
from chartkeep.incident.trace.doors.site import Door, Kind, Site
from chartkeep.incident.trace.moment import Moment, find_moment
from chartkeep.model import Millis

LEAST_ROWS = 30
MOST_ROWS = 400
"""Rows that are weighed; a larger leak is sampled evenly. Bulk doors are held against all."""
MOST_DOORS = 200
MISSED = 0.05
"""A row of a guilty door that the log does not show: lines lost, rows matched wrongly."""
VERSIONED = 1 / 3
"""So many of the usable rows must tell their version."""
NARROW = 0.5
"""A window longer than this share of the log tells no version."""
EXPLAINED = 0.75
"""So much of the rows the named doors must have opened, where a person is among them."""
HELD = "a bulk door held the rows"
SURE = 100
"""One false name in so many of each kind of door, for each leak, before calibration."""


class Tier(StrEnum):
    """How far the answer goes."""

    NAMED = "named"
    SAME = "cannot be separated"
    BULK = "consistent with bulk doors"
    NOTHING = "nothing distinguishes"


class Suspect(msgspec.Struct, frozen=True):
    """A door and the evidence: rows it opened, its share of them, what it explains (nats).

    `tail`: log10 of the chance that it would have opened so many of like charts. `others` are
    doors nobody could tell from it.
    """

    door: Door
    rows: int
    share: float
    gain: float
    tail: float
    others: tuple[Door, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """Through which door, as far as it can be said.

    `suspects` are empty unless the tier is NAMED or SAME; `bulk` are the bulk doors that held the
    rows, with how many; `marked` those whose mark was found; `outside` is the share of rows
    "unlogged or outside". `bound`: how often at most this site's own calibration named falsely.
    """

    tier: Tier
    suspects: tuple[Suspect, ...]
    bulk: tuple[tuple[Door, int], ...]
    marked: tuple[Door, ...]
    outside: float
    rows: int
    usable: int
    versioned: int
    moment: Moment
    why: tuple[str, ...]
    bound: float = 1.0


class Weighed(msgspec.Struct, frozen=True):
    """What the rows say before any rule: for the judgement and for calibration."""

    leak: Leak
    moment: Moment
    bulk: tuple[Holding, ...]
    chosen: Chosen
    doors: Numbers
    """The doors asked about, by their places; `chosen` counts in this list."""
    cover: NDArray[np.bool_]
    expected: NDArray[np.float64]
    versioned: int


def judge(leak: Leak, site: Site, calibration: Calibration = UNCALIBRATED) -> Answer:
    """Say through which door a leak came, as far as this site's calibration lets it."""
    weighed = weigh(leak, site)
    if calibration.holds:
        return decide(weighed, site, calibration.bar, calibration.bound)
    return decide(weighed, site, inf)


def weigh(leak: Leak, site: Site, hidden: frozenset[int] = frozenset()) -> Weighed:
    """Weigh a leak against all doors; `hidden` ones are as if they had never been logged."""
    horizon = (Millis(site.openings.began * 1000), Millis(leak.posted * 1000))
    moment = find_moment(leak.windows(), horizon)
    best = moment.instants[0] if moment.instants else None
    copied = (best.low + best.high) // 2000 if best else leak.posted - 1
    every = np.arange(len(site.doors), dtype=np.int32)
    every[list(hidden)] = -1
    row, door = site.openings.covering(leak.spans(), every)
    bulk = tuple(each for each in holding(leak, site, door) if each.door not in hidden)
    doors, among = _asked(door, leak.size, len(site.doors))
    sampled = _sample(leak.size)
    part = leak.pick(sampled)
    expected, usable = chances(part, site, among, copied)
    cover = _cover(row, among[door].astype(np.int64), sampled, doors.size)
    kept = np.flatnonzero(usable)
    cover, expected, part = cover[kept], expected[kept], part.pick(kept)
    needed = _needed(kept.size, site)
    chosen = choose(Told.of(cover, expected, MISSED), needed[doors])
    versioned = _versioned(part, horizon)
    return Weighed(part, moment, bulk, chosen, doors, cover, expected, versioned)


def decide(weighed: Weighed, site: Site, bar: float = 0.0, bound: float = 1.0) -> Answer:
    """Apply the rules to what was weighed."""
    suspects = tuple(_suspect(weighed, site, at) for at in range(len(weighed.chosen.doors)))
    why = _against(weighed, suspects, site, bar)
    bulk = tuple((site.doors[each.door], each.rows) for each in weighed.bulk)
    marked = _marked(weighed.leak, site)
    tier = Tier.NOTHING
    if marked or (suspects and not why):
        tier = Tier.NAMED
    elif bulk and not (why == (HELD,) and all(door.whole for door, _ in bulk)):
        tier = Tier.BULK
    elif bulk:
        tier = Tier.SAME
        whole = tuple(door for door, _ in bulk)
        suspects = tuple(msgspec.structs.replace(each, others=whole) for each in suspects)
    elif suspects and len(why) == 1 and any(each.others for each in suspects):
        tier = Tier.SAME
    named = suspects if tier is Tier.SAME or (suspects and not why) else ()
    return Answer(
        tier, named, bulk, marked, float(weighed.chosen.fit.shares[0]), weighed.moment.rows,
        weighed.leak.size, weighed.versioned, weighed.moment, why, bound,
    )  # fmt: skip


def excess(weighed: Weighed, site: Site) -> float:
    """Give by how much the least of the chosen doors passes what arithmetic asks, in nats."""
    return float((np.array(weighed.chosen.gains) - _asked_of(weighed, site)).min(initial=inf))


def _asked_of(weighed: Weighed, site: Site) -> NDArray[np.float64]:
    """Give what each of the chosen doors must explain."""
    return _needed(weighed.leak.size, site)[weighed.doors[list(weighed.chosen.doors)]]


def _needed(rows: int, site: Site) -> NDArray[np.float64]:
    """Give what a door must explain: one of so many like it, and its share fitted to the rows."""
    return np.log(site.peers) + log(SURE) + 0.5 * log(max(1, rows))


def _sample(rows: int) -> Numbers:
    """Choose the rows that are weighed."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.linspace(0, rows - 1, MOST_ROWS).astype(np.int64)


def _asked(opened: Numbers, rows: int, count: int) -> tuple[Numbers, NDArray[np.int32]]:
    """Choose the doors worth weighing: those that opened most of the rows, bulk ones too."""
    counts = np.bincount(opened, minlength=count)
    order = np.argsort(-counts, kind="stable")[:MOST_DOORS]
    doors = order[counts[order] >= max(3, rows // 50)]
    among = np.full(count, -1, np.int32)
    among[doors] = np.arange(doors.size)
    return doors, among


def _cover(row: Numbers, place: Numbers, sampled: Numbers, doors: int) -> NDArray[np.bool_]:
    """Write down which sampled rows which doors opened."""
    cover = np.zeros((sampled.size, doors), np.bool_)
    kept = np.isin(row, sampled) & (place >= 0)
    cover[np.searchsorted(sampled, row[kept]), place[kept]] = True
    return cover


def _versioned(leak: Leak, horizon: tuple[Millis, Millis]) -> int:
    """Count the rows whose window rules out a good part of the time."""
    ends = np.minimum(leak.end, horizon[1] // 1000)
    starts = np.maximum(leak.start, horizon[0] // 1000)
    width = np.bincount(leak.of, np.maximum(0, ends - starts), minlength=leak.size)
    has = np.bincount(leak.of, minlength=leak.size) > 0
    if leak.fields is not None:  # a file lies there since some day, and has no versions
        has &= leak.fields > 0
    return int((has & (width <= NARROW * (horizon[1] - horizon[0]) / 1000)).sum())


def _suspect(weighed: Weighed, site: Site, at: int) -> Suspect:
    chosen, place = weighed.chosen, weighed.chosen.doors[at]
    rows = int(weighed.cover[:, place].sum())
    return Suspect(
        site.doors[weighed.doors[place]], rows, float(chosen.fit.shares[at + 1]),
        chosen.gains[at], tail(weighed.expected[:, place], rows),
        tuple(site.doors[weighed.doors[other]] for other in chosen.same[at]),
    )  # fmt: skip


def _against(
    weighed: Weighed, suspects: tuple[Suspect, ...], site: Site, bar: float
) -> tuple[str, ...]:
    """List what forbids a name."""
    peers = site.peers[weighed.doors[list(weighed.chosen.doors)]]
    chance = any(
        each.tail > -log10(SURE * many) for each, many in zip(suspects, peers, strict=True)
    )
    covered = weighed.cover[:, list(weighed.chosen.doors)].any(axis=1).mean() if suspects else 0.0
    people = any(each.door.kind is Kind.PERSON for each in suspects)
    rules = (
        (not suspects, "no door explains the rows better than chance"),
        (weighed.leak.size < LEAST_ROWS, f"fewer than {LEAST_ROWS} rows can be compared"),
        (weighed.versioned < VERSIONED * weighed.leak.size, "too few rows tell their version"),
        (bool(weighed.bulk), HELD),
        (bar == inf, "this site is not calibrated, or errs too often"),
        (excess(weighed, site) <= bar, "it explains less than this site asks"),
        (chance, "so many openings of like charts may be chance"),
        (any(each.others for each in suspects), "other doors explain the rows as well"),
        (people and covered < EXPLAINED, "too many rows came another way"),
    )  # fmt: skip
    return tuple(words for holds, words in rules if holds)


def _marked(leak: Leak, site: Site) -> tuple[Door, ...]:
    """List the doors whose mark was found, and not by accident."""
    likely = 1 / (SURE * max(1, len(site.bulk)))
    return tuple(site.doors[at] for at, chance in leak.marked.items() if chance <= likely)
