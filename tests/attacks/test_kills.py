"""3. Processes are killed in the middle of a load; what was acknowledged must open afterwards."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from itertools import islice
from pathlib import Path

import apsw
import pytest

from chartkeep.custody.blobs import read_blob
from chartkeep.custody.release import Look, release
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.inventor.chance import chance_for
from chartkeep.ledger.line import mask_sections
from chartkeep.model import CHART_SECTIONS, ChartId, Section
from chartkeep.sealing.wrap import read_wrap
from chartkeep.wiring.home import Home
from chartkeep.wiring.loading import load_file
from chartkeep.wiring.verifying import verify_records
from tests.attacks.house import (
    SOURCE,
    Founded,
    look,
    small_hospital,
    start,
    started,
    write_bundles,
)
from tests.attacks.ledgers import lines_of

pytestmark = pytest.mark.attack
PATIENTS = 30
KILLS = 6
EVERY = 1 << 30
VICTIMS = ("keyholder", "store", "loader")
DESK = frozenset({Section.FACE, Section.IDENTITY})
WARD = CHART_SECTIONS - DESK
Entry = tuple[bytes, bytes]
"""(chart, entry)."""


def start_loader(home: Home, folder: Path) -> subprocess.Popen[str]:
    """A loader of its own process, that says each acknowledged entry on a pipe."""
    command = [sys.executable, "-m", "tests.attacks.loader", str(home.root), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def read_lines(loader: subprocess.Popen[str], most: int) -> set[Entry]:
    """What the loader says in whole lines, `most` of them; one cut off by a kill was not said."""
    assert loader.stdout is not None
    lines = (line for line in islice(loader.stdout, most) if line.endswith("\n"))
    return {(bytes.fromhex(a), bytes.fromhex(b)) for a, b in map(str.split, lines)}


def open_all(founded: Founded, charts: set[bytes]) -> set[Entry]:
    """Open every section of every chart, as the people who may."""
    desk = founded.join("desk")
    looks = {
        WARD: look(founded.login(desk, "aiko"), WARD),
        DESK: look(founded.login(desk, "carla"), DESK, purpose="HPAYMT"),
    }
    home = ChartId(founded.home.name.id)
    patients = [ChartId(chart) for chart in charts if chart != home]
    founded.admit(patients)
    opened: set[Entry] = set()
    ordinary = [(home, looks[WARD]._replace(sections=frozenset({Section.ORDINARY})))]
    wanted: list[tuple[ChartId, Look]] = [
        (chart, one) for chart in patients for one in looks.values()
    ]
    for chart, one in wanted + ordinary:
        found = release(chart, one, desk)
        assert found.damaged == []
        for entry in found.entries:
            if entry.envelope.blob is not None:
                assert sha256(read_blob(found, entry, desk)).digest() == entry.raw
        opened |= {(bytes(chart), bytes(entry.header.entry_id)) for entry in found.entries}
    return opened


def kill_in_turn(founded: Founded, given: Path) -> tuple[set[Entry], int]:
    """Load, kill somebody, start them again, and again. Gives what was acknowledged."""
    chance = chance_for(1, "kills")
    told: set[Entry] = set()
    with started(founded.home) as run:
        for number in range(KILLS):
            victim = VICTIMS[number % len(VICTIMS)]
            with start_loader(founded.home, given) as loader:
                told |= read_lines(loader, len(told) + chance.randint(1, 60))
                if victim == "loader":
                    loader.kill()
                else:
                    run.stop(victim, kill=True)
                told |= read_lines(loader, EVERY)
            if victim != "loader":
                start(run, victim)
    return told, KILLS


def test_whoever_is_killed_in_a_load_nothing_acknowledged_is_lost(
    founded: Founded, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    given = folder / "given"
    bundles = write_bundles(given, small_hospital(PATIENTS))
    expected = sum(len(parse_bundle(path.read_bytes(), "").items) for path in bundles)
    told, kills = kill_in_turn(founded, given)
    assert 0 < len(told) < expected
    with started(founded.home):
        opened = open_all(founded, {chart for chart, _ in told})
        loader = founded.join("loader")
        first, again = ([load_file(path, SOURCE, loader) for path in bundles] for _ in "12")
    lost = told - opened
    assert list((founded.home.root / "store/blobs/coming").iterdir()) == []
    assert verify_records(founded.home).wrong == []
    record_property("figure", f"{kills} kills, {len(told)} acknowledged, {len(lost)} lost")
    assert lost == set()
    assert sum(one.new + one.before for one in first) == expected
    assert (sum(one.new for one in again), sum(one.before for one in again)) == (0, expected)
    assert_every_key_has_its_line(founded.home, folder)


def assert_every_key_has_its_line(home: Home, folder: Path) -> None:
    """Whatever lies under a key, a line says that the key went out, and no key twice."""
    given: Counter[tuple[bytes, Section]] = Counter()
    for line in lines_of(home, folder / "copy"):
        if line.verb == "seal_key":
            given.update((line.chart, section) for section in mask_sections(line.sections))
    base = apsw.Connection(str(home.root / "store" / "store.db"))
    wraps = [row[0] for row in base.execute("SELECT object FROM record WHERE type = 1")]
    base.close()
    used = Counter((bytes(head.chart), head.section) for head in map(read_wrap, wraps))
    assert used
    assert used <= given
