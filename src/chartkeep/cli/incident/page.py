"""`chartkeep incident page`: people with a letter see what of theirs is concerned."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.incident.options import CaseOption
from chartkeep.cli.options import console
from chartkeep.errors import RefusedError
from chartkeep.wiring import page as serving
from chartkeep.wiring.page import Asked


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(page)


def page(
    desk: Annotated[str, typer.Option("--at", help="The desk's door: https://desk:8082.")],
    facility: Annotated[str, typer.Option(help="The house's id.")],
    case: CaseOption,
    key: Annotated[Path, typer.Option(help="The page's private key (PEM).")],
    program: Annotated[str, typer.Option(help="Its name, of the role letter page.")] = "letters",
    authority: Annotated[
        Path | None, typer.Option(help="The certificate that signs the desk's.")
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8083,
    certificate: Annotated[Path | None, typer.Option(help="A TLS certificate (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key (PEM, PKCS#8).")] = None,
) -> None:
    """Serve the page of an incident's letters, on a host that holds nothing but its own key."""
    if (certificate is None) != (tls_key is None):
        raise RefusedError("a certificate and its key come together", hint="give both")
    tls = (certificate, tls_key) if certificate and tls_key else None
    asked = Asked(desk, facility, case, program, str(key), str(authority or ""))
    serving.serve(
        asked, host, port, tls, lambda at: console.print(f"the page is at {at}; Ctrl-C ends")
    )
