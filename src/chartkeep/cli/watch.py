"""`chartkeep session` and `chartkeep review`: who is logged in, and who broke the glass."""

from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.acts import do_act
from chartkeep.cli.options import HomeOption, console, read_hex, show_time
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.house import House
from chartkeep.errors import BadInputError
from chartkeep.keyholder import actions
from chartkeep.ledger.line import mask_sections
from chartkeep.model import ID_BYTES, to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

session = typer.Typer(no_args_is_help=True, help="See who is logged in, and end a session.")
review = typer.Typer(
    no_args_is_help=True, help="See who opened charts by breaking the glass, and answer for it."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(session, name="session")
    app.add_typer(review, name="review")


@session.command("list")
def list_sessions(home: HomeOption) -> None:
    """List who is logged in, where and until when; without an audit role, yourself only."""
    house, token = _desk(home)
    table = Table(box=None, pad_edge=False)
    for column in ("session", "person", "role", "instance", "since", "until", ""):
        table.add_column(column, no_wrap=column == "session", min_width=32 * (column == "session"))
    for each in house.keyholder.sessions(token):
        table.add_row(
            each.session.hex(), each.person, each.role, each.instance, _clock(each.since),
            _clock(each.expires), "frozen" if each.frozen else "",
        )  # fmt: skip
    console.print(table)


@session.command("end")
def end_session(
    home: HomeOption,
    ident: Annotated[str, typer.Argument(help="The session, as session list prints it.")],
) -> None:
    """End a session at once: your own, or as privacy officer anybody's."""
    named = read_hex(ident, "session")
    if len(named) != ID_BYTES:
        raise BadInputError(f"not a session: {ident}", hint="copy it from session list")
    do_act(home, actions.EndSession(named))


@review.command("list")
def list_reviews(home: HomeOption) -> None:
    """List the break-glass openings nobody has looked at yet, oldest first."""
    house, token = _desk(home)
    waiting = house.keyholder.reviews(token)
    if not waiting:
        console.print("no break-glass waits for review")
    for each in waiting:
        sections = ", ".join(section.name.lower() for section in mask_sections(each.sections))
        often = f", {each.times} times" if each.times > 1 else ""
        console.print(
            f"line {each.line}: {show_time(each.time)}, {each.person} at {each.instance}"
            f" opened {sections} of chart {to_text(each.chart)}{often}",
            soft_wrap=True,
            markup=False,
        )
        if each.denied:
            console.print("  [bold]against the patient's consent[/]")
        console.print(f"  because: {each.reason}", soft_wrap=True, markup=False)


@review.command("do")
def do_review(
    home: HomeOption,
    line: Annotated[int, typer.Argument(help="The line, as review list prints it.", min=0)],
    words: Annotated[str, typer.Option(help="What came of it, in a few words.", prompt=True)],
) -> None:
    """Say that you looked at a break-glass, and what came of it: your words are kept for ever."""
    if not 8 <= len(words.strip()) <= 500:
        raise BadInputError("say in 8 to 500 characters what came of it", hint="--words …")
    do_act(home, actions.Review(line, words))


def _desk(home: HomeOption) -> tuple[House, bytes]:
    """Join as the program of the person who is logged in here; gives their token too."""
    kept = kept_session()
    return join(Home(home), kept.instance), bytes.fromhex(kept.token)


def _clock(millis: int) -> str:
    """Write a time of day: a session lives twelve hours at most."""
    return show_time(millis)[11:16]
