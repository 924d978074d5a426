"""ED values: a PDF, a picture, a waveform inside a message, as a document of its own."""

import base64
import binascii

from chartkeep.clinical.documents import File
from chartkeep.errors import BadInputError
from chartkeep.intake.hl7.case import Built, Case, Json, without_empty
from chartkeep.intake.hl7.codes import MEDIA_TYPES
from chartkeep.intake.hl7.reading import Segment, Value
from chartkeep.intake.hl7.values import concept

_MAIN = frozenset({"APPLICATION", "AUDIO", "IMAGE", "TEXT", "VIDEO", "MULTIPART"})


def is_attached(obx: Segment) -> bool:
    """Say whether a result is a file."""
    return obx.text(2) == "ED"


def attached_document(
    case: Case, obx: Segment, name: tuple[str, ...], *, related: str = ""
) -> Built:
    """Make a DocumentReference of an ED result; `related`: the report it came with.

    Raises BadInputError for data that is not what its encoding says.
    """
    code = concept(case, obx.value(3))
    body: Json = {
        "resourceType": "DocumentReference",
        "status": "entered-in-error" if obx.text(11) in {"D", "W"} else "current",
        "type": code,
        "subject": case.subject,
        "context": {"related": [{"reference": related}]} if related else {},
    }
    key = case.key("DocumentReference", *name, obx.text(3) or obx.text(3, 2), obx.raw(4))
    return Built(key, without_empty(body), file=read_file(obx.value(5), _title(code)))


def read_file(value: Value, title: str = "", created: str = "") -> File:
    """Read ED: source, type, subtype, encoding, data. Raises BadInputError for broken data."""
    data = _decoded(value)
    return File(data, _media_type(value.text(2), value.text(3), data), title, created)


def text_attachment(text: str, title: str = "") -> Json:
    """Attach plain text."""
    data = base64.b64encode(text.encode()).decode()
    body = {"contentType": "text/plain; charset=utf-8", "data": data, "title": title}
    return without_empty(body)


def _decoded(value: Value) -> bytes:
    encoding, data = value.text(4).upper(), value.text(5)
    try:
        match encoding:
            case "BASE64":
                return base64.b64decode("".join(data.split()), validate=True)
            case "HEX":
                return bytes.fromhex(data)
            case "A" | "":
                return data.encode()
            case _:
                raise BadInputError("ED-4 names an encoding nobody knows", hint="send Base64")
    except (binascii.Error, ValueError) as error:
        raise BadInputError("the data of an ED value is broken", hint="send Base64") from error


def _media_type(main: str, sub: str, data: bytes) -> str:
    """Say what it is: by its first bytes, by its subtype, or by the type it names."""
    if data.startswith(b"%PDF"):
        return MEDIA_TYPES["PDF"]
    if known := MEDIA_TYPES.get(sub.upper()):
        return known
    if main.upper() in _MAIN and sub.replace("-", "").replace(".", "").isalnum():
        return f"{main}/{sub}".lower()
    return "application/octet-stream"


def _title(code: Json) -> str:
    coding = code.get("coding", [{}])[0]
    return str(coding.get("display") or code.get("text", ""))
