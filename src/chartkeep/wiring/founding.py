"""`init`: a new house in an empty folder, with its first people and programs."""

import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from chartkeep.errors import RefusedError
from chartkeep.keyholder import actions
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.clock import Reading
from chartkeep.keyholder.founding import found_keyholder
from chartkeep.keyholder.name import Name
from chartkeep.keyholder.proving import fresh_totp, hash_password
from chartkeep.ledger.note import WITNESS_KEY, VerifierKey
from chartkeep.model import FacilityId
from chartkeep.sealing.hsm import Pkcs11Token
from chartkeep.sealing.kek import Cost, PassphraseFile, write_kek_document
from chartkeep.sealing.keyfile import read_key_file
from chartkeep.sealing.keys import fresh_id, fresh_secret
from chartkeep.sealing.signing import SigningKey
from chartkeep.wiring.home import (
    FORMAT,
    SHORTEST_PIN,
    Home,
    HouseFile,
    verifier,
    write_house,
    write_secret,
)
from chartkeep.wiring.programs import PROGRAMS, make_programs
from chartkeep.witness.memory import load_key

WITNESS_NAME = "chartkeep.example/witness"


class Newcomer(NamedTuple):
    """A first person, with the password and TOTP secret they are told once."""

    name: str
    role: str
    wards: list[str]
    password: str
    totp: str


def newcomer(name: str, role: str, wards: Iterable[str] = ()) -> Newcomer:
    """Draw a person's first password and TOTP secret."""
    return Newcomer(name, role, list(wards), secrets.token_urlsafe(9), fresh_totp())


class Token(NamedTuple):
    """A PKCS#11 token that holds the key-encryption key; the key file holds its PIN."""

    module: str
    label: str


def init(
    root: Path,
    facility: str,
    key_file: Path,
    people: list[Newcomer],
    read_clock: Callable[[], Reading],
    *,
    cost: Cost | None = None,
    cheap: bool = False,
    retention_years: int = 5,
    token: Token | None = None,
) -> Home:
    """Found a house.

    Raises RefusedError when the folder is not empty, or when the key file would lie under it.
    """
    _check_places(root, key_file)
    if token is None:
        make_key_file(key_file)
    name = Name(facility, FacilityId(fresh_id()))
    for folder in ("keyholder", "store", "witness", "instances", "run"):
        (root / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    kek = _make_kek(key_file, cost, token)
    (root / "keyholder" / "kek.json").write_bytes(write_kek_document(kek.document))
    write_secret(root / "store" / "signing.key", fresh_secret().hex())
    programs = make_programs(root, PROGRAMS)
    book = Book(root / "keyholder" / "keyholder.db")
    first: list[actions.Actions] = [*programs, *(enrolment(each, cheap=cheap) for each in people)]
    keyholder = found_keyholder(book, name, kek, read_clock, first)
    releases = verifier(name.origin, keyholder.ring.signing)
    book.close()
    return _write_home(root, name, key_file, releases, retention_years, token)


def _make_kek(
    key_file: Path, cost: Cost | None, token: Token | None
) -> PassphraseFile | Pkcs11Token:
    if token is None:
        return PassphraseFile.create(read_key_file(key_file), cost)
    pin = read_key_file(key_file, SHORTEST_PIN).decode()
    return Pkcs11Token.create(token.module, token.label, pin)


def make_key_file(path: Path) -> None:
    """Write a new passphrase, unless a file is there already."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(32) + "\n")


def _check_places(root: Path, key_file: Path) -> None:
    if root.exists() and any(root.iterdir()):
        raise RefusedError(f"{root} is not empty", hint="choose an empty folder")
    if key_file.resolve().is_relative_to(root.resolve()):
        raise RefusedError(
            "the key file would lie under the data folder",
            hint="whoever copies the data would have the key: put it on another disk or stick",
        )


def enrolment(person: Newcomer, *, cheap: bool = False) -> actions.AddPerson:
    """Make the act that gives a person their role; only a hash of the password goes with it."""
    secret = hash_password(person.password, cheap=cheap)
    return actions.AddPerson(person.name, person.role, person.wards, secret, person.totp)


def _write_home(
    root: Path,
    name: Name,
    key_file: Path,
    releases: str,
    retention_years: int,
    token: Token | None,
) -> Home:
    witness = VerifierKey(WITNESS_NAME, WITNESS_KEY, load_key(root / "witness").public)
    records = f"chartkeep.example/{name.id.hex()}/records"
    store_key = SigningKey.from_seed(bytes.fromhex((root / "store/signing.key").read_text()))
    file = HouseFile(
        FORMAT, name.facility, name.id.hex(), str(key_file.resolve()),
        f"unix:{socket_path(root, 'keyholder')}", f"unix:{socket_path(root, 'store')}",
        f"http://127.0.0.1:{free_port()}", witness.text(), verifier(records, store_key),
        releases, retention_years, token.module if token else "",
    )  # fmt: skip
    write_house(root, file)
    return Home(root)


def socket_path(root: Path, name: str) -> Path:
    """Choose a socket's path: short enough for the kernel (108 bytes), readable where it can be."""
    path = root.resolve() / "run" / f"{name}.sock"
    if len(os.fsencode(path)) < 100:
        return path
    return Path(tempfile.mkdtemp(prefix="chartkeep-")) / f"{name}.sock"


def free_port() -> int:
    """Choose a TCP port nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
