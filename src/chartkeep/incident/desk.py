"""The incident desk's own folder.

    desk.json      whose desk it is, its public key, its secret wrapped under the key file's
    cases/         one folder a case (`incident.case`)
    <part>/        whatever else a part of the desk keeps, sealed under `Desk.key_for`

The key file lies elsewhere. Promises that every secret of the desk comes from one that is
worthless without it, and that a lost one is said as what it is. No name, no chart in clear here.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, Self

import msgspec

from chartkeep.errors import RefusedError, UnavailableError, UnknownFormatError
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.sealing.kek import (
    Cost,
    PassphraseDocument,
    PassphraseFile,
    bytes_of,
)
from chartkeep.sealing.keyed import derive, keyed_hash
from chartkeep.sealing.keyfile import read_key_file
from chartkeep.sealing.keys import fresh_secret
from chartkeep.sealing.signing import SigningKey

FORMAT: Final = "chartkeep-desk-1"
_SIGNING: Final = "signing"


class DeskFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`desk.json`: nothing secret but `secret`, which is wrapped."""

    format: Literal["chartkeep-desk-1"]
    facility: str
    id: str
    """The facility's id, hex."""
    key_file: str
    key: str
    """What checks whatever the desk signs: a C2SP verifier key."""
    lock: PassphraseDocument
    secret: str
    """The desk's secret, wrapped; hex."""
    releases: str = ""
    """What checks the keyholder's ledger, where two people agree; a C2SP verifier key."""
    learned: str = ""
    """That who held the desk's key said so: a keyed hash of `releases`, hex."""


class Desk:
    """An opened desk: its folder, and keys for its uses."""

    def __init__(self, root: Path, file: DeskFile, secret: bytes) -> None:
        self.root = root
        self.file = file
        self._secret = secret
        self.signing = SigningKey.from_seed(self.key_for(_SIGNING))

    def __repr__(self) -> str:
        return f"<Desk {self.root}>"

    @classmethod
    def found(
        cls,
        root: Path,
        facility: tuple[str, str],
        key_file: Path,
        cost: Cost | None = None,
        releases: str = "",
    ) -> Self:
        """Make a desk for a facility (name, id in hex) whose key file is there already.

        Raises RefusedError when the folder is not empty, or the key file lies under it.
        """
        check_places([root], key_file)
        if root.exists() and any(root.iterdir()):
            raise RefusedError(f"{root} is not empty", hint="choose an empty folder")
        lock = PassphraseFile.create(read_key_file(key_file), cost)
        secret = fresh_secret()
        name, ident = facility
        public = SigningKey.from_seed(_derive(secret, _SIGNING)).public
        key = VerifierKey(f"chartkeep.example/{ident}/desk", LOG_KEY, public)
        learned = _learned(secret, releases) if releases else ""
        file = DeskFile(
            FORMAT, name, ident, str(key_file.resolve()), key.text(), lock.document,
            lock.wrap(secret, _place(ident)).hex(), releases, learned,
        )  # fmt: skip
        (root / "cases").mkdir(parents=True, exist_ok=True, mode=0o700)
        made = cls(root, file, secret)
        made._write()
        return made

    @classmethod
    def open(cls, root: Path, key_file: Path | None = None) -> Self:
        """Open a desk; `key_file` when it lies elsewhere than it did.

        Raises UnavailableError when there is none or its key file is gone, RefusedError when the
        key file is another one, SealBrokenError when `desk.json` was changed.
        """
        file = read_desk_file(root)
        path = key_file or Path(file.key_file)
        if not path.exists():
            raise UnavailableError(
                f"the key file {path} is not there: without it no case of this desk opens",
                hint="bring its copy, and say where it lies with --key-file",
            )
        lock = PassphraseFile.open(file.lock, read_key_file(path))
        return cls(root, file, lock.unwrap(bytes_of(file.secret), _place(file.id)))

    @property
    def log(self) -> VerifierKey | None:
        """Give what checks the keyholder's ledger; None before the desk learned it.

        What somebody without the desk's key wrote into `desk.json` was never learned.
        """
        if self.file.learned != _learned(self._secret, self.file.releases):
            return None
        return VerifierKey.parse(self.file.releases)

    def learn(self, log: VerifierKey) -> None:
        """Know the keyholder's ledger from now on. Raises RefusedError when it knows another."""
        if self.log is not None and self.log != log:
            raise RefusedError(
                "this desk knows another ledger of its house",
                hint="who agreed under it stays agreed; ask who wants it forgotten, and why",
            )
        text = log.text()
        learned = _learned(self._secret, text)
        self.file = msgspec.structs.replace(self.file, releases=text, learned=learned)
        self._write()

    def _write(self) -> None:
        raw = msgspec.json.format(msgspec.json.encode(self.file))
        write_durably(self.root / "desk.json", raw)

    def key_for(self, use: str) -> bytes:
        """Derive 32 bytes for one use, as "index" or "cases/20261122-7f3a9c"."""
        return _derive(self._secret, use)


def read_desk_file(root: Path) -> DeskFile:
    """Read `desk.json` without any key. Raises UnavailableError, UnknownFormatError."""
    try:
        return msgspec.json.decode((root / "desk.json").read_bytes(), type=DeskFile)
    except OSError as error:
        raise UnavailableError(
            f"there is no incident desk in {root}", hint="run chartkeep incident home"
        ) from error
    except msgspec.MsgspecError as error:
        raise UnknownFormatError(
            f"{root / 'desk.json'} is not of a version known here", hint="restore it"
        ) from error


def check_places(folders: Iterable[Path], key_file: Path) -> None:
    """Refuse a key file under a folder it is to protect."""
    for folder in folders:
        if key_file.resolve().is_relative_to(folder.resolve()):
            raise RefusedError(
                f"the key file would lie under {folder}",
                hint="whoever copies it would have the key: put it on another disk or stick",
            )


def write_durably(path: Path, content: bytes) -> None:
    """Write a file whole, or leave the one before: new file, fsync, rename, fsync of its folder.

    Raises UnavailableError when the disk cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise UnavailableError(
            f"{path} cannot be written", hint="look at the disk; the file before is still whole"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _derive(secret: bytes, use: str) -> bytes:
    return derive(secret, b"chartkeep-desk-1/" + use.encode())


def _learned(secret: bytes, releases: str) -> str:
    return keyed_hash(_derive(secret, "releases"), releases.encode()).hex()


def _place(ident: str) -> bytes:
    return f"{FORMAT}/{ident}".encode()
