"""Requests nobody would write, and ones nearly right, for Hypothesis to draw.

Every word a patient could own is planted in all that is sent.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson
from hypothesis import strategies as st

from chartkeep.clinical.search import parameters_of
from chartkeep.model import Purpose, Section
from tests.records import lab, patient

WORD = "Zyxkanariya"
"""Nowhere but in charts and requests: an error or a log that holds it gave a patient away."""
GOOD = "a good token"


class Request(NamedTuple):
    """One request as bytes of HTTP mean it."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


KINDS = [
    "Patient", "Observation", "AllergyIntolerance", "Encounter", "Organization", "Group",
    "Consent", "Provenance", "Binary", "Bundle", "AuditEvent", "Martian",
]  # fmt: skip
IDS = ["p", "q", "o-p", "o-q", "a-p", "nobody", "0" * 64, "0" * 65, "..", "%00", WORD]
OPERATIONS = ["$everything", "$summary", "$validate", "$export", "$disclosures", f"${WORD}"]
ELSE = ["_history", "_search", "1", "metadata", "", "\u00e9", "x" * 300]

text = st.text(max_size=12) | st.sampled_from([WORD, "", "p", "2024-13-40", "-1", "1e999", "\0"])
leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | text
strange = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def resources() -> list[dict[str, Any]]:
    about = {"reference": "Patient/p"}
    return [
        lab("new", value=3)["resource"],
        patient("p", WORD, birthDate="1980-02-29")["resource"],
        {"resourceType": "AllergyIntolerance", "patient": about, "code": {"text": WORD}},
        {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"},
         "subject": about, "period": {"start": "2026-11-01"}},
        {"resourceType": "Organization", "name": WORD, "address": [{"city": WORD}]},
        {"resourceType": "Provenance", "target": [{"reference": "Observation/o-p"}],
         "recorded": "2026-11-22T08:00:00Z", "agent": [{"who": {"display": WORD}}]},
        {"resourceType": "Consent", "status": "active", "patient": about,
         "scope": {"coding": [{"code": "patient-privacy"}]}, "category": [{"text": "privacy"}],
         "provision": {"type": "deny"}},
        {"resourceType": "Group", "type": "person", "actual": True, "member": [{"entity": about}]},
        {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": {}}]},
    ]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A resource somebody could have sent, with a few of its values replaced or gone."""
    body: Any = orjson.loads(orjson.dumps(draw(st.sampled_from(resources()))))
    for _ in range(draw(st.integers(0, 2))):
        place: Any = body
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or draw(st.booleans()):
                if draw(st.booleans()):
                    place[key] = draw(strange)
                else:
                    del place[key]
                break
            place = place[key]
        if isinstance(body, dict) and draw(st.booleans()):
            body[draw(st.sampled_from(["status", "extension", "contained", "meta", "_status"]))] = (
                draw(strange)
            )
    return body


@cache
def queries(kind: str = "Observation") -> st.SearchStrategy[str]:
    names = [*parameters_of(kind if kind in KINDS[:-1] else "Observation")]
    names += ["_sort", "_include", "_revinclude", "_elements", "_count", "_offset", "_as-of"]
    names += ["_summary", "_total", "_has:Observation:patient:code", "_format", "_type", "_since"]
    names += ["subject:Patient.name", "profile", "patient", "patient", "_id"]
    modifier = st.sampled_from(["", "", "", ":missing", ":not", ":exact", ":of-type", ":no"])
    value = text | st.sampled_from(["p", "Patient/p", "Patient/q", "1", "*", "Observation:subject"])
    pair = st.tuples(st.builds(str.__add__, st.sampled_from(names), modifier), value)
    raw = st.text(alphabet=st.characters(max_codepoint=255), max_size=20)
    listed = st.lists(pair, max_size=4).map(lambda pairs: urlencode(pairs, errors="replace"))
    return listed | listed | raw


def _paths() -> st.SearchStrategy[Sequence[str]]:
    kind, ident = st.sampled_from(KINDS), st.sampled_from(IDS)
    operation, other = st.sampled_from(OPERATIONS), st.sampled_from(ELSE)
    return st.one_of(
        st.just(()), st.tuples(kind), st.tuples(kind, ident), st.tuples(kind, ident, operation),
        st.tuples(kind, operation), st.tuples(kind, ident, other), st.tuples(kind, other),
        st.tuples(kind, ident, other, other),
        st.lists(kind | ident | operation | other, max_size=5),
    )  # fmt: skip


paths = _paths()


@st.composite
def bundles(draw: st.DrawFn) -> Any:
    """A batch or transaction of requests from the same grammar."""
    entries = []
    for _ in range(draw(st.integers(0, 4))):
        parts = draw(paths)
        url = "/".join(parts) + draw(st.just("") | queries().map("?{}".format))
        method = draw(st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"]))
        made: Any = {"request": {"method": method, "url": url}, "resource": draw(mutated())}
        if draw(st.booleans()):
            made["fullUrl"] = draw(st.sampled_from(["urn:uuid:1", "urn:uuid:2", WORD, "Patient/p"]))
        if draw(st.integers(0, 9)) == 0:
            made[draw(st.sampled_from(["request", "resource", "fullUrl"]))] = draw(strange)
        entries.append(made)
    kind = draw(st.sampled_from(["batch", "transaction", "batch", "transaction", "message", WORD]))
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


patches = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", WORD]),
            "path": st.sampled_from(["/status", "/code/text", "/", "", "/a/~2", f"/{WORD}", "/-"]),
            "value": strange,
        }
    ),
    max_size=3,
)
forms = st.dictionaries(
    st.sampled_from(["grant_type", "username", "password", "code", "client_assertion", WORD]),
    text | st.sampled_from(["password", "client_credentials", "aiko"]),
).map(lambda form: urlencode(form, errors="replace").encode())


CONDITIONAL = (
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST","url":'
    b'"Observation"},"resource":{"subject":{"reference":"Patient?identifier=\xff\x01|1"}}}]}'
)


def orjson_bytes(value: Any) -> bytes:
    """Write JSON; what it cannot write (a lone surrogate, a large number) becomes text of it."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return repr(value).encode(errors="replace")


resource, bundle, patch = (made.map(orjson_bytes) for made in (mutated(), bundles(), patches))
nothing = st.just(b"")
bodies = st.one_of(
    nothing, resource, bundle, patch, strange.map(orjson_bytes), forms, st.binary(max_size=40),
    st.sampled_from([
        b'{"resourceType":"Observation","resourceType":"Patient"}', b"[" * 5_000,
        b'{"a":' * 5_000, b'{"resourceType":"Patient","name":"\xff"}', b"\xef\xbb\xbf{}",
        b'{"resourceType":"Bundle","type":"batch","entry":[null]}', CONDITIONAL,
        b"\x1f\x8b\x08\x00",
        b'{"resourceType":"Observation","valueQuantity":{"value":1e400}}', b'"\\ud800"',
        b'{"resourceType":"Patient","gender":"\\ud800"}',
    ]),
)  # fmt: skip


VALUES: dict[str, list[str]] = {
    "authorization": [*[GOOD] * 30, "", "Bearer x", f"Basic {WORD}", "Bearer \xe9"],
    "content-type": ["application/fhir+json", "application/json", "application/json-patch+json",
                     "application/x-www-form-urlencoded", "text/xml", WORD],
    "accept": ["*/*", "application/fhir+json", "application/fhir+xml", WORD, ";q=x", "\xe9"],
    "prefer": ["return=minimal", "return=OperationOutcome", "handling=lenient", f"return={WORD}",
               "=;=,,;", "respond-async"],
    "if-match": ['W/"1"', "*", WORD, 'W/"-1"', '"1","2"', 'W/"' + "9" * 40 + '"'],
    "if-none-match": ["*", 'W/"1"', WORD, ""],
    "if-none-exist": [f"identifier=urn:mrn|{WORD}-p", f"name={WORD}", "%", ""],
    "if-modified-since": ["Sat, 21 Nov 2026 08:00:00 GMT", WORD, "0", "Sat, 99 Nov 9999 99:99:99"],
    "chartkeep-purpose": ["TREAT", "BTG", WORD, ""],
    "chartkeep-reason": [WORD, "%ff", "%", ""],
    "chartkeep-sections": ["restricted", WORD, ",,", ", ".join(s.name.lower() for s in Section)],
    "chartkeep-grant": [WORD, "0" * 32, "00000000-0000-0000-0000-000000000000"],
    "idempotency-key": [WORD, "k1", ""],
    "host": ["minato.example", WORD, "\xe9", "a:b:c"],
    "content-encoding": ["gzip", "br"],
}  # fmt: skip
assert Purpose.TREATMENT in VALUES["chartkeep-purpose"]


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any request: mostly with a live session, mostly to an address there is."""
    parts = draw(paths)
    root = draw(st.sampled_from(["/fhir"] * 30 + ["/auth", ""]))
    path = "/".join([root, *parts])
    if root == "/auth":
        path = draw(st.sampled_from(["/auth/token", "/auth/revoke", f"/auth/{WORD}"]))
    names = [n for n in VALUES if n not in ("content-encoding", "authorization")]
    some = draw(st.just(set()) | st.sets(st.sampled_from(names), max_size=3))
    headers = [("authorization", draw(st.sampled_from(VALUES["authorization"])))]
    headers += [(name, draw(st.sampled_from(VALUES[name]))) for name in sorted(some)]
    if draw(st.integers(0, 30)) == 0:
        headers.append(("content-encoding", draw(st.sampled_from(VALUES["content-encoding"]))))
    method = draw(st.sampled_from(METHODS))
    query = draw(st.just("") | queries(parts[0] if parts else "Observation"))
    return Request(method, path, quote(query, safe="=&%|:,$*+/\xff"), tuple(headers), draw(bodies))


METHODS = ["GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"]


@st.composite
def likely(draw: st.DrawFn) -> Request:
    """A request that is nearly right: one an application with a fault in it would send."""
    kind = draw(st.sampled_from(KINDS[:8]))
    ident = draw(st.sampled_from(["p", "o-p", "a-p", "new", "q"]))
    one, many = f"/fhir/{kind}/{ident}", f"/fhir/{kind}"
    search = queries(kind) if kind == "Patient" else queries(kind).map("patient=p&{}".format)
    operation = draw(st.sampled_from(["$everything", "$summary", "$validate", "_history"]))
    none = st.just("")
    method, path, query, body = draw(
        st.sampled_from([
            ("GET", one, none, nothing), ("GET", many, search, nothing),
            ("DELETE", one, none, nothing),
            ("GET", f"/fhir/Patient/p/{operation}", queries(), nothing),
            ("GET", f"{one}/_history", st.just("_count=1"), nothing),
            ("GET", f"{one}/_history/1", none, nothing),
            ("POST", many, none, resource), ("PUT", one, none, resource),
            ("PATCH", one, none, patch), ("POST", "/fhir/", none, bundle),
            ("POST", f"{many}/$validate", none, resource),
        ])
    )  # fmt: skip
    as_patch = [("content-type", "application/json-patch+json")] if method == "PATCH" else []
    headers = [("authorization", GOOD), *as_patch]
    extra = draw(st.none() | st.sampled_from(["prefer", "if-match", "if-none-exist", "accept"]))
    if extra:
        headers.append((extra, draw(st.sampled_from(VALUES[extra]))))
    said = quote(draw(query), safe="=&%|:,$*+/\xff")
    return Request(method, path, said, tuple(headers), draw(body))
