"""`chartkeep program add`: a backend program gets a role and logs in with a key of its own."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.acts import do_act
from chartkeep.cli.options import HomeOption, console
from chartkeep.keyholder import actions
from chartkeep.model import to_text
from chartkeep.sealing.assertion import LONGEST_KEY, read_program_key
from chartkeep.wiring.home import Home

program = typer.Typer(no_args_is_help=True, help="Let a program log in by itself, with a key.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.add_typer(program, name="program")


@program.callback()
def _group() -> None:
    """Let a program log in by itself, with a key."""


@program.command()
def add(
    home: HomeOption,
    name: Annotated[str, typer.Argument(help="The program's name here: its client id.")],
    key: Annotated[
        Path, typer.Option(help="Its public key: a PEM file, or one JWK (P-384, RSA, Ed25519).")
    ],
    role: Annotated[
        str,
        typer.Option(
            help="backend program (opens under a grant), interface (opens nothing), "
            "modality (sees faces), packer (makes ward packs), "
            "viewing station (finds and fetches pictures) or letter page (sees faces)"
        ),
    ] = "backend program",
    audience: Annotated[
        str, typer.Option(help="The token URL it signs for; none: this facility's urn:uuid.")
    ] = "",
) -> None:
    """Register a program that logs in with a signed assertion (SMART); it takes two people."""
    with key.open("rb") as file:
        text = file.read(LONGEST_KEY).decode("utf-8", "replace")
    found = read_program_key(text)
    console.print(f"key {found.fingerprint()}, signs with {found.algorithm}")
    aud = audience or f"urn:uuid:{to_text(bytes.fromhex(Home(home).file.id))}"
    console.print(f"iss and sub {name}, aud {aud}", soft_wrap=True, markup=False)
    do_act(home, actions.AddProgram(name, role, text, audience))
