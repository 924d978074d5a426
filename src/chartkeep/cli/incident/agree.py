"""`chartkeep incident agree`: two people's word on what lifts a duty, each in their own session."""

from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, the_case
from chartkeep.cli.options import HomeOption, console
from chartkeep.cli.sessions import kept_session
from chartkeep.incident.closing import agree_to
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(agree)


def agree(
    home: HomeOption,
    desk: DeskOption,
    case: CaseOption,
    number: Annotated[int, typer.Argument(help="The event, by its number.")],
    key_file: KeyOption = None,
) -> None:
    """Agree to an event; it counts when a second person, logged in as themselves, has done so too.

    Wanted for what lifts a duty or puts its clock later. The keyholder's ledger has both names.
    """
    kept, opened = kept_session(), the_case(desk, case, key_file)
    house = join(Home(home), kept.instance)
    people = agree_to(opened, number, house, bytes.fromhex(kept.token), now())
    console.print(opened.events()[number].line(), markup=False, soft_wrap=True)
    if people is None:
        console.print(f"{kept.person} agrees: within a day another person runs the same")
    else:
        console.print(f"{' and '.join(people)} agreed: it counts")
