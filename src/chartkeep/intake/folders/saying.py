"""What is said about a file beside it: in a sidecar (`scan.pdf.json`), or by its name's pattern.

    {"number": "4711", "issuer": "MINATO", "name": "Sato Aiko", "birthDate": "1971-01-23",
     "title": "Referral", "type": "57133-1", "date": "2026-11-22"}

docs/feeds.md has a line for each field. What is said beside a file goes before what stands in it;
a name and a birth date of both must agree with the chart.
"""

import re
from typing import Annotated

import msgspec

from chartkeep.clinical.claim import Claim, Number, read_date
from chartkeep.clinical.issuers import Issuers
from chartkeep.errors import BadInputError, RefusedError

LARGEST_SIDECAR = 64 << 10
_GROUPS = frozenset({"number", "issuer", "name", "birth", "title", "type", "date"})
_Word = Annotated[str, msgspec.Meta(max_length=400)]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What is said about a file; what is empty is not said. `type`: a LOINC document code."""

    number: _Word = ""
    issuer: _Word = ""
    name: _Word = ""
    birth_date: _Word = ""
    title: _Word = ""
    type: _Word = ""
    date: _Word = ""


_decode = msgspec.json.Decoder(Said).decode
NOTHING = Said()


def read_sidecar(raw: bytes) -> Said:
    """Read a sidecar. Raises BadInputError."""
    try:
        return _decode(raw.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInputError("the sidecar is not right", hint="see docs/feeds.md") from error


def read_pattern(pattern: str) -> re.Pattern[str] | None:
    """Read a folder's pattern of names. Raises RefusedError when it is none."""
    if not pattern:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise RefusedError("a folder's pattern is none", hint="write (?P<number>\\d+)") from error
    if unknown := compiled.groupindex.keys() - _GROUPS:
        raise RefusedError(
            f"a folder's pattern has groups nobody knows: {', '.join(sorted(unknown))}",
            hint=f"name groups {', '.join(sorted(_GROUPS))}",
        )
    return compiled


def said_by_name(name: str, pattern: re.Pattern[str] | None) -> Said:
    """Read what a file name says, as far as it matches."""
    found = pattern.search(name) if pattern else None
    if found is None:
        return NOTHING
    said = {key: value for key, value in found.groupdict(default="").items() if value}
    if "name" in said:
        said["name"] = said["name"].replace("_", " ")
    birth = {"birth_date": read_date(said.pop("birth"))} if "birth" in said else {}
    return Said(**{key: value[:400] for key, value in said.items()}, **birth)


def claim_of(said: Said, own: Claim, issuer: str, issuers: Issuers) -> Claim:
    """Join what is said beside a file and what stands in it; its number goes before the file's."""
    system = issuers.system(said.issuer, issuer)
    numbers = (Number(system, said.number),) if said.number else own.numbers
    names = (*((said.name,) if said.name else ()), *own.names)
    return Claim(numbers, names, read_date(said.birth_date) or own.birth_date)
