"""`chartkeep incident name`: who a person of a trace is, after two people agreed to the finding."""

from typing import Annotated

import typer

from chartkeep.cli.incident.options import (
    CaseOption,
    DeskOption,
    GrantOption,
    KeyOption,
    open_desk,
    open_site,
    warrant_of,
    who,
)
from chartkeep.cli.options import HomeOption, console
from chartkeep.incident.case.case import open_case
from chartkeep.incident.trace.naming import open_name
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(name)


def name(
    desk: DeskOption,
    home: HomeOption,
    case: CaseOption,
    ident: Annotated[str, typer.Argument(help="The person as a trace printed it: p-…")],
    why: Annotated[str, typer.Option("--why", help="Why the name is needed.")],
    grant: GrantOption = "",
    key_file: KeyOption = None,
) -> None:
    """Open one name, after two people agreed to the finding that has it; the case says who did.

    Takes a grant of two people for the safe, and is a line of the ledger.
    """
    opened, site = open_desk(desk, key_file), open_site(home)
    book = open_case(opened, case, who(), now)
    found = open_name(ident, why, book, warrant_of(site, grant), site.log)
    console.print(f"{ident} is {found}", markup=False, soft_wrap=True)
