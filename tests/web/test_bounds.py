import asyncio
import gzip
import json
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from chartkeep.fhir.http.app import tell
from chartkeep.web.asgi import REQUEST_ID
from chartkeep.web.body import SMALL, Limit
from chartkeep.web.bounds import Bounded, Bounds
from tests.web.served import Heard, Served, serving, until

BOUNDS = Bounds(
    ordinary=Limit(100_000, 0.5),
    bundle=Limit(1_000_000, 3.0),
    room=1_000_000,
    url=500,
    headers=4000,
    header_count=20,
)
SECRET = "Zebedee-Quartermain"


class Door:
    """A door that says what reached it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        routes = [
            Route("/fhir", self.take, methods=["POST"]),
            Route("/fhir/{kind}", self.take, methods=["GET", "POST"]),
            Route("/broken/{name}", self.breaks),
            Route("/half/{name}", self.breaks_half),
            Route("/static/{name}", self.give),
        ]
        self.access: list[str] = []
        self.app = Bounded(Router(routes), BOUNDS, self.access.append, tellers={"": tell})

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.bodies.append(body)
        named = f"{len(body)} {request.headers.get('content-encoding')}"
        return Response(
            named, headers={"Cache-Control": "public", "X-Id": request.scope[REQUEST_ID]}
        )

    async def breaks(self, request: Request) -> Response:
        raise ValueError(request.path_params["name"])

    async def breaks_half(self, request: Request) -> Response:
        class Half(Response):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                raise ValueError(request.path_params["name"])

        return Half()

    async def give(self, request: Request) -> Response:
        return Response("body{}", headers={"Cache-Control": "max-age=3600"})


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def served(door: Door, tmp_path: Path) -> Iterator[Served]:
    with serving(door.app, tmp_path) as found:
        yield found


def post(body: bytes, path: str = "/fhir/Patient", *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def get(path: str, *more: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: a", *more]).encode() + b"\r\n\r\n"


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


CHUNKED = b"POST /fhir/Patient HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def refused(heard: Heard, status: int) -> str:
    """Check that an answer is a refusal as FHIR writes it; give its words."""
    assert heard.status == status
    assert heard.headers["content-type"] == "application/fhir+json"
    outcome = json.loads(heard.body)
    assert outcome["resourceType"] == "OperationOutcome"
    assert heard.headers["x-content-type-options"] == "nosniff"
    return str(outcome["issue"][0]["details"]["text"])


def test_a_body_arrives_whole(door: Door, served: Served) -> None:
    assert served.ask(post(b"x" * 100_000)).status == 200
    assert served.ask(CHUNKED + chunked(b"a" * 10, b"b" * 20) + b"0\r\n\r\n").status == 200
    assert door.bodies == [b"x" * 100_000, b"a" * 10 + b"b" * 20]


@pytest.mark.attack
def test_a_body_over_the_limit_is_refused_before_the_door(door: Door, served: Served) -> None:
    assert refused(served.ask(post(b"x" * 100_001)), 413) == "the body is too large"
    assert refused(served.ask(CHUNKED + chunked(*[b"x" * 50_000] * 3)), 413)
    assert not door.bodies


def test_a_transaction_may_be_larger(door: Door, served: Served) -> None:
    assert served.ask(post(b"x" * 1_000_000, "/fhir")).status == 200
    assert refused(served.ask(post(b"x" * 1_000_001, "/fhir")), 413)
    assert len(door.bodies) == 1


def test_who_asks_before_sending_too_much_is_told_not_to(served: Served) -> None:
    head = post(b"", "/fhir/Patient", "Expect: 100-continue")
    wire = served.wire()
    wire.send(head.replace(b"Content-Length: 0", b"Content-Length: 99999999"))
    assert refused(wire.hear(), 413)
    wire.close()


@pytest.mark.attack
def test_a_body_that_takes_too_long_is_refused(door: Door, served: Served) -> None:
    wire = served.wire()
    wire.send(post(b"x" * 50).replace(b"Content-Length: 50", b"Content-Length: 5000"))
    heard = wire.hear()
    assert refused(heard, 408) == "the body took too long to arrive"
    assert heard.headers["connection"] == "close"
    assert not door.bodies
    wire.close()


@pytest.mark.attack
def test_a_body_dribbled_in_is_refused_too(door: Door, served: Served) -> None:
    wire = served.wire()
    wire.send(CHUNKED)
    for _ in range(12):
        wire.send(chunked(b"x"))
        time.sleep(0.1)
    assert refused(wire.hear(), 408)
    assert not door.bodies
    wire.close()


def test_a_client_that_goes_leaves_nothing_behind(door: Door, served: Served) -> None:
    wire = served.wire()
    wire.send(post(b"x" * 500_000, "/fhir").replace(b": 500000", b": 900000"))
    until(lambda: door.app._room.free < BOUNDS.room)
    wire.close()
    until(lambda: door.app._room.free == BOUNDS.room)
    assert not door.bodies
    assert served.ask(get("/fhir/Patient")).status == 200


@pytest.mark.attack
def test_large_bodies_share_one_room_and_small_ones_need_none(door: Door, served: Served) -> None:
    first = served.wire()
    whole = post(b"x" * 900_000, "/fhir")
    first.send(whole[:-10_000])
    until(lambda: door.app._room.free < 250_000)
    second = served.ask(post(b"y" * 900_000, "/fhir"))
    assert refused(second, 503) == "too many large bodies at once"
    assert second.headers["retry-after"] == "1"
    assert served.ask(post(b"z" * SMALL)).status == 200
    first.send(whole[-10_000:])
    assert first.hear().status == 200
    until(lambda: door.app._room.free == BOUNDS.room)
    first.close()


def test_a_gzip_body_reaches_the_door_inflated(door: Door, served: Served) -> None:
    plain = b'{"resourceType":"Patient"}' * 1000
    heard = served.ask(post(gzip.compress(plain), "/fhir/Patient", "Content-Encoding: gzip"))
    assert (heard.status, heard.body) == (200, b"26000 None")
    assert door.bodies == [plain]


@pytest.mark.attack
def test_a_gzip_bomb_is_cut_at_the_limit(door: Door, served: Served) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert refused(served.ask(post(bomb, "/fhir/Patient", "Content-Encoding: gzip")), 413)
    assert not door.bodies
    assert door.app._room.free == BOUNDS.room


@pytest.mark.attack
@pytest.mark.parametrize(
    "spoiled",
    [
        b"no gzip",
        gzip.compress(b"x" * 999)[:-4],
        gzip.compress(b"x") + b"more",
        gzip.compress(b"x") * 2,
        b"",
    ],
    ids=["no gzip", "cut short", "goes on", "two of them", "empty"],
)
def test_a_broken_gzip_body_is_refused(door: Door, served: Served, spoiled: bytes) -> None:
    assert refused(served.ask(post(spoiled, "/fhir/Patient", "Content-Encoding: gzip")), 400)
    assert not door.bodies


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "deflate", "zstd"])
def test_another_coding_is_refused(served: Served, coding: str) -> None:
    assert refused(served.ask(post(b"x", "/fhir/Patient", f"Content-Encoding: {coding}")), 415)


@pytest.mark.attack
def test_a_long_url_is_refused(served: Served) -> None:
    assert served.ask(get("/fhir/Patient?a=" + "x" * 480)).status == 200
    assert refused(served.ask(get("/fhir/Patient?a=" + "x" * 500)), 414)
    assert refused(served.ask(get("/fhir/" + "%41" * 170)), 414)


@pytest.mark.attack
def test_large_and_many_headers_are_refused(served: Served) -> None:
    assert refused(served.ask(get("/fhir/Patient", "X: " + "x" * 4000)), 431)
    assert refused(served.ask(get("/fhir/Patient", *(f"X-{n}: y" for n in range(21)))), 431)


def test_every_answer_is_protected_and_kept_by_no_cache(served: Served) -> None:
    for path in ("/fhir/Patient", "/nowhere", "/broken/x"):
        headers = served.ask(get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_what_concerns_nobody_may_be_kept(served: Served) -> None:
    assert served.ask(get("/static/page.css")).headers["cache-control"] == "max-age=3600"


def test_each_request_has_an_id_of_ours(served: Served) -> None:
    heard = [served.ask(get("/fhir/Patient", f"X-Request-Id: {SECRET}")) for _ in range(3)]
    ids = {each.headers["x-request-id"] for each in heard}
    assert ids == {each.headers["x-id"] for each in heard}
    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


@pytest.mark.attack
def test_a_fault_says_nothing_of_what_it_happened_to(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert refused(served.ask(get(f"/broken/{SECRET}")), 500)
    assert "ValueError at test_bounds.py" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.attack
def test_a_fault_in_the_middle_of_an_answer_says_nothing_either(
    served: Served, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    wire = served.wire()
    wire.send(get(f"/half/{SECRET}"))
    until(lambda: "ValueError" in caplog.text)
    wire.close()
    assert SECRET not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.attack
def test_the_access_log_holds_no_value(door: Door, served: Served) -> None:
    served.ask(post(SECRET.encode(), f"/fhir/{SECRET}?name={SECRET}", f"Cookie: {SECRET}"))
    served.ask(get(f"/nowhere/{SECRET}"))
    served.ask(get("/fhir/x").replace(b"GET", b"ZEBEDEE"))
    until(lambda: len(door.access) == 3)
    line = r"POST /fhir/\{kind\} 200 \d+\.\d ms \d+ bytes [0-9a-f]{16}\n"
    assert re.fullmatch(line, door.access[0])
    assert door.access[1].startswith("GET - 404 ")
    assert door.access[2].startswith("OTHER /fhir/{kind} 405 ")
    assert SECRET not in "".join(door.access)


def test_over_the_number_at_once_the_next_is_told_to_wait() -> None:
    async def story() -> list[int]:
        release = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await release.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        bounded = Bounded(app, BOUNDS._replace(at_once=2), str)
        asked = [asyncio.create_task(_status(bounded)) for _ in range(3)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        release.set()
        return [*sorted([await each for each in asked]), await _status(bounded)]

    assert asyncio.run(story()) == [200, 200, 503, 200]


async def _status(app: Bounded) -> int:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    await app({**scope, "scheme": "https"}, receive, send)
    assert (b"strict-transport-security", b"max-age=31536000") in sent[0]["headers"]
    return int(sent[0]["status"])
