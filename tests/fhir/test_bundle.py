import gzip
import json
import tracemalloc

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.incoming import Parsed
from chartkeep.fhir import bundle as door
from chartkeep.fhir.bundle import parse_bundle
from tests.fhir.bundles import PATIENT, lab, parse, post

WHOLE = orjson.dumps(
    {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            post("urn:uuid:p", PATIENT),
            post("urn:uuid:o", lab()),
            post("urn:uuid:v", {"resourceType": "Provenance", "target": [{"reference": "a"}]}),
        ],
    }
)


def only_refusal(parsed: Parsed) -> str:
    (refusal,) = parsed.refusals
    assert not parsed.items
    assert refusal.kind == "Bundle"
    return refusal.message


def test_it_keeps_the_bytes_of_a_resource_exactly_as_sent() -> None:
    sent = b'{ "resourceType":"Observation","status" : "final",\n"code":{"text":"\\u00e9"},'
    sent += b'"subject":{"reference":"Patient/p"},"valueQuantity":{"value":1.00} }'
    entry = b'{"resource":' + sent + b',"fullUrl":"urn:uuid:o"}'
    parsed = parse_bundle(
        b'{"resourceType":"Bundle","type":"collection","entry":[ ' + entry + b"]}", "a"
    )
    assert [item.raw for item in parsed.items] == [sent]


def test_it_reads_a_gzipped_bundle_like_a_plain_one() -> None:
    assert parse_bundle(gzip.compress(WHOLE, mtime=0), "a") == parse_bundle(WHOLE, "a")
    assert parse_bundle(b"\xef\xbb\xbf" + WHOLE, "a") == parse_bundle(WHOLE, "a")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"resourceType":"Bundle",\n "type":\n  x}', "line 3, column 3"),
        (WHOLE[:-5], "line 1"),
        (b"", "line 1"),
        (b"[]", "wrong JSON type"),
        (b'{"resourceType":"Patient"}', "resourceType"),
        (b'{"resourceType":"Bundle","type":"searchset"}', "Bundle.type"),
        (b'{"resourceType":"Bundle","type":"batch","entry":{}}', "wrong JSON type"),
        (b'{"entry":' + b"[" * 100_000, "deeply"),
        (b'{"type":"\xff"}', "UTF-8"),
        (gzip.compress(WHOLE, mtime=0)[:-9], "ends too early"),
        (gzip.compress(WHOLE, mtime=0)[:20] + b"\xff" * 40, "gzip"),
        (gzip.compress(WHOLE, mtime=0) + b"more", "after its end"),
    ],
)
def test_a_bundle_nobody_can_read_is_one_refusal_that_says_why(raw: bytes, words: str) -> None:
    assert words in only_refusal(parse_bundle(raw, "a"))


def test_it_refuses_a_bomb_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LARGEST_BUNDLE", 1_000_000)
    bomb = gzip.compress(b" " * 50_000_000)
    tracemalloc.start()
    message = only_refusal(parse_bundle(bomb, "a"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "too large once unpacked" in message
    assert peak < 4_000_000


def test_it_refuses_a_bundle_of_200_mb() -> None:
    assert "too large" in only_refusal(parse_bundle(bytes(200_000_000), "a"))


@pytest.mark.parametrize(
    ("entry", "element", "words"),
    [
        (3, "entry[1]", "JSON type"),
        ({"fullUrl": 3}, "entry[1]", "JSON type"),
        ({"fullUrl": "urn:uuid:x", "request": {"method": "POST"}}, "entry[1].resource", "missing"),
        (post("urn:uuid:x", {"resourceType": "Alien"}), "resourceType", "no such"),
        (post("urn:uuid:x", lab(effectiveDateTime="2024-13-40")), "effectiveDateTime", "date"),
        (post("urn:uuid:x", lab(subject="Practitioner/1")), "Observation.subject", "Practitioner"),
        (post("urn:uuid:x", lab(subject="#p")), "Observation.subject", "contained"),
        (post("urn:uuid:x", lab(), method="DELETE"), "entry[1].request.method", "POST and PUT"),
        (post("urn:uuid:x", lab(), url="Patient"), "entry[1].request.url", "type"),
        (post("urn:uuid:x", lab(), method="PUT"), "entry[1].request.url", "Type/id"),
        (
            post("urn:uuid:x", lab(id="b"), method="PUT", url="Observation/a"),
            "entry[1].request.url",
            "another id",
        ),
        (
            post("urn:uuid:x", lab(), ifNoneExist="code=1"),
            "entry[1].request.ifNoneExist",
            "identifier",
        ),
        ({"fullUrl": "urn:uuid:x", "resource": lab()}, "entry[1].request", "missing"),
    ],
)
def test_a_bad_entry_is_named_and_everything_else_goes_on(
    entry: object, element: str, words: str
) -> None:
    parsed = parse(post("urn:uuid:p", PATIENT), entry, post("urn:uuid:o", lab()))
    (refusal,) = parsed.refusals
    assert refusal.where == "entry[1]"
    assert refusal.element.endswith(element)
    assert words in refusal.message
    assert [item.where for item in parsed.items] == ["entry[0]", "entry[2]"]


def test_a_list_of_two_deciding_patients_is_refused_by_name() -> None:
    two = [{"reference": "urn:uuid:p"}, {"reference": "urn:uuid:q"}]
    (refusal,) = parse(post("urn:uuid:o", lab() | {"subject": two})).refusals
    assert (refusal.where, refusal.element) == ("entry[0]", "Observation.subject")
    assert "several values" in refusal.message


def mutate(place: int, change: bytes) -> bytes:
    at = place % len(WHOLE)
    return WHOLE[:at] + change + WHOLE[at + len(change) :]


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
@settings(max_examples=50)
def test_damaged_bytes_never_raise(place: int, change: bytes) -> None:
    parsed = parse_bundle(mutate(place, change), "a")
    assert all(refusal.message for refusal in parsed.refusals)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["reference", "subject", "contained", "meta", "name", "id", "link"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["Patient", "Observation", "Group", "Device", "Provenance"]), json_values)
@settings(max_examples=50)
def test_any_json_in_a_resource_is_an_item_or_a_refusal(kind: str, value: object) -> None:
    resource = value if isinstance(value, dict) else {"link": value}
    raw = json.dumps(resource | {"resourceType": kind}).encode()
    bundle = b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":%b}]}' % raw
    parsed = parse_bundle(bundle, "a")
    assert len(parsed.items) + len(parsed.refusals) == 1


def test_a_transaction_over_two_patients_is_refused_whole_and_a_batch_is_not() -> None:
    entries = [
        {
            "fullUrl": f"urn:uuid:00000000-0000-4000-8000-00000000000{n}",
            "resource": {"resourceType": "Patient", "gender": "other"},
            "request": {"method": "POST", "url": "Patient"},
        }
        for n in (1, 2)
    ]
    for kind, taken in (("transaction", 0), ("batch", 2)):
        bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
        assert len(parse_bundle(orjson.dumps(bundle), "two").items) == taken
