"""`chartkeep exposure`: whose data could somebody have seen, with proofs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.options import HomeOption, console, read_hex, read_time, show_time
from chartkeep.cli.sessions import kept_session
from chartkeep.custody.lines import Window
from chartkeep.errors import RefusedError
from chartkeep.incident.exposure import Exposure
from chartkeep.incident.listing import list_exposure
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.ledger.line import mask_sections
from chartkeep.model import to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

MOST_SHOWN = 25
DAY = 86_400_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(exposure)


def exposure(
    home: HomeOption,
    since: Annotated[str, typer.Option(help="When it may have begun: 2024-05-19T14:00")],
    until: Annotated[str, typer.Option(help="When it ended.")],
    person: Annotated[str, typer.Option(help="A person's name here.")] = "",
    session: Annotated[str, typer.Option(help="A session, as printed by login.")] = "",
    instance: Annotated[str, typer.Option(help="A program: all that went through it.")] = "",
    out: Annotated[Path, typer.Option(help="Where to write the list with its proofs.")] = Path(
        "exposure.list"
    ),
) -> None:
    """List exactly the charts somebody could have read or wrote through, and prove it.

    The window is widened to the beginning of what was live at its start: memory is not erased.
    """
    house_home = Home(home)
    question = ask(person, session, instance, (read_time(since), read_time(until)))
    kept = kept_session()
    keyholder = join(house_home, kept.instance).keyholder
    token = bytes.fromhex(kept.token)
    window = Window(keyholder, house_home.releases_key, token, question.since, question.until)
    found = list_exposure(window, question, house_home.releases_key, out)
    show_exposure(found)
    console.print(f"written with its proofs to {out}; a stranger checks it with", soft_wrap=True)
    console.print(stranger_words(house_home, out), soft_wrap=True)


def ask(person: str, session: str, instance: str, window: tuple[int, int]) -> Question:
    """Make the question of exactly one of the three."""
    asked = [(Asked.PERSON, person.encode()), (Asked.INSTANCE, instance.encode())]
    asked.append((Asked.SESSION, read_hex(session, "session")))
    named = [(field, value) for field, value in asked if value]
    if len(named) != 1:
        raise RefusedError("name one person, session or instance", hint="--person aiko")
    return Question(*named[0], *window)


def show_exposure(found: Exposure, most: int = MOST_SHOWN) -> None:
    """Print an exposure: how many, which, how; and loudly what is unknown."""
    question = found.question
    who = question.value.hex() if question.field is Asked.SESSION else question.value.decode()
    opened = sum(1 for chart in found.charts.values() if chart.released)
    console.print(
        f"{question.field} {who}, {show_time(question.since)} to {show_time(question.until)}: "
        f"{len(found.charts):,} charts exposed ({opened:,} opened, "
        f"{len(found.charts) - opened:,} only written through), {found.searches:,} searches"
    )
    if not found.is_exact:
        console.print(f"[bold red]at least[/]: {found.gaps} gaps in the ledger hide the rest")
    shown = 11 if question.until - question.since < DAY else 0  # hours only, of one day
    table = Table(box=None, pad_edge=False)
    for column in ("chart", "first", "last", "opened", "written"):
        table.add_column(column, no_wrap=column in ("chart", "first", "last"))
    for each in list(found.charts.values())[:most]:
        table.add_row(
            to_text(each.chart), show_time(each.first)[shown:], show_time(each.last)[shown:],
            _names(each.released), _names(each.written),
        )  # fmt: skip
    console.print(table)
    if len(found.charts) > most:
        console.print(f"… and {len(found.charts) - most:,} more in the list")


def _names(mask: int) -> str:
    return " ".join(section.name.lower() for section in mask_sections(mask))


def stranger_words(home: Home, out: Path) -> str:
    """Say how an outsider checks a list without this software."""
    keys = f"--key {home.file.releases_key} --witness {home.file.witness_key}"
    return f"  python verify/verify.py exposure {out} {keys}"
