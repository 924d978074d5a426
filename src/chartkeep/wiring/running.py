"""The processes of a house: keyholder, store, witness, and a follower on another host.

Each runs until it is told to stop (SIGTERM, SIGINT) or until it does not know what was written.
"""

import signal
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from chartkeep.errors import UnavailableError
from chartkeep.keyholder.backup import reapply_shreds
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.clock import Reading
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.follower import Follower, FollowerService
from chartkeep.keyholder.founding import open_keyholder
from chartkeep.keyholder.mirror import FollowerLink
from chartkeep.keyholder.service import KeyholderService
from chartkeep.keyholder.witnessing import Witnessing, check_start
from chartkeep.model import Millis
from chartkeep.sealing.keys import fresh_id
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
    """Run the keyholder.

    Raises LedgerBrokenError when the witness or the follower contradicts its disk.
    """
    ending = _ending()
    kek = home.kek(key_file)
    for sentence in harden(user):
        print(f"keyholder: {sentence}", file=sys.stderr)  # noqa: T201 - for the operator
    seen_by = Witness(home.file.witness, home.witness_key)
    book = Book(home.root / "keyholder" / "keyholder.db")
    # 1. Whole: what the follower holds and this disk lost comes back; the witness agrees.
    link = FollowerLink(connection(home, "follower", "keyholder")) if home.file.follower else None
    if link is not None:
        link.pull(book)
    holder = open_keyholder(
        book, home.name, kek, read_clock, mirror=link, check=lambda k: check_start(k, seen_by)
    )
    holder.retention = home.retention
    # 2. Shredded: what was shredded after this disk was written is shredded again.
    errands = StoreClient(connection(home, "store", "keyholder"))
    if not _reapply_shreds(holder, errands, ending):
        return
    # 3. Open.
    service = KeyholderService(holder, lambda: now() / 1000, store=errands, stop=ending.set)
    witnessing = Witnessing(holder, service.inner, seen_by)
    tls = home.tls(home.file.keyholder, "keyholder", server=True)
    listener = Listener(service, home.file.keyholder, tls)
    listener.start()
    ending.wait()
    listener.stop()
    witnessing.close()
    service.close()
    if link is not None:
        link.close()
    book.close()


def _reapply_shreds(holder: Keyholder, store: StoreClient, ending: threading.Event) -> bool:
    """Ask the store until it answers, or until the process is to end; nothing opens without it."""
    while not ending.is_set():
        try:
            reapply_shreds(holder, store.shreds())
        except UnavailableError:
            print("keyholder: waiting for the store", file=sys.stderr)  # noqa: T201 - same
            ending.wait(2)
        else:
            return True
    return False


def follower(home: Home) -> None:
    """Run a follower: it keeps what the primary keeps, and serves nobody else."""
    ending = _ending()
    for sentence in harden():
        print(f"follower: {sentence}", file=sys.stderr)  # noqa: T201 - for the operator
    book = Book(home.root / "keyholder" / "keyholder.db")
    primary = ("keyholder", bytes.fromhex(home.file.primary))
    service = FollowerService(Follower(book), primary, ending.set)
    tls = home.tls(home.file.follower, "follower", server=True)
    listener = Listener(service, home.file.follower, tls)
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
    address = {
        "keyholder": home.file.keyholder, "store": home.file.store, "follower": home.file.follower,
    }[server]  # fmt: skip
    credentials = Credentials(instance, home.instance_key(instance), worker or fresh_id())
    return Client(address, server, credentials, tls=home.tls(address, instance, server=False))


def _ending() -> threading.Event:
    """Make an event that SIGTERM and SIGINT set."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event
