"""An estimate in words: how many, which, how; and loudly what is unknown."""

import csv
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from chartkeep.cli.options import console, plain, show, show_span, show_time
from chartkeep.custody.house import House
from chartkeep.incident.counted import many
from chartkeep.incident.duties.rule import read_rules
from chartkeep.incident.estimate.counting import OUTSIDE
from chartkeep.incident.estimate.estimate import Estimate, Exposed, How
from chartkeep.incident.estimate.kinds import Use, kinds_of
from chartkeep.incident.estimate.readable import Keys
from chartkeep.incident.estimate.saying import LEAST, UNKNOWN, say
from chartkeep.incident.estimate.suspect import Suspect
from chartkeep.ledger.line import mask_sections
from chartkeep.model import to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import now

MOST_SHOWN = 25


def show_estimate(found: Estimate, keys: Keys, at: str, most: int = MOST_SHOWN) -> None:
    """Print a facility's estimate: how many, which, how; and loudly what is unknown."""
    for line in say(found, keys, (read_rules(), now()), at, show_time):
        show(line, "bold red" if line.startswith((UNKNOWN, LEAST)) else "")
    for each in islice(found, most):
        how = "; ".join(f"{way}: {_names(mask)}" for way, mask in each.how.items())
        show(f"{to_text(each.chart)}  {show_span(each.first, each.last)}")
        show(f"  {each.ward or OUTSIDE}, {how}")
        if len(found.suspects) > 1:
            show(f"  {_suspects(found, each)}")
    if len(found) > most:
        console.print(f"… and {len(found) - most:,} more in the estimate")


def show_uses(one: Suspect, times: list[Use]) -> None:
    """Say who was given keys of a chart whose key is suspected."""
    console.print(f"{one.words()}: given out {many(len(times), 'time')} in the window")
    for use in times[:MOST_SHOWN]:
        whom = f"{use.person or 'nobody'} through {use.instance}"
        told = f"  {show_time(use.time)}  {use.verb} to {whom}: {_names(use.sections)}"
        console.print(plain(told), soft_wrap=True)


def write_table(found: Estimate, house: House, out: Path) -> None:
    """Write a row a chart: times, ward, sections for each way, and the kinds of data in them."""
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["chart", "first", "last", "ward", *How, "kinds", "suspects"])
        for each, kinds in kinds_of(found, house):
            ways = (_names(each.how.get(way, 0)) for way in How)
            first, last = show_time(each.first), show_time(each.last)
            row = (to_text(each.chart), first, last, each.ward, *ways, " ".join(kinds))
            table.writerow([*row, _suspects(found, each)])


def _suspects(found: Estimate, one: Exposed) -> str:
    return "; ".join(found.suspects[number].words() for number in one.by)


def _names(mask: int) -> str:
    return " ".join(section.name.lower() for section in mask_sections(mask))


def show_proofs(written: Iterable[Path], home: Home) -> None:
    """Say how an outsider checks lists without this software, as each is written."""
    keys = f"--key {home.file.releases_key} --witness {home.file.witness_key}"
    for out in written:
        console.print(f"  python verify/verify.py exposure {out} {keys}", soft_wrap=True)
