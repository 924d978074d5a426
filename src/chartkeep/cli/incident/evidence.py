"""`chartkeep incident keep, fetch`: files become evidence, and come out again unchanged."""

import os
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption, DeskOption, KeyOption, the_case
from chartkeep.cli.options import console
from chartkeep.incident.case.events import Handed


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(keep)
    app.command()(fetch)


def keep(
    desk: DeskOption,
    case: CaseOption,
    files: Annotated[list[Path], typer.Argument(help="Files to keep.")],
    what: Annotated[str, typer.Option(help="What it is.")],
    source: Annotated[str, typer.Option("--from", help="Whom or where it came from.")] = "",
    nobody: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option("--names-nobody", help="It names no patient: bags may carry it.")
    ] = False,
    key_file: KeyOption = None,
) -> None:
    """Keep files as evidence: sealed, written once, named by their SHA-256."""
    opened = the_case(desk, case, key_file)
    for file in files:
        digest = opened.keep(file, what, origin=source, people=not nobody)
        console.print(f"{digest}  {file}", markup=False, soft_wrap=True)


def fetch(
    desk: DeskOption,
    case: CaseOption,
    digest: Annotated[str, typer.Argument(help="The evidence, by its SHA-256.")],
    out: Annotated[Path, typer.Argument(help="Where to write it; nothing may lie there.")],
    whom: Annotated[str, typer.Option("--to", help="Who is to have it.")],
    why: Annotated[str, typer.Option(help="Why.")],
    key_file: KeyOption = None,
) -> None:
    """Write a piece of evidence out in clear; the case says for whom and why."""
    opened = the_case(desk, case, key_file)
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        try:
            opened.read(digest, file.write)
            opened.add(Handed("a copy", whom, why), evidence=[digest])
        except BaseException:
            out.unlink()  # what was not whole, or not written down, is not there
            raise
    console.print(f"written to {out}: it lies there in clear", markup=False, soft_wrap=True)
