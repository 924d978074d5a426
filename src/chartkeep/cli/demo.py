"""`chartkeep demo`: the main job in a minute or two, on one machine, with invented people."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.doors import open_doors
from chartkeep.cli.machines import machines_send
from chartkeep.cli.options import console
from chartkeep.cli.scenes import expose, fill, go_on, intrude, say, work
from chartkeep.incident.estimate.at_desk import Officer
from chartkeep.incident.thief import Loot, break_in
from chartkeep.wiring import rehearsal
from chartkeep.wiring.desk import make_desk
from chartkeep.wiring.joining import join
from chartkeep.wiring.launch import running
from chartkeep.wiring.running import now

ROUNDS = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    source: Annotated[
        Path | None, typer.Option("--from", help="A folder of FHIR R4 bundles of your own.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where it all lies; made anew each time.")] = Path(
        "demo"
    ),
    patients: Annotated[int, typer.Option(help="How many patients to invent.")] = 60,
) -> None:
    """Play the main job: a ward works, an intruder comes, a thief comes, and who was exposed."""
    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    stick = Path(tempfile.mkdtemp(prefix="chartkeep-stick-"))
    try:
        _play(folder, stick / "minato.key", source, patients)
    finally:
        shutil.rmtree(stick)
    took = time.monotonic() - started
    console.print(f"\nall of it took {took:.0f} s and lies in {folder}; its key file is gone now")


def _play(folder: Path, key_file: Path, source: Path | None, patients: int) -> None:
    cast = rehearsal.cast_people()
    say("A hospital founds its house. The key file goes to a stick, not beside the data.")
    home = rehearsal.found_rehearsal(folder / "house", key_file, "Minato Hospital", cast)
    with running(home) as house:
        say("Keyholder, store and witness run. Charts are deposited, each sealed by itself.")
        charts = fill(home, folder, source, patients)
        began = now()
        say("The ward's machines send into sealed charts, and can open none.")
        console.print(
            "[bold]Meanwhile nurse Aiko opens charts: a look is a line before it is one.[/]"
        )
        desk = join(home, "desk")
        session, token = rehearsal.log_in(desk, cast.aiko)
        with machines_send(house, charts[: rehearsal.BEDS], folder / "scans", cast):
            taken = work(desk, token, charts[:ROUNDS])
        say("An intruder has the ward application's server. He rides on her session.")
        taken |= intrude(desk, token, charts[rehearsal.BEDS :])
        say("That server is frozen. Her colleague Chie goes on at another: the care floor holds.")
        go_on(home, cast, charts[: rehearsal.BEDS])
        say("The privacy officer asks whose data that session could have seen.")
        second = join(home, "second desk")
        _, watching = rehearsal.log_in(second, cast.dewi)
        made = make_desk(folder / "desk", home, key_file.with_name("desk.key"), rehearsal.CHEAP)
        officer = Officer(made, second, home.releases_key, watching)
        expose(officer, home, (session, began), folder / "exposure", taken)
    say("A thief copies the data folders. Another takes the whole machine.")
    for key in (None, key_file):
        _show_loot(break_in(folder / "house", key), key)
    say("The house opens its doors again: FHIR over HTTP, and the pages of the ward.")
    with running(home) as house:
        open_doors(house, cast.hana, cast.everyone, charts[0])


def _show_loot(loot: Loot, key: Path | None) -> None:
    """Say plainly what a thief has."""
    what = "the machine with the key file on it" if key else "the data folders"
    console.print(f"{what}: {loot.sentence()}")
