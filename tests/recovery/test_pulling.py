"""What a vault takes, and keeps whatever ends it."""

import os
import threading
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from chartkeep.errors import (
    NotFoundError,
    UnavailableError,
)
from chartkeep.recovery.archive import Archive, blob_name
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault import pulling as pulling_module
from chartkeep.store.protocol import RecordList
from chartkeep.store.records import RecordType
from tests.recovery.vaults import LONG, VaultRun, check_whole


def test_a_vault_has_what_the_store_has(run: VaultRun) -> None:
    pulling = run.pulling()
    assert pulling.pull() == 0
    for chart in ("anna", "budi", "anna"):
        run.deposit(chart, entries=3, blobs=(b"x-ray",))
        pulling.pull()
    check_whole(run)
    assert run.client().status().vaulted == pulling.size == run.archive.size == 15


def test_a_store_without_a_witness_is_pulled_also_once_it_kept_its_own_checkpoint(
    run: VaultRun,
) -> None:
    run.deposit()
    run.store.witnessing._show()  # what its thread does each second
    run.deposit()
    assert run.pulling().pull() == run.archive.size > 0
    assert list(run.place.names("heads/")) == []


def test_short_blobs_ride_with_their_line_and_long_ones_have_a_name(run: VaultRun) -> None:
    run.deposit(blobs=(b"short", LONG))
    run.pulling().pull()
    blobs = [each for each in run.archive.objects() if each.type == RecordType.BLOB]
    digests = [each.words[-32:] for each in blobs]
    assert [bool(each.beside) for each in blobs] == [True, False]
    assert sha256(blobs[0].beside).digest() == digests[0]
    assert sha256(run.place.read(blob_name(digests[1]))).digest() == digests[1]


def test_a_new_vault_takes_a_ledger_with_rotated_and_shredded_charts(run: VaultRun) -> None:
    lease = run.deposit("anna")
    run.deposit("budi")
    for generation in (2, 3):
        run.rotate(lease, generation)
    run.shred("budi")
    run.pulling().pull()
    check_whole(run)
    kinds = [kind for kind, _ in run.archive.lines()]
    there = {each.at for each in run.archive.objects()}
    assert [kinds[at] for at in range(len(kinds)) if at not in there] == [1, 1, 7]


def test_what_was_taken_before_it_was_dropped_stays(run: VaultRun) -> None:
    lease = run.deposit("anna")
    pulling = run.pulling()
    pulling.pull()
    run.rotate(lease)
    pulling.pull()
    assert len(list(run.archive.objects())) == run.archive.size == 3


def test_a_restart_in_the_middle_goes_on_from_the_names(
    run: VaultRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling_module, "SEGMENT_LINES", 5)
    run.deposit(entries=22)
    left = [2]

    def dies(real: Callable[..., RecordList], *asked: int) -> RecordList:
        left[0] -= 1
        if left[0] < 0:
            raise UnavailableError("the network is gone")
        return RecordList(real(*asked).records[:5], [])

    with pytest.raises(UnavailableError):
        run.pulling(records=dies).pull()
    assert run.archive.size == 10
    run.deposit("budi")
    assert run.pulling().pull() == 25
    check_whole(run)


@pytest.mark.parametrize("step", range(1, 9))
def test_killed_at_any_step_nothing_half_has_a_name(
    run: VaultRun, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    run.deposit(entries=2, blobs=(b"short", LONG))
    left = [step]

    def step_of(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*asked: Any, **more: Any) -> Any:
            if threading.current_thread() is threading.main_thread():  # not the store's
                left[0] -= 1
                if left[0] == 0:
                    raise KeyboardInterrupt
            return real(*asked, **more)

        return call

    for name in ("fsync", "link", "open"):
        monkeypatch.setattr(os, name, step_of(getattr(os, name)))
    try:
        run.pulling().pull()
    except KeyboardInterrupt:
        assert left[0] == 0
    monkeypatch.undo()
    for name in run.place.names():
        assert sha256(run.place.read(name)).hexdigest() == name[-64:]
    assert run.pulling().pull() == 5
    check_whole(run)


@pytest.mark.attack
def test_memory_stays_flat_however_much_there_is(
    run: VaultRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling_module, "SEGMENT_BYTES", 1 << 20)
    long = os.urandom(1 << 20)
    for number in range(24):
        run.deposit(f"chart {number}", blobs=(long[number:], *(long[:200_000] for _ in range(4))))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run.pulling().pull()
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert sum(run.place.size(name) for name in run.place.names()) > 40 << 20
    assert peak < 24 << 20
    assert len(run.archive.segments) > 15


def test_an_archive_of_nothing_is_empty(run: VaultRun) -> None:
    archive = Archive(run.place, Ledger.RECORDS)
    assert (archive.size, archive.segments, list(archive.lines())) == (0, [], [])
    with pytest.raises(NotFoundError):
        run.place.read("records/none")
