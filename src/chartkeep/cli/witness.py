"""`chartkeep witness`, `accept-gap`: one process of a house, and nothing of another's in it."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.wiring import witnessing
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import now
from chartkeep.witness.gaps import accept_gap, read_gap


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(witness)
    app.command("accept-gap")(accept)


def witness(home: HomeOption) -> None:
    """Run the witness: it cosigns ledgers that only grow, and refuses all others."""
    witnessing.witness(Home(home))


def accept(
    home: HomeOption,
    head: Annotated[Path, typer.Argument(help="What chartkeep ledger head wrote at the house.")],
    by: Annotated[str, typer.Option(help="Who accepts it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Accept that a ledger lost its end, on the witness's host: it cosigns it again from here on.

    Compare both sizes with what the house tells you, by telephone, before you say yes: who rolled
    a ledger back would send you the same file.
    """
    house = Home(home)
    folder = house.root / "witness"
    gap = read_gap(folder, head.read_bytes(), [house.releases_key, house.records_key])
    saw, new = gap.saw.checkpoint, gap.now.checkpoint
    console.print(f"{new.origin}: this witness saw {saw.size:,} lines", soft_wrap=True)
    console.print(f"the house has {new.size:,} lines now, and asks to go on from there")
    if not yes:
        typer.confirm("do the two numbers agree with what the house told you?", abort=True)
    accept_gap(folder, gap, by, now())
    console.print("accepted, and written down in gaps.jsonl; the house starts its keepers again")
