"""Who gave a number: what a sender calls an authority, as the identifier system this house writes.

Pure; the table is the house's own (`feeds.json`). It never guesses: an authority that is named and
not known is nobody's, so that another hospital's number 4711 does not become this one's.
"""

import re
from collections.abc import Mapping

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,38})){1,40}")
_URI = re.compile(r"[a-z][a-z0-9+.-]{1,20}:\S{1,400}", re.IGNORECASE)
_PARTS = re.compile(r"[&^]")
UNKNOWN = ""
"""The system of an authority nobody told this house about: no number of it decides anything."""


class Issuers:
    """The authorities a house knows, each with the system its numbers are written under."""

    def __init__(self, systems: Mapping[str, str]) -> None:
        self._systems = {_fold(name): system for name, system in systems.items()}

    def system(self, authority: str, default: str) -> str:
        """Give the system of an authority; `default` is the sender's own where it names none.

        `authority`: an HL7 HD whole (`NAMESPACE&universal id&type`, CX.4) or a part of it, a DICOM
        IssuerOfPatientID, an OID, a URI. `UNKNOWN` for a name that is not in the table.
        """
        parts = [part for part in map(str.strip, _PARTS.split(authority)) if part]
        if not parts:
            return default
        for part in parts:
            if found := self._systems.get(_fold(part)):
                return found
        for part in parts:
            if _OID.fullmatch(part):
                return f"urn:oid:{part}"
            if _URI.fullmatch(part):
                return part
        return UNKNOWN


def _fold(authority: str) -> str:
    return authority.strip().casefold().removeprefix("urn:oid:")
