"""`chartkeep incident rekey`: a new half of the index's key: for the first, after a theft."""

import typer

from chartkeep.cli.acts import do_act
from chartkeep.cli.options import HomeOption, console
from chartkeep.incident.trace.at_desk import fresh_half
from chartkeep.keyholder.actions import SetSafe
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(rekey)


def rekey(home: HomeOption) -> None:
    """Put a new half of the index's key into the safe; it takes two people.

    Before the first index, when somebody who opened the safe leaves, and when a half, a desk or
    its key file may be stolen. The half before opens no more, whoever has a grant: the next
    `index` removes what was made with it and builds anew, and names of earlier traces stay shut.
    """
    key = fresh_half(join(Home(home), "incident"))
    console.print(f"a new half of the index's key is sealed, under key {key.hex()}", soft_wrap=True)
    do_act(home, SetSafe(key))
    console.print(
        "from then on names of earlier traces stay shut, and nothing is traced before the next "
        "chartkeep incident index",
        soft_wrap=True,
    )
