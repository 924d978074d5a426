"""A house whose store is gone comes back from its vault, and wards read and write meanwhile."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.custody.release import release
from chartkeep.errors import UnavailableError
from chartkeep.model import ChartId, Millis, to_text
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.shelf import FolderShelf
from chartkeep.recovery.vault.cover import Cover
from chartkeep.recovery.vault.pulling import Pulling
from chartkeep.recovery.vault.records import RecordsSource
from chartkeep.store import vaulting
from chartkeep.store.client import StoreClient
from chartkeep.wiring.home import Home
from chartkeep.wiring.kit import KIT
from chartkeep.wiring.launch import Running
from chartkeep.wiring.regaining import (
    ask_inpatients,
    find_keyless,
    lay_keyholder,
    open_keyholder,
)
from chartkeep.wiring.restoring import Restore, lay_house
from chartkeep.wiring.running import connection, now
from chartkeep.wiring.standby import back_up, name_operators
from chartkeep.wiring.verifying import signed_head, verify_records
from chartkeep.witness.gaps import accept_gap, read_gap
from tests.attacks.house import (
    Founded,
    look,
    small_hospital,
    start,
    started,
    until_witnessed,
    write_bundles,
)

YEAR = 365 * 86_400_000


class Lost(NamedTuple):
    """A house whose store's folder is gone; its vault, its operators' shares, who lies in beds."""

    founded: Founded
    run: Running
    vault: Path
    shares: list[str]
    inpatients: list[ChartId]
    others: list[ChartId]
    backup: Path


class Quiet(RecordsSource):
    """A vault that tells the store nothing: no instance of it is registered here."""

    def kept(self, size: int) -> None:
        del size


def pull(home: Home, vault: Path) -> None:
    """Do one round of a vault, and take the kit."""
    place = FolderPlace(vault)
    with closing(StoreClient(connection(home, "store", "verifier"))) as store:
        source = Quiet(store, place, lambda: Millis(now() + YEAR))
        keys = (home.records_key, home.witness_key)
        Pulling(source, place, Cover(place, Ledger.RECORDS), keys, now, YEAR).pull()
    kit = (home.root / "store" / KIT).read_bytes()
    place.put(f"kit/{now():016x}-{sha256(kit).hexdigest()}", [kit], now())


@pytest.fixture
def lost(founded: Founded, folder: Path) -> Iterator[Lost]:
    with started(founded.home, "witness", "store", "keyholder") as run:
        shares = name_operators(founded.home, 2, ["haruto", "indah", "jun"])
        charts = founded.load(write_bundles(folder / "in", small_hospital(12)))
        charts = list(dict.fromkeys(charts))
        founded.admit(charts[:4])
        back_up(founded.home, folder / "minato.backup")
        until_witnessed(founded.join("verifier"))
        pull(founded.home, folder / "vault")
        run.stop("store", kill=True)
        (founded.home.root / "store").rename(folder / "encrypted")
        yield Lost(
            founded, run, folder / "vault", shares[1:], charts[:4], charts[4:],
            folder / "minato.backup",
        )  # fmt: skip


@pytest.mark.attack
def test_wards_read_and_write_while_the_rest_comes_and_nothing_is_missing(
    lost: Lost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = FolderShelf(lost.vault)
    home = lay_house(shelf, folder / "new", lost.shares[:2], lost.founded.key_file)
    desk = lost.founded.join("desk")
    aiko = lost.founded.login(desk, "aiko")
    seen: list[object] = []
    paths = write_bundles(folder / "more", small_hospital(13))[12:]

    def on_the_ward() -> None:
        first, other = lost.inpatients[0], lost.others[0]
        seen.append(release(first, look(aiko), desk).damaged)
        with pytest.raises(UnavailableError, match="being restored"):
            release(other, look(aiko), desk)
        seen.append(lost.founded.load(paths))

    inpatients = ask_inpatients(home)
    assert set(inpatients.charts) == set(lost.inpatients)

    def write() -> None:
        lost.founded.load(paths)

    waiting = Restore(home, shelf, lambda _: None, after_vault=True)
    with monkeypatch.context() as patch:  # no vault follows: it is kept, and nobody has heard yes
        patch.setattr(vaulting, "PATIENCE", 0)
        with pytest.raises(UnavailableError, match="the vault has not taken this yet"):
            waiting.run(inpatients, serve=True, ready=write)
    restore = Restore(home, shelf, lambda _: None, key_file=lost.founded.key_file)
    proof = restore.run(inpatients, serve=True, ready=on_the_ward)
    assert seen[0] == []
    assert proof.whole, proof.sentences()
    assert proof.later > 0
    assert proof.cosigned == proof.size
    assert "was asked too" in proof.witness
    assert verify_records(home).wrong == []
    newcomer = seen[1][-1]  # type: ignore[index]
    lay_keyholder(home, str(lost.backup), lost.shares)
    assert set(ask_inpatients(home).charts) == set(lost.inpatients)
    with open_keyholder(home, lost.founded.key_file) as keyholder:
        assert find_keyless(keyholder, [*lost.inpatients, newcomer]) == [newcomer]
    shutil.copytree(home.root / "store", lost.founded.home.root / "store")
    start(lost.run, "store")
    lost.founded.admit([newcomer], "3W")
    for chart in (lost.inpatients[0], newcomer):
        assert release(chart, look(aiko), desk).damaged == []


@pytest.mark.attack
def test_what_the_vault_had_not_pulled_is_named_and_the_store_goes_on_red(
    founded: Founded, folder: Path
) -> None:
    with started(founded.home, "witness", "store", "keyholder") as run:
        shares = name_operators(founded.home, 2, ["haruto", "indah"])
        paths = write_bundles(folder / "in", small_hospital(3))
        founded.load(paths[:2])
        pull(founded.home, folder / "vault")
        late = founded.load(paths[2:])
        until_witnessed(founded.join("verifier"))
        run.stop("store", kill=True)
        shelf = FolderShelf(folder / "vault")
        home = lay_house(shelf, folder / "new", shares, founded.key_file)
        proof = Restore(home, shelf, lambda _: None).run(ask_inpatients(home), serve=False)
        assert proof.gap is not None
        assert not proof.whole
        assert to_text(late[-1]) in proof.written
        shutil.move(founded.home.root / "store", folder / "encrypted")
        shutil.copytree(home.root / "store", founded.home.root / "store")
        start(run, "store")
        alarms = founded.join("verifier").store.status().alarms
        assert any("must accept the gap" in each for each in alarms)
        head, seen = signed_head(founded.home, Ledger.RECORDS), founded.home.root / "witness"
        gap = read_gap(seen, head.encode(), [founded.home.records_key])
        assert (gap.now.checkpoint.size, gap.saw.checkpoint.size) == proof.gap
        accept_gap(seen, gap, "ibu ratna", now())
        run.stop("store")
        start(run, "store")
        until_witnessed(founded.join("verifier"))
        alarms = founded.join("verifier").store.status().alarms
        assert not any("accept the gap" in each for each in alarms)
