"""The three processes of a house on one machine: keyholder, store, witness.

Each runs until it is told to stop (SIGTERM, SIGINT) or until it does not know what was written.
"""

import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from chartkeep.keyholder.book import Book
from chartkeep.keyholder.clock import Reading
from chartkeep.keyholder.founding import open_keyholder
from chartkeep.keyholder.service import KeyholderService
from chartkeep.model import Millis
from chartkeep.store.client import StoreClient
from chartkeep.store.server import Identity, run_store
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.server import Listener
from chartkeep.wiring.hardening import harden
from chartkeep.wiring.home import Home
from chartkeep.witness.client import Witness
from chartkeep.witness.server import make_server


def read_clock() -> Reading:
    """Read the machine's clocks."""
    return Reading(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


def now() -> Millis:
    """Read the wall clock in milliseconds."""
    return Millis(time.time_ns() // 1_000_000)


def keyholder(home: Home, key_file: Path | None = None, user: str = "") -> None:
    """Run the keyholder."""
    ending = _ending()
    kek = home.kek(key_file)
    for sentence in harden(user):
        print(f"keyholder: {sentence}", file=sys.stderr)  # noqa: T201 - for the operator
    book = Book(home.root / "keyholder" / "keyholder.db")
    holder = open_keyholder(book, home.name, kek, read_clock)
    holder.retention = home.retention
    store = StoreClient(connection(home, "store", "keyholder"))
    service = KeyholderService(holder, lambda: now() / 1000, store=store)
    tls = home.tls(home.file.keyholder, "keyholder", server=True)
    listener = Listener(service, home.file.keyholder, tls)
    listener.start()
    ending.wait()
    listener.stop()
    service.close()
    book.close()


def store(home: Home) -> None:
    """Run the store."""
    identity = Identity(home.name.id, home.records_origin, home.store_key())
    witness = Witness(home.file.witness, home.witness_key)
    tls = home.tls(home.file.store, "store", server=True)
    run_store(
        home.root / "store", home.file.store, identity,
        clock=now, witness=witness, tls=tls, stop=_ending(),
    )  # fmt: skip


def witness(home: Home) -> None:
    """Run the witness."""
    ending = _ending()
    keys = {key.name: [key] for key in (home.releases_key, home.records_key)}
    url = urlsplit(home.file.witness)
    assert url.hostname is not None
    assert url.port is not None
    server = make_server(home.root / "witness", (url.hostname, url.port), keys, now)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ending.wait()
    server.shutdown()
    server.server_close()


def connection(home: Home, server: str, instance: str, worker: bytes = b"") -> Client:
    """Make a connection of an instance to a keeper; it opens on the first request."""
    address = home.file.keyholder if server == "keyholder" else home.file.store
    credentials = Credentials(instance, home.instance_key(instance), worker)
    return Client(address, server, credentials, tls=home.tls(address, instance, server=False))


def _ending() -> threading.Event:
    """Make an event that SIGTERM and SIGINT set."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event
