"""Scenes the demonstration and the drill share: a ward works, an intruder comes, who was exposed.

Each goes the road of earnest work, and returns what really happened, for the list is held against
it.
"""

import secrets
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from chartkeep.cli.incident.estimated import show_estimate, show_proofs
from chartkeep.cli.load import load_folder
from chartkeep.cli.options import console
from chartkeep.clinical.keywords import Query
from chartkeep.custody.house import House
from chartkeep.custody.release import Look, find_patients, release
from chartkeep.errors import ChartkeepError, FrozenError
from chartkeep.incident.estimate.at_desk import Officer, estimate
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.proving import prove
from chartkeep.incident.estimate.readable import Keys
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.model import ChartId, Millis, Purpose, Section
from chartkeep.wiring import rehearsal
from chartkeep.wiring.decoys import hide_decoys
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now

CARE = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
Taken = dict[bytes, int]
"""What was really opened: chart -> sections as bits."""


def fill(home: Home, folder: Path, source: Path | None, patients: int) -> list[ChartId]:
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


def work(desk: House, token: bytes, charts: list[ChartId]) -> Taken:
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


def intrude(desk: House, token: bytes, charts: list[ChartId]) -> Taken:
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


def go_on(home: Home, cast: rehearsal.Cast, beds: list[ChartId]) -> None:
    """Let her colleague open every bed of the ward from another server."""
    desk = join(home, "second desk")
    _, token = rehearsal.log_in(desk, cast.chie)
    for chart in beds:
        release(chart, Look(token, CARE, Purpose.TREATMENT), desk)
    console.print(f"  {len(beds)} of {len(beds)} beds opened, 0 refused")


def expose(
    officer: Officer, home: Home, asked: tuple[bytes, Millis], folder: Path, taken: Taken
) -> Estimate:
    """Say what a session was exposed to since a time, with proofs, held against what was opened."""
    session, began = asked
    until = now()
    one = Suspect(Kind.SESSION, session, began, until)
    found = estimate(officer, [one], [], (began, until), until).estimate
    show_estimate(found, Keys(), officer.desk.file.facility, most=5)
    verdict = "exactly" if is_exact(found, taken) else "NOT"
    console.print(f"the list is {verdict} what he and she opened: {len(taken)} charts")
    console.print("a stranger checks it without this software:")
    show_proofs(prove(found, officer.house, officer.log, officer.token, folder), home)
    return found


def is_exact(found: Estimate, taken: Taken) -> bool:
    """Say whether an estimate is what was really opened."""
    return {each.chart: each.how.get(How.RELEASED, 0) for each in found} == taken


def _mask(sections: Iterable[Section]) -> int:
    mask = 0
    for section in sections:
        mask |= 1 << section
    return mask


def say(sentence: str) -> None:
    """Say what comes next."""
    console.print(f"\n[bold]{sentence}[/]")
