"""`chartkeep status`: how the house is, in sentences; red ones need a person."""

import typer
from rich.table import Table

from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import ChartkeepError
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(home: HomeOption) -> None:
    """Say how keyholder and store are, and what needs a person; then the exit code is 1."""
    house_home = Home(home)
    house = join(house_home, "verifier")
    table = Table(box=None, show_header=False, pad_edge=False)
    red: list[str] = []
    try:
        keyholder = house.keyholder.status()
        table.add_row("facility", keyholder.facility)
        table.add_row("charts", f"{keyholder.charts - 1:,} and the facility's own")
        table.add_row("releases", f"{keyholder.lines:,} lines, {keyholder.witnessed:,} witnessed")
        table.add_row("follower", keyholder.follower)
        table.add_row("frozen", ", ".join(keyholder.frozen) or "nothing")
        table.add_row("waiting", ", ".join(p.hex() for p in keyholder.proposals) or "nothing")
        table.add_row("to review", _reviews(keyholder.reviews, keyholder.oldest_review))
        red += keyholder.red
    except ChartkeepError as error:
        red.append(str(error))
    try:
        store = house.store.status()
        table.add_row("records", f"{store.size:,} lines, {store.witnessed:,} witnessed")
        table.add_row("entries", f"{store.entries:,} in {store.bytes / 1e6:,.1f} MB sealed")
        red += store.alarms
    except ChartkeepError as error:
        red.append(str(error))
    console.print(table)
    for sentence in red:
        console.print(f"[bold red]red[/]: {sentence}")
    if red:
        raise typer.Exit(1)


def _reviews(count: int, oldest: int) -> str:
    """Say how many break-glass openings wait, and for how long."""
    return f"{count:,} break-glass, the oldest {oldest // 60_000:,} minutes" if count else "nothing"
