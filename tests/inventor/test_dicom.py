"""Invented DICOM objects: what others' readers and checkers say of them."""

import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from chartkeep.inventor.dicom import (
    MPEG4,
    Where,
    Whose,
    cine,
    document,
    ecg,
    invent_uid,
    video,
    xray,
)

WHOSE = Whose("4711", "MINATO", "Sato^Linda=佐藤^リンダ", "19500102", "F")
WHERE = Where(
    invent_uid("a"), invent_uid("a", 1), invent_uid("a", 1, 1), "20261122", "081500", "A-17"
)
MADE = {
    "an X-ray": xray(WHOSE, WHERE, 64),
    "a cine": cine(WHOSE, WHERE, 4, 32),
    "an ECG": ecg(WHOSE, WHERE, [[n, -n, 3] for n in range(12)]),
    "a document": document(WHOSE, WHERE, b"%PDF-1.4 x"),
    "a video": video(WHOSE, WHERE, b"\0" * 101, 25),
}


@pytest.mark.parametrize("name", MADE)
def test_pydicom_reads_it_as_it_was_meant(name: str) -> None:
    dataset = pydicom.dcmread(BytesIO(MADE[name]))
    assert str(dataset.PatientName) == WHOSE.name
    assert (dataset.PatientID, dataset.StudyInstanceUID) == (WHOSE.number, WHERE.study)
    assert dataset.StudyInstanceUID.is_valid


def test_the_same_words_make_the_same_uid_and_others_another() -> None:
    assert invent_uid("a", 1) == invent_uid("a", 1)
    assert len({invent_uid("a", n) for n in range(10_000)}) == 10_000


def test_an_ecgs_samples_are_those_given() -> None:
    dataset = pydicom.dcmread(BytesIO(MADE["an ECG"]))
    first = dataset.waveform_array(0)[0]
    assert [round(each / 5) for each in first] == list(range(12))


def test_a_video_is_one_fragment_in_its_syntax() -> None:
    dataset = pydicom.dcmread(BytesIO(MADE["a video"]))
    assert dataset.file_meta.TransferSyntaxUID == MPEG4
    assert dataset.NumberOfFrames == 25


@pytest.mark.peer
@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="apt-get install dicom3tools")
@pytest.mark.parametrize("name", MADE)
def test_dciodvfy_finds_no_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(MADE[name])
    said = subprocess.run(
        ["dciodvfy", str(tmp_path / "a.dcm")], capture_output=True, text=True, check=False
    )
    assert "Error" not in said.stderr
    assert said.stderr.strip()
