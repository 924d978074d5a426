"""A staged intrusion laid out as files, and read as the desk reads a real one."""

from datetime import timedelta, timezone
from pathlib import Path

from chartkeep.incident.happening import Happening
from chartkeep.incident.timeline.cause import Cause, Watch
from chartkeep.incident.timeline.logs.importing import Imported
from chartkeep.incident.timeline.logs.times import Hand
from chartkeep.incident.timeline.merged import Own, Source, Timeline
from chartkeep.incident.timeline.ours import of_happening, vault_alarms
from chartkeep.incident.timeline.signs import Facts
from chartkeep.inventor.intrusions import stage
from chartkeep.inventor.intrusions.logbook import ADDRESSES, BEGAN, DAY, DAYS, Staged
from chartkeep.model import Millis
from tests.incident.timeline.readers import READERS

FACTS = Facts(
    suppliers=frozenset({"vendor-meal"}),
    gateways=frozenset({"vpn1"}),
    applications=frozenset({"serve1"}),
    keepers=frozenset({"keeper1", "store1", "vault1", "vault"}),
    machines=frozenset({"ct1"}),
    programs=frozenset({"lab-partner"}),
    same={address: host for host, address in ADDRESSES.items()}
    | {"vault": "vault1", "198.51.100.2": "vpn1"},
)
HAND = Hand(timezone(timedelta(hours=9)), until=Millis(BEGAN + DAYS * DAY))
MARGIN = 12_000
"""Milliseconds the measured clock of a log may be wrong at the first act."""


def lay_out(staged: Staged, folder: Path, leave_out: str = "") -> Timeline:
    """Write the logs into a folder and open them, but for one that is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    sources: list[Source] = []
    for name, raw in staged.files.items():
        short = name.partition(".")[0]
        if short != leave_out:
            (folder / name).write_bytes(raw)
            sources.append(Imported(folder / name, short, HAND, READERS))
    if leave_out != "house":
        acts = [
            of_happening(Happening(f"releases-{at}", **act._asdict()))
            for at, act in enumerate(staged.house)
        ]
        sources.append(Own("house", lambda: acts))
    if leave_out != "vault":
        alarms = folder / "alarms.jsonl"
        alarms.write_bytes(staged.alarms)
        sources.append(Own("vault", lambda: vault_alarms(alarms)))
    return Timeline(sources, BEGAN - DAY, BEGAN + (DAYS + 1) * DAY, {}, FACTS.same)


def find_cause(name: str, seed: int, folder: Path, leave_out: str = "") -> tuple[Staged, Cause]:
    """Stage an intrusion, read its logs, and propose its cause."""
    staged = stage(name, seed)
    timeline = lay_out(staged, folder, leave_out)
    return staged, propose(timeline)


def propose(timeline: Timeline) -> Cause:
    """Read a timeline once."""
    timeline.measure()
    watch = Watch(FACTS, timeline.reach, timeline.aliases)
    for event in timeline.events():
        watch.look(event)
    return watch.cause()


def judge(staged: Staged, cause: Cause) -> str:
    """Say in a word how a proposal was: right, unknown or wrong."""
    truth = staged.truth
    if cause.door.name == "UNKNOWN":
        return "right" if truth.door == "UNKNOWN" else "unknown"
    if truth.door != cause.door.name:
        return "wrong"
    if cause.first is None:
        return "right"
    near = abs(cause.first.time - truth.time) <= MARGIN + cause.first.within
    return "right" if near and cause.first.source == truth.source else "wrong"
