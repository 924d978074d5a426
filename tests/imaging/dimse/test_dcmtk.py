"""dcmtk as it comes, against a house of real processes: stores, echoes, finds, moves; a kill."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread

from chartkeep.imaging.taking import SOURCE
from chartkeep.inventor.dicom import Where, Whose, invent_uid, xray
from tests.imaging.dimse.served import OURS, Served, served

pytestmark = pytest.mark.peer
LINDA = Whose("4711", "MINATO", "Sato^Linda", "19500102")
STUDY = invent_uid("dcmtk")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("dcmtk")) as running:
        running.know("4711", "Sato", "Linda", "1950-01-02")
        yield running


def write(folder: Path, count: int, study: str = STUDY, size: int = 64) -> dict[str, bytes]:
    """Files of a study in a folder; gives what stands in each, by instance."""
    folder.mkdir()
    found = {}
    for number in range(count):
        where = Where(
            study, invent_uid(study, 1), invent_uid(study, 1, number), "20261122", "081500",
            "A-17", number,
        )  # fmt: skip
        found[where.instance] = xray(LINDA, where, size)
        (folder / f"{number:03}.dcm").write_bytes(found[where.instance])
    return found


def run(program: str, *words: str, fails: bool = False) -> str:
    done = subprocess.run(
        [program, *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert bool(done.returncode) == fails, done.stderr
    return done.stderr + done.stdout


def store(house: Served, folder: Path, *, fails: bool = False) -> str:
    at = ["-v", "-aet", "CT1", "-aec", OURS, "127.0.0.1", str(house.stores)]
    return run("storescu", *at, "+sd", str(folder), fails=fails)


def test_a_day_of_a_modality_and_a_station(house: Served, tmp_path: Path) -> None:
    sent = write(tmp_path / "out", 5)
    run("echoscu", "-aet", "CT1", "-aec", OURS, "127.0.0.1", str(house.stores))
    assert store(house, tmp_path / "out").count("Received Store Response (Success)") == 5

    reading = ["-aet", "RAD1", "-aec", OURS, "127.0.0.1", str(house.answers)]
    study = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY}"]
    counted = ["-k", "NumberOfStudyRelatedInstances", "-k", "PatientName", "-k", "PatientID=4711"]
    found = run("findscu", "-v", *reading, *study, *counted)
    assert "Sato^Linda" in found
    assert "[5 ]" in found or "[5]" in found
    images = ["-S", "-k", "QueryRetrieveLevel=IMAGE", "-k", f"StudyInstanceUID={STUDY}"]
    listed = run("findscu", "-v", *reading, *images, "-k", "SOPInstanceUID", "-k", "InstanceNumber")
    assert listed.count("InstanceNumber") - 1 == 5

    (tmp_path / "in").mkdir()
    moving = ["--port", str(house.back), "-od", str(tmp_path / "in"), *reading]
    run("movescu", "-v", *moving, *study)
    came = {each.SOPInstanceUID: each for each in map(dcmread, (tmp_path / "in").iterdir())}
    assert came.keys() == sent.keys()
    for path in (tmp_path / "out").iterdir():
        there = dcmread(path)
        assert came[there.SOPInstanceUID].PixelData == there.PixelData


@pytest.mark.attack
def test_a_modality_finds_nothing_and_a_stranger_is_not_heard(house: Served) -> None:
    asked = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID=4711"]
    for port in (house.stores, house.answers):
        told = run(
            "findscu", "-aet", "CT1", "-aec", OURS, "127.0.0.1", str(port), *asked, fails=True
        )
        assert "No Acceptable Presentation Contexts" in told
    stranger = ["-aet", "NOBODY", "-aec", OURS, "127.0.0.1", str(house.answers)]
    assert "Calling AE Title Not Recognized" in run("echoscu", *stranger, fails=True)


def test_what_was_acknowledged_before_a_kill_is_there_and_the_rest_comes_again(
    house: Served, tmp_path: Path
) -> None:
    sent = list(write(tmp_path / "out", 80, invent_uid("killed"), 128))
    at = ["-v", "-aet", "CT1", "-aec", OURS, "127.0.0.1", str(house.stores)]
    command = ["storescu", *at, "+sd", str(tmp_path / "out")]
    acknowledged = 0
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as sending:
        assert sending.stderr is not None
        for line in sending.stderr:
            acknowledged += "Received Store Response (Success)" in line
            if acknowledged == 10:
                house.kill("intake")
                break
        acknowledged += sending.stderr.read().count("Received Store Response (Success)")
    assert sending.returncode
    there = heads(house, sent)
    assert 10 <= acknowledged <= sum(there) < 80
    house.start("intake", house.stores)
    assert store(house, tmp_path / "out").count("Received Store Response (Success)") == 80
    assert all(heads(house, sent))


def heads(house: Served, instances: list[str]) -> list[bool]:
    names = [house.loader.entry_id(SOURCE, each) for each in instances]
    return [head.version > 0 for head in house.loader.heads(names)]
