"""`chartkeep inbox`: what nobody could place by rule, and a registrar's word about it."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.options import HomeOption, console, show_in_column, show_time
from chartkeep.cli.search import find_chart
from chartkeep.cli.sessions import Kept, kept_session
from chartkeep.custody.clearing import (
    Waiting,
    dismiss,
    file_away,
    find_waiting,
    inbox_look,
    list_inbox,
    read_ident,
    take_out,
)
from chartkeep.custody.house import House
from chartkeep.custody.inbox import Row
from chartkeep.custody.placing import make_person
from chartkeep.errors import BadInputError
from chartkeep.model import to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.intaking import INSTANCE
from chartkeep.wiring.joining import join
from chartkeep.wiring.refiling import refiles

MOST_SHOWN = 100

inbox = typer.Typer(no_args_is_help=True, help="What came in and nobody can say whose it is.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(inbox, name="inbox")


Ident = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]


@inbox.command("list")
def show_list(
    home: HomeOption,
    *,
    settled: Annotated[
        bool, typer.Option("--all", help="Also what was filed or dismissed.")
    ] = False,
) -> None:
    """List what waits for a person, the newest first. A registrar's look, and a line."""
    kept, house = _join(home)
    found = list_inbox(inbox_look(bytes.fromhex(kept.token)), house)
    shown = [each for each in found if settled or each.state is None]
    table = Table(box=None, pad_edge=False)
    widths = {"id": 36, "came": 0, "from": 0, "why": 15, "who, as it says": 0, "state": 0}
    for column, width in widths.items():
        table.add_column(column, no_wrap=width > 0, min_width=width)
    for each in shown[:MOST_SHOWN]:
        state = each.state.state if each.state else ""
        table.add_row(
            to_text(each.ident), show_in_column(each.time), f"{each.row.door} {each.row.source}",
            each.row.why, whose(each.row), state,
        )  # fmt: skip
    console.print(table if shown else "nothing waits in the inbox")
    if len(shown) > MOST_SHOWN:
        console.print(f"… and {len(shown) - MOST_SHOWN} older")


@inbox.command()
def show(
    home: HomeOption,
    ident: Ident,
    *,
    raw: Annotated[
        bool, typer.Option("--raw", help="Its bytes as they came, and no words.")
    ] = False,
) -> None:
    """Show one thing of the inbox."""
    kept, house = _join(home)
    look = inbox_look(bytes.fromhex(kept.token))
    if raw:
        for piece in take_out(read_ident(ident), look, house).pieces():
            sys.stdout.buffer.write(piece)
        return
    found = find_waiting(read_ident(ident), look, house)
    for line in describe(found):
        console.print(line, markup=False, soft_wrap=True)


@inbox.command("file")
def file_to(
    home: HomeOption,
    ident: Ident,
    patient: Annotated[str, typer.Argument(help="A chart's id, or the patient's number.")] = "",
    *,
    new: Annotated[bool, typer.Option("--new", help="Make a chart of what it says.")] = False,
) -> None:
    """Say whose something is: it goes the road of its door again, into that chart."""
    if bool(patient) == new:
        raise BadInputError("name the patient, or --new", hint="chartkeep inbox file ID PATIENT")
    kept, house = _join(home)
    token = bytes.fromhex(kept.token)
    writer = join(Home(home), INSTANCE)
    taken = take_out(read_ident(ident), inbox_look(token), house)
    chart = make_person(taken.row.claim, writer) if new else find_chart(patient, token, house)
    file_away(taken, chart, kept.person, writer, refiles(Home(home), writer))
    console.print(f"filed to chart {to_text(chart)}", soft_wrap=True)


@inbox.command("dismiss")
def put_away(
    home: HomeOption,
    ident: Ident,
    reason: Annotated[str, typer.Option(help="Why it belongs to nobody here, in words.")],
) -> None:
    """Say that something belongs to nobody here; it stays, and can still be filed."""
    kept, house = _join(home)
    waiting = find_waiting(read_ident(ident), inbox_look(bytes.fromhex(kept.token)), house)
    dismiss(waiting, reason, kept.person, join(Home(home), INSTANCE))
    console.print("dismissed; chartkeep inbox list --all still shows it")


def whose(row: Row) -> str:
    """Write whose something is, as its sender says."""
    claim = row.claim
    numbers = [number.value for number in claim.numbers]
    return ", ".join(filter(None, (*claim.names[:1], claim.birth_date, *numbers)))


def describe(found: Waiting) -> list[str]:
    """Write all the list knows of one thing."""
    row, state = found.row, found.state
    lines = [
        f"came      {show_time(found.time)} through {row.door} from {row.source}, as {row.key}",
        f"why       {row.why}" + (f": {row.said}" if row.said else ""),
        f"who       {', '.join((*row.claim.names, row.claim.birth_date)) or 'it does not say'}",
        f"numbers   {', '.join(f'{each.system}|{each.value}' for each in row.claim.numbers)}",
        f"bytes     {row.size} of {row.media_type}; --raw shows them",
    ]
    if state is not None:
        what = f"to chart {state.chart}" if state.chart else state.reason
        lines.append(f"{state.state:<10}{show_time(found.settled)} by {state.by}, {what}")
    return lines


def _join(home: HomeOption) -> tuple[Kept, House]:
    kept = kept_session()
    return kept, join(Home(home), kept.instance)
