"""Value sets that can be written out: which codes of which systems they hold.

Source: ValueSet.compose (valueset.html#compositions), as far as it lists codes or takes whole code
systems that are handed in. A set that filters, or needs a system nobody has, is not written out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Codes = dict[str, frozenset[str]]
"""Code system -> codes."""
Sets = dict[str, Codes]
"""Canonical URL of a value set, without version -> its codes."""


def expand(value_set: Json, systems: Mapping[str, Json]) -> Codes | None:
    """Write a value set out; None when it cannot be. `systems`: CodeSystem by URL."""
    compose = value_set.get("compose", {})
    if not compose.get("include") or compose.get("exclude"):
        return None
    codes: Codes = {}
    for part in compose["include"]:
        found = _included(part, systems)
        if found is None:
            return None
        codes[part["system"]] = codes.get(part["system"], frozenset()) | found
    return codes


def _included(part: Json, systems: Mapping[str, Json]) -> frozenset[str] | None:
    if part.get("filter") or part.get("valueSet") or "system" not in part:
        return None
    if "concept" in part:
        return frozenset(concept["code"] for concept in part["concept"])
    system = systems.get(part["system"], {})
    if system.get("content") != "complete":
        return None
    return frozenset(_all_codes(system.get("concept", [])))


def _all_codes(concepts: list[Json]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _all_codes(concept.get("concept", []))


def holds(codes: Codes, value: object) -> bool:
    """Say whether a value is one of the codes: a code, a Coding, or a CodeableConcept.

    A concept is, when one of its codings is (terminologies.html#required); a text alone is not.
    """
    if isinstance(value, str):
        return any(value in each for each in codes.values())
    if not isinstance(value, dict):
        return False
    if isinstance(codings := value.get("coding"), list):
        return any(holds(codes, coding) for coding in codings)
    return value.get("code") in codes.get(str(value.get("system")), ())
