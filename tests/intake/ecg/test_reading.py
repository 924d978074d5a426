"""ECG files: what their formats say, and what a hostile one does to nobody."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chartkeep.clinical.ecg.leads import NAMES, Measure
from chartkeep.clinical.ecg.model import Reading
from chartkeep.errors import BadInputError, RefusedError
from chartkeep.intake.ecg import reading
from chartkeep.intake.ecg.reading import read_ecg
from tests.intake.ecg.files import EIGHT, LEADS, aecg, edf, muse, samples, scp, wfdb

TOKYO = ZoneInfo("Asia/Tokyo")
pytestmark = pytest.mark.skipif(
    not reading.importlib.util.find_spec("ecgdatakit"), reason="the extra `ecg` is not installed"
)

FORMS = [
    ("a.xml", {"a.xml": aecg()}, "5", "uV", LEADS),
    ("100.hea", wfdb(), "0.005", "mV", LEADS[:2]),
    ("b.edf", {"b.edf": edf()}, "1", "uV", LEADS[:2]),
    ("d.scp", {"d.scp": scp()}, "5", "uV", LEADS[:2]),
    ("c.xml", {"c.xml": muse()}, "4.88", "uV", tuple(name for name in LEADS if name in EIGHT)),
]


@pytest.mark.parametrize(
    ("first", "files", "scale", "unit", "leads"),
    FORMS,
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_recording_is_read_sample_for_sample(
    first: str, files: dict[str, bytes], scale: str, unit: str, leads: tuple[str, ...]
) -> None:
    ecg = read_ecg({first: files[first], **files}, TOKYO).ecg
    assert {lead.name for lead in ecg.leads} == set(leads)
    for lead in ecg.leads:
        assert lead.samples == tuple(samples(LEADS.index(lead.name)))
        assert (lead.scale, lead.unit, lead.origin) == (Decimal(scale), unit, 0)
        assert NAMES[lead.number] == lead.name
    assert (ecg.rate, ecg.start) == (500, "2026-11-22T06:00:00+09:00")


@pytest.mark.parametrize("raw", [aecg("00123"), edf("00123"), muse("00123"), scp("00123")])
def test_whose_it_is_comes_as_the_device_was_told(raw: bytes) -> None:
    found = read_ecg({"without a suffix": raw}, TOKYO)
    assert found.patient_id == "00123"
    assert set(found.name.split()) == {"Sato", "Aiko"}
    assert found.birth_date == "1971-01-23"


def test_what_the_cart_measured_and_said_is_kept() -> None:
    ecg = read_ecg({"c.xml": muse()}, TOKYO).ecg
    assert ecg.statements == ("Normal sinus rhythm",)
    assert Reading(Measure.HEART_RATE, Decimal(61)) in ecg.readings
    assert Reading(Measure.QRS, Decimal(92)) in ecg.readings


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.7", b"\0" * 300, aecg()[:900], edf()[:300]])
def test_what_is_no_ecg_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInputError):
        read_ecg({"x": raw}, TOKYO)


@pytest.mark.attack
def test_entities_that_grow_open_nothing() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9)
    )
    with pytest.raises(BadInputError):
        read_ecg({"x.xml": aecg(extra=laughs + "]>")}, TOKYO)
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(BadInputError):
        read_ecg({"x.xml": aecg(extra=outside)}, TOKYO)


@pytest.mark.attack
@pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd", "other.dat"])
def test_a_header_reads_no_file_that_did_not_come_with_it(name: str) -> None:
    with pytest.raises(BadInputError, match="did not come with it"):
        read_ecg(wfdb(name), TOKYO)


@pytest.mark.attack
def test_a_reader_that_takes_all_memory_is_stopped() -> None:
    header = b"100 1 500 9000000000\n100.dat 16 200/mV 16 0 0 0 0 I\n"
    with pytest.raises(BadInputError):
        read_ecg({"100.hea": header, "100.dat": b"\0" * 1_000}, TOKYO)


def test_a_reader_killed_by_its_bounds_is_damage_to_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = subprocess.Popen
    dying = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    monkeypatch.setattr(
        reading.subprocess, "Popen", lambda words, **more: real(dying, stdout=subprocess.PIPE)
    )
    with pytest.raises(BadInputError):
        read_ecg({"x.edf": edf()}, TOKYO)


def test_without_the_reader_one_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RefusedError) as caught:
        read_ecg({"x.edf": edf()}, TOKYO)
    assert "chartkeep[ecg]" in caught.value.hint


TAKEN_OVER = """
import os, socket, sys
from chartkeep.intake.ecg import child
path = sys.argv.pop(1)
def parse(file, **_):
    tries = {
        "open": lambda: open(path, "rb"), "read": lambda: os.open(path, os.O_RDONLY),
        "link": lambda: os.symlink(path, path + ".link"),
        "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "fork": lambda: os.fork() or os._exit(0), "end": lambda: file.read_bytes(),
    }
    for name, attempt in tries.items():
        try:
            attempt()
        except OSError:
            continue
        print(name, end=" ", flush=True)
child.FileParser.parse = staticmethod(parse)
child.main(sys.argv[1:])
"""


@pytest.mark.attack
def test_a_reader_that_was_taken_over_has_its_file_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "chart"
    kept.write_text("a chart")
    with reading._memory(edf()) as held:
        told = subprocess.run(
            [sys.executable, "-c", TAKEN_OVER, str(kept), f"ecg.edf:{held}"],
            capture_output=True, check=True, timeout=60, pass_fds=[held],
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
    assert told.stdout.startswith(b"end ")
    assert [each.name for each in tmp_path.iterdir()] == ["chart"]
