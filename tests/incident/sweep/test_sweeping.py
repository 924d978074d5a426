import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.errors import SealBrokenError, UnavailableError
from chartkeep.incident.sweep.state import open_state
from chartkeep.incident.sweep.sweeping import Sweep
from chartkeep.incident.trace.intake.telling import Trouble
from chartkeep.inventor import dicom
from chartkeep.inventor.papers import letter
from tests.incident.sweep.conftest import SECRET, Share, matcher
from tests.incident.trace import people
from tests.incident.trace.intake import posted

HEADER = "nik,nama,lahir,sex,telp,alamat,kota"


def table(*numbers: int) -> bytes:
    rows = [",".join(f'"{v}"' for v in people.told(people.patient(n))) for n in numbers]
    return "\n".join([HEADER, *rows]).encode()


def note(number: int) -> list[str]:
    who = people.patient(number)
    return [
        "Meeting of the ward", f"Patient: {who.names.latin.text}",
        f"born {who.birth:%d.%m.%Y}, number {who.identifiers[0][1]}", "to be discussed again",
    ]  # fmt: skip


def strangers() -> bytes:
    rows = [",".join(f'"{v}"' for v in people.told(people.stranger(n))) for n in range(40)]
    return "\n".join([HEADER, *rows]).encode()


def fill(root: Path) -> dict[str, set[bytes]]:
    """Put files on the share; gives who is in each."""
    who = people.patient(9)
    picture = dicom.xray(
        dicom.Whose(who.identifiers[0][1], "A", who.names.latin.text, f"{who.birth:%Y%m%d}", "M"),
        dicom.Where("2.25.1", "2.25.2", "2.25.3", "20200101", "120000"), 8,
    )  # fmt: skip
    files = {
        "a/list.csv": (table(1, 2, 3), (1, 2, 3)),
        "a/b/notes.txt": ("\n".join(note(4)).encode(), (4,)),
        "letter.pdf": (letter("Surat", note(5)), (5,)),
        "meeting.docx": (posted.docx([*note(6), "", "", "", *note(7)]), (6, 7)),
        "old.zip": (posted.zipped({"x/notes.txt": "\n".join(note(8)).encode()}), (8,)),
        "scan.dcm": (picture, (9,)),
        "menu.txt": (b"Monday: rice and fish, 12.50\nTuesday 2020-01-02: soup", ()),
        "theirs.csv": (strangers(), ()),
    }
    for name, (data, _) in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return {name: {people.chart_of(n) for n in numbers} for name, (_, numbers) in files.items()}


def test_it_says_which_files_hold_which_patients(share: Share) -> None:
    truth = fill(share.root)
    found = {name: {p.chart for p in each.sure} for name, each in share.sweep().items()}
    assert found == truth


def test_it_reads_what_is_new_or_changed_and_nothing_else(share: Share) -> None:
    fill(share.root)
    assert len(share.sweep()) == 8
    assert share.sweep() == {}
    (share.root / "menu.txt").write_text("\n".join(note(11)))
    (share.root / "new.csv").write_bytes(table(12))
    assert share.sweep().keys() == {"menu.txt", "new.csv"}
    assert len(share.sweep(again=True)) == 9


def test_a_sweep_that_was_ended_goes_on_where_it_was(
    share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(share.root)
    monkeypatch.setattr("chartkeep.incident.sweep.sweeping.KEPT_TOGETHER", 2)
    first: Iterator[object] = Sweep(matcher(), share.state(), [share.intake]).run([share.root])
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert len(share.sweep()) == 8 - 2
    assert len(share.state().files) == 8


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_swept(share: Share) -> None:
    (share.root / "broken.zip").write_bytes(posted.zipped({"a.csv": table(1)})[:-40])
    (share.root / "list.csv").write_bytes(table(2))
    swept = share.sweep()
    assert [lost.trouble for lost in swept["broken.zip"].lost] == [Trouble.UNLISTED]
    assert swept["list.csv"].sure


def test_links_are_not_followed_and_a_file_of_two_names_is_one(share: Share) -> None:
    (share.root / "a.csv").write_bytes(table(1))
    os.link(share.root / "a.csv", share.root / "b.csv")
    (share.root / "elsewhere").symlink_to("/etc")
    (share.root / "again.csv").symlink_to(share.root / "a.csv")
    assert share.sweep().keys() == {"a.csv"}


def test_a_name_that_is_no_text_is_written_as_escapes(share: Share) -> None:
    path = os.fsencode(share.root) + b"/pasien-\xe9\xff.csv"
    with open(path, "wb") as file:  # noqa: PTH123 -- a name of bytes
        file.write(table(1))
    assert [name for name, each in share.sweep().items() if each.sure] == ["pasien-\\xe9\\xff.csv"]


def test_a_few_of_ours_far_down_a_long_list_of_others_are_found(share: Share) -> None:
    others = [line for line in strangers().decode().splitlines() if line != HEADER]
    lines = others * 150 + table(*range(1, 30)).decode().splitlines()[1:] * 10
    (share.root / "list.csv").write_text("\n".join([HEADER, *lines]))
    assert {p.chart for p in share.sweep()["list.csv"].sure} == set(
        map(people.chart_of, range(1, 30))
    )


@pytest.mark.attack
def test_a_sweep_stores_no_content(share: Share) -> None:
    fill(share.root)
    assert any(each.sure for each in share.sweep().values())
    kept = b"".join(path.read_bytes() for path in share.kept.iterdir())
    planted = [value for n in range(1, 10) for value in people.told(people.patient(n))]
    planted += ["letter.pdf", "Meeting", *(people.patient(n).identifiers[0][1] for n in range(9))]
    assert not [word for word in planted if len(word) > 3 and word.encode() in kept]
    opened = repr(share.state().files)  # what the seal hides holds no value of a row either
    assert not [word for word in planted[:-11] if len(word) > 3 and word in opened]


@pytest.mark.attack
def test_what_was_found_does_not_open_when_it_was_changed_or_moved(share: Share) -> None:
    fill(share.root)
    share.sweep()
    (first,) = share.kept.iterdir()
    first.rename(share.kept / "000009")
    with pytest.raises(SealBrokenError):
        share.state()


@pytest.mark.attack
def test_two_sweeps_at_once_do_not_write_over_each_other(share: Share) -> None:
    with (
        open_state(share.kept, SECRET),
        pytest.raises(UnavailableError, match="another sweep"),
        open_state(share.kept, SECRET),
    ):
        pass
    with open_state(share.kept, SECRET) as state:
        assert not state.files
