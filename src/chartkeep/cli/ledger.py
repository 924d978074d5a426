"""`chartkeep ledger verify`, `ledger export` and `ledger head`."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.cli.progress import BEGINS_ANEW, working
from chartkeep.errors import LedgerBrokenError
from chartkeep.wiring.home import Home
from chartkeep.wiring.vaulting import read_ledger
from chartkeep.wiring.verifying import (
    Checked,
    export_releases,
    signed_head,
    verify_records,
    verify_releases,
)

ledger = typer.Typer(no_args_is_help=True, help="Check both ledgers, or give one to a stranger.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(ledger, name="ledger")


@ledger.command()
def verify(home: HomeOption) -> None:
    """Check every line, every sealed object and every tile, and what the witness saw."""
    house_home = Home(home)
    with working("checking releases", BEGINS_ANEW) as tell:
        releases = verify_releases(
            house_home, lambda size: tell(f"checking releases: {size:,} lines")
        )
        tell("checking records")
        records = verify_records(house_home)
    for checked in (releases, records):
        _show(checked)
    if releases.wrong or records.wrong:
        raise LedgerBrokenError("a ledger is damaged", hint="keep everything, restore beside it")


@ledger.command()
def export(
    home: HomeOption, folder: Annotated[Path, typer.Argument(help="Where to write the files.")]
) -> None:
    """Write `releases` as static C2SP tlog-tiles files; they show no name and no chart."""
    house_home = Home(home)
    size = export_releases(house_home, folder)
    console.print(f"{size:,} lines written to {folder}; a stranger checks them with")
    console.print(
        f"  python verify.py ledger {folder} --key {house_home.file.releases_key}", soft_wrap=True
    )


@ledger.command()
def head(
    home: HomeOption,
    which: Annotated[str, typer.Argument(help="records or releases.")],
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
) -> None:
    """Write a ledger's newest checkpoint, signed: what a witness's operator accepts a gap by."""
    note = signed_head(Home(home), read_ledger(which))
    file.write_text(note)
    console.print(f"{which} has {int(note.splitlines()[1]):,} lines; written to {file}")


def _show(checked: Checked) -> None:
    verdict = "[bold red]damaged[/]" if checked.wrong else "whole"
    console.print(f"{checked.ledger}: {checked.size:,} lines, {verdict}")
    for sentence in checked.wrong:
        console.print(f"  {sentence}", markup=False, soft_wrap=True)
