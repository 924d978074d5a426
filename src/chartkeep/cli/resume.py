"""`chartkeep resume`: on the store's host, after a person has looked at what froze the store."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import UnavailableError
from chartkeep.store.guard.frozen import resume as resume_store
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import now


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(resume)


def resume(
    home: HomeOption,
    by: Annotated[str, typer.Option(help="Who has looked.")],
    why: Annotated[str, typer.Argument(help="What they saw, and why the store may go on.")],
) -> None:
    """Let a frozen store take entries in again; who and why is kept in its guard.jsonl."""
    folder = Home(home).root / "store"
    if not (folder / "store.db").exists():
        raise UnavailableError(f"no store lies in {folder}", hint="resume it on its own host")
    seen = resume_store(folder / "guard.jsonl", by, why, now())
    for event in seen:
        at = datetime.fromtimestamp(event.time / 1000, UTC)
        console.print(f"{at:%Y-%m-%d %H:%M:%S} UTC: {event.why}", highlight=False)
    console.print("where it runs it goes on within a second, else when it is started again")
    console.print("what was said stays in status until the store's next start")
