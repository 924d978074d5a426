import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from chartkeep.errors import RefusedError
from chartkeep.incident.desk import Desk
from chartkeep.incident.timeline.cause import Cause, Watch
from chartkeep.incident.timeline.event import Event, What
from chartkeep.incident.timeline.export import Export, cause_row
from chartkeep.incident.timeline.signs import Door
from chartkeep.sealing.kek import Cost
from tests.incident.timeline.staging import FACTS

SCRIPT = Path(__file__).parents[3] / "verify" / "verify_timeline.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stand_alone_verify_timeline", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKER = load()
EVENTS = [
    Event(1_793_600_000_000, "vpn", "vpn:1", What.LOGIN, person="emi", address="45.1.2.3"),
    Event(1_793_600_060_000, "house", "releases-4", What.OPEN, person="emi", chart="c", line=4),
    Event(1 << 60, "fw", "fw:1", What.CONNECT, ok=False),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    key = folder / "stick"
    key.write_text("a passphrase of a desk\n")
    key.chmod(0o600)
    return Desk.found(folder / "desk", ("Minato", "ab" * 16), key, Cost(1, 8_192, 1))


@pytest.fixture
def written(desk: Desk, tmp_path: Path) -> Path:
    export = Export(tmp_path / "out")
    watch = Watch(FACTS, {}, {})
    for event in EVENTS:
        export.add(event, watch.look(event))
    about = {"facility": "Minato", "proposal": cause_row(Cause(Door.UNKNOWN))}
    export.finish(about, desk, 1_793_700_000_000)
    return tmp_path / "out"


def test_a_stranger_checks_an_export_and_reads_it(written: Path, desk: Desk) -> None:
    count, about = CHECKER.check(written, desk.file.key)

    assert count == len(EVENTS)
    assert about["facility"] == "Minato"
    rows = [json.loads(line) for line in (written / "timeline.jsonl").read_text().splitlines()]
    assert {"message", "datetime", "timestamp_desc"} <= rows[0].keys()
    assert rows[1]["releases_line"] == 4
    assert rows[2]["datetime"].endswith(" ms")


def test_an_export_is_read_only(written: Path) -> None:
    assert {each.stat().st_mode & 0o222 for each in written.iterdir()} == {0}


def test_an_export_is_never_written_over_another(written: Path) -> None:
    with pytest.raises(RefusedError, match="not empty"):
        Export(written)


def test_what_was_cut_short_leaves_nothing_of_its_name_and_is_made_again(tmp_path: Path) -> None:
    killed = tmp_path / ".out.new"
    killed.mkdir()
    (killed / "timeline.jsonl").write_bytes(b"half a li")
    stopped = Export(tmp_path / "out")
    stopped.add(EVENTS[1], [])
    stopped.close()

    assert not list(tmp_path.iterdir())


@pytest.mark.attack
@pytest.mark.parametrize("name", ["timeline.jsonl", "about.json", "timeline.note"])
def test_an_export_somebody_changed_is_refused(name: str, written: Path, desk: Desk) -> None:
    path = written / name
    raw = bytearray(path.read_bytes())
    path.chmod(0o644)
    for at in range(0, len(raw), max(1, len(raw) // 60)):
        changed = raw.copy()
        changed[at] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"."):
            CHECKER.check(written, desk.file.key)
    path.write_bytes(raw + raw[-40:])
    with pytest.raises(ValueError, match=r"."):
        CHECKER.check(written, desk.file.key)


@pytest.mark.attack
def test_an_export_of_another_desk_is_refused(written: Path, tmp_path: Path) -> None:
    key = tmp_path / "other"
    key.write_text("a passphrase of a thief\n")
    key.chmod(0o600)
    thief = Desk.found(tmp_path / "thief", ("Minato", "ab" * 16), key, Cost(1, 8_192, 1))

    with pytest.raises(ValueError, match="did not sign"):
        CHECKER.check(written, thief.file.key)
