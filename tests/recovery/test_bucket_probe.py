"""Every bucket is tried before it is trusted: each liar is refused for its own lie."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chartkeep.errors import NotAllowedError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.bucket import Bucket
from chartkeep.recovery.probing.bucket import probe_bucket
from chartkeep.recovery.probing.certificate import (
    DAY,
    Certificate,
    Verdict,
    check_certificate,
)
from chartkeep.recovery.probing.doors import CLOSED, doors_of
from tests.recovery.s3_bucket import BUCKET, NONE, Server, Version
from tests.recovery.s3_server import Run
from tests.recovery.test_s3 import address_of


class IgnoresLocks(Server):
    """Takes every lock header and keeps none; of a bucket's lock it has the name."""

    def put(
        self, key: str, data: bytes, headers: dict[str, str], *, multipart: bool = False
    ) -> Version:
        version = super().put(key, data, headers, multipart=multipart)
        version.mode, version.until = "", NONE
        return version

    def retain(self, version: Version, mode: str, until: datetime) -> None:
        """Say yes."""


class DeletesVersions(Server):
    """Shows every lock and deletes all the same."""

    def check_delete(self, version: Version, *, bypass: bool) -> None:
        """Say yes."""


class DeletesForMany(DeletesVersions):
    """Refuses one deletion and does the same in a request for many."""

    def check_delete(self, version: Version, *, bypass: bool) -> None:
        if "POST" not in self.calls[-1]:
            Server.check_delete(self, version, bypass=bypass)


class SaysNoAndDeletes(Server):
    """Refuses, and the version is gone."""

    def check_delete(self, version: Version, *, bypass: bool) -> None:
        try:
            super().check_delete(version, bypass=bypass)
        except Exception:
            self.versions[version.key].remove(version)
            raise


class Shortens(Server):
    """A compliance lock, as long as anybody likes."""

    def check_retain(self, version: Version, mode: str, until: datetime, *, bypass: bool) -> None:
        if mode != "COMPLIANCE":
            super().check_retain(version, mode, until, bypass=bypass)


class Downgrades(Server):
    """Compliance becomes governance, and governance is bypassed."""

    def check_retain(self, version: Version, mode: str, until: datetime, *, bypass: bool) -> None:
        if mode != "GOVERNANCE":
            super().check_retain(version, mode, until, bypass=bypass)


class Suspends(Server):
    """Versions are switched off for the asking."""

    def check_versioning(self, status: str) -> None:
        """Say yes."""


class ForgetsParts(Server):
    """Locks what comes in one request and not what comes in parts."""

    def lock_of(self, headers: dict[str, str], *, multipart: bool) -> tuple[str, datetime]:
        return ("", NONE) if multipart else super().lock_of(headers, multipart=multipart)


class LiftsWithHolds(Server):
    """A legal hold that is lifted takes the lock with it."""

    def check_delete(self, version: Version, *, bypass: bool) -> None:
        if not any("legal-hold" in call for call in self.calls[-2:]):
            super().check_delete(version, bypass=bypass)


class Phantom(Server):
    """Says 200, and keeps nothing of every second upload."""

    def keep(self, version: Version) -> None:
        if next(self.kept) % 2:
            super().keep(version)

    kept = itertools.count(1)


class Stale(Server):
    """Gives the first bytes a key ever had, whatever version is asked for."""

    def bytes_of(self, version: Version) -> bytes:
        return self.versions[version.key][0].data


class Overwrites(Server):
    """Versions in name: a second object takes the place of the first."""

    def keep(self, version: Version) -> None:
        self.versions[version.key] = [version]


class RunsAhead(Server):
    """Its clock is ten years ahead, and every lock of today is over."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=3652)


class LetsAnybody(Server):
    """Asks for no signature."""

    def check_signed(self, headers: dict[str, str]) -> None:
        """Say yes."""


class DropsTheBucket(Server):
    """Deletes a bucket with all that is locked in it."""

    def check_bucket_delete(self) -> None:
        self.versions.clear()


LIARS = {
    IgnoresLocks: "an upload is there and locked",
    DeletesVersions: "deleting a version",
    DeletesForMany: "deleting by a request for many",
    SaysNoAndDeletes: "deleting a version",
    Shortens: "shortening a retention by a minute",
    Downgrades: "turning compliance into governance",
    Suspends: "suspending versions",
    ForgetsParts: "an upload in parts is there and locked",
    LiftsWithHolds: "deleting after a legal hold was set and lifted",
    Phantom: "an upload in parts is there and locked",
    Stale: "each version is read as itself",
    Overwrites: "each version is read as itself",
    RunsAhead: "the bucket's clock",
    LetsAnybody: "reading without a signature",
    DropsTheBucket: "deleting the bucket",
}


def now() -> Millis:
    return Millis(int(datetime.now(UTC).timestamp() * 1000))


@contextmanager
def opened(server: Server, prefix: str = "") -> Iterator[Bucket]:
    run = Run(server)
    try:
        yield Bucket(address_of(run, prefix))
    finally:
        run.stop()


def probed(server: Server, before: Certificate | None = None) -> Certificate:
    with opened(server) as bucket:
        return probe_bucket(bucket, now(), before, CLOSED)


@pytest.mark.attack
@pytest.mark.parametrize("liar", LIARS)
def test_a_bucket_that_lies_is_refused_for_its_lie(liar: type[Server]) -> None:
    certificate = probed(liar())
    assert LIARS[liar] in [trial.tried for trial in certificate.broken]
    with pytest.raises(NotAllowedError, match="does not keep"):
        check_certificate(certificate, now())


@pytest.fixture(scope="module")
def honest() -> Certificate:
    return probed(Server())


def test_an_honest_bucket_is_trusted_for_a_day(honest: Certificate) -> None:
    certificate = honest
    assert certificate.broken == ()
    assert {trial.verdict for trial in certificate.trials} == {Verdict.HELD, Verdict.HOLE}
    assert len(certificate.trials) > 30
    check_certificate(certificate, now())
    for when in (certificate.made + DAY, certificate.made - 1):
        with pytest.raises(NotAllowedError, match="within a day"):
            check_certificate(certificate, Millis(when))


def test_the_hole_of_an_honest_bucket_is_told(honest: Certificate) -> None:
    holes = [one.tried for one in honest.trials if one.verdict is Verdict.HOLE]
    assert holes == ["taking the default lock away"]


def test_no_bucket_is_said_to_be_safe_from_its_operator(honest: Certificate) -> None:
    assert any("operator" in words for words in honest.unproved)


def test_a_probe_leaves_settings_and_data_as_they_were() -> None:
    server = DropsTheBucket()  # with data in it, deleting it is not tried
    server.put("records/a", b"one", {})
    before = server.versions["records/a"][:]
    certificate = probed(server)
    told = next(one for one in certificate.trials if one.tried == "deleting the bucket")
    assert told.verdict is Verdict.UNTRIED
    assert (server.days, server.versioning, server.gone) == (1, "Enabled", False)
    assert server.versions["records/a"] == before
    assert {key.split("/")[0] for key in server.versions} == {"records", ".probe"}


def test_a_bucket_without_a_default_lock_is_refused() -> None:
    certificate = probed(Server(days=0))
    assert "a default lock" in [one.tried for one in certificate.broken]


def test_a_rule_that_expires_objects_is_found() -> None:
    server = Server()
    rule = "<Rule><ID>all</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
    rule += "<Expiration><Days>3</Days></Expiration></Rule>"
    server.lifecycle = f"<LifecycleConfiguration>{rule}</LifecycleConfiguration>".encode()
    broken = [one.tried for one in probed(server).broken]
    assert broken == ["rules that expire objects"]
    assert b"<ID>all</ID>" in server.lifecycle


@pytest.mark.attack
def test_what_an_operator_removes_is_missed_by_the_next_probe() -> None:
    server = Server()
    first = probed(server)
    assert probed(server, first).held
    witness = first.witnesses[0]
    server.versions[witness.key].clear()
    second = probed(server, first)
    assert [one.tried for one in second.broken] == ["what earlier probes locked is there"]
    assert witness not in second.witnesses


def test_a_bucket_that_is_away_has_no_certificate() -> None:
    with opened(Server()) as bucket:
        pass
    with pytest.raises(UnavailableError):
        probe_bucket(bucket, now(), None, CLOSED)


class Filer(BaseHTTPRequestHandler):
    """A port behind the gateway that asks nobody for keys."""

    s3: Server

    def version_string(self) -> str:
        return "SeaweedFS 30GB 4.48"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        ours = self.path == "/" or self.path.startswith(f"/buckets/{BUCKET}/")
        self.send_response(200 if ours else 404)
        self.end_headers()

    def do_DELETE(self) -> None:
        key = self.path.partition("?")[0].removeprefix(f"/buckets/{BUCKET}/")
        self.s3.versions.pop(key, None)
        self.send_response(204)
        self.end_headers()


def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[tuple[str, int]]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    yield "127.0.0.1", http.server_address[1]
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def behind() -> Server:
    return Server()


@pytest.fixture
def filer(behind: Server) -> Iterator[tuple[str, int]]:
    yield from listening(type("Bound", (Filer,), {"s3": behind}))


@pytest.mark.attack
def test_a_port_behind_the_gateway_that_deletes_is_found(
    behind: Server, filer: tuple[str, int]
) -> None:
    with opened(behind) as bucket:
        certificate = probe_bucket(bucket, now(), None, CLOSED._replace(filer=filer))
    (told,) = certificate.broken
    assert (told.tried.split(" at ")[0], told.note) == (
        "deleting through SeaweedFS's filer",
        "it is gone",
    )


def test_ports_that_nobody_answers_are_closed() -> None:
    with opened(Server()) as bucket:
        certificate = probe_bucket(bucket, now(), None, doors_of("127.9.9.9"))
    ports = [one for one in certificate.trials if "127.9.9.9" in one.tried]
    assert {(one.answer, one.verdict) for one in ports} == {("closed", Verdict.HELD)}
    assert len(ports) == 5
