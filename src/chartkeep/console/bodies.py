"""Opened entries as parsed resources, made once for as long as their section is open.

Numbers stay as they were written: 1.00 is shown as 1.00.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from chartkeep.clinical import studies
from chartkeep.clinical.face import PART
from chartkeep.custody.charts import Held
from chartkeep.custody.paper import PAPER
from chartkeep.custody.shelf import OpenedEntry

Json = dict[str, Any]
Bodies = Sequence[Json]
Made = TypeVar("Made")


def bodies_of(held: Held) -> Bodies:
    """Give the resources of an open section; what was deleted is left out."""
    made: Bodies | None = held.memo.get(bodies_of)
    if made is None:
        made = held.memo[bodies_of] = list(_parsed(held.entries.values()))
    return made


def once(held: Held, make: Callable[[Bodies], Made]) -> Made:
    """Make something of a section's resources, once for as long as it is open."""
    if make not in held.memo:
        held.memo[make] = make(bodies_of(held))
    made: Made = held.memo[make]
    return made


def _parsed(entries: Iterable[OpenedEntry]) -> Iterable[Json]:
    for entry in entries:
        if entry.raw and not _is_internal(entry.header.kind):
            body: Json = json.loads(entry.raw, parse_float=str)
            yield body


def _is_internal(kind: str) -> bool:
    """Say whether a kind is none of FHIR's: a part of a face, an image."""
    return kind.startswith((PART, PAPER)) or kind in studies.KINDS
