import json
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.references import reference_texts
from chartkeep.fhir.rendering import instant, parse, render
from chartkeep.model import Millis

TIME = Millis(1_700_000_000_123)
LINKS = {"urn:uuid:p": "Patient/1", "Patient?identifier=a|b": "Patient/2", "Binary/x": "Binary/9"}


def served(raw: bytes, links: dict[str, str] | None = None) -> bytes:
    return render(raw, "Observation", "own", 3, TIME, LINKS if links is None else links)


def parsed(raw: bytes) -> Any:
    return parse(raw, "Observation", "own", 3, TIME, LINKS)


def exact(raw: bytes) -> Any:
    """JSON with its numbers as texts and its members as ordered pairs."""
    return json.loads(
        raw,
        parse_float=lambda text: ("number", text),
        parse_int=lambda text: ("number", text),
        object_pairs_hook=list,
    )


def test_it_sets_id_version_and_time_and_keeps_the_rest() -> None:
    raw = b'{"resourceType":"Observation","valueQuantity":{"value":1.00},"code":{"text":"x"}}'
    assert served(raw) == (
        b'{"resourceType":"Observation","id":"own",'
        b'"meta":{"versionId":"3","lastUpdated":"2023-11-14T22:13:20.123Z"},'
        b'"valueQuantity":{"value":1.00},"code":{"text":"x"}}'
    )


def test_it_keeps_what_else_meta_says() -> None:
    meta = b'{"profile":["p"],"versionId":"sent","extension":[{"url":"u","valueDecimal":1.00}]}'
    body = served(b'{"id":"sent","meta":' + meta + b',"resourceType":"Observation"}')
    assert body == (
        b'{"resourceType":"Observation","id":"own","meta":{"profile":["p"],"versionId":"3",'
        b'"extension":[{"url":"u","valueDecimal":1.00}],"lastUpdated":"2023-11-14T22:13:20.123Z"}}'
    )


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b'"reference":"urn:uuid:p"', b'"reference":"Patient/1"'),
        (b'"reference" :\n "urn:uuid:p"', b'"reference" :\n "Patient/1"'),
        (rb'"reference":"urn:\u0075uid:p"', b'"reference":"Patient/1"'),
        (rb'"refer\u0065nce":"urn:uuid:p"', b'"reference":"Patient/1"'),
        (rb'"reference":"Binary\/x"', b'"reference":"Binary/9"'),
        (b'"url":"Binary/x"', b'"url":"Binary/9"'),
        (b'"reference":"Patient?identifier=a|b"', b'"reference":"Patient/2"'),
        (b'"reference":"urn:uuid:other"', b'"reference":"urn:uuid:other"'),
        (b'"reference":"#a"', b'"reference":"#a"'),
        (b'"text":"urn:uuid:p"', b'"text":"urn:uuid:p"'),
        (rb'"text":"\"reference\":\"urn:uuid:p\""', rb'"text":"\"reference\":\"urn:uuid:p\""'),
        (rb'"a\"url":"Binary/x"', rb'"a\"url":"Binary/x"'),
        (rb'"text":"\\","reference":"urn:uuid:p"', rb'"text":"\\","reference":"Patient/1"'),
    ],
)
def test_it_replaces_references_and_nothing_else(sent: bytes, shown: bytes) -> None:
    assert b'"subject":{' + shown + b"}" in served(b'{"subject":{' + sent + b"}}")


def test_a_replaced_text_is_not_replaced_again() -> None:
    raw = b'{"a":{"reference":"A/1"},"b":{"reference":"A/2"}}'
    body = served(raw, {"A/1": "A/2", "A/2": "A/1"})
    assert body.endswith(b'"a":{"reference":"A/2"},"b":{"reference":"A/1"}}')


def test_a_name_with_quotes_is_written_as_json() -> None:
    raw = rb'{"a":{"reference":"x\",\"display\":\"y"},"b":{"reference":"x","display":"y"}}'
    body = served(raw, {'x","display":"y': 'P/"1"'})
    assert body.endswith(rb'"a":{"reference":"P/\"1\""},"b":{"reference":"x","display":"y"}}')


@pytest.mark.parametrize(
    ("time", "text"),
    [(0, b"1970-01-01T00:00:00.000Z"), (1_000, b"1970-01-01T00:00:01.000Z"),
     (253402300799999, b"9999-12-31T23:59:59.999Z")],
)  # fmt: skip
def test_an_instant_has_milliseconds(time: int, text: bytes) -> None:
    assert instant(Millis(time)) == text


numbers = st.sampled_from(["1.00", "1E2", "0.10", "-0", "-0.0", "12345678901234567890123", "7"])
texts = st.sampled_from(["é", "a\\b", '"reference":"urn:uuid:p"', "urn:uuid:p", "\n", "\u2028", ""])
references = st.sampled_from(["urn:uuid:p", "Binary/x", "Patient/7", "#c", 'q"uote'])


@st.composite
def written(draw: st.DrawFn, depth: int = 3) -> str:
    """A JSON object of elements, written with any white space and escapes."""

    def gap() -> str:
        return draw(st.sampled_from(["", "", " ", "\n\t"]))

    def text(value: str) -> str:
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    def value() -> str:
        kinds = ["number", "text", "list", "object"] if depth else ["number", "text"]
        match draw(st.sampled_from(kinds)):
            case "number":
                return draw(numbers)
            case "text":
                return text(draw(texts))
            case "list":
                return "[" + ",".join(gap() + value() for _ in range(draw(st.integers(0, 2)))) + "]"
            case _:
                return draw(written(depth=depth - 1))

    members = {name: value() for name in draw(st.lists(st.sampled_from("abcdé"), max_size=4))}
    for name in draw(st.sets(st.sampled_from(["reference", "url"]))):
        members[name] = text(draw(references))
    parts = (f"{gap()}{text(name)}{gap()}:{gap()}{value}" for name, value in members.items())
    return "{" + ",".join(parts) + gap() + "}"


def relinked(node: Any, name: str = "") -> Any:
    """What rendering means, the slow way, on `exact` JSON."""
    if isinstance(node, str) and name in {"reference", "url"}:
        return LINKS.get(node, node)
    if isinstance(node, list) and all(isinstance(part, tuple) and len(part) == 2 for part in node):
        return [
            (name, value if name == "number" else relinked(value, name)) for name, value in node
        ]
    if isinstance(node, list):
        return [relinked(part) for part in node]
    return node


@given(written())
@settings(deadline=None)
def test_everything_else_is_the_same_json_with_the_same_numbers(raw: str) -> None:
    body = exact(served(raw.encode()))
    assert body[:2] == [("resourceType", "Observation"), ("id", "own")]
    assert body[2][0] == "meta"
    assert body[3:] == relinked(exact(raw.encode()))


@given(written())
@settings(deadline=None)
def test_parsed_at_once_it_is_the_same(raw: str) -> None:
    assert parsed(raw.encode()) == orjson.loads(served(raw.encode()))


@pytest.mark.parametrize("meta", [b"{}", b'{"versionId":"9","tag":[{"code":"x"}]}'])
def test_parsed_at_once_its_meta_is_the_same(meta: bytes) -> None:
    raw = b'{"resourceType":"Observation","id":"theirs","meta":%b}' % meta
    assert parsed(raw) == orjson.loads(served(raw))


def test_what_a_resource_says_of_itself_is_read_alike_before_and_after() -> None:
    raw = orjson.dumps(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "a"},
            "subject": {"reference": "urn:uuid:p"},
            "extension": [{"url": "http://x", "valueDecimal": float(Decimal("0.1"))}],
        },
        option=orjson.OPT_INDENT_2,
    )
    after = read_resource(served(raw))
    assert reference_texts(after.text) == {"Patient/1"}
    assert after.body["meta"]["versionId"] == "3"
