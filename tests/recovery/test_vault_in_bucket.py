"""A vault whose place is a bucket: what a thief of its keys does there, and what is left after."""

import os
from collections.abc import Iterator
from hashlib import sha256

import pytest

from chartkeep.errors import NotAllowedError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.archive import Archive, blob_name
from chartkeep.recovery.bucket import Bucket
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.mirrored import MirroredPlace
from chartkeep.recovery.probing.bucket import probe_bucket
from chartkeep.recovery.probing.doors import CLOSED
from chartkeep.recovery.probing.probed import ProbedPlace
from chartkeep.recovery.s3 import S3Place
from chartkeep.recovery.segment import Ledger
from tests.recovery.s3_bucket import BUCKET, Server
from tests.recovery.s3_server import Run
from tests.recovery.test_bucket_probe import DeletesVersions, now
from tests.recovery.test_s3 import address_of
from tests.recovery.vaults import VaultRun, check_whole

LONG = os.urandom(300 << 10)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def bucket(server: Server) -> Iterator[Bucket]:
    running = Run(server)
    yield Bucket(address_of(running))
    running.stop()


@pytest.fixture
def alarms() -> list[str]:
    return []


@pytest.fixture
def filled(run: VaultRun, bucket: Bucket, alarms: list[str]) -> VaultRun:
    """A vault in a bucket that pulled three times."""
    run.place = S3Place(bucket, alarms.append)
    pulling = run.pulling()
    for chart in ("anna", "ben", "anna"):
        run.deposit(chart, entries=2, blobs=(LONG,))
        pulling.pull()
    return run


def test_a_vault_has_in_a_bucket_what_the_store_has(filled: VaultRun, alarms: list[str]) -> None:
    check_whole(filled)
    assert filled.place.read(blob_name(sha256(filled.blob_files()[0].read_bytes()).digest()))
    assert alarms == []


@pytest.mark.attack
def test_a_thief_of_the_buckets_keys_deletes_and_overwrites_all_and_nothing_is_lost(
    filled: VaultRun, bucket: Bucket, server: Server, alarms: list[str]
) -> None:
    before = {name: filled.place.read(name) for name in filled.place.names()}
    for name in before:
        for version in list(server.versions[name]):
            with pytest.raises(bucket.admin.exceptions.ClientError):
                bucket.admin.delete_object(Bucket=BUCKET, Key=name, VersionId=version.id)
        bucket.admin.put_object(Bucket=BUCKET, Key=name, Body=b"encrypted, pay here")
        bucket.admin.delete_object(Bucket=BUCKET, Key=name)
    filled.place = S3Place(bucket, alarms.append)
    assert {name: filled.place.read(name) for name in filled.place.names()} == before
    check_whole(filled)
    assert {words.split()[-1] for words in alarms} == set(before)


def test_a_bucket_that_goes_away_in_the_middle_is_gone_on_with(
    filled: VaultRun, server: Server
) -> None:
    filled.deposit("anna", entries=3)
    for step in range(1, 4):
        server.break_at, server.fault = len(server.calls) + step, "refused"
        with pytest.raises(UnavailableError):
            filled.pulling().pull()
    filled.pulling().pull()
    check_whole(filled)


@pytest.mark.attack
def test_a_bucket_that_lies_is_given_nothing(run: VaultRun, alarms: list[str]) -> None:
    server = DeletesVersions()
    running = Run(server)
    bucket = Bucket(address_of(running))
    run.place = ProbedPlace(
        S3Place(bucket, alarms.append), lambda one: probe_bucket(bucket, now(), one, CLOSED), now
    )
    run.place.renew()
    run.deposit()
    try:
        with pytest.raises(NotAllowedError, match="does not keep"):
            run.pulling().pull()
    finally:
        running.stop()
    assert {key.split("/")[0] for key in server.versions} == {".probe"}


@pytest.mark.attack
def test_what_an_operator_purges_is_read_and_mended_from_the_second_place(
    run: VaultRun, bucket: Bucket, server: Server, alarms: list[str]
) -> None:
    second = FolderPlace(run.folder / "second")
    run.place = MirroredPlace(S3Place(bucket, alarms.append), second, alarms.append)
    run.deposit(blobs=(LONG,))
    run.pulling().pull()
    server.versions.clear()
    check_whole(run)
    assert alarms
    for name in list(second.names()):
        assert run.place.mend(name, Millis(now() + 86_400_000))
    alone = Archive(S3Place(bucket, alarms.append), Ledger.RECORDS)
    assert list(alone.lines()) == list(run.archive.lines())
