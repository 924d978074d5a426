"""A bucket is a place like any other, and what is done to it with stolen keys hides nothing."""

import itertools
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from chartkeep.errors import BadInputError, DamagedError, NotAllowedError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery import s3
from chartkeep.recovery.bucket import Bucket, BucketAddress
from chartkeep.recovery.s3 import S3Place
from tests.recovery import s3_bucket, s3_server
from tests.recovery.place_contract import DAY, NOW, PlaceContract
from tests.recovery.s3_bucket import Server, Version
from tests.recovery.s3_server import Run


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def run(server: Server) -> Iterator[Run]:
    yield from s3_server.serve(server)


@pytest.fixture
def alarms() -> list[str]:
    return []


@pytest.fixture
def bucket(run: Run) -> Bucket:
    return Bucket(address_of(run))


@pytest.fixture
def place(bucket: Bucket, alarms: list[str]) -> S3Place:
    return S3Place(bucket, alarms.append)


def address_of(run: Run, prefix: str = "") -> BucketAddress:
    return BucketAddress(
        s3_bucket.BUCKET, run.endpoint, s3_bucket.ACCESS, s3_bucket.SECRET, prefix=prefix
    )


class TestBucket(PlaceContract):
    """A bucket of its own."""


def test_a_prefix_is_a_place_of_its_own(run: Run, bucket: Bucket, alarms: list[str]) -> None:
    mine = S3Place(Bucket(address_of(run, "house/")), alarms.append)
    other = S3Place(bucket, alarms.append)
    mine.put("records/a", [b"one"], NOW)
    other.put("records/a", [b"two"], NOW)
    assert (mine.read("records/a"), list(mine.names())) == (b"one", ["records/a"])
    assert list(other.names(after="house/records/a")) == ["records/a"]


def segment(data: bytes) -> str:
    return f"records/0-1-{sha256(data).hexdigest()}"


@pytest.mark.attack
def test_a_deleted_segment_is_read_listed_and_alarmed(
    place: S3Place, bucket: Bucket, alarms: list[str]
) -> None:
    name = segment(b"one")
    place.put(name, [b"one"], NOW)
    bucket.admin.delete_object(Bucket=s3_bucket.BUCKET, Key=name)
    assert (place.read(name), list(place.names())) == (b"one", [name])
    assert alarms == [f"somebody with the bucket's keys deleted {name}"]
    again = S3Place(bucket, alarms.append)
    assert again.read(name) == b"one"


@pytest.mark.attack
def test_a_segment_somebody_wrote_over_is_read_as_it_was(
    place: S3Place, bucket: Bucket, alarms: list[str]
) -> None:
    name = segment(b"one")
    place.put(name, [b"one"], NOW)
    bucket.admin.put_object(Bucket=s3_bucket.BUCKET, Key=name, Body=b"two")
    again = S3Place(bucket, alarms.append)
    assert (again.read(name), again.size(name)) == (b"one", 3)
    assert alarms == [f"somebody with the bucket's keys wrote over {name}"]


@pytest.mark.attack
def test_false_bytes_that_were_there_first_are_not_believed(
    place: S3Place, bucket: Bucket, alarms: list[str]
) -> None:
    name = segment(b"one")
    bucket.admin.put_object(Bucket=s3_bucket.BUCKET, Key=name, Body=b"two")
    place.put(name, [b"one"], NOW)
    again = S3Place(bucket, alarms.append)
    assert (again.read(name), again.until(name)) == (b"one", NOW)
    assert alarms


@pytest.mark.attack
def test_a_segment_that_is_not_its_names_is_not_put(place: S3Place) -> None:
    with pytest.raises(BadInputError):
        place.put(segment(b"one"), [b"two"], NOW)
    with pytest.raises(BadInputError):
        place.put(segment(b"one"), itertools.repeat(bytes(1 << 20), 12), NOW)
    assert list(place.names()) == []


class ForgetsDates(Server):
    """Says yes to every date and keeps none."""

    def retain(self, version: Version, mode: str, until: datetime) -> None:
        """Forget it."""


@pytest.mark.attack
def test_what_the_bucket_does_not_lock_is_refused_and_not_left(alarms: list[str]) -> None:
    server = ForgetsDates(days=0)
    run = Run(server)
    try:
        place = S3Place(Bucket(address_of(run)), alarms.append)
        with pytest.raises(DamagedError, match="does not keep the retention"):
            place.put("records/a", [b"one"], NOW)
        assert list(place.names()) == []
    finally:
        run.stop()


def test_a_restart_goes_on_with_what_is_there(
    place: S3Place, bucket: Bucket, server: Server
) -> None:
    name = segment(b"one")
    place.put(name, [b"one"], NOW)
    again = S3Place(bucket, print)
    again.put(name, [b"one"], Millis(NOW + DAY))
    assert again.until(name) == NOW + DAY
    assert len(server.versions[name]) == 1


def test_what_expired_is_deleted_with_all_that_lay_over_it(
    place: S3Place, bucket: Bucket, server: Server
) -> None:
    name = segment(b"one")
    place.put(name, [b"one"], NOW)
    bucket.admin.delete_object(Bucket=s3_bucket.BUCKET, Key=name)
    with pytest.raises(NotAllowedError):
        place.expire(name, NOW)
    server.now = lambda: datetime.fromtimestamp(NOW / 1000 + 1, UTC)  # type: ignore[method-assign]
    place.expire(name, NOW)
    assert (list(place.names()), server.versions[name]) == ([], [])


def test_names_of_many_pages_are_all_there(place: S3Place, server: Server) -> None:
    for n in range(1_234):
        server.put(f"records/{n:04}", b"", {})
        server.delete(f"records/{n:04}", None, bypass=False)
    assert list(place.names()) == [f"records/{n:04}" for n in range(1_234)]
    assert list(place.names(after="records/1198")) == [f"records/{n}" for n in range(1_199, 1_234)]


def test_a_bucket_that_is_gone_is_unavailable(alarms: list[str]) -> None:
    run = Run(Server())
    place = S3Place(Bucket(address_of(run)), alarms.append)
    run.stop()
    with pytest.raises(UnavailableError):
        place.read("records/a")


FAULTS = ("refused", "lost before", "lost after")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("size", [3, 4096 + 3])
def test_whichever_request_breaks_a_put_is_whole_or_not_there(
    size: int,
    fault: str,
    server: Server,
    bucket: Bucket,
    alarms: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("s3", "pieces"):
        monkeypatch.setattr(f"chartkeep.recovery.{module}.PIECE", 4096)
    for step in range(1, 6 if size == 3 else 9):
        data = bytes([step]) * size
        name = segment(data)
        server.break_at, server.fault = len(server.calls) + step, fault
        place = S3Place(bucket, alarms.append)
        with suppress(UnavailableError):
            place.put(name, [data], NOW)
        again = S3Place(bucket, alarms.append)
        again.put(name, [data], NOW)
        assert (again.read(name), again.until(name)) == (data, NOW)
    assert (alarms, server.break_at <= len(server.calls)) == ([], True)


def test_a_bucket_that_hangs_is_unavailable_in_bounded_time(
    monkeypatch: pytest.MonkeyPatch, alarms: list[str]
) -> None:
    monkeypatch.setattr("chartkeep.recovery.bucket.ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        place = S3Place(Bucket(BucketAddress("vault", endpoint, "a", "b")), alarms.append)
        place._known["records/a"] = s3.Version("v1", 3)
        for act in (lambda: place.read("records/a"), lambda: place.put("records/b", [b"x"], NOW)):
            with pytest.raises(UnavailableError):
                act()
