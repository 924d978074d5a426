"""`chartkeep keyholder | store | witness`: the processes of a house."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption
from chartkeep.wiring import keyholding, running
from chartkeep.wiring.home import Home
from chartkeep.wiring.kit import renew_kit


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(keyholder)
    app.command()(store)
    app.command()(witness)


def keyholder(
    home: HomeOption,
    key_file: Annotated[
        Path | None, typer.Option(help="The file with the passphrase, on another disk or stick.")
    ] = None,
    user: Annotated[str, typer.Option(help="The Unix user to become when started as root.")] = "",
) -> None:
    """Run the keyholder: it lets no key go before the line about it is durable."""
    keyholding.keyholder(Home(home), key_file, user)


def store(
    home: HomeOption,
    *,
    after_vault: Annotated[
        bool, typer.Option("--after-vault", help="Answer a deposit only when the vault has it too.")
    ] = False,
) -> None:
    """Run the store: it holds sealed bytes and can open none of them."""
    renew_kit(Home(home))
    running.store(Home(home), after_vault=after_vault)


def witness(home: HomeOption) -> None:
    """Run the witness: it cosigns ledgers that only grow, and refuses all others."""
    running.witness(Home(home))
