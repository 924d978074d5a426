"""`chartkeep incident home`: make the incident desk's own folder."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import DeskOption
from chartkeep.cli.options import HomeOption, console
from chartkeep.wiring.desk import make_desk
from chartkeep.wiring.home import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(home)


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
