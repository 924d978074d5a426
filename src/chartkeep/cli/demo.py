"""`chartkeep demo`: the main job in a minute or two, on one machine, with invented people."""

import secrets
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from chartkeep.cli.doors import open_doors
from chartkeep.cli.exposure import show_exposure, stranger_words
from chartkeep.cli.load import load_folder
from chartkeep.cli.machines import machines_send
from chartkeep.cli.options import console
from chartkeep.clinical.keywords import Query
from chartkeep.custody.house import House
from chartkeep.custody.lines import Window
from chartkeep.custody.release import Look, find_patients, release
from chartkeep.errors import ChartkeepError, FrozenError
from chartkeep.incident.listing import list_exposure
from chartkeep.incident.thief import Loot, break_in
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.wiring import rehearsal
from chartkeep.wiring.decoys import hide_decoys
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.launch import running
from chartkeep.wiring.running import now

CARE = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
ROUNDS = 5
Taken = dict[bytes, int]
"""What was really opened: chart -> sections as bits."""


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
    _say("A hospital founds its house. The key file goes to a stick, not beside the data.")
    home = rehearsal.found_rehearsal(folder / "house", key_file, "Minato Hospital", cast)
    with running(home) as house:
        _say("Keyholder, store and witness run. Charts are deposited, each sealed by itself.")
        charts = _fill(home, folder, source, patients)
        began = now()
        _say("The ward's machines send into sealed charts, and can open none.")
        console.print(
            "[bold]Meanwhile nurse Aiko opens charts: a look is a line before it is one.[/]"
        )
        desk = join(home, "desk")
        session, token = rehearsal.log_in(desk, cast.aiko)
        with machines_send(house, charts[: rehearsal.BEDS], folder / "scans", cast):
            taken = _work(desk, token, charts[:ROUNDS])
        _say("An intruder has the ward application's server. He rides on her session.")
        taken |= _intrude(desk, token, charts[rehearsal.BEDS :])
        _say("That server is frozen. Her colleague Chie goes on at another: the care floor holds.")
        _go_on(home, cast, charts[: rehearsal.BEDS])
        _say("The privacy officer asks whose data that session could have seen.")
        _expose(home, cast, session, began, folder, taken)
    _say("A thief copies the data folders. Another takes the whole machine.")
    for key in (None, key_file):
        _show_loot(break_in(folder / "house", key), key)
    _say("The house opens its doors again: FHIR over HTTP, and the pages of the ward.")
    with running(home) as house:
        open_doors(house, cast.hana, cast.everyone, charts[0])


def _fill(home: Home, folder: Path, source: Path | None, patients: int) -> list[ChartId]:
    """Load the bundles, place the patients, hide the decoys; gives charts, the beds' first."""
    today = date.today()  # noqa: DTZ011 - the invented hospital lives by the reader's calendar
    if source is None:
        source = folder / "bundles"
        rehearsal.write_hospital(source, patients, seed=1, today=today)
    charts, _ = load_folder(home, source)
    placed = rehearsal.place_patients(home, charts)
    decoys = hide_decoys(home, max(2, len(charts) // 15), today, rehearsal.CLINIC)
    console.print(f"{len(decoys)} decoys hidden among {len(charts):,} charts")
    beds, others = placed[: rehearsal.BEDS], placed[rehearsal.BEDS :] + decoys
    secrets.SystemRandom().shuffle(others)  # the intruder cannot tell them apart either
    return beds + others


def _work(desk: House, token: bytes, charts: list[ChartId]) -> Taken:
    """Let the nurse do her round."""
    taken: Taken = {}
    for bed, chart in enumerate(charts, 1):
        began = time.perf_counter()
        opened = release(chart, Look(token, CARE, Purpose.TREATMENT), desk)
        took = (time.perf_counter() - began) * 1000
        taken[chart] = _mask(entry.header.section for entry in opened.entries)
        console.print(
            f"  bed {bed}: {len(opened.entries)} entries in {took:.0f} ms, line {opened.line}"
        )
    return taken


def _intrude(desk: House, token: bytes, charts: list[ChartId]) -> Taken:
    """Let the intruder open whatever the clinic's list shows, until something stops him."""
    taken: Taken = {}
    refused: Counter[str] = Counter()
    for chart in charts:
        try:
            opened = release(chart, Look(token, CARE, Purpose.TREATMENT), desk)
        except FrozenError as error:
            console.print(f"  {len(taken)} charts opened, then: {error}")
            break
        except ChartkeepError as error:
            refused[str(error)] += 1
        else:
            taken[chart] = _mask(entry.header.section for entry in opened.entries)
    else:
        console.print(f"  {len(taken)} charts opened, no decoy among them")
    for sentence, count in refused.items():
        console.print(f"  refused {count} times: {sentence}")
    try:
        find_patients(Query(name="an"), Look(token, CARE, Purpose.TREATMENT), desk)
    except ChartkeepError as error:
        console.print(f"  he searches instead: {error}")
    return taken


def _go_on(home: Home, cast: rehearsal.Cast, beds: list[ChartId]) -> None:
    """Let her colleague open every bed of the ward from another server."""
    desk = join(home, "second desk")
    _, token = rehearsal.log_in(desk, cast.chie)
    for chart in beds:
        release(chart, Look(token, CARE, Purpose.TREATMENT), desk)
    console.print(f"  {len(beds)} of {len(beds)} beds opened, 0 refused")


def _expose(
    home: Home, cast: rehearsal.Cast, session: bytes, began: int, folder: Path, taken: Taken
) -> None:
    """List the exposure with its proofs, and hold it against what was really opened."""
    officer = join(home, "second desk")
    _, token = rehearsal.log_in(officer, cast.dewi)
    question = Question(Asked.SESSION, session, began, now())
    window = Window(officer.keyholder, home.releases_key, token, question.since, question.until)
    out = folder / "exposure.list"
    found = list_exposure(window, question, home.releases_key, out)
    show_exposure(found, most=5)
    listed = {chart: each.released for chart, each in found.charts.items()}
    verdict = "exactly" if listed == taken else "NOT"
    console.print(f"the list is {verdict} what he and she opened: {len(taken)} charts")
    console.print("a stranger checks it without this software:")
    console.print(stranger_words(home, out), soft_wrap=True)


def _show_loot(loot: Loot, key: Path | None) -> None:
    """Say plainly what a thief has."""
    what = "the machine with the key file on it" if key else "the data folders"
    console.print(f"{what}: {loot.sentence()}")


def _mask(sections: Iterable[Section]) -> int:
    mask = 0
    for section in sections:
        mask |= 1 << section
    return mask


def _say(sentence: str) -> None:
    console.print(f"\n[bold]{sentence}[/]")
