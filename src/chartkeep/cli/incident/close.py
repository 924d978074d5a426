"""`chartkeep incident close`: ask that a case is closed; two people agree, anything reopens it."""

from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, the_case
from chartkeep.cli.options import console, plain
from chartkeep.incident import closing
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(close)


def close(
    desk: DeskOption,
    case: CaseOption,
    why: Annotated[str, typer.Option("--why", help="Why it is over.")],
    despite: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--despite", help="Despite what is open: the closing names it.")
    ] = False,
    key_file: KeyOption = None,
) -> None:
    """Ask that a case is closed: it is when two people agreed, until anything else is written.

    Refused while duties, tasks or letters are open. Nothing is deleted, and clocks run on.
    """
    opened = the_case(desk, case, key_file)
    number = closing.close(opened, why, now(), despite=despite)
    console.print(plain(opened.events()[number].line()), soft_wrap=True)
    console.print(f"two people run chartkeep incident agree {number}", soft_wrap=True)
