"""`chartkeep restore`: a house from its vault, on an empty disk."""

import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.options import console, read_time, show_time
from chartkeep.cli.progress import Tell, working
from chartkeep.errors import BadInputError, ChartkeepError, DamagedError, LedgerBrokenError
from chartkeep.model import Millis
from chartkeep.recovery.outcome import Progress
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.proof import Proof
from chartkeep.wiring import regaining, restoring
from chartkeep.wiring.home import Home

SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(restore)


def restore(
    source: Annotated[
        str, typer.Option("--from", help="The vault: its folder, its address, or s3://…")
    ] = "",
    home: Annotated[
        Path | None, typer.Option(envvar="CHARTKEEP_HOME", help="An empty folder; or go on there.")
    ] = None,
    share: Annotated[
        list[str] | None, typer.Option(help="An operator's share; repeatable.")
    ] = None,
    keyholder: Annotated[
        str, typer.Option(help="A sealed backup of the keyholder, or the word follower.")
    ] = "",
    key_file: Annotated[
        Path | None, typer.Option(help="The key file, as brought to this host.")
    ] = None,
    at: Annotated[str, typer.Option(help="Make a view: each chart as it stood at a time.")] = "",
    serve: Annotated[  # noqa: FBT002 - a switch
        bool, typer.Option(help="Serve inpatients' charts while the rest comes.")
    ] = True,
    after_vault: Annotated[  # noqa: FBT002 - a switch
        bool,
        typer.Option(
            "--after-vault", help="Answer what is written meanwhile only when the vault has it."
        ),
    ] = False,
    vault_key: Annotated[
        Path | None, typer.Option(help="restore.key of the vault, to reach it over the wire.")
    ] = None,
    page: Annotated[bool, typer.Option(help="Print the page for the worst day, and end.")] = False,  # noqa: FBT002 - a switch
) -> None:
    """Bring a house back from its vault: inpatients first, with proof that nothing is missing."""
    if page:
        print_page(home)
        return
    if not source or home is None:
        raise BadInputError("say from where and to where", hint="--from VAULT --home FOLDER")
    until = Millis(read_time(at)) if at else None
    shelf = restoring.open_shelf(source, vault_key)
    house = restoring.lay_house(shelf, home, share or [], key_file)
    console.print(f"facility {house.file.facility}, records key {house.file.store_key}",
                  soft_wrap=True, markup=False)  # fmt: skip
    if keyholder:
        _bring_keyholder(house, shelf, keyholder, share or [], key_file)
    inpatients = _inpatients(house, key_file) if until is None else regaining.NOBODY
    with working("reading the vault") as tell:
        began = time.monotonic()
        work = restoring.Restore(
            house, shelf, Telling(tell),
            until=until, key_file=key_file, after_vault=after_vault,
        )  # fmt: skip
        proof = work.run(
            inpatients, serve=serve and until is None, ready=lambda: _say_ready(began, inpatients)
        )
    show_proof(proof)
    if until is not None:
        _say_view(house, until)
    if not proof.whole:
        raise DamagedError(
            "not everything is back, or not everything is proved",
            hint="docs/worst-day.md, step 4, says what to do about each sentence",
        )


def _bring_keyholder(
    home: Home, shelf: Shelf, backup: str, shares: list[str], key_file: Path | None
) -> None:
    fresh = regaining.lay_keyholder(home, backup, shares)
    try:
        lines = regaining.catch_up_keyholder(home, shelf, key_file)
    except LedgerBrokenError:
        if fresh:
            raise
        lines = 0  # it was started since, and goes on by itself
    console.print(f"the keyholder is back, with {lines:,} lines its ledger had since")


class Telling:
    """Shows how far it is, how fast, and how long it takes yet."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._what, self._began, self._first = "", 0.0, Progress("", 0, 0)

    def __call__(self, progress: Progress) -> None:
        """Show one step."""
        now = time.monotonic()
        if progress.what != self._what:
            self._what, self._began, self._first = progress.what, now, progress
        words = describe(progress, self._first, now - self._began)
        self._tell(words, progress.done, progress.total)


def describe(progress: Progress, first: Progress, seconds: float) -> str:
    """Say a step in words: what, how far, how fast, how long yet."""
    rate = (progress.done - first.done) / seconds if seconds > 0 else 0.0
    told = f"{progress.what}: {progress.done:,} of {progress.total:,}"
    if rate:
        left = (progress.total - progress.done) / rate
        told += f", {rate:,.0f}/s, {left:,.0f} s left"
    moved = progress.bytes - first.bytes
    if moved and seconds > 0:
        told += f", images and documents {moved / 1e6 / seconds:,.0f} MB/s"
    return told


def _inpatients(home: Home, key_file: Path | None) -> regaining.Inpatients:
    try:
        return regaining.ask_inpatients(home, key_file)
    except ChartkeepError as error:
        console.print(f"the keyholder does not say who lies here: {error}")
        console.print("so all charts come in their order; the house's own first")
        return regaining.NOBODY


def _say_ready(began: float, inpatients: regaining.Inpatients) -> None:
    if not inpatients.charts:
        return
    seconds = time.monotonic() - began
    console.print(f"{len(inpatients.charts):,} inpatients are readable after {seconds:,.0f} s")


def _say_view(home: Home, until: Millis) -> None:
    """Say what this folder is: nobody must take it for the house."""
    with (home.root / restoring.VIEW).open("rb") as lines:
        count = sum(1 for _ in lines)
    console.print(f"this is a view of {show_time(until)}: it is read, never written to")
    console.print(
        f"{count:,} entries have a newer version than is shown: {home.root / restoring.VIEW}",
        soft_wrap=True, markup=False,
    )  # fmt: skip


def show_proof(proof: Proof) -> None:
    """Print what came back, and by name what did not."""
    for sentence in proof.sentences():
        console.print(sentence, soft_wrap=True, markup=False)
    for name in (*proof.lost[:SHOWN], *proof.damaged[:SHOWN]):
        console.print(f"  {name}", soft_wrap=True, markup=False)
    for chart in proof.keyless[:SHOWN]:
        console.print(f"  chart {chart} has no key", markup=False)
    if proof.cosigned_at:
        console.print(f"the witness cosigned it at {show_time(proof.cosigned_at * 1000)}")


def print_page(home: Path | None) -> None:
    """Print the page, with the house's own words at its foot where there is a house."""
    page = files("chartkeep.recovery").joinpath("data/worst-day.md").read_text()
    if home is not None and (home / "house.json").exists():
        file = Home(home).file
        page, _, _ = page.rpartition("\n\n")
        page += (
            f"\n\nFacility {file.facility} · records key {file.store_key} · releases key "
            f"{file.releases_key} · vault at … · backups at … · key file at … · operators …\n"
        )
    console.print(page, markup=False, soft_wrap=True)
