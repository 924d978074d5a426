"""What sellers post, made by hand: the smallest file of each kind, the same two people in each."""

import sqlite3
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

COLUMNS = ("nik", "nama", "tanggal_lahir")
PEOPLE = (
    ("3174012345678901", "Budi Santoso", "1980-03-12"),
    ("3578", "Siti; Aminah", "1991-11-02"),
)


def zipped(members: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as package:
        for name, data in members.items():
            package.writestr(name, data)
    return made.getvalue()


def sqlite(*statements: str) -> bytes:
    """Make a database of the people, and run more in it."""
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE pasien ({', '.join(COLUMNS)})")
    base.executemany(f"INSERT INTO pasien VALUES ({', '.join('?' * len(COLUMNS))})", PEOPLE)
    for each in statements:
        base.executescript(each)
    base.commit()
    made: bytes = base.serialize()
    base.close()
    return made


def csv(delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    lines = [delimiter.join(COLUMNS)]
    lines += [delimiter.join(f'"{value}"' for value in row) for row in PEOPLE]
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def xlsx(rows: tuple[tuple[str, ...], ...] = (COLUMNS, *PEOPLE)) -> bytes:
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{v}</t></is></c>' for v in row) + "</row>"
        for row in rows
    )
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns='
            b'"http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships {relations}><Relationship Id="r1" Type="{office}/'
            'officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
            "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets><sheet name="Pasien" '
            'sheetId="1" r:id="r1"/></sheets></workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": f'<Relationships {relations}><Relationship Id="r1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
            "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{cells}</sheetData>"
            "</worksheet>".encode(),
            "docProps/core.xml": b"<dcterms:modified>2021-05-20T10:00:00Z</dcterms:modified>",
        }
    )


def docx(paragraphs: list[str], before: str = "") -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document = (
        f"<?xml version='1.0'?>{before}<w:document {space}><w:body>{body}</w:body></w:document>"
    )
    return zipped({"word/document.xml": document.encode()})


MYSQL = rb"""-- MySQL dump 10.13
CREATE TABLE `pasien` (
  `nik` varchar(16) NOT NULL,
  `nama` varchar(100) DEFAULT 'x, (y)',
  `tanggal_lahir` date,
  PRIMARY KEY (`nik`), KEY `n` (`nama`)
) ENGINE=InnoDB;
INSERT INTO `pasien` VALUES ('3174012345678901','Budi Santoso','1980-03-12'),
('3578','Siti; Aminah','1991-11-02');
INSERT INTO `pasien` (`nama`, `nik`) VALUES ('O\'Neil (Jr), \\ ''x''', NULL);
"""
POSTGRES = rb"""-- PostgreSQL database dump
CREATE TABLE public.pasien (nik text, nama text, tanggal_lahir date);
COPY public.pasien (nik, nama, tanggal_lahir) FROM stdin;
3174012345678901	Budi Santoso	1980-03-12
3578	Siti; Aminah	1991-11-02
\.
INSERT INTO public.pasien VALUES ('C:\', E'a', NULL);
"""
HL7 = (
    b"MSH|^~\\&|LAB|X|Y|Z|20200101120000||ORU^R01|1|P|2.5\r"
    b"PID|1||4711^^^A~99^^^B||Santoso^Budi||19800312|M|||Jalan 1^^Jakarta||+62812\r"
    b"OBR|1|P1|F1\rOBX|1|NM|718-7^Hb||13.2|g/dL|||||F|||20200101110000\r"
    b"OBX|2|NM|789-8^RBC||4.4\r"
    b"MSH|^~\\&|ADT|X|Y|Z|20200102||ADT^A01|2|P|2.5\rPID|1||4712||Aminah^Siti||19911102|F\r"
)
CDA = b"""<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole>
<id root="1.2" extension="4711"/><addr><city>Jakarta</city></addr><telecom value="tel:+62812"/>
<patient><name><given>Budi</given><family>Santoso</family></name>
<administrativeGenderCode code="M"/><birthTime value="19800312"/></patient></patientRole>
</recordTarget>
<component><section><entry><observation><code code="718-7"/><effectiveTime value="20200101"/>
<value value="13.2" unit="g/dL"/></observation></entry></section></component></ClinicalDocument>"""
MAIL = b"""From: desk@example.org
To: ward@example.org
Date: Thu, 20 May 2021 10:00:00 +0000
Subject: daftar
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Pasien Budi Santoso, lahir 12 Maret 1980

--b
Content-Type: text/csv; name="daftar.csv"
Content-Disposition: attachment; filename="daftar.csv"

nik,nama,tanggal_lahir
3174012345678901,Budi Santoso,1980-03-12
3578,Siti; Aminah,1991-11-02
--b--
"""
