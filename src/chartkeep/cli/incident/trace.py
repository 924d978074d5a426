"""`chartkeep incident trace`: is what somebody posted ours, as of when, through which door."""

from pathlib import Path
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
from chartkeep.cli.options import HomeOption, console, plain, read_hex, read_time
from chartkeep.cli.progress import working
from chartkeep.incident.case.case import open_case
from chartkeep.incident.jobs.question import Means
from chartkeep.incident.jobs.trace import Trace, tell_case
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(trace)


def trace(
    desk: DeskOption,
    paths: Annotated[list[Path], typer.Argument(help="What was posted: files and folders.")],
    home: HomeOption,
    posted: Annotated[str, typer.Option(help="When it was posted: 2022-01-06; now if not.")] = "",
    case: Annotated[
        str, typer.Option(envvar="CHARTKEEP_CASE", help="Write the answer into this case.")
    ] = "",
    grant: GrantOption = "",
    no_door: Annotated[bool, typer.Option("--no-door", help="Ask no ledger.")] = False,  # noqa: FBT002 - a switch
    key_file: KeyOption = None,
) -> None:
    """Say of what was posted whether it is ours, whose, as of when, and through which door.

    Opens the index, which takes a grant of two people and is a line. For the door the ledger is
    read with an audit role, and the site replays leaks of known origin on it first: minutes.
    """
    opened = open_desk(desk, key_file)
    site = open_site(home)
    book = open_case(opened, case, who(), now) if case else None
    moment = read_time(posted) if posted else None
    names = tuple(str(path.absolute()) for path in paths)
    given = read_hex(grant, "grant").hex()
    asked = Trace(names, posted=moment, door=not no_door, grant=given)
    means = Means(opened, now, who(), site, book)
    with working("reading") as tell, asked.remembered(means) as memory:
        found = asked.find(means, memory, lambda far: tell(*far_words(far)))
        if book is not None:
            book.add_all(tell_case(found, book, now()))
    for line in found.words:
        console.print(plain(line), soft_wrap=True)
    if book is not None:
        console.print(f"written into case {case}", soft_wrap=True)
