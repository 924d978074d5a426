"""A dropped file is in its chart, in the inbox, or refused by name; and gone from the folder."""

import base64
import json
import os
import threading
from collections import Counter
from pathlib import Path

import pytest

from chartkeep.custody.placing import Why
from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.intake.folders.taking import State
from chartkeep.intake.folders.watching import Watcher
from tests.intake.ccda.documents import ALL, cda
from tests.intake.ecg.files import aecg, wfdb
from tests.intake.folders.conftest import MRN, Drop, age
from tests.records import put

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF\n"
SIDECAR = {"number": "4711", "issuer": "MINATO", "title": "Referral", "type": "57133-1"}


@pytest.mark.parametrize(
    ("name", "raw", "media_type"),
    [
        ("4711_a.pdf", PDF, "application/pdf"),
        ("4711_a.PDF", PDF, "application/pdf"),
        ("4711_Sato_Aiko_19710123.jpg", b"\xff\xd8\xff\xe0 a picture\xff\xd9", "image/jpeg"),
        ("4711-b.png", b"\x89PNG\r\n\x1a\n more\0\0\0\0IEND\xaeB`\x82", "image/png"),
        ("4711 c.tif", b"II*\0\x08\0\0\0 and more", "image/tiff"),
    ],
)
def test_a_paper_goes_into_the_chart_its_name_says_and_is_gone(
    drop: Drop, name: str, raw: bytes, media_type: str
) -> None:
    drop.put(name, raw)
    assert drop.take() == Counter({State.TAKEN: 1})
    (body,) = drop.read("DocumentReference")
    assert body["content"][0]["attachment"]["contentType"] == media_type
    assert drop.content() == [raw]
    assert drop.left() == []


def test_a_sidecar_goes_before_the_name(drop: Drop) -> None:
    drop.put("9999_x.pdf", PDF)
    drop.put("9999_x.pdf.json", json.dumps(SIDECAR).encode())
    assert drop.take()[State.TAKEN] == 1
    (body,) = drop.read("DocumentReference")
    assert body["type"]["coding"][0]["code"] == "57133-1"
    assert body["content"][0]["attachment"]["title"] == "Referral"
    assert drop.left() == []


def test_the_same_file_again_is_one(drop: Drop) -> None:
    for name in ("4711_a.pdf", "4711_b.pdf"):
        drop.put(name, PDF)
        drop.take()
    assert drop.left() == []
    assert len(drop.content()) == 1


def test_the_same_file_may_be_of_two_people(drop: Drop) -> None:
    mrn = [{"system": MRN, "value": "5822"}]
    drop.house.send(
        put("Patient", "b", identifier=mrn, name=[{"family": "Mori"}], birthDate="1971-01-23")
    )
    for name, raw in (
        ("4711_a.pdf", PDF),
        ("5822_a.pdf", PDF),
        ("a.xml", cda(ALL)),
        ("b.xml", cda(ALL, "5822").replace(b"Sato", b"Mori").replace(b"Aiko", b"")),
    ):
        drop.put(name, raw)
    assert drop.take() == Counter({State.TAKEN: 4})


def test_what_nobody_can_place_waits_sealed_in_the_inbox(drop: Drop) -> None:
    drop.put("unnamed.pdf", PDF)
    drop.put("8888_a.pdf", PDF + b"1")
    drop.put("4711_Mori_Ken_19330101.pdf", PDF + b"2")
    assert drop.take() == Counter({State.ASIDE: 3})
    whys = {waiting.row.why for waiting in drop.inbox()}
    assert whys == {Why.NO_NUMBER, Why.UNKNOWN, Why.MISMATCH}
    assert drop.left() == []


def test_a_person_files_what_waited(drop: Drop) -> None:
    drop.take()
    drop.taker.refile(PDF, "application/pdf", drop.chart, drop.watched.feed)
    assert drop.content() == [PDF]


def test_a_document_says_itself_whose_it_is_and_its_entries_are_resources(drop: Drop) -> None:
    drop.put("summary.xml", cda(ALL))
    assert drop.take() == Counter({State.TAKEN: 1})
    assert drop.content() == [cda(ALL)]
    kinds = {"Condition": 1, "AllergyIntolerance": 1, "MedicationStatement": 1, "Procedure": 1}
    assert {kind: len(drop.read(kind)) for kind in kinds} == kinds
    (source,) = drop.read("Provenance")
    assert len(source["target"]) == 10


def test_a_document_about_somebody_else_of_that_number_is_nobodys(drop: Drop) -> None:
    drop.put("summary.xml", cda(ALL).replace(b"Sato", b"Mori").replace(b"19710123", b"19330101")
             .replace(b"Aiko", b"Ken"))  # fmt: skip
    assert drop.take() == Counter({State.ASIDE: 1})
    assert not drop.read("Condition")


def test_a_pdf_inside_a_document_is_a_paper_too(drop: Drop) -> None:
    data = base64.b64encode(PDF).decode()
    text = f'<text mediaType="application/pdf" representation="B64">{data}</text>'
    drop.put("u.xml", cda(f"<nonXMLBody>{text}</nonXMLBody>"))
    assert drop.take()[State.TAKEN] == 1
    assert PDF in drop.content()


def test_an_ecg_is_an_observation_beside_its_file(drop: Drop) -> None:
    pytest.importorskip("ecgdatakit", reason="the extra `ecg` is not installed")
    drop.put("a.xml", aecg())
    for name, raw in wfdb().items():
        drop.put(name, raw)
    drop.put("100.hea.json", json.dumps(SIDECAR).encode())
    assert drop.take() == Counter({State.TAKEN: 2})
    leads = sorted(len(body["component"]) for body in drop.read("Observation"))
    assert leads == [2, 12]
    assert len(drop.content()) == 3
    assert drop.left() == []


def test_other_doors_take_their_own(drop: Drop) -> None:
    image = b"\0" * 128 + b"DICM" + b"\0" * 99
    drop.put("study/1/i.dcm", image)
    drop.put("b.json", b'{"resourceType":"Bundle"}')
    assert drop.take() == Counter({State.TAKEN: 2})
    assert sorted(map(len, drop.handed)) == sorted([len(image), 25])


def test_what_is_written_into_is_left_until_it_stands_still(drop: Drop) -> None:
    path = drop.put("4711_a.pdf", PDF[:10])
    drop.put("4711_b.pdf.part", PDF)
    drop.put(".4711_c.pdf", PDF)
    watcher = drop.watcher()
    assert not watcher.look(0)
    path.write_bytes(PDF)
    assert not watcher.look(10)
    assert watcher.look(20) == Counter({State.TAKEN: 1})
    assert drop.content() == [PDF]
    assert drop.left() == [".4711_c.pdf", "4711_b.pdf.part"]


def test_what_somebody_has_open_for_writing_is_left(drop: Drop) -> None:
    with (drop.path / "4711_a.pdf").open("wb") as writer:
        writer.write(PDF)
        writer.flush()
        assert not drop.take()
    assert drop.take() == Counter({State.TAKEN: 1})


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("4711_a.pdf", PDF[:-8]), ("4711_a.jpg", b"\xff\xd8\xff\xe0 a pict"),
        ("4711_a.png", b"\x89PNG\r\n\x1a\n and mo"), ("4711_a.tif", b"MM\0*\0\1\0\0 and more"),
        ("a.xml", cda(ALL)[:-9]), ("b.xml", aecg()[:-9]), ("4711_a.tif", b"II*\0"),
    ],
)  # fmt: skip
def test_half_a_file_is_not_taken_and_not_deleted(drop: Drop, name: str, raw: bytes) -> None:
    drop.put(name, raw)
    assert drop.take() == Counter({State.REFUSED: 1})
    assert (drop.path / "refused" / name).read_bytes() == raw
    assert not drop.content()


def test_a_file_written_into_while_it_is_taken_stays_and_is_taken_again(drop: Drop) -> None:
    path = drop.put("4711_a.pdf", PDF)
    watcher = drop.watcher()
    watcher.look(0)
    real = drop.taker.take

    def late(*args: object) -> object:
        outcome = real(*args)  # type: ignore[arg-type]
        path.write_bytes(PDF + b"more")
        return outcome

    drop.taker.take = late  # type: ignore[method-assign, assignment]
    watcher.look(10)
    drop.taker.take = real  # type: ignore[method-assign]
    assert drop.left() == ["4711_a.pdf"]
    watcher.look(20)
    watcher.look(30)
    assert drop.left() == []
    assert PDF + b"more" in drop.content()


def test_while_a_keeper_is_away_the_files_stay(drop: Drop) -> None:
    drop.put("4711_a.pdf", PDF)
    drop.house.stop_store()
    with pytest.raises(UnavailableError):
        drop.take()
    assert drop.left() == ["4711_a.pdf"]
    drop.house.start_store()
    assert drop.take()[State.TAKEN] == 1


def test_killed_after_the_deposit_it_is_taken_again_and_once(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop.put("4711_a.pdf", PDF)
    with monkeypatch.context() as patch:
        patch.setattr(Watcher, "_dispose", lambda *_: None)
        drop.take()
    assert drop.left() == ["4711_a.pdf"]
    assert drop.take() == Counter({State.BEFORE: 1})
    assert len(drop.content()) == 1


def test_what_cannot_be_moved_away_is_said_once_and_keeps_nobody_from_his_turn(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RefusedError("not ours to move in")

    monkeypatch.setattr("chartkeep.intake.folders.scanning.MOST_AT_ONCE", 2)
    monkeypatch.setattr("chartkeep.intake.folders.within.Within.remove", fail)
    for place in range(3):
        age(drop.put(f"4711_{place}.pdf", PDF + bytes([place])), 10 - place)
    watcher = drop.watcher()
    watcher.look(0)
    assert [watcher.look(at)[State.TAKEN] for at in (100, 200, 300)] == [2, 1, 0]
    assert len(drop.told) == 3


def test_a_folder_may_keep_what_was_taken(drop: Drop) -> None:
    kept = drop._replace(watched=drop.watched._replace(keep=True))
    kept.put("x/4711_a.pdf", PDF)
    kept.take()
    assert kept.left() == ["done/x__4711_a.pdf"]
    assert not kept.take()


def test_what_is_nothing_known_is_set_aside_by_name_and_the_rest_goes_on(drop: Drop) -> None:
    age(drop.put("4711_a.exe", b"MZ"), 10)
    drop.put("4711_b.pdf", PDF)
    drop.put("4711_c.pdf", PDF + b"c")
    drop.put("4711_c.pdf.json", b'{"number": 4711}')
    assert drop.take() == Counter({State.TAKEN: 1, State.REFUSED: 2})
    assert drop.left() == [
        "refused/4711_a.exe", "refused/4711_a.exe.why", "refused/4711_c.pdf",
        "refused/4711_c.pdf.json", "refused/4711_c.pdf.why",
    ]  # fmt: skip
    assert "sidecar" in drop.why()


def test_a_sidecar_that_came_first_waits_for_its_file(drop: Drop) -> None:
    watcher = drop.watcher()
    drop.put("x.pdf.json", json.dumps(SIDECAR).encode())
    watcher.look(0)
    assert not watcher.look(100)
    drop.put("x.pdf", PDF)
    watcher.look(200)
    assert watcher.look(300)[State.TAKEN] == 1
    assert drop.left() == []


def test_the_oldest_is_taken_first(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    monkeypatch.setattr(drop.taker, "take", lambda file, feed: order.append(file.name))
    for place, name in enumerate(("4711_c.pdf", "4711_a.pdf", "4711_b.pdf")):
        age(drop.put(name, PDF), 100 - place)
    drop.take()
    assert order == ["4711_c.pdf", "4711_a.pdf", "4711_b.pdf"]


def test_it_watches_by_itself_until_it_is_stopped(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartkeep.intake.folders.watching.EVERY", 0.01)
    monkeypatch.setattr("chartkeep.intake.folders.scanning.QUIET", 0.01)
    done = threading.Event()
    watcher = Watcher(drop.watched, drop.taker, lambda line: done.set())
    watcher._scanner._quiet = 0.02
    watcher.start()
    drop.put("4711_a.pdf", PDF)
    assert done.wait(30)
    watcher.stop()
    assert drop.left() == []


@pytest.mark.parametrize("what", ["nothing there", "a file"])
def test_a_folder_that_is_none_is_refused_at_the_start(drop: Drop, what: str) -> None:
    path = drop.path / "sub"
    if what == "a file":
        path.write_bytes(b"")
    with pytest.raises(RefusedError):
        Watcher(drop.watched._replace(path=path), drop.taker, print).start()


@pytest.mark.attack
def test_a_link_leads_nowhere_and_what_it_names_stays(drop: Drop, tmp_path: Path) -> None:
    secret = tmp_path / "4711_secret.pdf"
    secret.write_bytes(PDF)
    (drop.path / "4711_a.pdf").symlink_to(secret)
    (drop.path / "4711_b").symlink_to("/etc")
    drop.put("4711_c.pdf", PDF + b"c")
    (drop.path / "4711_c.pdf.json").symlink_to("/etc/passwd")
    os.mkfifo(drop.path / "4711_d.pdf")
    assert drop.take()[State.TAKEN] == 0
    assert secret.read_bytes() == PDF
    assert not drop.content()
    assert "a link or a device" in drop.why()


@pytest.mark.attack
def test_a_folder_swapped_for_a_link_is_neither_read_nor_emptied(
    drop: Drop, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "4711_a.pdf").write_bytes(PDF)
    drop.put("in/4711_a.pdf", PDF)
    watcher = drop.watcher()
    watcher.look(0)
    real = drop.taker.take

    def swap(*args: object) -> object:
        outcome = real(*args)  # type: ignore[arg-type]
        (drop.path / "in").rename(drop.path / ".was")
        (drop.path / "in").symlink_to(elsewhere)
        return outcome

    drop.taker.take = swap  # type: ignore[method-assign, assignment]
    watcher.look(10)
    assert (elsewhere / "4711_a.pdf").exists()


@pytest.mark.attack
def test_odd_and_long_names_are_only_names(drop: Drop) -> None:
    names = [
        "4711_" + "a" * 240 + ".pdf",
        "4711_\n\x1b[2J.pdf",
        "4711_'; rm -rf.pdf",
        "4711_\udcff.exe",
    ]
    for place, name in enumerate(names):
        drop.put(name, PDF + bytes([place]) if name.endswith("pdf") else b"MZ")
    done = drop.take()
    assert done == Counter({State.TAKEN: 3, State.REFUSED: 1})
    assert not any("4711" in line for line in drop.told)


@pytest.mark.attack
def test_ten_thousand_files_are_looked_at_in_bounded_turns(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in range(10_000):
        os.mknod(f"{drop.path}/{name}.exe")
    taken = []
    monkeypatch.setattr(drop.taker, "take", lambda file, feed: taken.append(file.name))
    watcher = drop.watcher()
    watcher.look(0)
    watcher.look(100)
    assert len(taken) == 500


@pytest.mark.attack
def test_a_reader_that_breaks_is_that_files_trouble_alone(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("4711")

    monkeypatch.setattr("chartkeep.intake.folders.taking.read_document", broken)
    drop.put("summary.xml", cda(ALL))
    drop.put("4711_b.pdf", PDF)
    assert drop.take() == Counter({State.TAKEN: 1, State.REFUSED: 1})
    assert "4711" not in drop.why()
