"""The nouns every part shares: ids, sections, purposes, consents.

Ids are 16 bytes. `EntryId` and `ChartId` are written outside as UUIDs (a FHIR logical id).
A chart's id is the id of its Patient entry; the facility's own chart has the facility's id.
"""

import re
import uuid
from enum import IntEnum, StrEnum
from typing import Annotated, NewType

import msgspec

FacilityId = NewType("FacilityId", bytes)
ChartId = NewType("ChartId", bytes)
EntryId = NewType("EntryId", bytes)
KeyId = NewType("KeyId", bytes)
InstanceId = NewType("InstanceId", bytes)
"""One installation of serve or intake; the writer named in an entry's header."""

ID_BYTES = 16

Millis = NewType("Millis", int)
"""Milliseconds since 1970-01-01T00:00:00Z, the only clock unit on disk and wire."""


class Section(IntEnum):
    """A part of a chart with keys of its own; the codes stand in sealed headers for ever."""

    FACE = 1
    IDENTITY = 2
    CLINICAL = 3
    RESULTS = 4
    IMAGING = 5
    DOCUMENTS = 6
    RESTRICTED = 7
    FINGERPRINTS = 8
    ORDINARY = 16
    JOURNAL = 17
    INBOX = 18
    SAFE = 19


CHART_SECTIONS = frozenset(s for s in Section if s <= Section.RESTRICTED)
"""What people open of a chart; fingerprints are no part of it, and opened under a grant only."""
PRINTED_SECTIONS = frozenset(
    {Section.IDENTITY, Section.CLINICAL, Section.RESULTS, Section.IMAGING, Section.DOCUMENTS}
)
"""What fingerprints are made of."""
FACILITY_SECTIONS = frozenset(
    {Section.ORDINARY, Section.JOURNAL, Section.INBOX, Section.SAFE, Section.RESTRICTED}
)
UNTOLD = frozenset({Section.JOURNAL, Section.INBOX, Section.SAFE, Section.FINGERPRINTS})
"""What grows all day and changes nothing that anybody has open."""


class Purpose(StrEnum):
    """Why a chart is opened: codes of HL7 v3 PurposeOfUse (2.16.840.1.113883.1.11.20448)."""

    TREATMENT = "TREAT"
    BREAK_GLASS = "BTG"
    PAYMENT = "HPAYMT"
    OPERATIONS = "HOPERAT"
    PATIENT_REQUEST = "PATRQT"
    AUDIT = "HSYSADMIN"
    RESEARCH = "HRESCH"
    PUBLIC_HEALTH = "PUBHLTH"
    LEGAL = "HLEGAL"


_Bits = Annotated[int, msgspec.Meta(ge=0, le=(1 << 32) - 1)]
_Time = Annotated[int, msgspec.Meta(ge=0, le=(1 << 62) - 1)]
_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Words = Annotated[tuple[_Word, ...], msgspec.Meta(max_length=50)]


class Provision(msgspec.Struct, frozen=True, array_like=True):
    """One rule of a consent: it holds where all its conditions do; an empty one asks nothing.

    `sections`: bits `1 << Section`. `whom`: people or roles. `since` Millis, `until` exclusive.
    """

    permit: bool
    sections: _Bits = 0
    whom: _Words = ()
    purposes: _Words = ()
    since: _Time = 0
    until: _Time = 0


class Consent(msgspec.Struct, frozen=True, array_like=True):
    """What a patient allows and refuses: a rule, and exceptions inside it."""

    root: Provision
    exceptions: Annotated[tuple[Provision, ...], msgspec.Meta(max_length=50)] = ()


_PLAIN = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch


def to_text(ident: bytes) -> str:
    """Write a 16-byte id as a UUID, as FHIR, ledger lists and people see it."""
    if len(ident) != ID_BYTES:
        raise ValueError("an id has 16 bytes")
    digits = ident.hex()  # a fifth of the time `uuid` takes: a chart has thousands
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def to_id(text: str) -> bytes:
    """Read a UUID back into 16 bytes. Raises ValueError if it is none."""
    if _PLAIN(text) is not None:  # a fifth of the time `uuid` takes
        return bytes.fromhex(text.replace("-", ""))
    return uuid.UUID(text).bytes
