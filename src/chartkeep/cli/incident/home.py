"""`chartkeep incident home, learn`: make the desk's own folder; tell an older one the ledger."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import DeskOption, KeyOption, open_desk
from chartkeep.cli.options import HomeOption, console
from chartkeep.wiring.desk import make_desk, teach_desk
from chartkeep.wiring.home import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(home)
    app.command()(learn)


def home(
    desk: DeskOption,
    house: HomeOption,
    key_file: Annotated[
        Path,
        typer.Option(help="Where to write the desk's passphrase: not under desk or house."),
    ],
) -> None:
    """Make the desk's folder: what names a patient there is sealed, its key lies elsewhere."""
    made = make_desk(desk, Home(house), key_file)
    console.print(f"the incident desk of {made.file.facility} is in {desk}", soft_wrap=True)
    console.print(
        f"its key file is {key_file}: keep a copy elsewhere, without it no case opens",
        soft_wrap=True,
    )
    console.print(f"who checks its cases wants this key: {made.file.key}", soft_wrap=True)


def learn(desk: DeskOption, house: HomeOption, key_file: KeyOption = None) -> None:
    """Let a desk made earlier know the house's ledger, under which two people agree; once.

    Compare what is printed with what `incident home` of another desk, or paper, says.
    """
    opened = open_desk(desk, key_file)
    teach_desk(opened, Home(house))
    console.print(f"two people agree under {opened.file.releases}", soft_wrap=True, markup=False)
