"""`chartkeep query`: finds, moves and worklists of DICOM stations; each opening is a line."""

import typer

from chartkeep.cli.options import HomeOption
from chartkeep.wiring.home import Home
from chartkeep.wiring.intaking import begin_anew, tell
from chartkeep.wiring.querying import query as run
from chartkeep.wiring.running import ending_event


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(query)


def query(home: HomeOption) -> None:
    """Answer registered DICOM stations: C-FIND, C-MOVE and the modality worklist."""
    if not run(Home(home), ending_event(), tell):
        begin_anew()
