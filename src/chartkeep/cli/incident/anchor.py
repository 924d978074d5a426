"""`chartkeep incident anchor`: every case held against the register, and the witness told."""

from typing import Annotated

import typer

from chartkeep.cli.incident.options import DeskOption, KeyOption, open_desk
from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import LedgerBrokenError
from chartkeep.incident.case.anchoring import anchor as hold
from chartkeep.incident.case.book import Book
from chartkeep.incident.case.case import Case
from chartkeep.incident.counted import many
from chartkeep.incident.notify.register import open_register
from chartkeep.wiring.desk import strange_ledger, witness_of
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(anchor)


def anchor(
    desk: DeskOption,
    home: HomeOption,
    alone: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--alone", help="Without the witness.")
    ] = False,
    key_file: KeyOption = None,
) -> None:
    """Check every case against the register, note where it stands, and have the witness cosign.

    Run it as often as you can bear to lose what somebody writes anew: each hour, or each minute.
    """
    opened, house = open_desk(desk, key_file), Home(home)
    troubles = strange_ledger(opened, house)
    troubles += hold(opened, None if alone else witness_of(house), now, letters_of)
    for sentence in troubles:
        console.print(f"[bold red]red[/]: {sentence}", soft_wrap=True)
    if troubles:
        raise LedgerBrokenError(
            f"{many(len(troubles), 'thing')} not as it was", hint="bring cases from a copy"
        )
    console.print("every case is what it was" + ("" if alone else ", and the witness saw it"))


def letters_of(case: Case) -> Book:
    """Open the book of a case's letters."""
    return open_register(case.desk, case.id, "", now).book
