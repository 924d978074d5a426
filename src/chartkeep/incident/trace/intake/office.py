"""Office documents: the text of DOCX, PPTX, ODT, and what is legible in the old binary ones."""

import re
from datetime import UTC, datetime
from zipfile import ZipFile

from defusedxml.ElementTree import iterparse

from chartkeep.incident.trace.found import Clock
from chartkeep.incident.trace.intake.out import Out

_TEXTS = re.compile(
    r"word/(?:document|header\d*|footer\d*|footnotes|comments)\.xml$"
    r"|ppt/(?:slides|notesSlides)/[^/]+\.xml$|content\.xml$"
)
_MODIFIED = re.compile(rb"<(?:dcterms:modified|dc:date)[^>]*>\s*([\d:T.+-]{10,32}Z?)\s*<")
_PARAGRAPHS = {"p", "h", "tr", "table-row"}
_CELLS = {"tc", "table-cell"}
_WIDE = re.compile(rb"(?:[\x20-\x7e\xa0-\xff\t]\x00|[\x00-\xff][\x01-\x9f\xac-\xd7]){6,}")
_NARROW = re.compile(rb"[\x20-\x7e\x80-\xff\t]{6,}")


def read_office(package: ZipFile, out: Out) -> None:
    """Read the paragraphs of a document kept as XML in a ZIP, a row of a table as one line."""
    for name in package.namelist():
        if _TEXTS.search(name):
            _read_xml(package, name, out)
    read_modified(package, out)


def read_modified(package: ZipFile, out: Out) -> None:
    """Note when the document says it was changed."""
    for name in ("docProps/core.xml", "meta.xml"):
        if name in package.namelist():
            with package.open(name) as file:
                said = _MODIFIED.search(file.read(64 << 10))
            if said:
                note_time(said[1].decode(), out)


def note_time(text: str, out: Out) -> None:
    """Note an ISO 8601 time a document gives for itself; anything else is passed over."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    out.clock(Clock.AUTHORED, int(said.timestamp() * 1000))


def _read_xml(package: ZipFile, name: str, out: Out) -> None:
    pieces: list[str] = []
    deep = 0
    with package.open(name) as file:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            tag = element.tag.rsplit("}", 1)[-1]
            if tag in ("tr", "table-row"):
                deep += 1 if event == "start" else -1
            if event == "start":
                continue
            if element.text and tag not in ("instrText", "delText"):
                pieces.append(element.text)
            if tag in ("tab", "br", "s", *_CELLS):
                pieces.append("\t" if tag in _CELLS else " ")
            elif tag in _PARAGRAPHS and not (deep and tag in ("p", "h")):
                out.text("".join(pieces))
                pieces = []
            if element.tail and element.tail.strip():
                pieces.append(element.tail)
            element.clear()
    out.text("".join(pieces))


def read_old(data: bytes, out: Out) -> None:
    """Read what is legible in a binary document (DOC, PPT, MSG): runs of text, in their order."""
    for run in _WIDE.finditer(data):
        for line in run.group().decode("utf-16-le", "ignore").splitlines():
            out.text(line)
    for run in _NARROW.finditer(data):
        out.text(run.group().decode("cp1252", "replace"))
