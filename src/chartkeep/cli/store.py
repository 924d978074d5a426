"""`chartkeep store`: one process of a house, and nothing of another's in it."""

from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption
from chartkeep.wiring import storing
from chartkeep.wiring.home import Home
from chartkeep.wiring.kit import renew_kit


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(store)


def store(
    home: HomeOption,
    *,
    after_vault: Annotated[
        bool, typer.Option("--after-vault", help="Answer a deposit only when the vault has it too.")
    ] = False,
) -> None:
    """Run the store: it holds sealed bytes and can open none of them."""
    renew_kit(Home(home))
    storing.store(Home(home), after_vault=after_vault)
