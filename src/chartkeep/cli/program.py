"""`chartkeep program`: one more that logs in with a key of its own; those an older house lacks."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.acts import do_act
from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import RefusedError
from chartkeep.keyholder import actions
from chartkeep.model import to_text
from chartkeep.sealing.assertion import LONGEST_KEY, read_program_key
from chartkeep.wiring.home import Home
from chartkeep.wiring.programs import lacking, make_programs

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


@program.command()
def complete(
    home: HomeOption,
    names: Annotated[
        list[str] | None, typer.Argument(help="Programs of the house; none: those without a key.")
    ] = None,
) -> None:
    """Give a house founded by an older version the programs it lacks; each takes two people.

    Where the store is. Keys already there are kept, and told to the keyholder again when named.
    """
    root = Home(home).root
    if not (root / "store").exists():
        raise RefusedError("the store is on another host", hint="run it there, then bring the key")
    wanted = names or lacking(root)
    if not wanted:
        console.print("it has them all; name one to have it told to the keyholder again")
    for each in make_programs(root, wanted):
        console.print(f"{each.name}: {root}/instances/{each.name}.key", soft_wrap=True)
        do_act(home, each)
