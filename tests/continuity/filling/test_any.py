"""Whatever FHIR R4 allows a resource to lack or to say, a sheet is filled from it."""

import copy
from datetime import date
from typing import Any

import msgspec
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st

from chartkeep.clinical.reading import read_resource
from chartkeep.continuity.filling.chart import Given
from chartkeep.errors import BadInputError
from chartkeep.inventor.hospital import invent_hospital
from tests.continuity.filling.charts import sheet

HOSPITAL = invent_hospital(9, 60, date(2026, 11, 22))
RESOURCES = [
    entry["resource"]
    for index in list(HOSPITAL.census)[:2]
    for entry in msgspec.json.decode(HOSPITAL.bundle(index))["entry"]
]
ODD = ["", "active", "2026", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"]


def change(node: Any, data: st.DataObject) -> None:
    """Take something out of a resource, or say something odd in it."""
    while isinstance(node, dict | list) and node:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        inner = node[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            node = inner
            continue
        if isinstance(inner, str) and data.draw(st.booleans()):
            node[key] = data.draw(st.sampled_from(ODD))
        elif isinstance(inner, float | int) and not isinstance(inner, bool):
            node[key] = data.draw(st.sampled_from([0, -1, 1e300, 10**12]))
        else:
            del node[key]
        return


@always(st.sampled_from(RESOURCES), st.integers(1, 3), st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_fhir_fills_a_sheet(
    resource: dict[str, Any], times: int, data: st.DataObject
) -> None:
    changed = copy.deepcopy(resource)
    for _ in range(times):
        change(changed, data)
    raw = msgspec.json.encode(changed)
    try:
        kind = read_resource(raw).kind
    except BadInputError:
        return
    assert msgspec.json.encode(sheet([Given(f"{kind}/i", raw, {})]))
