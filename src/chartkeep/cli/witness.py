"""`chartkeep witness`: one process of a house, and nothing of another's in it."""

import typer

from chartkeep.cli.options import HomeOption
from chartkeep.wiring import running
from chartkeep.wiring.home import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(witness)


def witness(home: HomeOption) -> None:
    """Run the witness: it cosigns ledgers that only grow, and refuses all others."""
    running.witness(Home(home))
