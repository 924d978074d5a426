"""`chartkeep load`: a folder of FHIR bundles through the road in."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.cli.progress import working
from chartkeep.clinical.incoming import Refusal
from chartkeep.errors import BadInputError
from chartkeep.model import ChartId
from chartkeep.wiring.home import Home
from chartkeep.wiring.loading import bundle_files
from chartkeep.wiring.loading import load as load_files

MOST_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(load)


def load(
    home: HomeOption,
    folder: Annotated[Path, typer.Argument(help="A folder of .json or .json.gz, or one file.")],
    source: Annotated[
        str, typer.Option(help="The feed's name: the same name finds its own resources again.")
    ] = "load",
    processes: Annotated[int, typer.Option(help="How many processes deposit.")] = 2,
) -> None:
    """Load FHIR R4 bundles; what is wrong is named, the rest is loaded, a second run mends."""
    _, refused = load_folder(Home(home), folder, source, processes)
    if refused:
        raise BadInputError(
            f"{refused} entries were refused", hint="mend them and load the folder again"
        )


def load_folder(
    home: Home, folder: Path, source: str = "load", processes: int = 2
) -> tuple[list[ChartId], int]:
    """Load with progress shown; gives the charts of the Patients and the number refused."""
    files = bundle_files(folder)
    new = before = refused = 0
    charts: list[ChartId] = []
    with working("loading") as tell:
        for read, done in enumerate(load_files(home, files, source, processes), 1):
            new, before = new + done.new, before + done.before
            refused += len(done.refusals)
            charts += done.charts
            _show_refusals(done.path, done.refusals, refused)
            tell(f"{read:,} of {len(files):,} files, {new:,} resources", read, len(files))
    console.print(f"{new:,} resources taken, {before:,} were here before, {refused:,} refused")
    return charts, refused


def _show_refusals(path: Path, refusals: list[Refusal], so_far: int) -> None:
    shown_before = so_far - len(refusals)
    for refusal in refusals[: max(0, MOST_SHOWN - shown_before)]:
        place = " ".join(filter(None, (refusal.where, refusal.element or refusal.kind)))
        hint = f" ({refusal.hint})" if refusal.hint else ""
        console.print(f"{path.name} {place}: {refusal.message}{hint}", soft_wrap=True, markup=False)
    if shown_before < MOST_SHOWN <= so_far:
        console.print("further refusals are counted, not listed")
