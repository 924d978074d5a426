"""`chartkeep open`: look into a chart, once a line about it is durable."""

from collections import Counter
from typing import Annotated

import orjson
import typer
from rich.table import Table

from chartkeep.cli.options import (
    HomeOption,
    console,
    read_hex,
    read_purpose,
    read_sections,
    show_time,
)
from chartkeep.cli.search import find_chart
from chartkeep.cli.sessions import kept_session
from chartkeep.clinical.summary import what, when
from chartkeep.custody.release import Look, Opened, release
from chartkeep.model import Section
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

MOST_SHOWN = 40


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("open")(open_chart)


def open_chart(
    home: HomeOption,
    patient: Annotated[str, typer.Argument(help="A chart's id, or the patient's number.")],
    purpose: Annotated[str, typer.Option(help="Why: TREAT, BTG (break-glass), HPAYMT, …")],
    section: Annotated[
        list[str] | None, typer.Option(help="face, clinical, results, identity, …; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="In words; break-glass needs it.")] = "",
    grant: Annotated[str, typer.Option(help="The grant two people gave you.")] = "",
    *,
    json: Annotated[bool, typer.Option("--json", help="The resources as received.")] = False,
) -> None:
    """Open sections of a chart; face, clinical and results unless you name others."""
    kept = kept_session()
    house = join(Home(home), kept.instance)
    token = bytes.fromhex(kept.token)
    chart = find_chart(patient, token, house)
    look = Look(
        token, read_sections(section), read_purpose(purpose), reason, read_hex(grant, "grant")
    )
    opened = release(chart, look, house)
    if json:
        for entry in opened.entries:
            typer.echo(entry.raw)
    else:
        show_chart(opened)
    for sentence in opened.damaged:
        console.print(f"[bold red]damaged[/]: {sentence}")


def show_chart(opened: Opened) -> None:
    """Print a chart as people read it: newest first, each line with its own words."""
    kinds = Counter(entry.header.kind for entry in opened.entries)
    console.print(
        f"{len(opened.entries)} entries opened, line {opened.line} of the ledger says so; "
        f"leased until {show_time(opened.lease_end)}"
    )
    console.print(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    table = Table("day", "section", "what", "in words", box=None, pad_edge=False)
    rows = []
    for entry in opened.entries:
        if entry.header.kind.startswith("Face"):
            continue
        body = orjson.loads(entry.raw)
        section = Section(entry.header.section).name.lower()
        rows.append((when(body), section, entry.header.kind, what(body)))
    for row in sorted(rows, reverse=True)[:MOST_SHOWN]:
        table.add_row(*row)
    console.print(table)
    if len(rows) > MOST_SHOWN:
        console.print(f"… and {len(rows) - MOST_SHOWN} older, --json shows all")
