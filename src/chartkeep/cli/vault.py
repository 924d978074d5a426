"""`vault-home`, `vault`, `vault-status`, `vault-resume`: the copy ransomware does not reach."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.options import HomeOption, console
from chartkeep.wiring.home import Home
from chartkeep.wiring.vaulting import (
    VaultHome,
    found_vault,
    lift_refusal,
    read_ledger,
    remote_shelf,
    run_vault,
)

VaultOption = Annotated[
    Path,
    typer.Option("--home", envvar="CHARTKEEP_VAULT", help="The folder chartkeep vault-home made."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (vault_home, vault, vault_status, vault_resume):
        app.command()(command)


def vault_home(
    home: HomeOption,
    folder: Annotated[
        Path, typer.Argument(help="The vault's home, to be brought to a host of its own.")
    ],
    place: Annotated[
        str,
        typer.Option(help="Where it keeps everything: folder:/path or s3://bucket?endpoint=…"),
    ] = "",
    second: Annotated[
        str, typer.Option(help="A second copy under another operator, written as --place is.")
    ] = "",
    address: Annotated[
        str,
        typer.Option(help="Where who restores finds it: tls:host:port; a socket there without."),
    ] = "",
) -> None:
    """Make a vault's home. Its key is moved there, and then only it is this house's vault.

    A vault pulls all the house takes in, sealed as it is, proves that nothing of it was changed,
    and keeps it where nothing overwrites it. Bring the folder to another host, with another
    administrator, before the house holds anything that matters; start it there with chartkeep
    vault. Keep restore.key with the operators' shares: with it one reads from the vault.
    """
    place = place or f"folder:{(folder / 'kept').resolve()}"
    made = found_vault(Home(home), folder, place, address=address, second=second)
    console.print(f"the vault's home is {folder}; it will keep everything in {made.file.place}")
    console.print("bring it to a host of its own and start it there: chartkeep vault --home …")
    console.print("keep its restore.key with the operators' shares, and name operators if none are")


def vault(home: VaultOption) -> None:
    """Run a vault: it pulls twice a second, and has no verb that deletes or overwrites.

    What it cannot prove it refuses, and goes on refusing until a person has looked:
    chartkeep vault-status says why, chartkeep vault-resume lets it try again.
    """
    run_vault(VaultHome(home))


def vault_status(home: VaultOption) -> None:
    """Ask a running vault how it is, with its restore.key; red needs a person, exit code 1."""
    shelf = remote_shelf(VaultHome(home))
    health = shelf.health()
    shelf.close()
    table = Table(box=None, show_header=False, pad_edge=False)
    for each in health.ledgers:
        table.add_row(each.ledger, f"{each.size:,} lines", f"{each.behind / 1000:.1f} s behind")
    console.print(table)
    for sentence in health.red:
        console.print(f"[bold red]red[/]: {sentence}")
    if health.red:
        raise typer.Exit(1)


def vault_resume(
    home: VaultOption,
    ledger: Annotated[str, typer.Argument(help="records or releases.")],
    without: Annotated[
        list[int] | None,
        typer.Option(
            help="A line whose object or blob is lost at the house: take it without; repeatable."
        ),
    ] = None,
) -> None:
    """Let a vault try again, after a person looked: what is still not so is refused again."""
    why = lift_refusal(VaultHome(home), read_ledger(ledger), without or [])
    console.print(f"it was refused: {why}" if why else f"{ledger} was not refused")
