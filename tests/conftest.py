"""Fixtures for every part: a keyholder in a thread, spoken to over its real socket."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from chartkeep.keyholder.book import Book
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.founding import found_keyholder, open_keyholder
from chartkeep.keyholder.service import KeyholderService
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.server import Listener
from tests import cast

settings.register_profile(
    "chartkeep",
    deadline=None,  # a busy machine proves nothing
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("chartkeep")


class KeyholderRun:
    """A running keyholder on a folder; it can be stopped and started again."""

    def __init__(self, folder: Path, clock: cast.FakeClock) -> None:
        self.folder = folder
        self.clock = clock
        self.stopped: list[str] = []
        self._clients: list[KeyholderClient] = []
        self._socket = folder / "keyholder.sock"
        self.start()

    def start(self) -> None:
        path = self.folder / "keyholder.db"
        known = path.exists()
        book = Book(path)
        if known:
            self.keyholder = open_keyholder(book, cast.FACILITY, cast.KEK, self.clock.read)
        else:
            self.keyholder = found_keyholder(
                book, cast.FACILITY, cast.KEK, self.clock.read, cast.founders()
            )
        self.book = book
        self.service = KeyholderService(
            self.keyholder, self.clock.wall, stop=lambda: self.stopped.append("stopped")
        )
        self.listener = Listener(self.service, f"unix:{self._socket}")
        self.listener.start()

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()
        self.listener.stop()
        self.service.close()
        self.book.close()

    def client(self, instance: str = "desk", worker: bytes = b"") -> KeyholderClient:
        mine = Credentials(instance, cast.key_of(instance), worker or os.urandom(16))
        client = KeyholderClient(Client(f"unix:{self._socket}", "keyholder", mine))
        self._clients.append(client)
        return client

    def login(self, person: str, instance: str = "desk") -> bytes:
        """Log a person in and give the token; the clock moves to the next code."""
        self.clock.move(seconds=30)
        client = self.client(instance)
        return client.login(person, cast.PASSWORD, self.clock.code(person)).token


@pytest.fixture
def clock() -> cast.FakeClock:
    return cast.FakeClock()


@pytest.fixture
def keyholder(tmp_path: Path, clock: cast.FakeClock) -> Iterator[KeyholderRun]:
    running = KeyholderRun(tmp_path, clock)
    yield running
    running.stop()
