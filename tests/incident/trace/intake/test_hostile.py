"""A file that is broken, locked or hostile costs itself one line, and the rest is still done."""

import bz2
import gzip
import lzma
import os
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter

from chartkeep.incident.trace.found import Found, Kind
from chartkeep.incident.trace.intake.process import GoneError, Process
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.intake.telling import Entered, Job, Told, Trouble
from tests.incident.trace.intake import posted
from tests.incident.trace.intake.conftest import Read, Sheet, gather

Take = Callable[[str, bytes], Read]
WANTED = Sheet("", posted.COLUMNS, list(posted.PEOPLE))


@pytest.mark.attack
def test_a_bomb_is_not_unpacked_and_the_rest_is_still_done(take: Take) -> None:
    bomb = b"%PDF-1.4" + bytes(42 << 20)
    read = take("x.zip", posted.zipped({"bomb.pdf": bomb, "b.csv": posted.csv()}))
    assert read.trouble_of("bomb.pdf") == Trouble.UNPACKS
    assert read.sheets[-1] == WANTED
    assert read.whole.trouble == Trouble.NONE


@pytest.mark.attack
def test_archives_without_end_are_not_followed_and_the_rest_is_still_done(take: Take) -> None:
    data = posted.csv()
    for _ in range(20):
        data = posted.zipped({"again.zip": data})
    read = take("x.zip", posted.zipped({"deep.zip": data, "b.csv": posted.csv()}))
    assert [s.trouble for s in read.sources].count(Trouble.DEEP) == 1
    assert read.sheets == [WANTED]


@pytest.mark.attack
@pytest.mark.parametrize("name", ["x.xml", "x.docx"])
def test_no_entity_is_expanded(take: Take, name: str) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;">]>'
    whole = f"<?xml version='1.0'?>{bomb}<a><p>&c;</p></a>".encode()
    data = posted.docx(["&c;"], before=bomb) if name == "x.docx" else whole
    read = take(name, data)
    assert read.whole.trouble == Trouble.ENTITIES
    assert not read.rows


@pytest.mark.attack
def test_names_that_lead_elsewhere_lead_nowhere(take: Take, tmp_path: Path) -> None:
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in ("../../escaped.csv", f"{tmp_path}/escaped.csv"):
            info = tarfile.TarInfo(name)
            info.size = len(posted.csv())
            archive.addfile(info, BytesIO(posted.csv()))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    read = take("x.tar", made.getvalue())
    assert read.sheets == [WANTED, WANTED]
    assert [path.name for path in tmp_path.iterdir()] == ["x.tar"]
    assert len(read.sources) == 3  # the link is nobody


@pytest.mark.attack
def test_a_member_that_ends_its_reader_costs_itself_only(
    intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_on = Process.read

    def read(self: Process, job: Job, file: int) -> Iterator[Told]:
        for told in read_on(self, job, file):
            yield told
            if isinstance(told, Entered) and told.inside[-1:] == ("kill.csv",):
                self.child.kill()
                self.child.wait()
                raise GoneError  # whatever it had sent already is lost, too

    monkeypatch.setattr(Process, "read", read)
    inner = posted.zipped({"kill.csv": posted.csv(), "c.csv": posted.csv()})
    path = tmp_path / "x.zip"
    path.write_bytes(posted.zipped({"a.csv": posted.csv(), "in.zip": inner, "z.csv": posted.csv()}))
    gathered = gather(intake.read(path))
    assert gathered.trouble_of("in.zip", "kill.csv") == Trouble.KILLED
    assert gathered.sheets == [WANTED] * 3  # nothing is told twice, nothing else is left out
    read_whole = [str(s.where).split(" > ", 1)[-1] for s in gathered.sources]
    assert read_whole == [
        "a.csv",
        "in.zip > kill.csv",
        "in.zip > c.csv",
        "in.zip",
        "z.csv",
        str(path),
    ]


@pytest.mark.attack
def test_the_process_that_reads_may_open_nothing(intake: Intake, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(posted.csv())
    gather(intake.read(path))
    assert intake._process is not None
    limits = Path(f"/proc/{intake._process.child.pid}/limits").read_text().splitlines()
    for name in ("Max open files", "Max processes", "Max file size", "Max core file size"):
        line = next(each for each in limits if each.startswith(name))
        assert line.removeprefix(name).split()[:2] == ["0", "0"]
    status = Path(f"/proc/{intake._process.child.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


@pytest.mark.attack
def test_a_database_runs_nothing_it_says_and_a_broken_table_costs_itself(take: Take) -> None:
    hostile = (
        "CREATE VIEW everyone AS SELECT * FROM pasien",
        "CREATE VIRTUAL TABLE found USING fts5(x)",
        "CREATE TRIGGER t AFTER INSERT ON pasien BEGIN SELECT 1; END",
        'CREATE TABLE "a""; DROP TABLE pasien; --" (x, y AS (upper(x)))',
        'INSERT INTO "a""; DROP TABLE pasien; --" VALUES (\'/tmp/evil.so\')',
        "CREATE TABLE big (x); INSERT INTO big VALUES (zeroblob(100000)), (printf('%.9999c', 'x'))",
    )
    data = posted.sqlite(*hostile)
    read = take("x.db", data)
    named = {each.name: each for each in read.sheets}
    assert named["pasien"] == Sheet("pasien", posted.COLUMNS, list(posted.PEOPLE))
    assert "everyone" not in named
    assert "found" not in named
    assert named['a"; DROP TABLE pasien; --'].rows == [("/tmp/evil.so",)]
    assert [len(row[0]) for row in named["big"].rows] == [0, 4_096]
    torn = bytearray(data)
    at = data.rindex(posted.PEOPLE[-1][1].encode())
    torn[at - at % 4096 : at - at % 4096 + 8] = b"\xff" * 8
    assert take("x.db", bytes(torn)).whole.trouble == Trouble.BROKEN


@pytest.mark.attack
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(where=st.integers(0, 20_000), what=st.binary(min_size=1, max_size=64))
def test_no_damage_to_a_database_ends_its_reader(
    intake: Intake, tmp_path: Path, where: int, what: bytes
) -> None:
    data = bytearray(posted.sqlite())
    data[where % len(data) : where % len(data) + len(what)] = what
    path = tmp_path / "x.db"
    path.write_bytes(bytes(data))
    assert gather(intake.read(path)).whole.trouble not in {Trouble.KILLED, Trouble.LATE}


def test_a_locked_member_is_named_and_the_rest_is_still_done(take: Take) -> None:
    data = bytearray(posted.zipped({"a.csv": posted.csv(), "b.csv": posted.csv()}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    read = take("x.zip", bytes(data))
    assert read.trouble_of("a.csv") == Trouble.PASSWORD
    assert read.sheets == [WANTED]


def test_a_locked_pdf_says_so(take: Take) -> None:
    writer, made = PdfWriter(), BytesIO()
    writer.add_blank_page(72, 72)
    writer.encrypt("secret")
    writer.write(made)
    assert take("x.pdf", made.getvalue()).whole.trouble == Trouble.PASSWORD


@pytest.mark.parametrize(
    ("name", "data", "trouble"),
    [
        ("x.zip", posted.zipped({"a.csv": posted.csv()})[:-30], Trouble.UNLISTED),
        ("x.pdf", b"%PDF-1.4 and nothing", Trouble.BROKEN),
        ("x.xlsx", posted.xlsx()[:400], Trouble.UNLISTED),
        ("x.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50), Trouble.SEVEN_ZIP),
        ("x.rar", b"Rar!\x1a\x07\x01\0" + bytes(50), Trouble.RAR),
        ("x.dump", b"PGDMP\x01\x0e" + bytes(50), Trouble.POSTGRES),
        ("x.pst", b"!BDN" + bytes(50), Trouble.OUTLOOK),
        ("x.db", posted.sqlite()[:100], Trouble.BROKEN),
        ("x.bin", bytes(range(256)) * 20, Trouble.FORMAT),
        ("x.json", b'[{"a": 1}, {"a": ', Trouble.CUT),
        ("x.gz", b"\x1f\x8b\x08\x00" + bytes(4), Trouble.CUT),
        ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(50), Trouble.BROKEN),
        ("x", b"", Trouble.NONE),
    ],
)
def test_what_cannot_be_read_says_why(take: Take, name: str, data: bytes, trouble: Trouble) -> None:
    assert take(name, data).sources[0].trouble == trouble


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, partial(bz2.compress, compresslevel=1), lzma.compress, zstandard.compress],
)
def test_of_what_ends_too_early_all_there_is_is_read(
    take: Take, pack: Callable[[bytes], bytes]
) -> None:
    """Samples are of gigabytes, and downloads break off."""
    packed = pack(b"id,name\n" + b"".join(b"%d,Name %x\n" % (n, n * n) for n in range(60_000)))
    whole, cut = take("x.csv.p", packed), take("x.csv.p", packed[: len(packed) * 3 // 4])
    assert (len(whole.rows), whole.sources[0].trouble) == (60_000, Trouble.NONE)
    assert cut.sources[0].trouble == Trouble.CUT
    assert 10_000 < len(cut.rows) < 60_000
    assert cut.rows[:-1] == whole.rows[: len(cut.rows) - 1]


def test_every_frame_of_zstd_is_read(take: Take) -> None:
    frames = [zstandard.compress(each) for each in (b"id,name\n1,A\n", b"2,B\n")]
    assert take("x.csv.zst", b"".join(frames)).rows == [("1", "A"), ("2", "B")]


def test_characters_of_another_encoding_further_down_are_said(take: Take) -> None:
    lines = [f"{n},Name".encode() for n in range(20_000)]
    lines[-1] = b"7,M\xfcller"
    read = take("x.csv", b"\n".join([b"id,name", *lines]))
    assert read.whole.trouble == Trouble.CHARACTERS
    assert len(read.rows) == 20_000


def test_what_is_no_file_or_is_not_there_says_so(intake: Intake, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    troubles = [gather(intake.read(p)).whole for p in (tmp_path / "pipe", tmp_path / "none")]
    assert [each.trouble for each in troubles] == [Trouble.NOT_A_FILE, Trouble.GONE]
    assert {each.kind for each in troubles} == {Kind.UNKNOWN}


def test_a_file_left_half_read_does_not_hold_up_the_next(intake: Intake, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"id,name\n" + b"7,Name\n" * 60_000)
    found: Iterator[Found] = intake.read(path)
    next(found)
    found.close()  # type: ignore[attr-defined]
    path.write_bytes(posted.csv())
    assert gather(intake.read(path)).sheets == [WANTED]


def test_rows_nobody_takes_are_passed_over(intake: Intake, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(posted.zipped({"a.csv": posted.csv(), "b.csv": posted.csv()}))
    assert len([each.where for each in intake.read(path)]) == 5
