"""What a file is, by its first bytes; its name is asked only where bytes do not tell. Pure."""

import re
from enum import StrEnum

from chartkeep.incident.trace.intake import (
    bson_dump,
    hl7_text,
    json_values,
    mail,
    sql_dump,
    sqlite_file,
)
from chartkeep.incident.trace.intake.charset import charset_of
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError


class Form(StrEnum):
    """How bytes are read."""

    BSON = "bson"
    BZ2 = "bz2"
    DICOM = "dicom"
    EMPTY = "empty"
    GZ = "gz"
    HL7 = "hl7"
    HTML = "html"
    JSON = "json"
    MAILBOX = "mailbox"
    MESSAGE = "message"
    OLD_OFFICE = "old office"
    PDF = "pdf"
    PICTURE = "picture"
    RTF = "rtf"
    SQL = "sql"
    SQLITE = "sqlite"
    TAR = "tar"
    TEXT = "text"
    UNKNOWN = "unknown"
    XML = "xml"
    XZ = "xz"
    ZIP = "zip"
    ZST = "zst"


_MAGIC = (
    (b"PK\x03\x04", Form.ZIP), (b"PK\x05\x06", Form.ZIP), (b"PK\x07\x08", Form.ZIP),
    (b"\x1f\x8b", Form.GZ), (b"BZh", Form.BZ2), (b"\xfd7zXZ\0", Form.XZ),
    (b"\x28\xb5\x2f\xfd", Form.ZST), (b"%PDF-", Form.PDF), (b"{\\rtf", Form.RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Form.OLD_OFFICE),
    (bson_dump.ARCHIVE, Form.BSON),
    (sqlite_file.MAGIC, Form.SQLITE),
    (b"\x89PNG\r\n", Form.PICTURE), (b"\xff\xd8\xff", Form.PICTURE), (b"GIF8", Form.PICTURE),
    (b"II*\0", Form.PICTURE), (b"MM\0*", Form.PICTURE),
)  # fmt: skip
FOREIGN = (
    (b"7z\xbc\xaf\x27\x1c", Trouble.SEVEN_ZIP), (b"Rar!\x1a\x07", Trouble.RAR),
    (b"PGDMP", Trouble.POSTGRES), (b"!BDN", Trouble.OUTLOOK), (b"PAR1", Trouble.PARQUET),
    (b"\0\1\0\0Standard Jet DB", Trouble.ACCESS), (b"\0\1\0\0Standard ACE DB", Trouble.ACCESS),
    (b"TAPE\0\0", Trouble.BACKUP), (b"\x7fELF", Trouble.PROGRAM), (b"MZ", Trouble.PROGRAM),
)  # fmt: skip
"""What is known by its first bytes and not read, with what to do about it."""
_HTML = re.compile(
    r"\s*(?:<!--.{0,400}-->\s*)?<(?:!doctype html|html|head|body|table)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"\s*<(?:\?xml|!DOCTYPE|!--|[A-Za-z_][\w.:-]*[\s>/])")


def form_of(head: bytes, name: str) -> tuple[Form, str]:  # noqa: PLR0911 -- one form a line
    """Say how to read bytes that begin like this, and of a text its encoding.

    Raises TroubleError for what is known and not read here.
    """
    if not head:
        return Form.EMPTY, ""
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form, ""
    if foreign := [trouble for magic, trouble in FOREIGN if head.startswith(magic)]:
        raise TroubleError(foreign[0])
    if head[128:132] == b"DICM" or (head[:2] == b"\x08\0" and name.lower().endswith(".dcm")):
        return Form.DICOM, ""
    if head[257:262] == b"ustar":
        return Form.TAR, ""
    if b"%PDF-" in head[:1_024]:
        return Form.PDF, ""
    if bson_dump.looks_like(head):
        return Form.BSON, ""
    charset = charset_of(head)
    if not charset:
        return Form.UNKNOWN, ""
    return _text_form(head, charset), charset


def _text_form(head: bytes, charset: str) -> Form:  # noqa: PLR0911 -- one form a line
    text = head.decode(charset, "replace")
    if hl7_text.LOOKS_LIKE.match(text):
        return Form.HL7
    if head.startswith(b"From ") and mail.looks_like(head.partition(b"\n")[2]):
        return Form.MAILBOX
    if mail.looks_like(head):
        return Form.MESSAGE
    if _HTML.match(text):
        return Form.HTML
    if _XML.match(text):
        return Form.XML
    if json_values.LOOKS_LIKE.match(text):
        return Form.JSON
    return Form.SQL if sql_dump.LOOKS_LIKE.search(text) else Form.TEXT
