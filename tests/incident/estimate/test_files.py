"""Files that were taken: which charts lie in each; what nobody knows is said."""

from pathlib import Path

import pytest

from chartkeep.incident.estimate.asking import ask
from chartkeep.incident.estimate.estimate import How
from chartkeep.incident.estimate.files import (
    ANY,
    HEAD,
    Holding,
    Taken,
    look_up,
    read_folder,
    read_list,
)
from chartkeep.incident.estimate.joining import join_files
from chartkeep.incident.estimate.kinds import FACE, kinds_of, uses
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.model import ChartId, Section
from tests import cast
from tests.custody.images import LONG, image, take
from tests.house import CARE, HouseRun
from tests.incident.conftest import Scene
from tests.incident.estimate.ledgers import asked, told, written
from tests.incident.estimate.test_asking import release
from tests.incident.estimate.test_filling import Officer, officer
from tests.records import lab

__all__ = ["officer"]
SUM = "0" * 64


def held(house: HouseRun, *names: str, head: bytes = b"") -> list[Holding]:
    return list(look_up([Taken(name, head) for name in names], house.desk))


def segment(first: int, end: int) -> str:
    return f"/mnt/usb/vault/records/{first >> 16:012x}/{first:016x}-{end:016x}-{SUM}"


def test_a_vaults_segment_holds_the_charts_of_its_lines(scene: Scene) -> None:
    size = scene.house.desk.store.status().size
    (whole,) = held(scene.house, segment(0, size))
    assert set(scene.charts) <= whole.charts.keys()
    results = 1 << Section.RESULTS
    assert all(whole.charts[chart] & results for chart in scene.charts)
    before = size
    scene.house.send(lab("o-new", "Patient/q", 9))
    (later,) = held(scene.house, segment(before, scene.house.desk.store.status().size))
    assert later.charts == {scene.charts[1]: results | 1 << Section.FINGERPRINTS}
    by_its_bytes = b"CKG1\x01\0\0\0" + before.to_bytes(8, "big") + (before + 9).to_bytes(8, "big")
    (beyond,) = held(scene.house, "recovered.bin", head=by_its_bytes)
    assert beyond.unknown


def test_a_blob_is_known_by_its_first_bytes_or_its_place(scene: Scene) -> None:
    chart = ChartId(scene.charts[0])
    take(chart, scene.house.engine, image(LONG))
    (path,) = (scene.house.folder / "store" / "blobs").glob(f"*/{chart.hex()}/*")
    (by_bytes,) = held(scene.house, "x", head=path.read_bytes()[:HEAD])
    assert by_bytes.charts == {chart: 1 << Section.IMAGING}
    (by_place,) = held(scene.house, str(path))
    assert by_place.charts == {chart: ANY}
    (cut,) = held(scene.house, "x", head=path.read_bytes()[:20])
    assert cut.unknown
    (found,) = look_up(read_folder(path.parent), scene.house.desk)
    assert found.charts == by_bytes.charts


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("C:\\house\\store\\store.db", Kind.STORE),
        ("keyholder/keyholder.db", Kind.KEYHOLDER),
        ("keyholder/kek.json", Kind.KEYHOLDER),
        ("vault/heads/records/0000000000000009-ab", None),
    ],
)
def test_a_keepers_file_is_all_of_it(house: HouseRun, name: str, whole: Kind | None) -> None:
    assert held(house, name) == [Holding(name, {}, whole)]


@pytest.mark.attack
def test_what_nobody_knows_is_a_hole_and_never_left_out(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(
        f"# as sha256sum writes it\n{SUM}  share/meeting.docx\n{SUM} *share/x.bin\n\nlist.csv\n"
    )
    found = list(look_up(read_list(tmp_path / "list"), scene.house.desk))
    assert [each.name for each in found] == ["share/meeting.docx", "share/x.bin", "list.csv"]
    assert all(each.unknown for each in found)
    columns = written(tmp_path / "columns", [release(25, b"c" * 16)])
    estimate = asked(columns, Suspect(Kind.PERSON, b"aiko", 1, 99))
    assert estimate.is_exact
    joined = join_files(estimate, {}, (1, 99), [each.unknown for each in found])
    assert not joined.is_exact
    assert told(joined) == told(estimate)


def test_what_lay_in_files_is_joined_to_what_was_opened(tmp_path: Path) -> None:
    columns = written(tmp_path, [release(25, b"c" * 16)])
    estimate = asked(columns, Suspect(Kind.PERSON, b"aiko", 20, 99))
    taken = {b"c" * 16: 2, b"d" * 16: 8}
    joined = join_files(estimate, taken, (10, 90), [])
    assert told(joined, How.SEALED) == taken
    assert told(joined, How.RELEASED) == told(estimate, How.RELEASED)
    assert [(each.first, each.last) for each in joined] == [(10, 89), (10, 89)]


def test_kinds_are_those_that_were_there_by_the_last_exposure(
    scene: Scene, officer: Officer
) -> None:
    scene.house.clock.move(minutes=5)
    since = scene.house.now()
    scene.open(scene.house.login("aiko"), scene.charts[0], CARE)
    suspect = Suspect(Kind.PERSON, b"aiko", since, scene.house.now() + 1)
    found = officer.ask(suspect)
    scene.house.clock.move(minutes=5)
    scene.house.send(lab("o-late", "Patient/p", 9))
    assert [(e.chart, kinds) for e, kinds in kinds_of(found, scene.house.desk)] == [
        (scene.charts[0], ["Observation", FACE])
    ]
    used = list(uses(officer.open(), scene.charts[0], since, scene.house.now()))
    assert [(use.verb, use.person, use.instance) for use in used] == [("release", "aiko", "desk")]
    assert ask(officer.open(), (suspect,), cast.FACILITY.id, scene.house.now()).is_exact


@pytest.mark.attack
def test_no_link_leads_out_of_a_folder_that_was_found(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"of the house")
    found = tmp_path / "found"
    found.mkdir()
    (found / "x").write_bytes(b"CKB1")
    (found / "link").symlink_to(tmp_path / "secret")
    (found / "up").symlink_to(tmp_path)
    assert [each.name for each in read_folder(found)] == [str(found / "x")]
