"""A vault's home on its own host, and the process that runs from it.

    vault.json             names, addresses, public keys, retention; nothing secret
    vault.key              how it proves itself to the house: moved here, no copy stays there
    restore.key            how somebody who restores proves themselves to the vault: kept offline
    tls/                   authority.pem, vault.pem, vault.key: when the house is on other hosts
    clock, alarms.jsonl    the time it saw last; what a person must look into
    refused-*.json         what stays refused until a person looked: chartkeep vault-resume
    places/                certificates of the places it keeps things in

What it keeps lies where `place` says, and at `second` once more if that is given: nothing here is
needed to restore but one of the two, and the operators' shares.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from chartkeep.errors import (
    BadInputError,
    ChartkeepError,
    NotAllowedError,
    RefusedError,
    UnavailableError,
)
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.ledger.note import VerifierKey
from chartkeep.model import Millis
from chartkeep.recovery.folder import sync_folder
from chartkeep.recovery.mirrored import MirroredPlace, check_sound
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault.alarms import VaultAlarms
from chartkeep.recovery.vault.client import RemoteShelf
from chartkeep.recovery.vault.clock import Reading, VaultClock
from chartkeep.recovery.vault.cover import sound_cover
from chartkeep.recovery.vault.hearing import Hearing
from chartkeep.recovery.vault.pulling import Pulling, Source
from chartkeep.recovery.vault.records import RecordsSource
from chartkeep.recovery.vault.refusals import Refusals
from chartkeep.recovery.vault.releases import ReleasesSource
from chartkeep.recovery.vault.running import Parts, Vault
from chartkeep.recovery.vault.scrub import Scrub
from chartkeep.recovery.vault.service import VaultService, health_of
from chartkeep.recovery.vault.tidying import DAY, Retention, Tidying
from chartkeep.sealing.keys import fresh_id, fresh_secret
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.client import StoreClient
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.server import Listener
from chartkeep.wiring.alarming import hook_of
from chartkeep.wiring.founding import socket_path
from chartkeep.wiring.home import Home, mutual_tls, read_signing_key, write_secret
from chartkeep.wiring.places import begin_place, check_begun, check_place, open_place
from chartkeep.wiring.running import ending_event, now, steady

FORMAT = "chartkeep-vault-1"
INSTANCE = "vault"
RESTORER = "restore"


class VaultFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`vault.json`."""

    format: str
    facility: str
    store: str
    keyholder: str
    store_key: str
    releases_key: str
    witness_key: str
    place: str
    second: str
    address: str
    """Where it listens for who restores."""
    peers: dict[str, str]
    """Who may read from it: public keys by name, hex. Nobody may do more."""
    fresh_days: int = 7
    merged_days: int = 35
    whole_days: int = 1_095
    pause: float = 0.5
    hook: str = ""
    """A program that is run with each alarm's sentence."""


class VaultHome:
    """A vault's folder."""

    def __init__(self, root: Path) -> None:
        """Read it. Raises UnavailableError when there is none."""
        self.root = root
        try:
            self.file = msgspec.json.decode((root / "vault.json").read_bytes(), type=VaultFile)
        except OSError as error:
            raise UnavailableError(
                f"there is no vault in {root}", hint="run chartkeep vault-home, or give --home"
            ) from error
        except msgspec.MsgspecError as error:
            raise RefusedError(f"{root / 'vault.json'} is not readable", hint="mend it") from error
        if self.file.format != FORMAT:
            raise RefusedError(f"{root} is of another version", hint="use a newer chartkeep")

    @property
    def retention(self) -> Retention:
        """Give the retentions in ms."""
        file = self.file
        return Retention(file.fresh_days * DAY, file.merged_days * DAY, file.whole_days * DAY)

    def keys(self, ledger: Ledger) -> tuple[VerifierKey, VerifierKey]:
        """Give the keys of a ledger and of the witness."""
        mine = self.file.store_key if ledger is Ledger.RECORDS else self.file.releases_key
        return VerifierKey.parse(mine), VerifierKey.parse(self.file.witness_key)

    def key(self, name: str) -> SigningKey:
        """Read one of its two keys."""
        return read_signing_key(self.root / f"{name}.key")

    def connection(self, server: str) -> Client:
        """Make a connection to one of the house's keepers."""
        address = self.file.store if server == "store" else self.file.keyholder
        tls = mutual_tls(self.root / "tls", address, INSTANCE, server=False)
        return Client(
            address, server, Credentials(INSTANCE, self.key("vault"), fresh_id()), tls=tls
        )


def found_vault(
    home: Home, root: Path, place: str, *, address: str = "", second: str = ""
) -> VaultHome:
    """Make a vault's home from the house's; the vault's key is moved there.

    Without an address it listens on a socket of its own host. Raises RefusedError when the folder
    is not empty, or the house has no vault's key to give any more; BadInputError for a place that
    is none. Then nothing was moved.
    """
    for text in (place, *([second] if second else [])):
        check_place(text)
    if root.exists() and any(root.iterdir()):
        raise RefusedError(f"{root} is not empty", hint="choose an empty folder")
    key = home.root / "instances" / f"{INSTANCE}.key"
    if not key.exists():
        raise RefusedError(
            "this house has no vault's key to give",
            hint=f"the vault founded before has it: bring that one's vault.key to {key}",
        )
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    (root / "run").mkdir(mode=0o700)
    restorer = fresh_secret()
    file = home.file
    made = VaultFile(
        FORMAT, file.facility, file.store, file.keyholder, file.store_key, file.releases_key,
        file.witness_key, place, second, address or f"unix:{socket_path(root, 'vault')}",
        {RESTORER: SigningKey.from_seed(restorer).public.hex()},
    )  # fmt: skip
    write_secret(root / f"{RESTORER}.key", restorer.hex())
    write_secret(root / "vault.key", key.read_text())
    (root / "vault.json").write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=2))
    sync_folder(root)  # a key is moved: it must be here before it is nowhere else
    key.unlink()
    return VaultHome(root)


def clock_reading() -> Reading:
    """Read the machine's clocks."""
    return Reading(now(), steady())


def nothing() -> None:
    """Do nothing: what a place without a probe wants done."""


def open_places(
    home: VaultHome, clock: VaultClock, alarms: VaultAlarms
) -> tuple[Place, Callable[[], None]]:
    """Open where a vault keeps things; also gives what must be done hourly: the probes."""
    texts = [text for text in (home.file.place, home.file.second) if text]
    kept = home.root / "places"
    places = [open_place(text, clock.now, alarms.ring, kept) for text in texts]
    until = Millis(clock.now() + home.retention.whole)

    def tend() -> None:
        for place in places:
            try:
                certificate = place.tend()
            except ChartkeepError as error:  # the other place is probed all the same
                alarms.ring(f"a place cannot be probed: {error}")
                continue
            for trial in certificate.broken if certificate else ():
                alarms.ring(f"a place does not keep what it is given: {trial.tried}")

    for text, place in zip(texts, places, strict=True):
        check_begun(place, text, kept)
    tend()
    for text, place in zip(texts, places, strict=True):
        with suppress(UnavailableError, NotAllowedError):  # alarmed by `tend`; next time then
            begin_place(place, text, kept, home.file.facility, until)
    if len(places) == 1:
        return places[0], tend
    return MirroredPlace(places[0], places[1], alarms.ring), tend


def _check_of(place: Place, clock: VaultClock, retention: Retention) -> Callable[[str], object]:
    """Choose how an object is checked: mended from its second copy where there is one."""
    if isinstance(place, MirroredPlace):
        return lambda name: place.mend(name, Millis(clock.now() + retention.whole))
    return partial(check_sound, place)


@contextmanager
def open_vault(home: VaultHome, place: Place | None = None) -> Iterator[tuple[Vault, Parts]]:
    """Put a vault together, not started; `place` instead of the one its file names, for tests."""
    root, retention = home.root, home.retention
    alarms = VaultAlarms(root / "alarms.jsonl", now, hook_of(home.file.hook))
    clock = VaultClock(root / "clock", clock_reading, alarms.ring)
    refusals = Refusals(root)
    tend = nothing
    if place is None:
        place, tend = open_places(home, clock, alarms)
    covers = {ledger: sound_cover(place, ledger, alarms.ring) for ledger in Ledger}
    clients = [Hearing(home.connection(each)) for each in ("store", "keyholder", "store")]
    records = RecordsSource(
        StoreClient(clients[0]),
        place,
        lambda: Millis(clock.now() + retention.whole),
        refusals.without,
    )
    sources: list[Source] = [records, ReleasesSource(KeyholderClient(clients[1]))]
    pulling = {
        source.ledger: Pulling(
            source, place, covers[source.ledger], home.keys(source.ledger), clock.now,
            retention.fresh, clock.vouch,
        )
        for source in sources
    }  # fmt: skip
    scrub = Scrub(place, _check_of(place, clock, retention), alarms.ring)
    tidying = Tidying(place, list(covers.values()), retention, alarms.ring)
    parts = Parts(
        pulling, place, tidying, scrub, retention, clock, alarms, refusals,
        StoreClient(clients[2]).kit, tend,
    )  # fmt: skip
    vault = Vault(parts, home.file.pause)
    try:
        yield vault, parts
    finally:
        vault.close()
        for client in clients:
            client.close()


def run_vault(home: VaultHome) -> None:
    """Run a vault until it is told to stop."""
    ending = ending_event()
    with open_vault(home) as (vault, parts):
        peers = {name: bytes.fromhex(key) for name, key in home.file.peers.items()}
        service = VaultService(
            parts.place, peers, lambda: health_of(vault, parts), parts.alarms.ring
        )
        tls = mutual_tls(home.root / "tls", home.file.address, INSTANCE, server=True)
        listener = Listener(service, home.file.address, tls)
        listener.start()
        vault.start()
        ending.wait()
        listener.stop()
        service.close()


def remote_shelf(home: VaultHome) -> RemoteShelf:
    """Read from a running vault with `restore.key` and, over TLS, the certificate `restore`."""
    address = home.file.address
    tls = mutual_tls(home.root / "tls", address, RESTORER, server=False)
    return RemoteShelf(
        Client(address, "vault", Credentials(RESTORER, home.key(RESTORER), fresh_id()), tls=tls)
    )


def read_ledger(word: str) -> Ledger:
    """Read which ledger a person means. Raises BadInputError."""
    for ledger in Ledger:
        if ledger.word == word:
            return ledger
    raise BadInputError(f"no such ledger: {word}", hint="records or releases")


def lift_refusal(home: VaultHome, ledger: Ledger, without: list[int]) -> str:
    """Let a vault try again, and write down that somebody did; gives why it had refused."""
    why = Refusals(home.root).lift(ledger, without)
    if why:
        alarms = VaultAlarms(home.root / "alarms.jsonl", now)
        alarms.ring(f"{ledger.word} is tried again by a person's word; it was refused: {why}")
    return why
