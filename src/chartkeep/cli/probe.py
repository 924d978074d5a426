"""`chartkeep probe`: try everything on a place and print the certificate."""

from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.table import Table

from chartkeep.cli.options import console
from chartkeep.recovery.probing.certificate import Certificate, Verdict
from chartkeep.wiring.places import open_place
from chartkeep.wiring.running import now

PlaceArgument = Annotated[
    str, typer.Argument(help="folder:/path, or s3://bucket?endpoint=https://…&keys=FILE")
]
_COLOURS: Final = {
    Verdict.HELD: "green",
    Verdict.HOLE: "yellow",
    Verdict.UNTRIED: "yellow",
    Verdict.BROKEN: "bold red",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(probe)


def probe(place: PlaceArgument) -> None:
    """Try to delete, shorten, overwrite what a place keeps; exit 1 when it is not to be trusted."""
    opened = open_place(place, now, lambda words: console.print(f"[bold red]alarm[/]: {words}"))
    certificate = opened.renew()
    show(certificate)
    if not certificate.held:
        raise typer.Exit(1)


def show(certificate: Certificate) -> None:
    """Print a certificate: what was tried, what it answered, what no probe can find."""
    table = Table("", "tried", "answer", "note", title=escape(certificate.place), box=None)
    for trial in certificate.trials:
        word = f"[{_COLOURS[trial.verdict]}]{trial.verdict}[/]"
        table.add_row(word, escape(trial.tried), escape(trial.answer), escape(trial.note))
    console.print(table)
    for words in certificate.unproved:
        console.print(f"not proved: {words}")
    if certificate.held:
        console.print("[green]trusted[/] for a day")
    else:
        console.print(f"[bold red]refused[/]: {len(certificate.broken)} did not hold")
