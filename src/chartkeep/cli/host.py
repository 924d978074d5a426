"""What is done on the keyholder's own host: `decoys`, `rotate`."""

from datetime import date
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.cli.progress import working
from chartkeep.custody.rotation import rotate_chart
from chartkeep.errors import BadInputError
from chartkeep.model import ChartId, to_id
from chartkeep.wiring.decoys import hide_decoys
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(decoys)
    app.command()(rotate)


def decoys(
    home: HomeOption,
    count: Annotated[int, typer.Option(help="How many to add; run it daily with one or none.")] = 1,
    ward: Annotated[str, typer.Option(help="The clinic on whose lists they appear.")] = "",
) -> None:
    """Hide invented patients among the real ones; opening one freezes whoever opens it."""
    made = hide_decoys(Home(home), count, date.today(), ward)  # noqa: DTZ011 - the site's calendar
    console.print(f"{len(made)} decoys added; only the keyholder knows which they are")


def rotate(
    home: HomeOption,
    charts: Annotated[list[str], typer.Argument(help="Ids of charts that get a new key.")],
) -> None:
    """Give charts a new key, and move every wrap under it, while everything goes on."""
    house = join(Home(home), "host")
    done = []
    with working("rotating") as tell:
        for each in list(map(_chart, charts)):
            done.append(rotate_chart(each, house))
            tell(f"{len(done):,} of {len(charts):,} charts", len(done), len(charts))
    moved, open_ends = sum(each.moved for each in done), sum(not each.ended for each in done)
    console.print(f"{len(charts):,} charts have a new key, {moved:,} wraps moved")
    if open_ends:
        console.print(f"{open_ends:,} old keys serve open write leases: run it again in an hour")


def _chart(text: str) -> ChartId:
    try:
        return ChartId(to_id(text))
    except ValueError as error:
        raise BadInputError(f"not a chart's id: {text}", hint="copy it from search") from error
