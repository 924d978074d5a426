"""A primary and its follower, each on a folder and a socket of its own, and a cable between."""

import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

from chartkeep.errors import LedgerBrokenError, UnavailableError
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.follower import Follower, FollowerService, promote
from chartkeep.keyholder.founding import found_keyholder, open_keyholder
from chartkeep.keyholder.mirror import FollowerLink
from chartkeep.keyholder.service import KeyholderService
from chartkeep.sealing.kek import (
    PassphraseDocument,
    PassphraseFile,
    read_kek_document,
    write_kek_document,
)
from chartkeep.wire.calls import Call
from chartkeep.wire.client import Answer, Client, Credentials
from chartkeep.wire.connection import Connection
from chartkeep.wire.frames import Message
from chartkeep.wire.server import Listener
from tests import cast
from tests.conftest import KeyholderRun

PRIMARY = cast.key_of("primary")


class Talking(FollowerService):
    """Remembers who talks to it, so that a stopped follower hangs up as a killed one does."""

    connections: set[Connection]

    def take(self, call: Call) -> None:
        self.connections.add(call.connection)
        super().take(call)


class FollowerRun:
    """A running follower; it can be stopped, started again, and promoted."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.stopped: list[str] = []
        self.start()

    @property
    def address(self) -> str:
        return f"unix:{self.folder / 'follower.sock'}"

    def start(self) -> None:
        self.running = True
        self.book = Book(self.folder / "keyholder.db")
        self.follower = Follower(self.book)
        self.service = Talking(
            self.follower, ("primary", PRIMARY.public), lambda: self.stopped.append("stopped")
        )
        self.service.connections = set()
        self.listener = Listener(self.service, self.address)
        self.listener.start()

    def stop(self) -> None:
        if not self.running:
            return
        self.running = False
        for connection in self.service.connections:
            self.listener._loop.call_soon_threadsafe(connection.transport.abort)
        self.listener.stop()
        self.service.close()
        self.book.close()

    def promoted(self) -> Path:
        """Promote it, and give the folder to open."""
        self.stop()
        book = Book(self.folder / "keyholder.db")
        promote(book, cast.FACILITY, cast.KEK)
        book.close()
        return self.folder


class Cable(Client):
    """The wire from primary to follower; it can be cut."""

    def __init__(self, address: str) -> None:
        mine = Credentials("primary", PRIMARY, bytes(16))
        super().__init__(address, "follower", mine, timeout=30)
        self.is_cut = False

    def ask(self, request: Message, answer: type[Answer]) -> Answer:
        if self.is_cut:
            raise UnavailableError("the cable is cut")
        return super().ask(request, answer)


class PrimaryRun(KeyholderRun):
    """A keyholder that keeps a follower."""

    def __init__(self, folder: Path, clock: cast.FakeClock, follower: str) -> None:
        folder.mkdir(exist_ok=True)
        self.follower = follower
        super().__init__(folder, clock)

    def start(self) -> None:
        path = self.folder / "keyholder.db"
        if not path.exists():
            book = Book(path)
            found_keyholder(book, cast.FACILITY, cast.KEK, self.clock.read, cast.founders())
            book.close()
        self.cable = Cable(self.follower)
        self.book = Book(path)
        self.link = FollowerLink(self.cable)
        self.running = False
        try:
            self.keyholder = open_keyholder(
                self.book, cast.FACILITY, cast.KEK, self.clock.read, mirror=self.link
            )
        except LedgerBrokenError:
            self.link.close()
            self.book.close()
            raise
        self.running = True
        self.service = KeyholderService(
            self.keyholder, self.clock.wall, stop=lambda: self.stopped.append("stopped")
        )
        self.listener = Listener(self.service, f"unix:{self._socket}")
        self.listener.start()

    def stop(self) -> None:
        if self.running:
            self.link.close()
            super().stop()
        self.running = False

    def follow(self) -> None:
        """Wait until the follower has everything and is needed."""
        wait_for(lambda: self.keyholder.standing.following and self.link.in_step())

    def copy_disk(self, to: Path) -> Path:
        """Copy the disk of a stopped keyholder."""
        return Path(shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("*.sock")))

    def put_back(self, copy: Path) -> None:
        """Put an earlier copy of the disk back, as a thief of lines would."""
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)

    def lose_disk(self) -> None:
        """The primary's host is gone, with its disk."""
        self.stop()
        shutil.rmtree(self.folder)


class DoomedPrimary:
    """A primary in a process of its own, to be killed without a word, and its disk destroyed."""

    def __init__(self, folder: Path, follower: str) -> None:
        self.folder = folder
        self._clients: list[KeyholderClient] = []
        ready = folder.with_suffix(".ready")
        spawn = multiprocessing.get_context("spawn")
        self._process = spawn.Process(
            target=_serve_until_killed, args=(folder, follower, ready, _KEK)
        )
        self._process.start()
        wait_for(ready.exists)

    def client(self, instance: str) -> KeyholderClient:
        mine = Credentials(instance, cast.key_of(instance), os.urandom(16))
        address = f"unix:{self.folder / 'keyholder.sock'}"
        client = KeyholderClient(Client(address, "keyholder", mine))
        self._clients.append(client)
        return client

    def hang_up(self) -> None:
        for client in self._clients:
            client.close()

    def destroy(self) -> None:
        self._process.kill()
        self._process.join()
        shutil.rmtree(self.folder)


_KEK = write_kek_document(cast.KEK.document)


def _serve_until_killed(folder: Path, follower: str, ready: Path, kek: bytes) -> None:
    document = read_kek_document(kek)
    assert isinstance(document, PassphraseDocument)
    cast.KEK = PassphraseFile.open(document, cast.PASSPHRASE)
    primary = PrimaryRun(folder, cast.FakeClock(), follower)
    primary.follow()
    ready.touch()
    Event().wait()


def wait_for(holds: Callable[[], object], seconds: int = 120) -> None:
    """Wait until something holds, at most so long."""
    for _ in range(seconds * 100):
        if holds():
            return
        Event().wait(0.01)
    raise AssertionError(f"it did not happen in {seconds} seconds")
