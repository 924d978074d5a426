"""`chartkeep demo`: the main job in a minute or two."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
