"""Layouts: whether a table's columns are laid out as what this house gives out. Pure.

A layout can be invented by who has seen one, and another house may run the same software: it is
one sign among others, and proves nothing alone.
"""

from collections.abc import Sequence
from typing import Final

from chartkeep.incident.notify.batch import COLUMNS as LETTERS
from chartkeep.incident.trace.found import schema_of

_LIST: Final = schema_of(LETTERS)
"""The list a mail house gets, laid out as nobody else's."""
_EXPORTED: Final = ("resourceType", "id")
_META: Final = frozenset({"meta.versionId", "meta.lastUpdated"})
_OF_LIST: Final = 10.0
_OF_EXPORT: Final = 3.0


def layout_odds(columns: Sequence[str]) -> float:
    """Say how much likelier these columns are in a copy of ours than in another's; 1 says nothing.

    An export's lines begin with type and id, and carry the version and the time of each entry
    (`fhir.rendering`); other FHIR servers write much the same.
    """
    if schema_of(columns) == _LIST:
        return _OF_LIST
    is_export = tuple(columns[:2]) == _EXPORTED and _META.issubset(columns)
    return _OF_EXPORT if is_export else 1.0
