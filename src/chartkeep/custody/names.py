"""What a resource is called: by its source, by this house, and by a client that chose its id."""

import re
from collections.abc import Iterable, Mapping

from chartkeep.clinical.face import NAME_KIND
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.house import House
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.model import ChartId, EntryId, to_id, to_text

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ID = re.compile(rb"[A-Za-z0-9.-]{1,64}")
"""An id as FHIR has it (R4, datatypes, id)."""
DIRECT = "fhir"
"""The source of what comes over HTTP: there, and only there, a client's own id stays the id."""


def candidates(name: str, source: str, house: House) -> list[EntryId]:
    """List what a name could mean: this source's key, and an id this house gave out."""
    own = house.entry_id(source, name)
    kind, _, ident = name.rpartition("/")
    return [own, EntryId(to_id(ident))] if kind and is_uuid(ident) else [own]


def own_id(source: str, key: str, kind: str) -> str:
    """Give the id a client chose by a PUT over HTTP, or empty: then the entry's id is the id."""
    prefix = f"{kind}/"
    return key[len(prefix) :] if source == DIRECT and key.startswith(prefix) else ""


def is_uuid(text: str) -> bool:
    """Say whether a text is an id as this house writes them."""
    return _UUID.fullmatch(text) is not None


def logical_id(envelope: Envelope, kind: str, entry: EntryId) -> str:
    """Give the id a resource is served under, save a Patient's: see `chosen_ids`."""
    return own_id(envelope.source, envelope.key, kind) or to_text(entry)


def chosen_ids(entries: Iterable[OpenedEntry]) -> Mapping[ChartId, str]:
    """Give the ids clients chose for Patients whose chart these entries are of.

    They stand in entries of their own: a feed that changes a Patient knows no such id. The first
    one stands, whatever a writer adds; what is no id is passed over.
    """
    chosen: dict[ChartId, str] = {}
    for each in entries:
        if each.header.kind == NAME_KIND and _ID.fullmatch(each.raw):
            chosen.setdefault(each.header.chart, each.raw.decode("ascii"))
    return chosen
