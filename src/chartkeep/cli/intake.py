"""`chartkeep intake`: HL7 v2, DICOM and folders, taken in by a program that opens nothing."""

import typer

from chartkeep.cli.options import HomeOption
from chartkeep.wiring import intaking
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import ending_event


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(intake)


def intake(home: HomeOption) -> None:
    """Listen to what feeds.json names, and take it in; nothing can be opened with its keys."""
    if not intaking.intake(Home(home), ending_event()):
        intaking.begin_anew()
