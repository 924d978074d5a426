"""Bodies nobody needs, sent to the real server: a clear refusal, and no memory to speak of."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.journeys.service import Service, bundle, entry, glucose

MIB = 1024 * 1024
pytestmark = pytest.mark.attack


def worker(service: Service) -> Path:
    """Find the one worker, a child of the server."""
    parent = service.house.children["serve"].pid
    (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return Path(f"/proc/{child}")


def held(process: Path, what: str) -> int:
    """Say how much memory a process holds (VmRSS) or has ever held (VmHWM), in bytes."""
    status = (process / "status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) * 1024


@pytest.fixture
def web(service: Service) -> Iterator[httpx.Client]:
    with service.client() as client:
        client.headers["Content-Type"] = "application/fhir+json"
        yield client


def refused(got: httpx.Response, *statuses: int) -> Any:
    assert got.status_code in statuses, got.text[:300]
    assert got.json()["resourceType"] == "OperationOutcome"
    assert got.json()["issue"][0]["details"]["text"]
    return got.json()


def many(count: int) -> bytes:
    one = orjson.dumps(entry("POST", "Observation", glucose("nobody", 1.0)))
    head = b'{"resourceType":"Bundle","type":"batch","entry":['
    return head + b",".join([one] * count) + b"]}"


def long_note(size: int) -> bytes:
    return orjson.dumps(glucose("nobody", 1.0) | {"note": [{"text": "x" * size}]})


def in_bundle(resource: bytes) -> bytes:
    made = bundle("transaction", {"request": {"method": "POST", "url": "Observation"}})
    return orjson.dumps(made).replace(b'{"request"', b'{"resource":' + resource + b',"request"')


LARGE = {
    "a hundred megabytes": ("/Observation", lambda: long_note(100 * MIB), {}, 413, 32),
    "a bundle of a hundred megabytes": ("/", lambda: in_bundle(long_note(100 * MIB)), {}, 422, 900),
    "a bundle of 200 megabytes": ("/", lambda: in_bundle(long_note(200 * MIB)), {}, 413, 32),
    "a hundred thousand entries": ("/", lambda: many(100_000), {}, 400, 400),
    "a packed bundle of 300 megabytes": (
        "/", lambda: gzip.compress(bytes(300 * MIB), 1), {"Content-Encoding": "gzip"}, 413, 400,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_a_large_body_is_refused_within_bounds(
    service: Service,
    web: httpx.Client,
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    path, make, headers, status, most = LARGE[name]
    body = make()
    assert web.get("/metadata").status_code == 200
    process = worker(service)
    before = held(process, "VmRSS")
    (process / "clear_refs").write_text("5")  # the most it ever held is counted from here
    refused(web.post(path, content=body, headers=headers), status)
    grown = (held(process, "VmHWM") - before) / MIB
    told = f"{name}: {len(body) / MIB:.0f} MiB sent, the worker grew by {grown:.0f}"
    record_property("figure", told)
    assert grown < most
    assert web.get("/metadata").status_code == 200


DEEP = 10_000
ODD = {
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep extensions": b'{"resourceType":"Patient","extension":' + b'[{"extension":' * DEEP
    + b"[]" + b"}]" * DEEP + b"}",
    "a key twice": b'{"resourceType":"Patient","gender":"male","gender":"female"}',
    "a type twice": b'{"resourceType":"Patient","resourceType":"Observation"}',
    "a key twice, spelled two ways": b'{"resourceType":"Patient","gender":"male",'
    b'"g\\u0065nder":"female"}',
    "no UTF-8": b'{"resourceType":"Patient","name":[{"family":"\xff\xfe"}]}',
    "a lone surrogate": b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
    "a number without end": b'{"resourceType":"Observation","valueInteger":1' + b"0" * 5_000 + b"}",
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_json_is_refused_alone_and_in_a_bundle(web: httpx.Client, name: str) -> None:
    kind = "Observation" if b"valueInteger" in ODD[name] else "Patient"
    refused(web.post(f"/{kind}", content=ODD[name]), 400, 422)
    whole = in_bundle(ODD[name]).replace(b'"url":"Observation"', f'"url":"{kind}"'.encode())
    refused(web.post("/", content=whole), 400, 422)
