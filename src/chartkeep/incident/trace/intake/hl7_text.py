"""HL7 v2: messages in a file, each result a row beside the patient it is of."""

import re
from io import TextIOWrapper

from chartkeep.incident.trace.intake.delimited import lines_of
from chartkeep.incident.trace.intake.out import Out

COLUMNS = (
    "MSH-7", "PID-2", "PID-3", "PID-4", "PID-5", "PID-7", "PID-8", "PID-11", "PID-13", "PID-18",
    "PID-19", "PV1-19", "ORC-2", "OBR-2", "OBR-3", "OBX-3", "OBX-5", "OBX-14",
)  # fmt: skip
LOOKS_LIKE = re.compile(r"[\s\x0b]*(?:MSH|FHS|BHS)[|^~\\&#]")
_FIELDS = [tuple(column.split("-")) for column in COLUMNS]
_FRAMES = str.maketrans("", "", "\x0b\x1c")


def read_hl7(text: TextIOWrapper, out: Out) -> None:
    """Read each OBX as a row with what stood before it in its message; one without has one row."""
    out.table("HL7 v2", COLUMNS)
    message: dict[str, list[str]] = {}
    told = False
    for line in lines_of(text):
        segment = line.translate(_FRAMES).strip()
        if segment.startswith("MSH"):
            if message and not told:
                out.row(_values(message))
            message, told = {}, False
        if len(segment) < 4:
            continue
        fields = segment.split(segment[3] if segment.startswith("MSH") else "|")
        if fields[0] == "MSH":
            fields.insert(1, "|")  # MSH-1 is the separator itself (HL7 v2.5.1, 2.5.4)
        if fields[0] in ("OBR", "ORC"):
            message.pop("OBX", None)
        message[fields[0]] = fields
        if fields[0] == "OBX":
            out.row(_values(message))
            told = True
    if message and not told:
        out.row(_values(message))


def _values(message: dict[str, list[str]]) -> list[str]:
    """Write the fields; the first repetition, components parted by blanks."""
    values = []
    for segment, number in _FIELDS:
        fields = message.get(segment, [])
        value = fields[int(number)] if len(fields) > int(number) else ""
        whole = segment == "PID" and number in ("5", "11")
        first = value.split("~")[0]
        values.append(first.replace("^", " ").strip() if whole else first.split("^")[0])
    return values
