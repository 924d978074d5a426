"""Replacing the key-encryption key while the keyholder serves.

`rekey` writes the new key beside the old one; the keyholder, running or at its next start, moves
every wrap under it and only then forgets the old one. Cut short, it goes on where both are.

    kek.json          the key in force
    kek.new.json      a key that comes into force; new.path names its key file
"""

import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import msgspec

from chartkeep.errors import ChartkeepError, RefusedError, UnavailableError
from chartkeep.keyholder.service import KeyholderService
from chartkeep.sealing.kek import (
    Cost,
    KeyEncryptionKey,
    PassphraseFile,
    TokenDocument,
    read_kek_document,
    write_kek_document,
)
from chartkeep.sealing.keyfile import read_key_file
from chartkeep.wiring.founding import make_key_file
from chartkeep.wiring.home import Home, write_house


def begin_rekey(home: Home, key_file: Path, cost: Cost | None = None) -> None:
    """Make a new key-encryption key from a new key file, and wake the keyholder.

    Raises RefusedError when one is being replaced already, or the key file is under the data.
    """
    folder = home.root / "keyholder"
    if (folder / "kek.new.json").exists():
        raise RefusedError("a key is being replaced already", hint="see status")
    if key_file.resolve().is_relative_to(home.root.resolve()):
        raise RefusedError("the key file would lie under the data folder", hint="put it elsewhere")
    make_key_file(key_file)
    kek = PassphraseFile.create(read_key_file(key_file), cost)
    (folder / "new.path").write_text(str(key_file.resolve()))
    (folder / "kek.new.json").write_bytes(write_kek_document(kek.document))
    pid = home.root / "run" / "keyholder.pid"
    if pid.exists():
        os.kill(int(pid.read_text()), signal.SIGHUP)


def open_keks(
    home: Home, key_file: Path | None
) -> tuple[KeyEncryptionKey, KeyEncryptionKey | None]:
    """Open the key in force, and during a replacement the new one with the old one behind it."""
    old = home.kek(key_file)
    new = _new_kek(home)
    return (new, old) if new is not None else (old, None)


class Rekeying:
    """Finishes a replacement found at start, and begins those asked for by SIGHUP."""

    def __init__(self, home: Home, service: KeyholderService) -> None:
        self._home = home
        self._service = service
        self._pid = home.root / "run" / "keyholder.pid"
        self._pid.write_text(str(os.getpid()))
        signal.signal(signal.SIGHUP, lambda *_: self._start())
        if _new_kek(home) is not None:
            self._start()

    def close(self) -> None:
        """Stop listening for requests; what was begun goes on at the next start."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._pid.unlink(missing_ok=True)

    def _start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            kek = _new_kek(self._home)
            if kek is None:
                return
            self._service.inner(lambda _: self._service.keyholder.ring.take_new(kek))
            self._service.rewrap()
            self._settle()
        except ChartkeepError as error:
            print(f"keyholder: the key was not replaced: {error}", file=sys.stderr)  # noqa: T201 - for the operator

    def _settle(self) -> None:
        """Put the new key in force: every wrap is under it, durably."""
        folder = self._home.root / "keyholder"
        path = (folder / "new.path").read_text()
        file = Home(self._home.root).file
        write_house(self._home.root, msgspec.structs.replace(file, key_file=path))
        shutil.move(folder / "kek.new.json", folder / "kek.json")
        (folder / "new.path").unlink()


def _new_kek(home: Home) -> KeyEncryptionKey | None:
    folder = home.root / "keyholder"
    try:
        document = read_kek_document((folder / "kek.new.json").read_bytes())
        passphrase = read_key_file(Path((folder / "new.path").read_text()))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnavailableError("the new key file cannot be read", hint="bring it back") from error
    if isinstance(document, TokenDocument):
        raise RefusedError("a new key on a token is not taken yet", hint="use a passphrase file")
    return PassphraseFile.open(document, passphrase)
