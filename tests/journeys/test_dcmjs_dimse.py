"""A modality and a station through npm's dcmjs-dimse."""

import shutil
import subprocess
from pathlib import Path

import pytest

from chartkeep.inventor.dicom import Where, Whose, invent_uid, xray
from tests.imaging.dimse.served import served

NODE = Path(__file__).parent / "node"
pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not (shutil.which("node") and (NODE / "node_modules").is_dir()),
        reason="needs node and its packages: make journeys",
    ),
]


def test_a_day_of_a_modality_and_a_station(tmp_path: Path) -> None:
    study = invent_uid("dcmjs")
    where = Where(study, invent_uid(study, 1), invent_uid(study, 2), "20261122", "081500", "A-9")
    picture = tmp_path / "picture.dcm"
    picture.write_bytes(xray(Whose("4711", "MINATO", "Sato^Linda", "19500102"), where, 64))
    with served(tmp_path) as house:
        house.know("4711", "Sato", "Linda", "1950-01-02")
        ports = map(str, (house.stores, house.answers, house.back))
        command = ["node", "radiology.mjs", *ports, str(picture)]
        ran = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-2_000:] + ran.stderr
