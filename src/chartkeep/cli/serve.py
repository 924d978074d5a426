"""`chartkeep serve`: pages, FHIR R4 and DICOMweb over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import RefusedError
from chartkeep.wiring import serving
from chartkeep.wiring.home import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(serve)


def serve(
    home: HomeOption,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen at.")] = 8080,
    workers: Annotated[int, typer.Option(help="Processes; each opens charts for itself.")] = 1,
    certificate: Annotated[Path | None, typer.Option(help="A TLS certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM, PKCS#8).")] = None,
) -> None:
    """Serve pages, FHIR R4 and DICOMweb: every read is a release, every release a line."""
    if (certificate is None) != (key is None):
        raise RefusedError("a certificate and its key come together", hint="give both")
    tls = (certificate, key) if certificate and key else None
    serving.serve(
        Home(home), host, port, workers, tls,
        lambda at: console.print(
            f"pages at {at}, FHIR R4 at /fhir, DICOMweb at /dicom-web, "
            "tokens at /auth/token; Ctrl-C ends"
        ),
    )  # fmt: skip
