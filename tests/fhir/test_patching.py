import json
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.reading import read_resource
from chartkeep.errors import BadInputError
from chartkeep.fhir.patching import DEEPEST, MOST_OPERATIONS, apply_patch
from tests.fhir.patches import RESOURCE, feed

Operation = dict[str, Any]


def patched(*operations: Operation, raw: bytes = RESOURCE) -> bytes:
    return apply_patch(raw, orjson.dumps(operations))


def refusal(*operations: Operation, raw: bytes = RESOURCE) -> str:
    with pytest.raises(BadInputError) as caught:
        patched(*operations, raw=raw)
    return str(caught.value)


def test_it_adds_replaces_removes_moves_copies_and_tests() -> None:
    after = patched(
        {"op": "test", "path": "/status", "value": "final"},
        {"op": "replace", "path": "/status", "value": "amended"},
        {"op": "add", "path": "/note/-", "value": {"text": "three"}},
        {"op": "copy", "from": "/code", "path": "/bodySite"},
        {"op": "move", "from": "/note/0", "path": "/note/1"},
        {"op": "remove", "path": "/valueQuantity"},
    )
    assert orjson.loads(after) == {
        "resourceType": "Observation",
        "id": "a",
        "status": "amended",
        "code": {"text": "x"},
        "note": [{"text": "two"}, {"text": "one"}, {"text": "three"}],
        "bodySite": {"text": "x"},
    }


@pytest.mark.parametrize("number", ["1.00", "1E2", "0.10", "-0.0", "1e-7", "7", "9" * 30])
def test_a_number_keeps_its_spelling_in_the_resource_and_from_the_patch(number: str) -> None:
    raw = RESOURCE.replace(b"1.00", number.encode())
    patch = b'[{"op":"add","path":"/x","value":[%b]},' % number.encode()
    patch += b'{"op":"copy","from":"/valueQuantity","path":"/y"}]'
    after = apply_patch(raw, patch)
    assert after.count(b"[%b]" % number.encode()) == 1
    assert after.count(b'"value":%b}' % number.encode()) == 2


def test_a_number_is_tested_by_its_value() -> None:
    patched({"op": "test", "path": "/valueQuantity/value", "value": 1})
    assert "its test fails" in refusal({"op": "test", "path": "/valueQuantity/value", "value": 1.1})
    assert "its test fails" in refusal(
        {"op": "test", "path": "/valueQuantity/value", "value": True}
    )


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ({"op": "replace", "path": "/resourceType", "value": "Patient"}, "may not change"),
        ({"op": "remove", "path": "/id"}, "may not change"),
        ({"op": "move", "from": "/status", "path": "/id"}, "may not change"),
        ({"op": "replace", "path": "", "value": []}, "may not change"),
        ({"op": "replace", "path": "", "value": {"id": "b"}}, "may not change"),
        ({"op": "remove", "path": ""}, "cannot be applied"),
        ({"op": "remove", "path": "/nothing"}, "names nothing"),
        ({"op": "remove", "path": "/note/-"}, "names nothing"),
        ({"op": "remove", "path": "/note/01"}, "names nothing"),
        ({"op": "copy", "from": "/note/-", "path": "/x"}, "from: names nothing"),
        ({"op": "copy", "from": "/valueQuantity/value/real", "path": "/x"}, "from: names nothing"),
        ({"op": "add", "path": "/valueQuantity/value/real", "value": 1}, "names nothing"),
        ({"op": "add", "path": "/note/9", "value": 1}, "cannot be applied"),
        ({"op": "move", "from": "/note", "path": "/note/0"}, "cannot be applied"),
        ({"op": "add", "path": "/a" * (DEEPEST + 1), "value": 1}, "path: has over"),
        ({"op": "add", "path": "status", "value": 1}, "path: is not a JSON pointer"),
        ({"op": "add", "path": "/~2", "value": 1}, "path: is not a JSON pointer"),
        ({"op": "add", "path": "/status"}, "value is missing"),
        ({"op": "move", "path": "/status"}, "from is missing"),
        ({"op": "append", "path": "/status", "value": "x"}, "RFC 6902"),
        ({"op": "add", "path": ["/status"], "value": "x"}, "RFC 6902"),
        ({"path": "/status", "value": "x"}, "RFC 6902"),
    ],
)
def test_it_names_the_operation_it_refuses(operation: Operation, words: str) -> None:
    message = refusal({"op": "test", "path": "/status", "value": "final"}, operation)
    assert message.startswith("operation[1]")
    assert words in message


@pytest.mark.parametrize("patch", [b"", b"{}", b'"x"', b"[1", b"[[]]", b'[{"op":"add"}]', b"\xff"])
def test_it_refuses_what_is_no_patch(patch: bytes) -> None:
    with pytest.raises(BadInputError):
        apply_patch(RESOURCE, patch)


def test_one_refused_operation_leaves_no_half_patched_resource() -> None:
    raw = bytes(RESOURCE)
    refusal({"op": "remove", "path": "/note"}, {"op": "remove", "path": "/note"}, raw=raw)
    assert raw == RESOURCE


@pytest.mark.attack
def test_a_patch_that_doubles_the_resource_over_and_over_is_cut_short() -> None:
    doubling = {"op": "copy", "from": "", "path": "/x"}
    tracemalloc.start()
    message = refusal(*[doubling, {"op": "copy", "from": "", "path": "/y"}] * 400)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "copies too much" in message
    assert peak < 100_000_000


@pytest.mark.attack
def test_a_patch_is_bounded_in_operations_and_bytes() -> None:
    test = {"op": "test", "path": "/status", "value": "final"}
    patched(*[test] * MOST_OPERATIONS)
    assert "operations" in refusal(*[test] * (MOST_OPERATIONS + 1))
    assert "MiB" in refusal({"op": "add", "path": "/x", "value": "x" * 3_000_000})


@pytest.mark.attack
@pytest.mark.parametrize("levels", [300, 600, 5_000])
def test_nesting_without_end_is_refused(levels: int) -> None:
    deep = b"[" * levels + b"]" * levels
    patch = b'[{"op":"add","path":"/x","value":' + deep + b"}]"
    with pytest.raises(BadInputError, match=r"nest.*deep"):
        read_resource(apply_patch(RESOURCE, patch))


@pytest.mark.attack
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/status", "value": "Budi"},
        {"op": "remove", "path": "/Budi/Santoso"},
        {"op": "Budi", "path": "/x"},
        {"op": "copy", "from": "/Budi", "path": "/x"},
        {"op": "replace", "path": "/id", "value": "Budi"},
    ],
)
def test_no_refusal_shows_content(operation: Operation) -> None:
    message = refusal(operation)
    assert "Budi" not in message
    assert "final" not in message


paths = st.sampled_from(["", "/note", "/note/0", "/note/-", "/status", "/id", "/x", "/x/y", "/é"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
operations = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": paths,
        "from": paths,
        "value": values,
    }
)


@given(st.lists(operations, max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_operations_give_a_resource_or_a_refusal(found: list[Operation]) -> None:

    feed(json.dumps(found).encode())


@given(st.binary(max_size=80))
@settings(deadline=None)
def test_any_bytes_give_a_resource_or_a_refusal(patch: bytes) -> None:
    feed(patch)
    feed(b"[" + patch + b"]")
