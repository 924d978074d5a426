"""`chartkeep forms`: what became of each number of a paper form; downtimes; who opened packs."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console, read_time, show_time
from chartkeep.cli.sessions import kept_session
from chartkeep.continuity.downtimes import Downtime, amend, declare, list_downtimes
from chartkeep.continuity.forms import read_number
from chartkeep.continuity.numbers import Hold
from chartkeep.continuity.reconciling import MOST_BYTES, take_openings
from chartkeep.continuity.registry import (
    Batch,
    Ending,
    batch_text,
    close_batch,
    count_batch,
    end_number,
    list_batches,
)
from chartkeep.custody.paper import Kind
from chartkeep.errors import NotFoundError
from chartkeep.model import Millis
from chartkeep.wiring.home import Home
from chartkeep.wiring.intaking import INSTANCE
from chartkeep.wiring.joining import join

forms = typer.Typer(no_args_is_help=True, help="Numbers of paper forms, and downtimes.")
Reason = Annotated[str, typer.Option(help="Why, in words.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(forms, name="forms")


@forms.command("list")
def show_list(
    home: HomeOption,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also packs nobody needed, and those that are closed.")
    ] = False,
) -> None:
    """List packs whose numbers may be on paper, oldest first, and how many of them have no end."""
    hold, _ = _join(home)
    kinds = (Kind.GIVEN, Kind.DUE, Kind.CLOSED) if everything else (Kind.DUE,)
    found = list_batches(kinds, hold)
    if not found:
        console.print("no number of a form is open")
    for batch in found:
        counted = count_batch(batch.said, hold.reads)
        rest = "" if batch.kept.kind == Kind.CLOSED else f", {counted.open} without an end"
        console.print(f"{batch_text(batch)}  {batch.said.ward}", markup=False, soft_wrap=True)
        console.print(f"  given out {show_time(batch.said.made)}; {_state(batch)}", soft_wrap=True)
        console.print(f"  {counted.ended} ended, {counted.begun} being keyed{rest}")
    for known in list_downtimes(hold):
        if everything or not known.said.ends:
            console.print(_said(known.said), markup=False, soft_wrap=True)


@forms.command("close")
def close(
    home: HomeOption,
    batch: Annotated[str, typer.Argument(help="As the list shows it.")],
    reason: Reason,
    *,
    missing: Annotated[
        bool, typer.Option("--missing", help="They are gone; without this they are void.")
    ] = False,
) -> None:
    """End all numbers of a pack that have no end yet: void or missing, with a reason."""
    hold, person = _join(home)
    for each in list_batches((Kind.GIVEN, Kind.DUE, Kind.CLOSED), hold):
        if batch_text(each) == batch:
            ended = _ending(missing)
            counted = close_batch(each, ended, reason, person, hold.writes)
            console.print(f"{counted.open} numbers are {ended}")
            return
    raise NotFoundError("there is no such batch", hint="chartkeep forms list --all")


@forms.command("end")
def end_one(
    home: HomeOption,
    number: Annotated[str, typer.Argument(help="The form's 16 digits.")],
    reason: Reason,
    *,
    missing: Annotated[
        bool, typer.Option("--missing", help="It is gone; without this it is void.")
    ] = False,
) -> None:
    """End one number: void or missing, with a reason."""
    hold, person = _join(home)
    read, ended = read_number(number), _ending(missing)
    end_number(read, ended, reason, person, hold)
    console.print(f"{read.printed} is {ended}")


@forms.command()
def downtime(
    home: HomeOption,
    begins: Annotated[str, typer.Argument(help="When it began: 2024-05-19T14:00.")],
    reason: Reason,
    ends: Annotated[str, typer.Option(help="When it ended; without it, it is not over.")] = "",
    ward: Annotated[list[str] | None, typer.Option(help="Which ward; without it, all.")] = None,
    change: Annotated[str, typer.Option(help="The downtime that is put right, by its id.")] = "",
) -> None:
    """Write down that wards had no system, or that a downtime is over."""
    hold, person = _join(home)
    since, until = Millis(read_time(begins)), Millis(read_time(ends) if ends else 0)
    if change:
        said = amend(change, since, until, reason, person, hold)
    else:
        said = declare(ward or [], since, until, reason, person, hold)
    console.print(_said(said), markup=False, soft_wrap=True)


@forms.command()
def openings(
    home: HomeOption,
    file: Annotated[Path, typer.Argument(help="What a ward's PC saved about its packs.")],
) -> None:
    """Take in who opened packs: audit roles and patients' accountings see it from then on."""
    hold, person = _join(home)
    with file.open(encoding="utf-8", errors="replace") as text:
        said = text.read(MOST_BYTES + 1)
    taken = take_openings(said, person, hold)
    console.print(f"{taken.lines} lines, {taken.new} of them new, about {taken.packs} packs")
    if taken.unknown:
        console.print(f"{taken.unknown} packs are not of this house, or gave out no numbers")


def _ending(missing: bool) -> Ending:  # noqa: FBT001 - a flag as it was typed
    return "missing" if missing else "void"


def _state(batch: Batch) -> str:
    said = batch.said
    match batch.kept.kind:
        case Kind.DUE:
            return f"due since {show_time(said.since)}"
        case Kind.CLOSED:
            return f"{said.ended} by {said.by}"
        case _:
            return "nobody needed it"


def _said(said: Downtime) -> str:
    """Write a downtime in a line."""
    wards = ", ".join(said.wards) or "all wards"
    until = f"to {show_time(said.ends)}" if said.ends else "and is not over"
    return f"downtime {said.ident}: {wards}, from {show_time(said.begins)} {until} ({said.reason})"


def _join(home: HomeOption) -> tuple[Hold, str]:
    kept, place = kept_session(), Home(home)
    reads, writes = join(place, kept.instance), join(place, INSTANCE)
    return Hold(bytes.fromhex(kept.token), reads, writes), kept.person
