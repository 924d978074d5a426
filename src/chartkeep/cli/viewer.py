"""`chartkeep viewer`: OHIF, a full viewer of pictures, beside the pages."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import RefusedError
from chartkeep.wiring import viewing
from chartkeep.wiring.home import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(viewer)


def viewer(
    home: HomeOption,
    folder: Annotated[Path, typer.Option(help="Where `make viewer` put it.")] = Path("viewer"),
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port, another than that of the pages.")] = 8081,
    certificate: Annotated[Path | None, typer.Option(help="A TLS certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM, PKCS#8).")] = None,
) -> None:
    """Serve OHIF to whoever is logged in at the pages of the same host name."""
    if (certificate is None) != (key is None):
        raise RefusedError("a certificate and its key come together", hint="give both")
    tls = (certificate, key) if certificate and key else None
    viewing.view(
        Home(home), folder, host, port, tls,
        lambda at: console.print(f"a study at {at}/viewer?StudyInstanceUIDs=...; Ctrl-C ends"),
    )  # fmt: skip
