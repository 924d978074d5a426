"""The keyholder's second life: follower, take-over, sealed backups and coming back from one."""

from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import HomeOption, console, show_time
from chartkeep.keyholder.protocol import Login
from chartkeep.wiring import keyholding, standby
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.rekeying import begin_rekey

KeyFile = Annotated[Path | None, typer.Option(help="The key file, as brought to this host.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (
        follower, follower_home, promote, copy_back, recover, operators, backup, restore_keyholder,
        rekey,
    ):  # fmt: skip
        app.command()(command)


def follower_home(
    home: HomeOption,
    folder: Annotated[Path, typer.Argument(help="The follower's home, to be brought to its host.")],
    address: Annotated[str, typer.Option(help="tls:host:port; a socket here without.")] = "",
) -> None:
    """Make a follower's home and tell the keyholder of it; restart the keyholder after."""
    made = standby.found_follower(Home(home), folder, address)
    console.print(f"the follower's home is {folder}, its address {made.file.follower}")
    console.print("start chartkeep follower there, then the keyholder again")


def follower(home: HomeOption) -> None:
    """Run a follower: every key and line reaches it before the answer that depends on it."""
    keyholding.follower(Home(home))


def promote(home: HomeOption, key_file: KeyFile = None) -> None:
    """Take over: make this follower the keyholder; the old one is never heard again."""
    epoch = standby.take_over(Home(home), key_file)
    console.print(f"this is the keyholder now, epoch {epoch}; start chartkeep keyholder here")


def copy_back(home: HomeOption) -> None:
    """Fill this keyholder's empty folder with all its follower has; start the keyholder after."""
    lines = standby.fill_from_follower(Home(home))
    console.print(f"{lines:,} lines and all keys are here again; start chartkeep keyholder")


def recover(
    home: HomeOption,
    people: Annotated[list[str], typer.Argument(help="Two people who may.")],
    key_file: KeyFile = None,
) -> None:
    """Go on with a ledger that is older than the witness saw: two people, a gap, budgets spent."""
    proofs = [
        Login(
            name,
            typer.prompt(f"password of {name}", hide_input=True),
            typer.prompt(f"code of {name}"),
        )
        for name in people
    ]
    standby.recover_ledger(Home(home), proofs, key_file)
    console.print("a gap line says what is lost; start chartkeep keyholder")


def rekey(
    home: HomeOption,
    new_key_file: Annotated[Path, typer.Argument(help="The new key file, not under the data.")],
) -> None:
    """Replace the key-encryption key while everything goes on."""
    begin_rekey(Home(home), new_key_file)
    console.print(f"keys move under {new_key_file}; keep the old file until status says it is done")


def operators(
    home: HomeOption,
    names: Annotated[list[str], typer.Argument(help="The operators who each hold a share.")],
    least: Annotated[int, typer.Option(help="How many of them open a backup together.")] = 2,
) -> None:
    """Name the operators to whom backups are sealed; their shares are shown once."""
    shares = standby.name_operators(Home(home), least, names)
    for name, share in zip(names, shares, strict=True):
        console.print(f"{name}: {share}", soft_wrap=True)


def backup(
    home: HomeOption, out: Annotated[Path, typer.Argument(help="The file to write.")]
) -> None:
    """Write a sealed backup of the keyholder, while it runs, in the place of one of that name."""
    keyholder = join(Home(home), "host").keyholder
    keyholder.status()  # it runs: else it could not note the backup, and status would stay red
    standby.back_up(Home(home), out)
    keyholder.note_backup()
    console.print(f"written to {out}; keep none older than 30 days, or shredding is undone by it")


def restore_keyholder(
    backup: Annotated[Path, typer.Argument(help="The backup.")],
    folder: Annotated[Path, typer.Argument(help="An empty keyholder folder.")],
    share: Annotated[list[str], typer.Option(help="An operator's share; repeatable.")],
) -> None:
    """Open a backup into an empty folder; the store then has its shreddings applied again."""
    made = standby.restore(backup, folder, share)
    console.print(f"restored as of {show_time(made)}")
