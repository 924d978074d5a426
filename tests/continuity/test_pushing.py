"""A ward's file is one pack, whole, at any moment; older ones expire and nothing else goes."""

import os
from pathlib import Path

import pytest

from chartkeep.continuity import pushing
from chartkeep.continuity.pushing import EARLIER, File, Folders, file_name, put
from chartkeep.model import Millis

HOUR = 3_600_000
START = 1_800_000_000_000


def pack(hours: float, ward: str = "3W", life: int = 6) -> File:
    made = Millis(START + int(hours * HOUR))
    return File(ward, b"pack of hour %d" % int(hours * 100), made, Millis(made + life * HOUR))


def earlier(folder: Path) -> list[str]:
    return sorted(path.read_text() for path in (folder / EARLIER).glob("*"))


def test_the_newest_replaces_the_last_and_one_an_hour_is_kept(tmp_path: Path) -> None:
    for quarter in range(9):
        put(pack(quarter / 4), tmp_path)
    assert (tmp_path / "ward-3W.html").read_bytes() == pack(2).page
    assert earlier(tmp_path) == ["pack of hour 0", "pack of hour 100"]


def test_what_expired_goes_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / EARLIER).mkdir()
    for name in ("letter.html", "ward-5E 20200101T0000Z.html", "ward-3W notes.html"):
        (tmp_path / EARLIER / name).write_text(name)
    for hour in range(9):
        put(pack(hour), tmp_path)
    kept = [f"pack of hour {hour}00" for hour in range(3, 8)]
    assert [text for text in earlier(tmp_path) if text.startswith("pack")] == kept
    assert len(earlier(tmp_path)) == len(kept) + 3


def test_the_newest_stays_however_old(tmp_path: Path) -> None:
    put(pack(0), tmp_path)
    put(pack(1, "5E"), tmp_path)
    put(pack(500, "5E"), tmp_path)
    assert (tmp_path / "ward-3W.html").read_bytes() == pack(0).page


@pytest.mark.attack
@pytest.mark.parametrize(
    "ward", ["../../etc/x", "a/b", "a\\b", "..", "a\0b", ".", "x" * 200, "病棟" * 50]
)
def test_no_wards_name_leads_out_of_its_folder(tmp_path: Path, ward: str) -> None:
    put(pack(0, ward), tmp_path)
    (made,) = tmp_path.iterdir()
    assert made.name == file_name(ward)
    assert len(os.fsencode(made.name)) < 150


def test_two_wards_never_share_a_file() -> None:
    assert len({file_name(ward) for ward in ("a b", "a_b", "a/b", "a  b")}) == 4
    assert file_name("内科 3階").startswith("ward-内科_3階-")


@pytest.mark.attack
@pytest.mark.parametrize("step", ["fsync", "utime", "replace"])
def test_whatever_breaks_the_old_pack_is_there_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    put(pack(0), tmp_path)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    where = Path if step == "replace" else pushing.os
    monkeypatch.setattr(where, step, fail)
    assert Folders().push({tmp_path: pack(1)}) == [f"{tmp_path}: Input/output error"]
    assert (tmp_path / "ward-3W.html").read_bytes() == pack(0).page


def test_a_folder_that_hangs_holds_up_no_other_and_is_not_asked_twice(tmp_path: Path) -> None:
    stuck, good = tmp_path / "stuck", tmp_path / "good"
    for folder in (stuck, good):
        folder.mkdir()
    pipe = stuck / f".{file_name('3W')}.part"
    os.mkfifo(pipe)  # whoever opens it to write waits for a reader
    folders = Folders()
    assert folders.push(dict.fromkeys([stuck, good], pack(0)), 0.1) == [f"{stuck}: does not answer"]
    assert (good / "ward-3W.html").exists()
    assert folders.push(dict.fromkeys([stuck, good], pack(1)), 0.1) == [
        f"{stuck}: has not answered since the last pack"
    ]
    assert (good / "ward-3W.html").read_bytes() == pack(1).page
    os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
