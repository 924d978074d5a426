"""A house's folder on one machine: where everything lies, and who is called what.

    house.json         names, addresses and public keys; nothing secret
    keyholder/         keyholder.db, kek.json: sealed, worthless without the key file
    store/             store.db, blobs, peers.json, signing.key
    witness/           what it saw, its key
    instances/*.key    how a program proves itself
    tls/               authority.pem, NAME.pem, NAME.key: when keepers are on other hosts
    run/               sockets

The key file lies elsewhere: `init` refuses to put it under this folder, since whoever copies the
data would have it too.
"""

import os
import ssl
from pathlib import Path

import msgspec

from chartkeep.errors import RefusedError, UnavailableError, UnknownFormatError
from chartkeep.keyholder.name import Name
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.model import FacilityId
from chartkeep.sealing.hsm import Pkcs11Token
from chartkeep.sealing.kek import (
    KeyEncryptionKey,
    PassphraseFile,
    TokenDocument,
    read_kek_document,
)
from chartkeep.sealing.keyfile import read_key_file
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.peers import Registered
from chartkeep.wire.frames import instance_id

FORMAT = "chartkeep-house-1"
SHORTEST_PIN = 4
YEAR = 365 * 86_400_000


class HouseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`house.json`."""

    format: str
    facility: str
    id: str
    key_file: str
    keyholder: str
    store: str
    witness: str
    witness_key: str
    store_key: str
    releases_key: str
    retention_years: int
    pkcs11_module: str = ""
    alarm_hook: str = ""
    """A program that is given each alarm of the store's guard as its argument; empty for none."""
    follower: str = ""
    """Where this house's keyholder finds its follower; empty for none."""
    primary: str = ""
    """On a follower's host: the keyholder's public key, hex."""
    desk_key: str = ""
    """What checks whatever the incident desk signs: a verifier key; empty without a desk."""
    second_person: bool = False
    """Medication and allergies of paper forms are keyed the second time by another person."""


class Home:
    """Paths and facts of one house's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            self.file = msgspec.json.decode((root / "house.json").read_bytes(), type=HouseFile)
        except OSError as error:
            raise UnavailableError(
                f"there is no house in {root}", hint="run chartkeep init, or give --home"
            ) from error
        except msgspec.MsgspecError as error:
            raise RefusedError(
                f"{root / 'house.json'} is not readable", hint="restore it"
            ) from error
        if self.file.format != FORMAT:
            raise RefusedError(f"{root} is of another version", hint="use a newer chartkeep")

    @property
    def name(self) -> Name:
        """Name the facility and its id."""
        return Name(self.file.facility, FacilityId(bytes.fromhex(self.file.id)))

    @property
    def records_origin(self) -> str:
        """Name the `records` ledger."""
        return f"chartkeep.example/{self.file.id}/records"

    @property
    def retention(self) -> int:
        """Give for how long (ms) a chart may not be shredded."""
        return self.file.retention_years * YEAR

    @property
    def releases_key(self) -> VerifierKey:
        """Give the key that signs `releases`."""
        return VerifierKey.parse(self.file.releases_key)

    @property
    def records_key(self) -> VerifierKey:
        """Give the key that signs `records`."""
        return VerifierKey.parse(self.file.store_key)

    @property
    def log_keys(self) -> list[VerifierKey]:
        """Give the keys of all ledgers a witness of this house cosigns."""
        desk = [VerifierKey.parse(self.file.desk_key)] if self.file.desk_key else []
        return [self.releases_key, self.records_key, *desk]

    @property
    def witness_key(self) -> VerifierKey:
        """Give the witness's key."""
        return VerifierKey.parse(self.file.witness_key)

    def kek(self, key_file: Path | None = None) -> KeyEncryptionKey:
        """Open the key-encryption key: the key file holds its passphrase, or the token's PIN.

        Raises RefusedError when it is the wrong one.
        """
        document = read_kek_document((self.root / "keyholder" / "kek.json").read_bytes())
        path = key_file or Path(self.file.key_file)
        if isinstance(document, TokenDocument):
            pin = read_key_file(path, SHORTEST_PIN).decode()
            return Pkcs11Token.open(document, self.file.pkcs11_module, pin)
        return PassphraseFile.open(document, read_key_file(path))

    def tls(self, address: str, name: str, *, server: bool) -> ssl.SSLContext | None:
        """Make mutual TLS with the certificate of `name`: as `mutual_tls`."""
        return mutual_tls(self.root / "tls", address, name, server=server)

    def instance_key(self, instance: str) -> SigningKey:
        """Read a program's key."""
        path = key_of_instance(self.root, instance)
        if not path.exists():
            raise RefusedError(
                f"there is no key for the instance {instance}",
                hint=f"it belongs into {path}; chartkeep program complete makes what an older "
                "house lacks",
            )
        return read_signing_key(path)

    def programs(self) -> dict[bytes, str]:
        """Name the store's programs by the ids their entries carry; empty on another host."""
        peers = read_peers(self.root).items()
        return {instance_id(bytes.fromhex(peer.key)): name for name, peer in peers}

    def store_key(self) -> SigningKey:
        """Read the key the store signs its heads with."""
        return read_signing_key(self.root / "store" / "signing.key")


def read_signing_key(path: Path) -> SigningKey:
    """Read a key that lies in a file as 64 hex digits. Raises RefusedError."""
    try:
        return SigningKey.from_seed(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except OSError as error:
        raise RefusedError(f"there is no key in {path}", hint="name the file itself") from error
    except (ValueError, UnknownFormatError) as error:
        raise RefusedError(f"{path} holds no key", hint="a key is 64 hex digits") from error


def mutual_tls(folder: Path, address: str, name: str, *, server: bool) -> ssl.SSLContext | None:
    """Make mutual TLS for a network address with the certificate of `name`; None for a socket.

    Raises UnavailableError when a file is missing.
    """
    if not address.startswith("tls:"):
        return None
    purpose = ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH
    try:
        context = ssl.create_default_context(purpose, cafile=folder / "authority.pem")
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    except OSError as error:
        raise UnavailableError(
            f"mutual TLS needs {folder}/authority.pem, {name}.pem and {name}.key",
            hint="have your authority make them",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def write_secret(path: Path, text: str) -> None:
    """Write a file only its owner reads, durably."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_house(root: Path, file: HouseFile) -> None:
    """Write `house.json`, durably: it is the last thing `init` does."""
    target, new = root / "house.json", root / "house.json.new"
    with new.open("wb") as out:
        out.write(msgspec.json.format(msgspec.json.encode(file), indent=2))
        out.flush()
        os.fsync(out.fileno())
    new.replace(target)
    folder = os.open(root, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def key_of_instance(root: Path, instance: str) -> Path:
    """Say where a program's key lies."""
    return root / "instances" / f"{instance}.key"


def read_peers(root: Path) -> dict[str, Registered]:
    """Read who may talk to the store; nobody, on a host without it."""
    try:
        raw = (root / "store" / "peers.json").read_bytes()
    except OSError:
        return {}
    return msgspec.json.decode(raw, type=dict[str, Registered])


def write_peers(root: Path, peers: dict[str, Registered]) -> None:
    """Write who may talk to the store, which may be reading it."""
    (root / "store").mkdir(parents=True, exist_ok=True, mode=0o700)
    new = root / "store" / "peers.json.new"
    new.write_bytes(msgspec.json.encode(peers))
    new.replace(root / "store" / "peers.json")


def verifier(origin: str, key: SigningKey) -> str:
    """Write a log's verifier key."""
    return VerifierKey(origin, LOG_KEY, key.public).text()
