"""`chartkeep incident index`: tokens of every chart, so that a leak's rows can be matched."""

from typing import Annotated

import typer

from chartkeep.cli.incident.options import (
    DeskOption,
    GrantOption,
    KeyOption,
    far_words,
    open_desk,
    open_site,
    who,
)
from chartkeep.cli.options import HomeOption, console, read_hex
from chartkeep.cli.progress import working
from chartkeep.incident.jobs.index import Index, say
from chartkeep.incident.jobs.question import Means
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(index)


def index(
    desk: DeskOption,
    home: HomeOption,
    grant: GrantOption = "",
    own: Annotated[
        list[str] | None,
        typer.Option("--own-system", help="A system of this house's own numbers; repeatable."),
    ] = None,
    key_file: KeyOption = None,
) -> None:
    """Open the charts' fingerprints, under a grant, and keep keyed tokens; later what changed.

    What came before there were fingerprints is opened whole, once. Ended at any moment, it goes
    on where it was.
    """
    means = Means(open_desk(desk, key_file), now, who(), open_site(home))
    asked = Index(read_hex(grant, "grant").hex(), tuple(own or ()))
    with working("looking what is new") as tell:
        done = asked.find(means, lambda far: tell(*far_words(far)))
    for line in say(done):
        style = "bold red" if done.beyond and line.startswith("incomplete") else ""
        console.print(line, style=style, soft_wrap=True, highlight=False)
