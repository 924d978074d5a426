"""The body of fuzz/json_patch.py: any bytes as resource and patch."""

import orjson

from chartkeep.errors import BadInputError
from chartkeep.fhir.patching import LARGEST, apply_patch

RESOURCE = (
    b'{"resourceType":"Observation","id":"a","status":"final","code":{"text":"x"},'
    b'"valueQuantity":{"value":1.00},"note":[{"text":"one"},{"text":"two"}]}'
)


def feed(patch: bytes, resource: bytes = RESOURCE) -> bytes | None:
    """Apply a patch: a resource of the same type and id, not much larger, or a refusal."""
    try:
        before = orjson.loads(resource)
    except orjson.JSONDecodeError:
        before = None
    if not isinstance(before, dict):
        # only resources that were read before are patched
        resource, before = RESOURCE, orjson.loads(RESOURCE)
    try:
        patched = apply_patch(resource, patch)
    except BadInputError:
        return None
    after = orjson.loads(patched)
    assert after.get("resourceType") == before.get("resourceType")
    assert after.get("id") == before.get("id")
    assert len(patched) <= len(resource) + len(patch) + LARGEST
    return patched
