"""A backup opens for k of n people only, is never half a keyholder, and brings back no shred."""

import io
from pathlib import Path

import pytest

from chartkeep.errors import LedgerBrokenError, RefusedError, SealBrokenError, UnknownFormatError
from chartkeep.keyholder.backup import (
    make_backup,
    note_backup,
    reapply_shreds,
    restore_backup,
)
from chartkeep.model import Millis
from chartkeep.sealing.backup import BackupHeader, make_operators, seal_backup
from chartkeep.sealing.shares import Share
from tests import cast
from tests.conftest import KeyholderRun
from tests.keyholder.test_opening import a_chart, opened


def sealed_backup(keyholder: KeyholderRun) -> tuple[bytes, list[Share]]:
    operators, shares = make_operators(2, 3)
    out, reader = io.BytesIO(), keyholder.book.reader()
    make_backup(reader, out.write, cast.FACILITY.id, operators, Millis(keyholder.clock.at))
    reader.close()
    return out.getvalue(), shares


def test_a_restored_keyholder_opens_every_chart_and_keeps_its_sessions(
    keyholder: KeyholderRun, tmp_path: Path
) -> None:
    kept, aiko = a_chart(keyholder, "3W", "12"), keyholder.login("aiko")
    raw, shares = sealed_backup(keyholder)
    assert restore_backup(io.BytesIO(raw), tmp_path / "new", shares[1:]) == keyholder.clock.at
    again = KeyholderRun(tmp_path / "new", keyholder.clock)
    assert opened(again.client(), aiko, kept).error == ""
    again.stop()


@pytest.mark.attack
def test_the_host_that_makes_backups_shows_nothing_of_them_in_clear(
    keyholder: KeyholderRun, tmp_path: Path
) -> None:
    raw, shares = sealed_backup(keyholder)
    assert cast.FACILITY.facility.encode() not in raw
    assert b"chart_key" not in raw
    with pytest.raises(RefusedError, match="2 different shares"):
        restore_backup(io.BytesIO(raw), tmp_path / "new", shares[:1])


def test_it_restores_into_an_empty_folder_only(keyholder: KeyholderRun, tmp_path: Path) -> None:
    raw, shares = sealed_backup(keyholder)
    with pytest.raises(RefusedError, match="not empty"):
        restore_backup(io.BytesIO(raw), keyholder.folder, shares)


@pytest.mark.attack
@pytest.mark.parametrize("at", [200, -1])
def test_a_changed_or_cut_backup_never_looks_whole(
    keyholder: KeyholderRun, tmp_path: Path, at: int
) -> None:
    raw, shares = sealed_backup(keyholder)
    changed = bytearray(raw)
    changed[at] ^= 1
    for number, bad in enumerate((bytes(changed), raw[:-100])):
        folder = tmp_path / str(number)
        with pytest.raises(SealBrokenError):
            restore_backup(io.BytesIO(bad), folder, shares)
        assert not (folder / "keyholder.db").exists()


def test_what_is_no_keyholders_backup_is_refused(tmp_path: Path) -> None:
    operators, shares = make_operators(2, 3)
    for number, plain in enumerate((b"", b"CKK", b"another thing", b"CKK1\0\0\0\x02\x01\x02")):
        out = io.BytesIO()
        seal_backup(
            io.BytesIO(plain), out.write, BackupHeader(cast.FACILITY.id, Millis(1), operators)
        )
        with pytest.raises(UnknownFormatError):
            restore_backup(io.BytesIO(out.getvalue()), tmp_path / str(number), shares)


@pytest.mark.attack
def test_a_restored_keyholder_shreds_again_before_it_serves(
    keyholder: KeyholderRun, tmp_path: Path
) -> None:
    gone, kept = a_chart(keyholder, "3W", "1"), a_chart(keyholder, "3W", "2")
    aiko = keyholder.login("aiko")
    raw, shares = sealed_backup(keyholder)
    restore_backup(io.BytesIO(raw), tmp_path / "new", shares)
    again = KeyholderRun(tmp_path / "new", keyholder.clock)
    assert reapply_shreds(again.keyholder, [gone.chart, bytes(16)]) == 1
    assert opened(again.client(), aiko, gone).error == "NotAllowedError"
    assert opened(again.client(), aiko, kept).error == ""
    assert gone.chart in again.keyholder.standing.shredded
    again.stop()


@pytest.mark.attack
def test_a_lying_store_cannot_have_every_chart_shredded(keyholder: KeyholderRun) -> None:
    charts = [a_chart(keyholder).chart for _ in range(41)]
    for told in (charts, [cast.FACILITY.id]):
        with pytest.raises(LedgerBrokenError, match="shredded"):
            reapply_shreds(keyholder.keyholder, told)
    assert keyholder.client().status().charts == 42


def test_status_says_how_old_the_last_backup_is(keyholder: KeyholderRun) -> None:
    red = keyholder.client().status().red
    assert any("no sealed backup of the last 30 days" in sentence for sentence in red)
    keyholder.service.inner(note_backup)
    keyholder.client().status()
    keyholder.clock.move(hours=24 * 3)
    red = keyholder.client().status().red
    assert any("the last sealed backup is 3 days old" in sentence for sentence in red)
