"""Invented papers: a letter as PDF, a scan as PNG, byte by byte. Nobody's."""

import zlib
from collections.abc import Sequence
from struct import pack

_A4 = (595, 842)
MOST_LINES = 50


def letter(title: str, lines: Sequence[str]) -> bytes:
    """Write a page of PDF 1.4 (ISO 32000-1); what is not Latin-1 becomes a question mark."""
    shown = [title, "", *lines[:MOST_LINES]]
    text = " T* ".join(f"({_quoted(line)}) Tj" for line in shown)
    stream = b"BT /F 11 Tf 60 780 Td 15 TL " + text.encode("latin-1", "replace") + b" ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
        b" /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
        b" /Encoding /WinAnsiEncoding >> >> >> >>" % _A4,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 5\n0000000000 65535 f \n%s"
        b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (table, len(body))
    )


def scan(rows: int = 200, columns: int = 150) -> bytes:
    """Write a grey picture as PNG (ISO/IEC 15948): lines on a page, as a scanner sees them."""
    picture = b"".join(
        b"\0" + bytes(40 if y % 12 < 3 and 12 < x < columns - 12 - y % 17 else 250
                      for x in range(columns))
        for y in range(rows)
    )  # fmt: skip
    head = pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(picture)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _quoted(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
