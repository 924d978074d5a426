"""`chartkeep incident sweep`: which files on shares and disks hold which patients."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.incident.options import (
    DeskOption,
    GrantOption,
    KeyOption,
    far_words,
    open_desk,
    open_site,
    who,
)
from chartkeep.cli.options import HomeOption, console, plain, read_hex
from chartkeep.cli.progress import working
from chartkeep.errors import NotFoundError
from chartkeep.incident.case.case import open_case
from chartkeep.incident.counted import many
from chartkeep.incident.jobs.question import Means
from chartkeep.incident.jobs.sweep import Found, Sweep
from chartkeep.incident.sweep.finding import Swept
from chartkeep.incident.sweep.state import State
from chartkeep.incident.sweep.telling import summary
from chartkeep.wiring.running import now

MOST_SHOWN = 25
_DAY = 86_400_000_000_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sweep)
    app.command()(swept)


def sweep(
    desk: DeskOption,
    folders: Annotated[list[Path], typer.Argument(help="Folders, mailboxes, mounted disks.")],
    home: HomeOption,
    grant: GrantOption = "",
    case: Annotated[
        str, typer.Option(envvar="CHARTKEEP_CASE", help="Write list and tasks into this case.")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Read unchanged files too.")] = False,  # noqa: FBT002 - a switch
    readers: Annotated[int, typer.Option(min=1, max=32, help="Files read at once.")] = 2,
    pictures: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option(help="Read text in pictures, too: a photograph takes up to 20 s.")
    ] = True,
    key_file: KeyOption = None,
) -> None:
    """Find which files hold which patients: owner, age, readable by whom; nothing is copied.

    Only what is new or changed is read; ended at any moment, it goes on where it was.
    """
    opened = open_desk(desk, key_file)
    book = open_case(opened, case, who(), now) if case else None
    paths = tuple(str(each.absolute()) for each in folders)
    asked = Sweep(paths, read_hex(grant, "grant").hex(), again, readers, pictures)
    means = Means(opened, now, who(), open_site(home), book)
    with working("sweeping") as tell:
        found = asked.find(means, lambda far: tell(*far_words(far)))
    _show(found)
    if book is not None:
        book.add_all(found.tell(book))
        console.print(f"written into case {case}, a task for each file", soft_wrap=True)


def swept(
    desk: DeskOption,
    names: Annotated[list[str], typer.Argument(help="As tasks name files: 4f2a91c3d0.")],
    key_file: KeyOption = None,
) -> None:
    """Say which files the tasks of a sweep mean: a path may name a patient, so tasks have none."""
    opened = open_desk(desk, key_file)
    state = State(opened.root / "sweep", opened.key_for("sweep"))
    paths = {state.name_of(path): path for path in state.files}
    for name in names:
        if name not in paths:
            raise NotFoundError(f"no sweep found a file {name}", hint="as a task names it")
        console.print(plain(paths[name]), soft_wrap=True)


def _show_lost(files: list[Swept]) -> None:
    """Name what could not be read, and why; a member of an archive by its path inside."""
    lost = [(each.path, part) for each in files for part in each.lost]
    for path, part in lost[:MOST_SHOWN]:
        where = "/".join((path, *part.inside))
        console.print(plain(f"not read: {where}: {part.trouble}"), soft_wrap=True)
    if len(lost) > MOST_SHOWN:
        console.print(f"and {len(lost) - MOST_SHOWN:,} more that were not read, in the case's list")


def _show(found: Found) -> None:
    files = found.present
    console.print(found.read, highlight=False)
    console.print(summary(files), highlight=False, soft_wrap=True)
    for shut in found.run.shut[:MOST_SHOWN]:
        console.print(plain(f"{shut.path}: {shut.why}"), soft_wrap=True)
    _show_lost(files)
    holding = sorted((each for each in files if each.sure), key=lambda each: -len(each.sure))
    if not holding:
        return
    table = Table(box=None, pad_edge=False)
    for column in ("patients", "owner", "days old", "readable by", "file"):
        right = column in ("patients", "days old")
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    for each in holding[:MOST_SHOWN]:
        days = max(0, now() * 1_000_000 - each.stamp[1]) // _DAY
        cells = f"{len(each.sure):,}", each.owner, f"{days:,}", each.readers, each.path
        table.add_row(*map(plain, cells))
    console.print(table)
    if len(holding) > MOST_SHOWN:
        console.print(f"and {many(len(holding) - MOST_SHOWN, 'more file')}", highlight=False)
