"""Bodies meant to do harm, against the product's own server: a status, little memory, and on."""

import gzip
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chartkeep.imaging.http import multipart
from chartkeep.imaging.http.app import dicom_app
from chartkeep.imaging.http.outcome import tell
from chartkeep.inventor.dicom import xray
from chartkeep.web.body import Limit
from chartkeep.web.bounds import Bounded, Bounds
from chartkeep.web.caller import write_token
from tests.imaging.http.conftest import LINDA, Clinic, where
from tests.imaging.test_taking import long_picture
from tests.web.served import Heard, Served, serving

pytestmark = pytest.mark.attack
KIND = 'multipart/related; type="application/dicom"; boundary=b'
HEAD = b"\r\n--b\r\nContent-Type: application/dicom\r\n\r\n"
BOUNDS = Bounds(ordinary=Limit(200_000, 5.0), streamed=Limit(40_000_000, 2.0))


class Nurse:
    """Sends bytes as they are, under a session."""

    def __init__(self, served: Served, token: bytes) -> None:
        self._served = served
        self._token = write_token(token)

    def post(self, body: bytes, *more: str, length: int = -1) -> Heard:
        size = len(body) if length < 0 else length
        lines = [
            "POST /studies HTTP/1.1", "Host: a", f"Content-Length: {size}",
            f"Content-Type: {KIND}", f"Authorization: Bearer {self._token}", *more,
        ]  # fmt: skip
        return self._served.ask("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


@pytest.fixture
def nurse(clinic: Clinic, tmp_path: Path) -> Iterator[Nurse]:
    with ThreadPoolExecutor(2) as threads, ThreadPoolExecutor(2) as streams:
        app = dicom_app(clinic.dispatch.answer, threads, streams)
        bounds = BOUNDS._replace(streams=("/",))
        bounded = Bounded(app, bounds, lambda _: None, tellers={"": tell})
        with serving(bounded, tmp_path) as served:
            yield Nurse(served, clinic.house.login("aiko", "serve"))


def whole(*files: bytes) -> bytes:
    return b"".join(HEAD + file for file in files) + b"\r\n--b--\r\n"


def goes_on(nurse: Nurse) -> bool:
    return nurse.post(whole(xray(LINDA, where(), 16))).status == 200


def test_what_is_streamed_is_stored(nurse: Nurse) -> None:
    assert nurse.post(whole(long_picture(3 << 20))).status == 200


def test_many_empty_parts_are_refused(nurse: Nurse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "MOST_PARTS", 200)
    heard = nurse.post((HEAD * 100_000) + b"\r\n--b--")
    assert (heard.status, b"parts" in heard.body) == (400, True)
    assert goes_on(nurse)


def test_a_length_that_lies_is_refused(nurse: Nurse) -> None:
    body = whole(xray(LINDA, where(), 16))
    assert nurse.post(body, length=10_000_000_000).status == 413
    assert nurse.post(body[:-40], length=len(body) + 1_000_000).status == 408
    assert nurse.post(body, length=len(body) - 30).status == 400
    assert goes_on(nurse)


def test_a_part_of_zeros_without_end_is_refused_in_little_memory(nurse: Nurse) -> None:
    tracemalloc.start()
    body = HEAD + bytes(39_000_000)
    _, before = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    heard = nurse.post(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert heard.status in (400, 409)
    assert peak - before < 60_000_000  # the client's own copy is most of it
    assert goes_on(nurse)


def test_a_packed_body_is_inflated_within_its_bounds(nurse: Nurse) -> None:
    good = gzip.compress(whole(xray(LINDA, where(), 16)))
    assert nurse.post(good, "Content-Encoding: gzip").status == 200
    bomb = gzip.compress(HEAD + bytes(20_000_000), 1)
    heard = nurse.post(bomb, "Content-Encoding: gzip")
    assert (heard.status, heard.headers["content-type"]) == (413, "application/json")
    assert goes_on(nurse)


def test_who_is_nobody_is_told_before_the_body_is_read(nurse: Nurse) -> None:
    stranger = Nurse(nurse._served, b"x" * 32)
    assert stranger.post(b"", length=30_000_000).status == 401
