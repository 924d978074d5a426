"""`chartkeep disclosures`: a patient's own accounting, who saw what of their chart and why."""

from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.options import HomeOption, console, read_time, show_in_column, show_time
from chartkeep.cli.search import find_chart
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.release import Look
from chartkeep.incident.accounting import Accounting, Disclosure, account
from chartkeep.incident.trail import Trail
from chartkeep.model import Purpose, Section
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

MOST_SHOWN = 200


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(disclosures)


def disclosures(
    home: HomeOption,
    patient: Annotated[str, typer.Argument(help="A chart's id, or the patient's number.")],
    since: Annotated[str, typer.Option(help="From when: 2024-05-19T14:00")],
    until: Annotated[str, typer.Option(help="Until when.")],
) -> None:
    """List who saw what of a patient's chart, when, and why; for roles that audit."""
    kept, house_home = kept_session(), Home(home)
    house = join(house_home, kept.instance)
    token = bytes.fromhex(kept.token)
    look = Look(token, frozenset({Section.JOURNAL}), Purpose.AUDIT, "accounting of disclosures")
    trail = Trail(look, house, house_home.releases_key, house_home.programs())
    begin, end = read_time(since), read_time(until)
    show_accounting(account(find_chart(patient, token, house), begin, end, trail))


def show_accounting(found: Accounting) -> None:
    """Print an accounting; loudly what is unknown."""
    people = {each.release.person for each in found.disclosures}
    console.print(
        f"{show_time(found.since)} to {show_time(found.until)}: "
        f"{len(found.disclosures):,} disclosures to {len(people):,} people"
    )
    if not found.is_exact:
        console.print(
            f"[bold red]at least[/]: {found.gaps} gaps in the ledger hide the rest, "
            f"{len(found.damaged)} parts of the journal cannot be read"
        )
    table = Table(box=None, pad_edge=False)
    for column in ("when", "who", "role", "why", "sections", "read"):
        table.add_column(column, no_wrap=column == "when")
    for each in found.disclosures[:MOST_SHOWN]:
        told = each.release
        table.add_row(
            show_in_column(told.time), told.person, told.role,
            " ".join(filter(None, (told.purpose, told.reason))),
            " ".join(section.name.lower() for section in each.sections), show_reads(each),
        )  # fmt: skip
    console.print(table)
    if len(found.disclosures) > MOST_SHOWN:
        console.print(f"… and {len(found.disclosures) - MOST_SHOWN:,} more: narrow the window")


def show_reads(each: Disclosure) -> str:
    """Say in few words what was read under one release."""
    counted = Counter(f"{read.verb} {read.kind}".strip() for read in each.reads)
    named = [f"{name} x{n}" if n > 1 else name for name, n in counted.items()]
    opened = dict.fromkeys(f"pack opened by {one.person} (typed)" for one in each.openings)
    return ", ".join([*named, *opened])
