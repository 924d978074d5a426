"""DICOM waveforms: what pydicom's own ECG says, what we write, and what lies."""

import shutil
import subprocess
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.waveforms import multiplex_array

from chartkeep.clinical.ecg.leads import NAMES, STANDARD, Measure
from chartkeep.clinical.ecg.model import Ecg, Lead, Reading
from chartkeep.clinical.ecg.observation import from_observation, to_observation
from chartkeep.errors import BadInputError
from chartkeep.imaging.waveform import About, read_ecg, write_ecg

ABOUT = About("4711", "Sato^Aiko", "19710123", "F", "1.2.3", "1.2.3.4", "1.2.3.4.5")
RAW = Path(str(get_testdata_file("waveform_ecg.dcm"))).read_bytes()


def changed(**values: object) -> bytes:
    dataset = pydicom.dcmread(BytesIO(RAW))
    for name, value in values.items():
        setattr(dataset.WaveformSequence[0], name, value)
    into = BytesIO()
    dataset.save_as(into)
    return into.getvalue()


def ecg_of(count: int, rate: int = 500, length: int = 50, start: str = "") -> Ecg:
    leads = tuple(
        Lead(code, NAMES[code], (*range(length - 1), None), Decimal("2.5"), Decimal(1))
        for code in (*STANDARD, *(set(NAMES) - set(STANDARD)))[:count]
    )
    readings = (Reading(Measure.QTC, Decimal("401.5")),)
    return Ecg(leads, Decimal(rate), start or "2026-11-22T06:00:00+09:00", ("洞調律",), readings)


def test_an_ecg_of_others_is_read_as_pydicom_reads_it() -> None:
    rhythm, beat = read_ecg(RAW, "+01:00")
    assert [lead.name for lead in rhythm.leads[:6]] == ["I", "II", "III", "aVR", "aVL", "aVF"]
    theirs = multiplex_array(pydicom.dcmread(BytesIO(RAW)), 0, as_raw=False)
    for place, lead in enumerate(rhythm.leads):
        ours = [float(lead.origin + (sample or 0) * lead.scale) for sample in lead.samples]
        assert ours == theirs[:, place].tolist()
    assert (rhythm.start, rhythm.rate) == ("2013-01-25T10:59:19+01:00", 1000)
    assert rhythm.statements == ("RITMO SINUSALE", "ECG NORMALE")
    assert Reading(Measure.QRS, Decimal(75)) in rhythm.readings
    assert (beat.seconds, beat.statements) == (1.2, ())


def test_without_a_zone_the_day_alone_is_said() -> None:
    assert read_ecg(RAW)[0].start == "2013-01-25"


@pytest.mark.parametrize("count", [1, 12, 13, 24])
def test_what_is_written_is_read_the_same(count: int) -> None:
    ecg = ecg_of(count)
    (read,) = read_ecg(write_ecg(ecg, ABOUT))
    assert read == ecg
    assert from_observation(to_observation(read, "Patient/p")) == ecg


@pytest.mark.parametrize(
    "ecg",
    [
        ecg_of(25), ecg_of(2, rate=2000), ecg_of(24, rate=100), ecg_of(1, start="2026-11-22"),
        ecg_of(1, start="noon"), Ecg((Lead(1, "I", (1 << 20,)),), Decimal(500), ecg_of(1).start),
    ],
)  # fmt: skip
def test_what_no_class_allows_is_refused(ecg: Ecg) -> None:
    with pytest.raises(BadInputError):
        write_ecg(ecg, ABOUT)


@pytest.mark.attack
@pytest.mark.parametrize(
    "values",
    [
        {"NumberOfWaveformSamples": 4_000_000_000}, {"NumberOfWaveformChannels": 65_535},
        {"NumberOfWaveformChannels": 0}, {"WaveformBitsAllocated": 64}, {"WaveformData": b""},
        {"WaveformSampleInterpretation": "XX"}, {"ChannelDefinitionSequence": []},
        {"SamplingFrequency": "0"},
    ],
    ids=str,
)  # fmt: skip
def test_a_waveform_that_lies_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        read_ecg(changed(**values))


@pytest.mark.attack
@pytest.mark.parametrize("end", [0, 4, 132, 500, 5_000, 100_000])
def test_a_file_cut_short_is_refused(end: int) -> None:
    with pytest.raises(BadInputError):
        read_ecg(RAW[:end])


@pytest.mark.peer
@pytest.mark.parametrize("count", [1, 12, 13, 24])
def test_dciodvfy_finds_no_error_in_what_we_write(count: int, tmp_path: Path) -> None:
    program = shutil.which("dciodvfy")
    assert program, "apt-get install dicom3tools"
    path = tmp_path / "ecg.dcm"
    for ecg in (ecg_of(count), *read_ecg(RAW, "+01:00")[:1]):
        path.write_bytes(write_ecg(ecg, ABOUT))
        done = subprocess.run([program, path], capture_output=True, text=True, check=False)
        assert "ECG" in done.stderr
        assert "Error" not in done.stderr
