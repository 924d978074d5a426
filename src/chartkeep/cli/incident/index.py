"""`chartkeep incident index`: tokens of every chart, so that a leak's rows can be matched."""

from typing import Annotated

import typer

from chartkeep.cli.incident.options import (
    DeskOption,
    GrantOption,
    KeyOption,
    open_desk,
    open_site,
    warrant_of,
)
from chartkeep.cli.options import HomeOption, console
from chartkeep.cli.progress import working
from chartkeep.incident.trace.at_desk import begin_index, open_place
from chartkeep.incident.trace.indexing import Indexed, Job, bring_up
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join


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
    """Open each chart once, under a grant, and keep keyed tokens of it; later only what changed.

    Ended at any moment, it goes on where it was.
    """
    opened, warrant = open_desk(desk, key_file), warrant_of(open_site(home), grant)
    begin_index(join(Home(home), "incident"))
    job = Job(warrant, open_place(opened, warrant), frozenset(own or ()))
    with working("looking what is new") as tell:
        done = bring_up(job, lambda done, of: tell(f"{done:,} of {of:,} charts", done, of))
    _show(done)


def _show(done: Indexed) -> None:
    size = done.index.size if done.index else 0
    console.print(f"{done.opened:,} charts opened, {size:,} in the index", highlight=False)
    if done.opened:
        named = ", ".join(sorted(done.own)) or "none is known: name it with --own-system"
        console.print(f"numbers of this house: {named}", soft_wrap=True, highlight=False)
    if done.left_out or done.damaged:
        console.print(
            f"{done.left_out:,} charts were not opened, and are asked for again; "
            f"{done.damaged:,} entries do not open",
            highlight=False,
        )
    if done.gone:
        console.print(f"{len(done.gone):,} charts are no more, and left the index", highlight=False)
    if done.beyond:
        console.print("[bold red]incomplete[/]: more charts than the grant is for")
