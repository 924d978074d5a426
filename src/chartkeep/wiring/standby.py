"""A follower's home, the take-over, sealed backups, restore: the keyholder's second life."""

import os
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.keyholder.backup import make_backup, restore_backup
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.follower import promote
from chartkeep.keyholder.mirror import copy_back
from chartkeep.keyholder.protocol import Login
from chartkeep.keyholder.ring import KeyRing
from chartkeep.keyholder.witnessing import recover
from chartkeep.model import Millis
from chartkeep.recovery.folder import sync_folder
from chartkeep.sealing.backup import join_operators, make_operators
from chartkeep.sealing.shares import read_share, write_share
from chartkeep.wiring.founding import socket_path
from chartkeep.wiring.home import Home, write_house
from chartkeep.wiring.kit import OPERATORS, renew_kit, vouch_for_kits
from chartkeep.wiring.running import connection, now, read_clock
from chartkeep.witness.client import Witness


def found_follower(home: Home, root: Path, address: str = "") -> Home:
    """Make a follower's home from its keyholder's, and tell the keyholder where it is.

    Without an address it is a socket on this machine: for a trial; a follower that shares the
    keyholder's disk protects from nothing. The key file is not copied.
    """
    if root.exists() and any(root.iterdir()):
        raise RefusedError(f"{root} is not empty", hint="choose an empty folder")
    (root / "keyholder").mkdir(parents=True, mode=0o700)
    (root / "run").mkdir(mode=0o700)
    shutil.copy2(home.root / "keyholder" / "kek.json", root / "keyholder" / "kek.json")
    (root / "instances").mkdir(mode=0o700)
    shutil.copy2(home.root / "instances" / "keyholder.key", root / "instances")
    where = address or f"unix:{socket_path(root, 'follower')}"
    primary = home.instance_key("keyholder").public.hex()
    write_house(root, msgspec.structs.replace(home.file, follower=where, primary=primary))
    write_house(home.root, msgspec.structs.replace(home.file, follower=where))
    return Home(root)


def take_over(home: Home, key_file: Path | None = None) -> int:
    """Make a follower's folder the keyholder's; gives the new epoch.

    The old keyholder is never acknowledged again. After it, `chartkeep keyholder` runs here.
    """
    book = Book(home.root / "keyholder" / "keyholder.db")
    try:
        epoch = promote(book, home.name, home.kek(key_file))
        write_house(home.root, msgspec.structs.replace(home.file, follower="", primary=""))
        return epoch
    finally:
        book.close()


def name_operators(home: Home, least: int, names: Sequence[str]) -> list[str]:
    """Make the operators' key; gives each one's share, `least` of which open a backup."""
    public, shares = make_operators(least, len(names))
    path = home.root / "keyholder" / OPERATORS
    if path.exists():
        raise RefusedError("operators were named before", hint=f"move {path} away to name others")
    vouch_for_kits(home, join_operators(shares))
    path.write_bytes(public)
    renew_kit(home)
    return [write_share(share) for share in shares]


def back_up(home: Home, out: Path) -> None:
    """Write a sealed backup of the keyholder, while it runs; only the operators together open it.

    It takes the place of one of that name when it is whole. Raises RefusedError when no operators
    were named, UnavailableError where no keyholder lies.
    """
    try:
        operators = (home.root / "keyholder" / OPERATORS).read_bytes()
    except OSError as error:
        raise RefusedError("no operators were named", hint="run chartkeep operators") from error
    path = home.root / "keyholder" / "keyholder.db"
    if not path.exists():  # an empty one would be made, and backed up
        raise UnavailableError(f"no keyholder lies in {home.root}", hint="run it on its own host")
    renew_kit(home)
    part = out.with_name(f"{out.name}.part")
    try:
        with (
            closing(Book(path)) as book,
            part.open("wb") as file,
        ):
            make_backup(book, file.write, home.name.id, operators, now())
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
        sync_folder(out.parent)
    finally:
        part.unlink(missing_ok=True)


def restore(backup: Path, folder: Path, shares: Sequence[str]) -> Millis:
    """Open a backup into an empty keyholder folder with enough shares; gives its time."""
    with backup.open("rb") as file:
        return restore_backup(file, folder, [read_share(text) for text in shares])


def fill_from_follower(home: Home) -> int:
    """Copy all a follower has into an empty keyholder folder; gives the number of lines."""
    book = Book(home.root / "keyholder" / "keyholder.db")
    try:
        copy_back(connection(home, "follower", "keyholder"), book)
        return book.size()
    finally:
        book.close()


def recover_ledger(home: Home, people: Sequence[Login], key_file: Path | None = None) -> None:
    """Write the gap line of a ledger the witness contradicts, by two people.

    Raises RefusedError when it is not two, or when nothing is to be recovered.
    """
    if len(people) != 2:
        raise RefusedError("name two people", hint="chartkeep recover erik fumi")
    book = Book(home.root / "keyholder" / "keyholder.db")
    try:
        ring = KeyRing(book, home.name.id, home.kek(key_file), None)
        ring.open_roots(home.name.origin)
        keyholder = Keyholder(book, ring, home.name, read_clock)
        recover(keyholder, Witness(home.file.witness, home.witness_key), (people[0], people[1]))
    finally:
        book.close()
