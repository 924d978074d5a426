"""A vault over the wire, both ledgers of a house, in threads: and a wire that only reads."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from chartkeep.errors import (
    NotAllowedError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault import protocol as ask
from chartkeep.recovery.vault.alarms import VaultAlarms
from chartkeep.recovery.vault.client import RemoteShelf
from chartkeep.recovery.vault.clock import Reading, VaultClock
from chartkeep.recovery.vault.cover import Cover
from chartkeep.recovery.vault.pulling import Pulling
from chartkeep.recovery.vault.records import RecordsSource
from chartkeep.recovery.vault.refusals import Refusals
from chartkeep.recovery.vault.releases import ReleasesSource
from chartkeep.recovery.vault.running import Parts, Vault
from chartkeep.recovery.vault.scrub import Scrub
from chartkeep.recovery.vault.service import VaultService, health_of
from chartkeep.recovery.vault.tidying import Retention, Tidying
from chartkeep.store.client import StoreClient
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import Done, Message
from chartkeep.wire.server import Listener
from tests import cast
from tests.house import HouseRun, Meddling
from tests.records import patient
from tests.recovery.lone import Lone
from tests.recovery.vaults import WITNESS, VaultRun
from tests.store.house import signing_key


@pytest.fixture
def shelf(run: VaultRun) -> Iterator[RemoteShelf]:
    lone = Lone(run)
    run.deposit(entries=3, blobs=(os.urandom(9 << 20),))
    lone.round()
    keys = {"restore": signing_key("restore").public}
    service = VaultService(
        run.place, keys, lambda: health_of(lone.vault, lone.parts), lone.alarms.ring
    )
    listener = Listener(service, f"unix:{run.folder}/v.sock")
    listener.start()
    client = Client(
        f"unix:{run.folder}/v.sock",
        "vault",
        Credentials("restore", signing_key("restore"), b"w" * 16),
    )
    yield RemoteShelf(client)
    client.close()
    listener.stop()
    service.close()


def test_a_shelf_over_the_wire_gives_what_the_place_gives(
    run: VaultRun, shelf: RemoteShelf
) -> None:
    names = list(run.place.names())
    assert list(shelf.names()) == names
    assert list(shelf.names("blobs/")) == names[:1]
    for name in names:
        assert (shelf.size(name), shelf.read(name)) == (run.place.size(name), run.place.read(name))
    assert shelf.read(names[0], 8_999_990, 20) == run.place.read(names[0], 8_999_990, 20)
    assert list(Archive(shelf, Ledger.RECORDS).objects()) == list(run.archive.objects())
    assert shelf.health().ledgers[0].size == 5
    with pytest.raises(NotFoundError):
        shelf.read("records/none")


class Delete(Message, frozen=True, array_like=True, tag=True):
    name: str


@pytest.mark.attack
def test_no_verb_of_the_wire_changes_anything(run: VaultRun, shelf: RemoteShelf) -> None:
    before = list(run.place.names())
    for request in (Delete(before[0]), ask.ReadPart("../store/peers.json", 0, 9)):
        with pytest.raises(RefusedError):
            shelf._client.ask(request, Done)
    assert list(run.place.names()) == before
    verbs = {kind.__name__ for kind in ask.REQUESTS.__args__}
    assert verbs == {"Status", "Names", "ReadPart", "AskSize"}


@pytest.mark.attack
def test_a_stranger_and_a_thief_of_the_vaults_own_key_read_nothing(
    run: VaultRun, shelf: RemoteShelf
) -> None:
    for name in ("vault", "intruder"):
        mine = Credentials(name, signing_key(name), b"w" * 16)
        client = Client(f"unix:{run.folder}/v.sock", "vault", mine)
        with pytest.raises((NotAllowedError, UnavailableError)):
            client.ask(ask.Names("", ""), ask.NameList)
        client.close()
    assert shelf.health().ledgers


def wait_for(check: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def whole(house: HouseRun) -> Iterator[Vault]:
    """A vault in threads over a whole house's sockets."""
    peers = json.loads((house.folder / "store" / "peers.json").read_text())
    peers["vault"] = {"key": cast.key_of("vault").public.hex(), "may": ["pull", "vault"]}
    (house.folder / "store" / "peers.json").write_text(json.dumps(peers))
    folder = house.folder / "vault"
    folder.mkdir()
    place = FolderPlace(folder / "kept")
    store: StoreClient = house.store_client("vault")
    keyholder: KeyholderClient = house.keyholder.client("desk", b"w" * 16)
    alarms = VaultAlarms(folder / "alarms.jsonl", house.now)
    clock = VaultClock(folder / "clock", lambda: Reading(house.now(), house.now()), alarms.ring)
    covers = {ledger: Cover(place, ledger) for ledger in Ledger}
    records = RecordsSource(store, place, clock.now)
    log = VerifierKey(house.identity.origin, LOG_KEY, house.identity.key.public)
    pulling = {
        Ledger.RECORDS: Pulling(
            records, place, covers[Ledger.RECORDS], (log, WITNESS), clock.now, 1_000
        ),
        Ledger.RELEASES: Pulling(
            ReleasesSource(keyholder), place, covers[Ledger.RELEASES],
            (house.releases_key, WITNESS), clock.now, 1_000,
        ),
    }  # fmt: skip
    tidying = Tidying(place, list(covers.values()), Retention(), alarms.ring)
    parts = Parts(
        pulling, place, tidying, Scrub(place, print, alarms.ring), Retention(), clock, alarms,
        Refusals(folder), lambda: b"",
        lambda: None,
    )  # fmt: skip
    vault = Vault(parts, 0.02)
    vault.start()
    yield vault
    vault.close()


def test_both_ledgers_of_a_house_are_pulled(house: HouseRun, whole: Vault) -> None:
    house.send(patient("p"))
    lines = len(house.lines())
    size = house.store.service._state.sequencer.head.size
    wait_for(lambda: whole.states[Ledger.RECORDS].size >= size)
    wait_for(lambda: whole.states[Ledger.RELEASES].size >= lines)
    place = FolderPlace(house.folder / "vault" / "kept")
    assert Archive(place, Ledger.RELEASES).size >= lines
    assert Archive(place, Ledger.RECORDS).size == size
    wait_for(lambda: house.store.vaulting.lag() == 0)


@pytest.mark.attack
def test_a_keyholder_that_is_away_holds_up_no_record(house: HouseRun, whole: Vault) -> None:
    def away(_: Any) -> tuple[str, str]:
        raise UnavailableError("the keyholder does not answer")

    pulling = whole._parts.pulling[Ledger.RELEASES]
    pulling._source = Meddling(pulling._source, heads=away)  # type: ignore[assignment]
    wait_for(lambda: whole.states[Ledger.RELEASES].trouble)
    house.send(patient("p"))
    size = house.store.service._state.sequencer.head.size
    wait_for(lambda: whole.states[Ledger.RECORDS].size >= size)
