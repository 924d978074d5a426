"""`chartkeep status`: how the house is, in sentences; red ones need a person."""

import typer
from rich.table import Table

from chartkeep.cli.options import HomeOption, console, show_time
from chartkeep.continuity.downtimes import running
from chartkeep.continuity.registry import unreconciled
from chartkeep.custody.house import House
from chartkeep.custody.inbox import waiting_since
from chartkeep.errors import ChartkeepError
from chartkeep.model import Millis
from chartkeep.recovery.drill import what_is_red
from chartkeep.store.protocol import Health
from chartkeep.wiring.drilling import newest_drill
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.kit import kit_trouble
from chartkeep.wiring.packing import FILE as PACKS
from chartkeep.wiring.packing import read_packs
from chartkeep.wiring.running import now

PAPER_PATIENCE = 7 * 86_400_000
"""Milliseconds until numbers of paper forms without an end are red."""


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
        table.add_row("store", f"frozen: {store.frozen}" if store.frozen else "takes entries in")
        table.add_row("vault", _vault(store))
        table.add_row("entries", f"{store.entries:,} in {store.bytes / 1e6:,.1f} MB sealed")
        red += store.alarms
        table.add_row("inbox", _inbox(waiting_since(house)))
        _paper(table, red, house)
        _drills(table, red, house_home, vaulted=store.vaulted >= 0)
        if store.frozen:
            red.append("the store is frozen: look at its host, then chartkeep resume")
    except ChartkeepError as error:
        red.append(str(error))
    red += _files(house_home)
    console.print(table)
    for sentence in red:
        console.print(f"[bold red]red[/]: {sentence}")
    if red:
        raise typer.Exit(1)


def _files(home: Home) -> list[str]:
    """Say what is wrong with files of the house that nobody reads every day."""
    red = [kit_trouble(home)]
    if (home.root / PACKS).exists():
        try:
            read_packs(home.root)
        except ChartkeepError as error:
            red.append(str(error))
    return list(filter(None, red))


def _drills(table: Table, red: list[str], home: Home, *, vaulted: bool) -> None:
    """Say how the last restore drill went; a house that has a vault and no drill is red."""
    newest = newest_drill(home)
    if newest is None and not vaulted:
        return
    table.add_row("drill", newest.sentence() if newest else "none")
    red += what_is_red(newest, now())


def _paper(table: Table, red: list[str], house: House) -> None:
    """Say how much paper nobody has accounted for, and since when; old paper is red."""
    since = running(house)
    table.add_row("downtime", f"since {show_time(since[0])}" if since else "none")
    paper = unreconciled(house)
    if paper.since is None:
        table.add_row("paper forms", "nothing open")
        return
    words = f"{paper.batches:,} packs' numbers, since {show_time(paper.since)}"
    table.add_row("paper forms", f"{words}: chartkeep forms list")
    if house.clock() - paper.since > PAPER_PATIENCE:
        red.append(f"paper forms are unreconciled: {words}")


def _vault(store: Health) -> str:
    """Say how far the vault is behind, by its own word."""
    if store.vaulted < 0:
        return "none ever took anything"
    return f"{store.vaulted:,} lines, {store.vault_lag / 1000:.1f} s behind"


def _inbox(waiting: list[Millis]) -> str:
    """Say how much nobody has placed yet, and since when."""
    if not waiting:
        return "empty"
    return f"{len(waiting):,} wait, since {show_time(waiting[0])}: chartkeep inbox list"


def _reviews(count: int, oldest: int) -> str:
    """Say how many break-glass openings wait, and for how long."""
    return f"{count:,} break-glass, the oldest {oldest // 60_000:,} minutes" if count else "nothing"
