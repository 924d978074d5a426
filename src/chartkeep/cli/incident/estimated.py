"""An estimate in words: how many, which, how; and loudly what is unknown."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from rich.table import Table

from chartkeep.cli.options import console, plain, show_time
from chartkeep.custody.house import House
from chartkeep.incident.duties.rule import Fact, read_rules
from chartkeep.incident.estimate.counting import count
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.kinds import kinds_of
from chartkeep.incident.estimate.readable import Keys, known_of, spared, split
from chartkeep.incident.estimate.suspect import Suspect
from chartkeep.ledger.line import mask_sections
from chartkeep.model import Millis, to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import now

MOST_SHOWN = 25
MOST_WARDS = 12


def tell_suspect(one: Suspect) -> str:
    """Name a suspect and its window."""
    return f"{one.words()}, {show_time(one.since)} to {show_time(one.until)}"


def tell_query(found: Estimate) -> str:
    """Write what gives an estimate's numbers again."""
    return "; ".join(map(tell_suspect, found.suspects)) + f"; ledger of {found.size} lines"


def show_estimate(found: Estimate, keys: Keys, most: int = MOST_SHOWN) -> None:
    """Print an estimate: how many, which, how; and loudly what is unknown."""
    for one, began in zip(found.suspects, found.widened, strict=True):
        widened = f", counted from {show_time(began)}" if began < one.since else ""
        console.print(f"{tell_suspect(one)}{widened}", soft_wrap=True)
    counts = count(found)
    words = "exactly" if found.is_exact else "[bold red]at least[/]"
    own = ", and the house's own" if counts.own else ""
    console.print(f"{words} {counts.charts:,} charts exposed{own}, {found.searches:,} searches")
    for hole in found.unknown:
        console.print("[bold red]unknown[/]:", plain(hole.why), soft_wrap=True)
    _show_counts({way.value: n for way, n in counts.ways.items()})
    _show_counts({each.name.lower(): n for each, n in counts.sections.items()})
    _show_counts(dict(list(counts.wards.items())[:MOST_WARDS]))
    judged = split(found, keys)
    for verdict, reasons in judged.reasons.items():
        words = "; ".join(reasons)
        console.print(
            plain(f"{verdict}: {judged.charts[verdict]:,} charts, as {words}"), soft_wrap=True
        )
    console.print(tell_laws(known_of(judged)), soft_wrap=True)
    if not len(found):
        return
    table = Table(box=None, pad_edge=False)
    for column in ("chart", "first", "last", "ward", "how"):
        table.add_column(column, no_wrap=column == "chart")
    for number, each in enumerate(found):
        if number == most:
            break
        how = "; ".join(f"{way}: {_names(mask)}" for way, mask in each.how.items())
        first, last = show_time(each.first), show_time(each.last)
        table.add_row(to_text(each.chart), first, last, each.ward, how)
    console.print(table)
    if len(found) > most:
        console.print(f"… and {len(found) - most:,} more in the estimate")


def write_table(found: Estimate, house: House, out: Path) -> None:
    """Write a row a chart: times, ward, sections for each way, and the kinds of data in them."""
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["chart", "first", "last", "ward", *How, "kinds"])
        for each, kinds in kinds_of(found, house):
            ways = (_names(each.how.get(way, 0)) for way in How)
            first, last = show_time(each.first), show_time(each.last)
            table.writerow([to_text(each.chart), first, last, each.ward, *ways, " ".join(kinds)])


def _names(mask: int) -> str:
    return " ".join(section.name.lower() for section in mask_sections(mask))


def _show_counts(counts: dict[str, int]) -> None:
    if counts:
        told = ", ".join(f"{name} {n:,}" for name, n in counts.items())
        console.print(plain(f"  {told}"), soft_wrap=True)


def tell_laws(known: dict[Fact, bool]) -> str:
    """Say which laws ask nothing, or less, for what is unreadable; not legal advice."""
    if not known.get(Fact.UNREADABLE):
        return "by no law is it treated as unreadable"
    facts = {Fact.HEALTH_DATA: True, Fact.DATA_OUT: True}
    fewer = spared(read_rules(), facts, Millis(now()), Millis(now()))
    laws = dict.fromkeys(f"{one.rule.jurisdiction} {one.rule.law}" for one in fewer)
    return f"some duties fall away for what is unreadable, by: {'; '.join(laws)}"


def show_proofs(written: Iterable[Path], home: Home) -> None:
    """Say how an outsider checks lists without this software, as each is written."""
    keys = f"--key {home.file.releases_key} --witness {home.file.witness_key}"
    for out in written:
        console.print(f"  python verify/verify.py exposure {out} {keys}", soft_wrap=True)
