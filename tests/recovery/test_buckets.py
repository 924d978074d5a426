"""Two real S3 servers, on loopback: what the prober finds in each, and that each is a place."""

import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from chartkeep.errors import NotAllowedError
from chartkeep.model import Millis
from chartkeep.recovery.bucket import Bucket, BucketAddress
from chartkeep.recovery.place import Place
from chartkeep.recovery.probing.bucket import probe_bucket
from chartkeep.recovery.probing.certificate import Certificate, Verdict, check_certificate
from chartkeep.recovery.probing.doors import CLOSED, doors_of, guess_doors
from chartkeep.recovery.s3 import S3Place
from tests.recovery.place_contract import NOW, PlaceContract

pytestmark = pytest.mark.bucket

TOOLS = Path(__file__).parents[2] / "tools"
WEED = Path(__file__).parents[2] / ".venv/bin/weed"
DAYS = 1


def free_port() -> int:
    """Find a port that is free, and the one 10,000 above it: SeaweedFS takes that, too."""
    for port in range(20_000, 30_000, 17):
        with socket.socket() as low, socket.socket() as high, suppress(OSError):
            low.bind(("127.0.0.1", port))
            high.bind(("127.0.0.1", port + 10_000))
            return port
    raise OSError("no port is free")


def run(script: str, folder: Path, verb: str, **ports: int) -> None:
    told = os.environ | {name: str(port) for name, port in ports.items()}
    told["WEED"] = os.environ.get("WEED", str(WEED))
    subprocess.run([TOOLS / script, folder, verb], check=True, env=told, timeout=200)


def make_bucket(endpoint: str) -> Bucket:
    bucket = Bucket(BucketAddress("segments", endpoint, "devkey", "devsecret"))
    bucket.admin.create_bucket(Bucket="segments", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": DAYS}}
    bucket.admin.put_object_lock_configuration(
        Bucket="segments",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
    )
    return bucket


class CephRun:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port = free_port()
        self.ports = {"PORT": port, "MONITOR": port + 10_000}
        run("ceph.sh", folder, "up", **self.ports)
        self.bucket = make_bucket(f"http://127.0.0.1:{self.ports['PORT']}")

    def administer(self, *words: str) -> None:
        told = os.environ | {"CEPH_CONF": str(self.folder / "ceph.conf")}
        subprocess.run(["radosgw-admin", *words], check=True, env=told, capture_output=True)


@pytest.fixture(scope="module")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CephRun]:
    folder = tmp_path_factory.mktemp("ceph")
    try:
        yield CephRun(folder)
    finally:
        run("ceph.sh", folder, "down")


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    folder, port = tmp_path_factory.mktemp("seaweed"), free_port()
    try:
        run("seaweed.sh", folder, "up", PORT=port)
        yield make_bucket(f"http://127.0.0.2:{port}")
    finally:
        run("seaweed.sh", folder, "down")


def now() -> Millis:
    return Millis(int(datetime.now(UTC).timestamp() * 1000))


def holes(certificate: Certificate) -> set[str]:
    return {one.tried for one in certificate.trials if one.verdict is Verdict.HOLE}


def broken(certificate: Certificate) -> list[str]:
    return [one.tried for one in certificate.broken]


def place_in(bucket: Bucket) -> S3Place:
    """A prefix of its own: what one test locked stays."""
    address = bucket.address
    mine = BucketAddress(
        "segments", address.endpoint, "devkey", "devsecret", prefix=f"{secrets.token_hex(8)}/"
    )
    return S3Place(Bucket(mine), print)


def test_ceph_is_trusted_as_far_as_it_is_honest(ceph: CephRun) -> None:
    monitor = (("127.0.0.1", ceph.ports["MONITOR"]),)
    doors = guess_doors(ceph.bucket.address)._replace(monitors=monitor)
    certificate = probe_bucket(ceph.bucket, now(), None, doors)
    assert broken(certificate) == []
    assert holes(certificate) == {
        "an upload in parts takes a date with it",
        "If-None-Match keeps a second object out",
        "taking the default lock away",
        f"reaching Ceph's monitor at 127.0.0.1:{ceph.ports['MONITOR']}",
    }
    check_certificate(certificate, now())


def test_seaweed_is_trusted_where_the_gateway_alone_is_reached(seaweed: Bucket) -> None:
    certificate = probe_bucket(seaweed, now())
    assert broken(certificate) == []
    assert holes(certificate) == {"taking the default lock away"}


@pytest.mark.attack
def test_seaweeds_filer_is_found_where_it_is_reached(seaweed: Bucket) -> None:
    certificate = probe_bucket(seaweed, now(), None, doors_of("127.0.0.1"))
    assert broken(certificate) == [
        "deleting through SeaweedFS's filer at 127.0.0.1:8888",
        "reaching the filer's calls at 127.0.0.1:18888",
        "reaching SeaweedFS's master at 127.0.0.1:9333",
    ]
    assert certificate.broken[0].note == "it is gone"
    with pytest.raises(NotAllowedError):
        check_certificate(certificate, now())


@pytest.mark.attack
def test_keys_that_may_administer_ceph_are_refused(ceph: CephRun) -> None:
    ceph.administer("caps", "add", "--uid", "dev", "--caps", "buckets=*")
    try:
        certificate = probe_bucket(ceph.bucket, now(), None, CLOSED)
    finally:
        ceph.administer("caps", "rm", "--uid", "dev", "--caps", "buckets=*")
    assert broken(certificate) == ["removing by the servers' administration"]


@pytest.mark.attack
def test_what_cephs_operator_removes_is_missed_by_the_next_probe(ceph: CephRun) -> None:
    first = probe_bucket(ceph.bucket, now(), None, CLOSED)
    assert probe_bucket(ceph.bucket, now(), first, CLOSED).held
    key = first.witnesses[0].key
    version = first.witnesses[0].version
    ceph.administer("object", "rm", "--bucket=segments", f"--object={key}")
    ceph.administer(
        "object", "rm", "--bucket=segments", f"--object={key}", f"--object-version={version}"
    )
    second = probe_bucket(ceph.bucket, now(), first, CLOSED)
    assert broken(second) == ["what earlier probes locked is there"]


@pytest.mark.parametrize("kind", ["ceph", "seaweed"])
def test_an_upload_of_many_parts_is_locked_to_its_day(
    kind: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(kind)
    place = place_in(found.bucket if kind == "ceph" else found)
    data = secrets.token_bytes(1 << 20)
    name = f"records/{sha256(data * 20).hexdigest()}"
    place.put(name, [data] * 20, NOW)
    assert (place.until(name), place.size(name)) == (NOW, 20 << 20)
    assert place.read(name, (8 << 20) - 5, 10) == (data * 20)[(8 << 20) - 5 : (8 << 20) + 5]


class TestCeph(PlaceContract):
    @pytest.fixture
    def place(self, ceph: CephRun) -> Place:
        return place_in(ceph.bucket)


class TestSeaweed(PlaceContract):
    @pytest.fixture
    def place(self, seaweed: Bucket) -> Place:
        return place_in(seaweed)
