"""`chartkeep merge`: two charts of one person joined, or parted again. It opens neither."""

from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.cli.search import find_chart
from chartkeep.cli.sessions import kept_session
from chartkeep.custody import merging
from chartkeep.errors import NotAllowedError
from chartkeep.keyholder.roles import ROLES, mask
from chartkeep.model import Section, to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.intaking import INSTANCE
from chartkeep.wiring.joining import join


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(merge)


def merge(
    home: HomeOption,
    survivor: Annotated[str, typer.Argument(help="Whose chart goes on: an id, or a number.")],
    gone: Annotated[str, typer.Argument(help="Whose chart ends in it: an id, or a number.")],
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Part them: each has what it had.")] = False,
) -> None:
    """Let one chart go on for two of one person, as a registrar; --undo parts them again.

    Both keep every entry and their history. Opening one opens the other, each by its own release.
    """
    kept = kept_session()
    house = join(Home(home), kept.instance)
    token = bytes.fromhex(kept.token)
    role = house.keyholder.who_is(token).role
    if not ROLES[role].sections & mask(Section.INBOX):
        raise NotAllowedError("only a registrar merges charts", hint="see docs/roles.md")
    there, other = find_chart(survivor, token, house), find_chart(gone, token, house)
    writer = join(Home(home), INSTANCE)
    if undo:
        merging.unmerge(there, other, writer)
        console.print(f"chart {to_text(other)} stands for itself again", soft_wrap=True)
    else:
        merging.merge(there, other, writer)
        console.print(f"chart {to_text(there)} goes on for {to_text(other)}", soft_wrap=True)
