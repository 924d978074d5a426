"""A whole vault: both ledgers of a house, the kit, alarms, and a wire that only reads."""

import json
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chartkeep.errors import (
    ChartkeepError,
    LedgerBrokenError,
    NotAllowedError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.model import Millis
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.mirrored import MirroredPlace, check_sound
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault import protocol as ask
from chartkeep.recovery.vault.alarms import HOUR, VaultAlarms
from chartkeep.recovery.vault.client import RemoteShelf
from chartkeep.recovery.vault.clock import Reading, VaultClock
from chartkeep.recovery.vault.cover import Cover, sound_cover
from chartkeep.recovery.vault.hearing import Hearing
from chartkeep.recovery.vault.pulling import Pulling
from chartkeep.recovery.vault.records import RecordsSource
from chartkeep.recovery.vault.refusals import Refusals
from chartkeep.recovery.vault.releases import ReleasesSource
from chartkeep.recovery.vault.running import KIT_EACH, MOST_KITS, Parts, Vault
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
from tests.recovery.vaults import LOG, WITNESS, Direct, VaultRun
from tests.store.house import peer_of, signing_key


class Lone:
    """A vault of one ledger without threads or a wire: its rounds are called by the test."""

    def __init__(self, run: VaultRun, **lies: Any) -> None:
        self.run, self.steady = run, 0
        self.home = run.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.hooked: list[str] = []
        self.kit = b""
        self.client: Any = Meddling(run.client(), **lies)
        self.alarms = VaultAlarms(self.home / "alarms.jsonl", lambda: run.now, self.hooked.append)
        self.clock = VaultClock(self.home / "clock", self.read, self.alarms.ring)
        self.refusals = Refusals(self.home)
        cover = Cover(run.place, Ledger.RECORDS)
        source = RecordsSource(self.client, run.place, self.clock.now, self.refusals.without)
        pulling = Pulling(
            source, run.place, cover, (LOG, WITNESS), self.clock.now, 1_000, self.clock.vouch
        )
        retention = Retention()
        tidying = Tidying(run.place, [cover], retention, self.alarms.ring)
        scrub = Scrub(run.place, partial(check_sound, run.place), self.alarms.ring)
        self.parts = Parts(
            {Ledger.RECORDS: pulling}, run.place, tidying, scrub, retention, self.clock,
            self.alarms, self.refusals, lambda: self.kit, lambda: None,
        )  # fmt: skip
        self.vault = Vault(self.parts)

    def read(self) -> Reading:
        return Reading(self.run.now, self.steady)

    def go(self, millis: int) -> None:
        self.run.now, self.steady = Millis(self.run.now + millis), self.steady + millis

    def round(self) -> ask.LedgerHealth:
        self.vault.pull(Ledger.RECORDS)
        return health_of(self.vault, self.parts).ledgers[0]

    @property
    def red(self) -> list[str]:
        return health_of(self.vault, self.parts).red

    def written(self) -> list[str]:
        path = self.home / "alarms.jsonl"
        return [json.loads(line)["alarm"] for line in path.read_text().splitlines()]


def test_a_round_takes_what_is_new_and_says_how_it_is(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit(entries=3)
    found = lone.round()
    assert (found.ledger, found.size, found.trouble, found.refused) == ("records", 4, "", "")
    assert lone.red == []


@pytest.mark.attack
def test_what_was_refused_stays_refused_over_a_restart_until_a_person_looks(
    run: VaultRun,
) -> None:
    run.deposit(entries=3)
    (early,) = [run.client().checkpoint()]
    run.deposit("budi")
    Lone(run).round()
    lone = Lone(run, checkpoint=lambda _real: early)
    assert "shrank" in lone.round().refused
    assert "shrank" in lone.written()[0]
    assert lone.hooked == lone.written()
    honest = Lone(run)
    assert "shrank" in honest.round().refused
    assert any("refused until a person looks" in sentence for sentence in honest.red)
    honest.refusals.lift(Ledger.RECORDS, [])
    run.deposit("carla")
    assert (honest.round().refused, honest.round().size) == ("", 8)


@pytest.mark.attack
def test_a_store_that_is_away_is_no_refusal_and_is_alarmed_after_a_minute(run: VaultRun) -> None:
    def away(_real: Any) -> None:
        raise UnavailableError("the store does not answer")

    lone = Lone(run, checkpoint=away)
    assert lone.round().trouble == "the store does not answer"
    assert lone.red == []
    lone.go(61_000)
    lone.round()
    assert "not pulled for 61 s" in lone.red[0]


@pytest.mark.attack
def test_what_a_store_says_of_itself_is_no_refusal_and_ends_when_it_answers_again(
    run: VaultRun,
) -> None:
    class Sick(Direct):
        said: ChartkeepError | None = None

        def ask_while(self, request: Any, answer: Any, work: Any) -> Any:
            if self.said:
                raise self.said
            return super().ask_while(request, answer, work)

    wire = Sick(run.store, peer_of("vault"))
    run.client = lambda _name="vault": StoreClient(Hearing(wire))  # type: ignore[method-assign]
    lone = Lone(run)
    run.deposit(entries=3)
    wire.said = LedgerBrokenError("the store's database cannot be read")
    assert lone.round().refused == ""
    lone.go(61_000)
    assert "it says of itself: the store's database" in lone.round().trouble
    assert "not pulled for 61 s" in lone.red[0]
    wire.said = None
    assert (lone.round().trouble, lone.round().size) == ("", 4)


def test_what_the_vault_does_without_is_named_in_every_status(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit(entries=3)
    lone.refusals.lift(Ledger.RECORDS, [2])
    assert lone.round().size == 4
    assert any(sentence.endswith("rotten at the store: 2") for sentence in lone.red)
    with pytest.raises(RefusedError, match="cannot be left out"):
        lone.refusals.lift(Ledger.RELEASES, [2])


@pytest.mark.attack
def test_a_place_that_lost_its_certificate_is_alarmed_and_tried_again(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit()

    def untrusted(_real: Any, *_: object) -> None:
        raise NotAllowedError("this place was not probed within a day")

    place: Any = Meddling(run.place, put=untrusted)
    lone.parts.pulling[Ledger.RECORDS]._place = place
    assert "not probed" in lone.round().trouble
    lone.parts.pulling[Ledger.RECORDS]._place = run.place
    assert lone.round().size == 2


def test_every_version_of_the_kit_is_kept_once(run: VaultRun) -> None:
    lone = Lone(run)
    for kit in (b"", b"first", b"first", b"second", b"first"):
        lone.kit = kit
        lone.go(KIT_EACH + 1)
        lone.vault.tidy()
    Lone(run).vault.tidy()
    kept = [run.place.read(name) for name in run.place.names("kit/")]
    assert kept == [b"first", b"second"]


@pytest.mark.attack
def test_a_store_that_gives_ever_new_kits_does_not_fill_the_vault(run: VaultRun) -> None:
    lone = Lone(run)
    for number in range(2 * MOST_KITS):
        lone.kit = b"kit %d" % number
        lone.go(KIT_EACH + 1)
        lone.vault.tidy()
    lone.kit = bytes(5 << 20)
    lone.go(86_400_000)
    lone.vault.tidy()
    assert len(list(run.place.names("kit/"))) == MOST_KITS
    assert "too many" in lone.written()[0]


@pytest.mark.attack
def test_ten_years_ahead_the_vault_goes_on_and_nothing_expires(run: VaultRun) -> None:
    lone = Lone(run)
    for _ in range(20):
        run.deposit()
        lone.round()
        lone.vault.tidy()
    before = list(run.place.names())
    run.now = Millis(run.now + 3_650 * 86_400_000)
    lone.vault.tidy()
    lone.vault._kept = 0
    lone.vault.tidy()
    assert list(run.place.names()) == before
    assert "jumped" in lone.written()[0]
    run.ward.now = run.now
    run.deposit()
    assert lone.round().size == 42


@pytest.mark.attack
def test_alarms_that_come_all_day_do_not_fill_the_disk(tmp_path: Path) -> None:
    now = [0]
    alarms = VaultAlarms(tmp_path / "alarms", lambda: now[0])
    for number in range(10_000):
        now[0] = number * 500
        alarms.ring(f"line {number} is not so")
    assert len((tmp_path / "alarms").read_text().splitlines()) == 1 + 9_999 * 500 // HOUR
    assert alarms.sentences() == ["line 9999 is not so"]


def test_a_blob_that_is_lost_is_done_without_by_a_persons_word(run: VaultRun) -> None:
    lone = Lone(run)
    run.deposit(blobs=(b"short",))
    path = run.blob_file()
    path.unlink()
    assert "the blob of line 1" in lone.round().refused
    assert "the blob of line 1" in lone.refusals.lift(Ledger.RECORDS, [1])
    assert lone.round().size == 3


def spoil(folder: Path, name: str) -> None:
    """Flip a bit of a kept object behind the vault's back."""
    path = folder / name
    path.chmod(0o600)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.attack
def test_every_flipped_bit_is_found_by_the_scrub_and_named(run: VaultRun) -> None:
    lone = Lone(run)
    for _ in range(3):
        run.deposit(blobs=(os.urandom(3 << 20),))
        lone.round()
    names = list(run.place.names())
    for name in names:
        spoil(run.folder / "vault", name)
    said = list[str]()
    scrub = Scrub(run.place, partial(check_sound, run.place), said.append)
    for _ in names:
        scrub.step()
    assert {sentence.partition(":")[0] for sentence in said} == set(names)


@pytest.mark.attack
def test_the_scrub_mends_each_place_from_the_other(run: VaultRun) -> None:
    other = FolderPlace(run.folder / "other")
    first, said = run.place, list[str]()
    run.place = MirroredPlace(first, other, said.append)  # type: ignore[assignment]
    lone = Lone(run)
    for _ in range(4):
        run.deposit()
        lone.round()
    names = list(run.place.names())
    for at, name in enumerate(names):
        spoil(run.folder / ("vault" if at % 2 else "other"), name)
    scrub = Scrub(run.place, lambda name: run.place.mend(name, run.now), said.append)  # type: ignore[attr-defined]
    scrub.step()
    for place in (first, other):
        for name in names:
            check_sound(place, name)
    assert len(said) == len(names)


@pytest.mark.attack
def test_a_newest_segment_that_is_damaged_is_pulled_again_at_the_next_start(run: VaultRun) -> None:
    lone = Lone(run)
    for _ in range(3):
        run.deposit()
        lone.round()
    newest = run.archive.segments[-1].name
    spoil(run.folder / "vault", newest.text())
    said = list[str]()
    assert sound_cover(run.place, Ledger.RECORDS, said.append).names[-1].end == newest.first
    assert newest.text() in said[0]


# Over the wire, both ledgers, in threads.


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


def wait_for(check: Any, seconds: float = 10) -> None:
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
