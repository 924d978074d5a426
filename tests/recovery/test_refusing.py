"""What a vault refuses: root is on the primary, with the store's signing key."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chartkeep.errors import (
    ChartkeepError,
    DamagedError,
    LedgerBrokenError,
    UnavailableError,
)
from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.store.protocol import Note, RecordList
from chartkeep.store.records import RecordType, line_of
from tests.recovery.vaults import LONG, STORE_KEY, VaultRun, check_whole
from tests.store.house import ORIGIN


def forged(run: VaultRun, size: int, root: bytes) -> Note:
    return Note(sign_checkpoint(Checkpoint.at(ORIGIN, size, root), STORE_KEY).raw().decode())


def refused(run: VaultRun, words: str, **lies: Callable[..., Any]) -> None:
    """Check that a pull is refused with these words, and that nothing more is in the vault."""
    before = list(run.place.names())
    with pytest.raises((DamagedError, LedgerBrokenError), match=words):
        run.pulling(**lies).pull()
    assert list(run.place.names()) == before


def changed(at: int, change: Callable[[bytes], bytes | None]) -> Callable[..., RecordList]:
    """Answer with the object of one line changed."""

    def records(
        real: Callable[..., RecordList], start: int, limit: int, *, bare: bool = False
    ) -> RecordList:
        found = real(start, limit, bare=bare)
        if not bare and start <= at < start + len(found.records):
            kind, content, thing = found.records[at - start]
            found.records[at - start] = (kind, content, change(thing or b""))
        return found

    return records


@pytest.mark.attack
def test_an_object_that_is_not_its_lines_is_refused_and_named(run: VaultRun) -> None:
    run.deposit(entries=5)
    refused(run, "line 3", records=changed(3, lambda thing: thing[:-1] + bytes([thing[-1] ^ 1])))


@pytest.mark.attack
def test_swapped_objects_are_refused(run: VaultRun) -> None:
    run.deposit(entries=5)

    def swapped(real: Callable[..., RecordList], *asked: int) -> RecordList:
        found = real(*asked)
        found.records[2], found.records[3] = found.records[3], found.records[2]
        return found

    refused(run, "line 2", records=swapped)


@pytest.mark.attack
@pytest.mark.parametrize("change", [lambda _: b"", lambda t: t[:20], lambda _: b"x" * 500])
def test_an_object_encrypted_by_ransomware_is_refused(
    run: VaultRun, change: Callable[[bytes], bytes]
) -> None:
    run.deposit(entries=5)
    refused(run, "line 4", records=changed(4, change))


@pytest.mark.attack
def test_an_entry_dropped_without_explanation_is_refused(run: VaultRun) -> None:
    run.deposit(entries=5)
    refused(run, "line 4 is missing", records=changed(4, lambda _: None))


@pytest.mark.attack
@pytest.mark.parametrize("why", [-1, 0, 1, 2])
def test_a_wrap_dropped_for_no_true_reason_is_refused(run: VaultRun, why: int) -> None:
    lease = run.deposit("anna", entries=2)
    run.deposit("budi")
    run.rotate(lease)

    def lies(real: Callable[..., RecordList], *asked: int) -> RecordList:
        found = real(*asked)
        return RecordList(found.records, [msgspec.structs.replace(g, why=why) for g in found.gone])

    refused(run, "line 0 is missing", records=lies)
    assert run.pulling().pull() == 6


@pytest.mark.attack
def test_a_wrap_dropped_for_another_charts_shredding_is_refused(run: VaultRun) -> None:
    run.deposit("anna")
    run.deposit("budi")
    run.shred("budi")

    def lies(real: Callable[..., RecordList], start: int, limit: int) -> RecordList:
        found = real(start, limit)
        if start == 0:
            gone = found.gone[0]
            found.records[0] = (1, None, None)
            line = line_of(RecordType.WRAP, real(0, 1).records[0][2] or b"")
            found.gone.insert(0, gone.__class__(0, line, b"anna" * 4, gone.key, gone.why))
        return found

    refused(run, "line 4 is no reason", records=lies)


@pytest.mark.attack
def test_a_history_of_the_same_length_with_another_root_is_refused(run: VaultRun) -> None:
    run.deposit(entries=3)
    run.pulling().pull()
    lie = forged(run, 4, b"r" * 32)
    refused(run, "forked", checkpoint=lambda _real: lie)


@pytest.mark.attack
def test_a_ledger_that_shrank_is_refused(run: VaultRun) -> None:
    run.deposit(entries=3)
    early = run.client().checkpoint()
    run.deposit(entries=3)
    run.pulling().pull()
    refused(run, "shrank from 8 lines to 4", checkpoint=lambda _real: early)


@pytest.mark.attack
def test_a_rewritten_store_is_refused_and_the_vault_keeps_what_it_has(
    run: VaultRun, tmp_path: Path
) -> None:
    run.deposit("anna", entries=3)
    run.pulling().pull()
    other = VaultRun(tmp_path)  # root writes a whole new history with the stolen signing key
    other.deposit("budi", entries=30)
    run.store, mine = other.store, run.store
    refused(run, "written anew")
    run.store = mine
    assert run.pulling().pull() == 4
    other.close()


@pytest.mark.attack
def test_a_checkpoint_somebody_else_signed_is_refused(run: VaultRun) -> None:
    run.deposit()

    def other(real: Callable[[], Note]) -> Note:
        text, _, signed = real().note.rpartition("\n\n")
        return Note(text.replace("\n2\n", "\n3\n") + "\n\n" + signed)

    refused(run, "signed|signature", checkpoint=other)


@pytest.mark.attack
def test_lines_that_are_promised_and_not_there_are_refused(run: VaultRun) -> None:
    run.deposit(entries=3)
    refused(run, "line 2 is missing", records=lambda real, s, n: real(s, min(n, max(0, 2 - s))))


@pytest.mark.attack
@pytest.mark.parametrize("blob", [b"short", LONG])
@pytest.mark.parametrize("deed", ["flip", "cut", "longer", "gone"])
def test_a_blob_that_is_not_its_lines_is_refused_and_named(
    run: VaultRun, blob: bytes, deed: str
) -> None:
    run.deposit(blobs=(blob,))
    (path,) = run.blob_files()
    raw = bytearray(path.read_bytes())
    if deed == "flip":
        raw[len(raw) // 2] ^= 1
    changed_to = {"cut": raw[:-9], "longer": raw + b"more", "gone": b""}.get(deed, raw)
    path.write_bytes(changed_to)
    if deed == "longer" and blob is LONG:
        run.pulling().pull()  # only as much as the line says is ever read
        check_whole(run)
        return
    refused(run, "the blob of line 1")


def test_a_blob_a_person_does_without_is_left_out_and_nothing_else(run: VaultRun) -> None:
    run.deposit(blobs=(b"short",))
    (path,) = run.blob_files()
    path.unlink()
    assert run.pulling(without=(1,)).pull() == 3
    check_whole(run)


def test_a_rotten_object_a_person_does_without_holds_up_nothing_else(run: VaultRun) -> None:
    run.deposit(entries=5)
    run.deposit("budi")
    assert run.pulling(without=(3,), records=changed(3, lambda _: b"rotten")).pull() == 8
    check_whole(run)
    assert 3 not in {each.at for each in run.archive.objects()}


@pytest.mark.attack
def test_doing_without_one_object_lets_in_no_other_that_is_not_its_lines(run: VaultRun) -> None:
    run.deposit(entries=5)
    with pytest.raises(DamagedError, match="line 4"):
        run.pulling(without=(3,), records=changed(4, lambda _: b"rotten")).pull()
    assert list(run.place.names()) == []


@pytest.mark.attack
def test_a_full_vault_disk_loses_nothing_and_is_no_refusal(
    run: VaultRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.deposit(entries=3)
    pulling = run.pulling()

    def full(*_: object) -> int:
        raise OSError(28, "full")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UnavailableError, match="full"):
        pulling.pull()
    monkeypatch.undo()
    assert list(run.place.names()) == []
    assert pulling.pull() == 4


@pytest.mark.attack
def test_a_segment_taken_out_of_the_vault_is_pulled_again(run: VaultRun) -> None:
    pulling = run.pulling()
    for _ in range(4):
        run.deposit()
        pulling.pull()
    gone = run.archive.segments[1].name
    (run.folder / "vault" / gone.text()).unlink()
    assert run.archive.size == 2
    assert run.pulling().pull() == 8
    check_whole(run)


@pytest.mark.attack
def test_a_vault_with_a_gap_still_refuses_what_forks_behind_it(
    run: VaultRun, tmp_path: Path
) -> None:
    pulling = run.pulling()
    for _ in range(4):
        run.deposit()
        pulling.pull()
    (run.folder / "vault" / run.archive.segments[1].name.text()).unlink()
    early = run.client().checkpoint().note
    del early
    lie = forged(run, 6, b"r" * 32)
    refused(run, "shrank", checkpoint=lambda _real: lie)


@pytest.mark.attack
def test_its_own_newest_segment_is_not_believed_when_it_was_changed(run: VaultRun) -> None:
    run.deposit(entries=3)
    run.pulling().pull()
    name = run.archive.segments[0].name.text()
    raw = bytearray((run.folder / "vault" / name).read_bytes())
    raw[-30] ^= 1  # the last peak
    path = run.folder / "vault" / name
    path.chmod(0o600)
    path.write_bytes(raw)
    with pytest.raises(ChartkeepError):
        run.pulling().pull()
