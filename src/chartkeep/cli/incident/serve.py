"""`chartkeep incident serve`: the desk's door over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import DeskOption, KeyOption
from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import RefusedError
from chartkeep.wiring import bureau
from chartkeep.wiring.home import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    desk: DeskOption,
    home: HomeOption,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8082,
    certificate: Annotated[Path | None, typer.Option(help="A TLS certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM, PKCS#8).")] = None,
    folders: Annotated[
        list[Path] | None,
        typer.Option("--may-read", help="A folder traces and sweeps may read from here."),
    ] = None,
    key_file: KeyOption = None,
) -> None:
    """Serve cases as JSON to whoever audits; a session of chartkeep login is the bearer token."""
    if (certificate is None) != (key is None):
        raise RefusedError("a certificate and its key come together", hint="give both")
    tls = (certificate, key) if certificate and key else None
    bureau.serve(
        desk, key_file, Home(home), host, port, tls, folders or (),
        lambda at: console.print(f"cases at {at}/cases; Ctrl-C ends"),
    )  # fmt: skip
