"""`chartkeep init`: found a house."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console
from chartkeep.errors import RefusedError
from chartkeep.wiring.founding import Newcomer, Token, newcomer
from chartkeep.wiring.founding import init as found
from chartkeep.wiring.running import read_clock


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    home: HomeOption,
    facility: Annotated[str, typer.Option(help="The hospital's name.")],
    key_file: Annotated[
        Path, typer.Option(help="Where to write the passphrase: not under the data folder.")
    ],
    administrator: Annotated[
        list[str], typer.Option(help="A first administrator; two, since most acts take two.")
    ],
    privacy_officer: Annotated[list[str], typer.Option(help="A first privacy officer.")],
    retention_years: Annotated[
        int, typer.Option(help="For how long no chart may be shredded.")
    ] = 5,
    pkcs11: Annotated[
        str, typer.Option(help="A PKCS#11 module; the key file then holds the token's PIN.")
    ] = "",
    token: Annotated[str, typer.Option(help="The token's label, with --pkcs11.")] = "",
) -> None:
    """Found a house in an empty folder: keys, first people, first ledger lines."""
    if len(administrator) < 2:
        raise RefusedError(
            "two administrators are needed: most acts take two people",
            hint="--administrator erik --administrator fumi",
        )
    people = [newcomer(name, "administrator") for name in administrator]
    people += [newcomer(name, "privacy officer") for name in privacy_officer]
    made = found(
        home, facility, key_file, people, read_clock,
        retention_years=retention_years, token=Token(pkcs11, token) if pkcs11 else None,
    )  # fmt: skip
    console.print(f"founded {facility} in {home}")
    console.print(f"the key file is {key_file}: keep a copy elsewhere, without it nothing opens")
    console.print("the witness's key, to be kept by another organisation:")
    console.print(f"  {made.file.witness_key}", soft_wrap=True)
    console.print("\nshown once, give each to its person:")
    for person in people:
        show_newcomer(person, facility)


def show_newcomer(person: Newcomer, facility: str) -> None:
    """Print what a person needs to log in for the first time."""
    console.print(f"  {person.name} ({person.role})  password {person.password}")
    console.print(
        f"    otpauth://totp/{facility}:{person.name}?secret={person.totp}&issuer=Chartkeep",
        soft_wrap=True,
    )
