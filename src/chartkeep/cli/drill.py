"""`chartkeep drill`: what the worst day takes, tried on an ordinary one."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.jakarta import play_jakarta
from chartkeep.cli.okayama import play_okayama
from chartkeep.cli.options import HomeOption, console, show_time
from chartkeep.cli.progress import BEGINS_ANEW, working
from chartkeep.cli.restore import SHOWN, Telling
from chartkeep.errors import DamagedError
from chartkeep.recovery.drill import Certificate
from chartkeep.wiring import drilling
from chartkeep.wiring.home import Home
from chartkeep.wiring.restoring import open_shelf
from chartkeep.wiring.running import ending_event

SMALL, LARGE = 40, 400
"""Patients of a drill."""

drill = typer.Typer(no_args_is_help=True, help="Try today what the worst day will ask.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(drill, name="drill")


@drill.callback()
def _group() -> None:
    """Try today what the worst day will ask."""


@drill.command()
def restore(
    home: HomeOption,
    source: Annotated[
        str, typer.Option("--from", help="The vault: its folder, its address, or s3://…")
    ],
    folder: Annotated[
        Path | None, typer.Option(help="Where to restore to: an empty folder, or a drill's own.")
    ] = None,
    vault_key: Annotated[
        Path | None, typer.Option(help="restore.key of the vault, to reach it over the wire.")
    ] = None,
    weekly: Annotated[bool, typer.Option(help="Stay, and drill every week.")] = False,  # noqa: FBT002 - a switch
) -> None:
    """Restore into an isolated folder, compare with vault and store, and sign what was found."""
    house = Home(home)
    shelf = open_shelf(source, vault_key)

    def run() -> Certificate:
        with working("reading the vault", BEGINS_ANEW) as tell:
            made = drilling.drill(house, shelf, Telling(tell), folder=folder)
        if Path(source).is_dir():
            drilling.keep_in_vault(house, Path(source))
        console.print(f"{show_time(made.time)}: {made.sentence()}", soft_wrap=True, markup=False)
        for sentence in made.found[:SHOWN]:
            console.print(f"  {sentence}", soft_wrap=True, markup=False)
        return made

    if weekly:
        drilling.drill_weekly(house, run, ending_event())
    elif run().found:
        raise DamagedError("this restore would not be whole", hint="look at the vault today")


@drill.command()
def okayama(
    folder: Annotated[Path, typer.Option(help="Where it all lies; made anew each time.")] = Path(
        "okayama"
    ),
    *,
    small: Annotated[bool, typer.Option("--small", help="40 invented patients, not 400.")] = False,
) -> None:
    """Play May 2024: an intruder, ransomware, a shift on paper, the way back, with proof."""
    play_okayama(folder, SMALL if small else LARGE)


@drill.command()
def jakarta(
    folder: Annotated[Path, typer.Option(help="Where it all lies; made anew each time.")] = Path(
        "jakarta"
    ),
    *,
    small: Annotated[bool, typer.Option("--small", help="40 invented patients, not 400.")] = False,
) -> None:
    """Play January 2022: a ministry's server copied, an export sold, found, people told."""
    play_jakarta(folder, SMALL if small else LARGE)
