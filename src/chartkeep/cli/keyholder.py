"""`chartkeep keyholder`: one process of a house, and nothing of another's in it."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption
from chartkeep.wiring import keyholding
from chartkeep.wiring.home import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(keyholder)


def keyholder(
    home: HomeOption,
    key_file: Annotated[
        Path | None, typer.Option(help="The file with the passphrase, on another disk or stick.")
    ] = None,
    user: Annotated[str, typer.Option(help="The Unix user to become when started as root.")] = "",
) -> None:
    """Run the keyholder: it lets no key go before the line about it is durable."""
    keyholding.keyholder(Home(home), key_file, user)
