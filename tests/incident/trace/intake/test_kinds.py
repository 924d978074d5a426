"""Each kind of file gives its rows, whatever it is called."""

import gzip
import tarfile
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO

import bson
import pytest

from chartkeep.incident.trace.found import PROSE, Clock, Kind
from chartkeep.incident.trace.intake.layout import delimiter_of
from chartkeep.inventor import dicom
from chartkeep.inventor.papers import letter
from tests.incident.trace.intake import posted
from tests.incident.trace.intake.conftest import Read, Sheet

Take = Callable[[str, bytes], Read]
WANTED = Sheet("", posted.COLUMNS, list(posted.PEOPLE))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_a_table_is_read_whatever_parts_its_columns(take: Take, delimiter: str) -> None:
    assert take("x.bin", posted.csv(delimiter)).sheets == [WANTED]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_table_is_read_in_every_unicode(take: Take, encoding: str) -> None:
    assert take("x.csv", posted.csv(encoding=encoding)).sheets == [WANTED]


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "iso2022_jp"])
def test_japanese_is_read_in_its_own_encodings(take: Take, encoding: str) -> None:
    lines = ["患者番号,氏名,住所"] + ["4711,山田太郎,岡山県岡山市北区丸の内二丁目"] * 9
    read = take("x.csv", "\r\n".join(lines).encode(encoding))
    assert read.rows[-1] == ("4711", "山田太郎", "岡山県岡山市北区丸の内二丁目")


def test_rows_without_names_for_their_columns_are_all_rows(take: Take) -> None:
    read = take("x.csv", b"3174012345678901,Budi\n3578012345678902,Siti\n")
    assert read.sheets == [
        Sheet("", ("", ""), [("3174012345678901", "Budi"), ("3578012345678902", "Siti")])
    ]


def test_a_quote_that_is_never_closed_costs_no_other_row(take: Take) -> None:
    lines = ["id,name"] + [f'{n},"Name {n}"' for n in range(300)]
    lines[100] = '99,"Name 99'
    read = take("x.csv", "\n".join(lines).encode())
    assert [row[1] for row in read.rows] == [f"Name {n}" for n in range(300)]


def test_a_value_may_hold_line_ends_and_a_row_be_short_or_long(take: Take) -> None:
    read = take("x.csv", b'a,b,c\n1,"x\ny",3\n4\n5,6,7,8\n9,9,9\n')
    assert read.rows == [
        ("1", "x\ny", "3", ""),
        ("4", "", "", ""),
        ("5", "6", "7", "8"),
        ("9", "9", "9", ""),
    ]


def test_zeros_inside_a_table_are_passed_over(take: Take) -> None:
    lines = ["id,name", *(f"{n},Name" for n in range(200)), "7,Na\0me"]
    assert take("x.csv", "\n".join(lines).encode()).rows[-1] == ("7", "Name")


def test_a_sheet_is_read_with_the_time_it_gives_itself(take: Take) -> None:
    read = take("x.dat", posted.xlsx())
    assert read.sheets == [Sheet("Pasien", posted.COLUMNS, list(posted.PEOPLE))]
    assert read.whole.kind is Kind.SHEET
    assert read.whole.clocks[Clock.AUTHORED] == 1_621_504_800_000


def test_a_database_of_sqlite_is_read_where_it_lies_and_inside_an_archive(take: Take) -> None:
    read = take("x", posted.sqlite())
    assert read.sheets == [WANTED._replace(name="pasien")]
    assert read.whole.kind is Kind.SQLITE
    assert take("x.zip", posted.zipped({"a": posted.sqlite()})).sheets == read.sheets


def test_a_database_another_program_is_writing_is_read(take: Take) -> None:
    data = bytearray(posted.sqlite())
    data[18:20] = b"\x02\x02"  # the newest of it would lie in a file beside it
    assert take("x.db", bytes(data)).sheets == [WANTED._replace(name="pasien")]


def test_a_dump_of_mysql_is_read_with_the_columns_it_creates(take: Take) -> None:
    read = take("x.sql", posted.MYSQL)
    assert read.sheets[0] == Sheet("pasien", posted.COLUMNS, list(posted.PEOPLE))
    assert read.sheets[1] == Sheet("pasien", ("nama", "nik"), [("O'Neil (Jr), \\ 'x'", "")])


def test_a_dump_of_postgres_is_read_and_a_backslash_is_one(take: Take) -> None:
    read = take("x.sql", posted.POSTGRES)
    wanted = [*posted.PEOPLE, ("C:\\", "a", "")]
    assert read.sheets == [Sheet("pasien", posted.COLUMNS, wanted)]


def test_a_statement_of_any_length_is_read(take: Take) -> None:
    values = ",".join(f"({n},'Name {n}')" for n in range(20_000))
    read = take("x.sql", f"INSERT INTO t VALUES {values};".encode())
    assert read.rows == [(str(n), f"Name {n}") for n in range(20_000)]


@pytest.mark.parametrize("shape", ["array", "lines", "wrapped", "bundle"])
def test_json_is_read_in_every_shape(take: Take, shape: str) -> None:
    each = ['{"nik": "3174", "nama": [{"family": "Santoso"}], "n": 1.00}'] * 5
    text = {
        "array": f"[{','.join(each)}]",
        "lines": "\n".join(each),
        "wrapped": f'{{"ok": true, "data": [{",".join(each)}]}}',
        "bundle": f'{{"resourceType": "Bundle", "entry": [{",".join(each)}]}}',
    }[shape]
    wanted = Sheet("", ("nik", "nama.0.family", "n"), [("3174", "Santoso", "1.00")] * 5)
    assert take("x", text.encode()).sheets == [wanted]


def test_an_array_longer_than_any_window_is_read(take: Take) -> None:
    text = '{"meta": {"a": 1}, "rows": [' + ",".join(['{"n": "%s"}' % ("x" * 1_000)] * 9_000) + "]}"
    assert len(take("x.json", text.encode()).rows) == 9_000


def test_documents_of_mongodb_are_read_also_from_an_archive(take: Take) -> None:
    documents = b"".join(
        bson.encode(dict(zip(posted.COLUMNS, row, strict=True))) for row in posted.PEOPLE
    )
    assert take("x.bson", documents).sheets == [WANTED]
    head = bson.encode({"db": "rs", "collection": "pasien"}) + b"\xff\xff\xff\xff"
    read = take("x.archive", b"\x6d\xe2\x99\x81" + head + documents + b"\xff\xff\xff\xff")
    assert [row[-3:] for row in read.rows][-2:] == list(posted.PEOPLE)


def test_a_pdf_gives_who_may_be_meant_in_it(take: Take) -> None:
    read = take("x.pdf", letter("Surat", ["Pasien: Budi Santoso", "Lahir 12-03-1980, RM 00471123"]))
    assert read.sheets[0].columns == PROSE
    assert ("Budi Santoso", "12-03-1980", "00471123", "") in read.rows


def test_a_document_gives_who_may_be_meant_in_it(take: Take) -> None:
    read = take("x.docx", posted.docx(["Meeting", "患者氏名:山田 太郎様", "昭和40年1月2日生"]))
    assert ("山田 太郎", "昭和40年1月2日", "", "") in read.rows
    assert read.whole.kind is Kind.OFFICE


def test_messages_of_hl7_give_each_result_with_its_patient(take: Take) -> None:
    read = take("x.txt", posted.HL7)
    shown = [(row[2], row[4], row[15], row[16]) for row in read.rows]
    assert shown == [
        ("4711", "Santoso Budi", "718-7", "13.2"),
        ("4711", "Santoso Budi", "789-8", "4.4"),
        ("4712", "Aminah Siti", "", ""),
    ]


def test_a_clinical_document_gives_each_act_with_its_patient(take: Take) -> None:
    (sheet, *_) = take("x.xml", posted.CDA).sheets
    assert sheet.rows == [
        ("4711", "", "Budi", "Santoso", "19800312", "M", "Jakarta", "+62812", "", "20200101",
         "718-7", "13.2", "g/dL"),
    ]  # fmt: skip


def test_any_other_xml_gives_its_parts_as_rows(take: Take) -> None:
    parts = "".join(f"<p><nik>{nik}</nik><nama>{nama}</nama></p>" for nik, nama, _ in posted.PEOPLE)
    read = take("x.xml", f"<?xml version='1.0'?><all>{parts}</all>".encode())
    assert read.sheets == [Sheet("all", ("nik.0", "nama.0"), [row[:2] for row in posted.PEOPLE])]


def test_a_picture_is_known_by_its_file_its_pixels_and_its_header(take: Take) -> None:
    whose = dicom.Whose("4711", "A", "Santoso^Budi", "19800312", "M")
    where = dicom.Where("2.25.1", "2.25.2", "2.25.3", "20200101", "120000", "ACC1")
    data = dicom.xray(whose, where, 16)
    (picture,) = take("x.dcm", data).pictures
    (inside,) = take("x.zip", posted.zipped({"a/b.dcm": data})).pictures
    assert picture.fields[:6] == ("4711", "Santoso^Budi", "19800312", "M", "ACC1", "2.25.1")
    assert (picture.sop_uid, picture.file_sha256) == ("2.25.3", sha256(data).digest())
    assert (inside.file_sha256, inside.pixel_sha256) == (
        sha256(data).digest(),
        picture.pixel_sha256,
    )
    assert sha256(data[-512:]).digest() == picture.pixel_sha256


def test_a_mail_is_read_with_what_is_attached(take: Take) -> None:
    read = take("x.eml", posted.MAIL)
    assert ("Budi Santoso", "12 Maret 1980", "", "") in read.rows
    assert read.sheets[-1] == WANTED
    assert read.whole.clocks[Clock.HEADER] == 1_621_504_800_000


def test_a_mailbox_is_read_message_by_message(take: Take) -> None:
    box = b"".join(b"From desk Thu May 20 10:00:00 2021\n" + posted.MAIL + b"\n" for _ in range(3))
    read = take("box", box)
    assert read.sheets.count(WANTED) == 3
    assert [s.where.inside for s in read.sources][-2] == ("message 3",)


def test_archives_are_read_inside_each_other(take: Take) -> None:
    inner = BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as archive:
        for name in ("a.csv", "b/c.csv"):
            info = tarfile.TarInfo(name)
            info.size = len(posted.csv())
            archive.addfile(info, BytesIO(posted.csv()))
    read = take("x.zip", posted.zipped({"dump.tar.gz": gzip.compress(inner.getvalue())}))
    assert read.sheets == [WANTED, WANTED]
    assert str(read.sources[0].where).endswith("x.zip > dump.tar.gz > dump.tar > a.csv")
    assert read.sources[0].sha256 == sha256(posted.csv()).digest()


def test_commas_of_sentences_part_no_columns() -> None:
    said = ["Case conference", "- Ana Rajasa, born 1950-05-09, No. 00065089: goes on",
            "- Sari, born 1971-09-01, No. 00113360: goes on"]  # fmt: skip
    assert not delimiter_of(said)
    assert delimiter_of([each.replace(", ", ",") for each in said]) == ","
    assert delimiter_of(said, "list.csv") == ","
