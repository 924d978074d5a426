"""Our record or only our patients, where no number of ours is left: how often is which said.

    python -m bench.incident_copy [--charts 20000] [--others 400] [--copies 200]

People are invented; two in five got another phone in a thousand days, three in ten another address,
a few had a slip in name or birth date that was corrected. *Others* hold some of the same people:
each holder with rates of its own, drawn wide, for how many are ours, how it spells, which address
and phone it knows, and which changes it heard of; one in five reads a registry, and so has
names and addresses as we do. One in four has our patients only. *Copies* are of ours as of an
instant, as they are, with slips (one value in twenty), made much worse, or with few columns.
Nobody has a number of ours: what is counted is `our record` said of each.
"""

import argparse
import time
from math import comb
from typing import NamedTuple

from bench import machine
from bench.incident_rows import ADMITTED, KEY, Person, Values, World, chart_of, mistyped, reading_of
from bench.incident_rows import told as written
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.matching import Matcher
from chartkeep.incident.trace.ours import Tally, Verdict, copy_of, judge_table
from chartkeep.inventor.chance import Chance, chance_for
from chartkeep.model import Millis

ROWS, DAYS, DAY = 300, 1_000, 86_400_000
EVERY = (1, 2, 3, 4, 5, 6)
COPIES = (
    ("as they are", EVERY, 0, 0.0),
    ("one value in twenty changed", EVERY, 0, 0.05),
    ("made much worse", EVERY, 1, 0.0),
    ("name, birth date, sex alone", (1, 2, 3), 0, 0.0),
)
FIGURES: list[tuple[str, str, str]] = []


class Life(NamedTuple):
    """What our record says of somebody: first, and from a day on."""

    was: Person
    day: int
    now: Person

    def at(self, day: int) -> Person:
        return self.now if day >= self.day else self.was


class Holder(NamedTuple):
    """Another holder: how many of its people are ours, and how often it has what we have."""

    ours: float
    spelled: float
    address: float
    phone: float
    heard: float


def live(world: World, number: int) -> Life:
    """Give somebody's record through the days; most change nothing."""
    chance = chance_for(5, number)
    who = was = now = world.person(number)
    other = world.person(number + 50_000_000)
    if chance.random() < 0.4:
        now = now._replace(phone=other.phone)
    if chance.random() < 0.3:
        now = now._replace(address=other.address)
    if chance.random() < 0.04:
        was = was._replace(name=respelled(who.name, chance))
    if chance.random() < 0.02:
        year, month, day = who.birth
        was = was._replace(birth=(year, month, 1 + day % 28))
    return Life(was, 1 + chance.randrange(DAYS), now)


def respelled(name: str, chance: Chance) -> str:
    given, family = name.split()
    return f"{given} {mistyped(family, chance)}"


def index_of(lives: list[Life]) -> Matcher:
    builder = Builder(KEY)
    for number, life in enumerate(lives):
        history = [(ADMITTED, reading_of(life.was))]
        if life.was != life.now:
            history.append((Millis(ADMITTED + life.day * DAY), reading_of(life.now)))
        builder.add(chart_of(number), history)
    return Matcher(builder.finish(), KEY)


def draw_holder(chance: Chance) -> Holder:
    registry = chance.random() < 0.2
    return Holder(
        1.0 if chance.random() < 0.25 else chance.uniform(0.05, 1),
        1.0 if registry else chance.uniform(0.3, 1), 1.0 if registry else chance.uniform(0.1, 0.95),
        chance.uniform(0.2, 0.95), chance.random(),
    )  # fmt: skip


def held(life: Life, holder: Holder, spare: Person, chance: Chance) -> Values:
    """Write a person as another holder has it: heard of some changes, asked for itself."""
    day = DAYS if chance.random() < holder.heard else 0
    who = life.at(day)._replace(name=life.now.name, birth=life.now.birth)
    if chance.random() > holder.spelled:
        who = who._replace(name=respelled(who.name, chance))
    if chance.random() > holder.address:
        who = who._replace(address=spare.address)
    if chance.random() > holder.phone:
        who = who._replace(phone=spare.phone)
    return written(who, 0, chance)


def slipped(values: Values, often: float, chance: Chance) -> Values:
    return tuple(
        mistyped(each, chance) if chance.random() < often and len(each) > 3 else each
        for each in values
    )


def is_said_ours(matcher: Matcher, table: list[Values], columns: tuple[int, ...]) -> bool:
    rows = [Row(n, tuple(each[at] for at in columns)) for n, each in enumerate(table, 1)]
    kinds = ("names", "births", "sexes", "phones", "addresses", "cities")
    found = {kind: (columns.index(at),) for at, kind in enumerate(kinds, 1) if at in columns}
    names = tuple((at,) for at in found.pop("names"))
    labels = Labels(names=names, **found)  # type: ignore[arg-type]
    share, tally = matcher.share(rows[:100], labels), Tally()
    for matched in matcher.match(rows, labels, share):
        tally.add(matched)
    return judge_table(tally, copy_of(tally, ())) is Verdict.RECORD


def others(matcher: Matcher, lives: list[Life], count: int, chance: Chance) -> None:
    """Ask of other holders' tables."""
    wrong, strangers = 0, World(2)
    for number in range(count):
        holder, table = draw_holder(chance), []
        for row in range(ROWS):
            spare = strangers.person(number * ROWS + row)
            ours = chance.random() < holder.ours
            life = chance.choice(lives) if ours else Life(spare, 0, spare)
            table.append(held(life, holder, spare, chance))
        wrong += is_said_ours(matcher, table, EVERY)
    say(f"other holders: called our record, of {count}", str(wrong), "0")
    # The exact upper bound: so many or fewer would be seen once in twenty.
    bound = next(p / 1000 for p in range(1, 1001) if binomial(wrong, count, p / 1000) < 0.05)
    say("... at most, 95 %", f"{bound:.3f}", "<= .01")


def binomial(most: int, of: int, p: float) -> float:
    return sum(comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(most + 1))


def copies(matcher: Matcher, lives: list[Life], count: int, chance: Chance) -> None:
    """Ask of copies of ours."""
    for name, columns, level, slips in COPIES:
        found = 0
        for _ in range(count):
            day = chance.randrange(DAYS)
            people = [chance.choice(lives).at(day) for _ in range(ROWS)]
            table = [slipped(written(who, level, chance), slips, chance) for who in people]
            found += is_said_ours(matcher, table, columns)
        say(f"copies of ours, {name}: called our record, of {count}", str(found))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.incident_copy")
    parser.add_argument("--charts", type=int, default=20_000)
    parser.add_argument("--others", type=int, default=400)
    parser.add_argument("--copies", type=int, default=100)
    asked = parser.parse_args()
    began, chance = time.process_time(), chance_for("copies")
    world = World(1)
    lives = [live(world, number) for number in range(asked.charts)]
    matcher = index_of(lives)
    others(matcher, lives, asked.others, chance)
    copies(matcher, lives, asked.copies, chance)
    say("processor", f"{time.process_time() - began:.0f} s")
    machine.print_table("incident_copy", ("what", "measured", "asked"), FIGURES)


def say(what: str, measured: str, wanted: str = "") -> None:
    FIGURES.append((what, measured, wanted))
    machine.progress(f"{what}: {measured}")


if __name__ == "__main__":
    main()
