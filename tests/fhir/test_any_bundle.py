"""Bundles nobody would write; the body of fuzz/bundle.py."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.any_bundle import WORD, feed
from tests.fhir.http.grammar import bundles, orjson_bytes


@settings(max_examples=300, deadline=None)
@given(bundles().map(orjson_bytes) | st.binary(max_size=80))
def test_any_bytes_are_items_or_refusals(data: bytes) -> None:
    feed(data)


def test_a_planted_word_is_in_what_is_fed() -> None:
    sent = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {"x": WORD}}]}
    assert WORD.encode() in orjson.dumps(sent)
    feed(orjson.dumps(sent))
