"""What the processes of a house share, and two of them: store and witness.

Each runs until it is told to stop (SIGTERM, SIGINT) or until it does not know what was written.
"""

import signal
import threading
import time
from urllib.parse import urlsplit

from chartkeep.keyholder.clock import Reading
from chartkeep.model import Millis
from chartkeep.sealing.keys import fresh_id
from chartkeep.store.server import Identity, run_store
from chartkeep.wire.client import Client, Credentials
from chartkeep.wiring.alarming import hook_of
from chartkeep.wiring.home import Home
from chartkeep.wiring.memory import keep_blocks, spare_start
from chartkeep.witness.client import Witness
from chartkeep.witness.server import make_server


def read_clock() -> Reading:
    """Read the machine's clocks."""
    return Reading(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


def now() -> Millis:
    """Read the wall clock in milliseconds."""
    return Millis(time.time_ns() // 1_000_000)


def steady() -> int:
    """Read a clock in milliseconds that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def store(home: Home, *, after_vault: bool = False) -> None:
    """Run the store. `after_vault`: a commit is answered only when the vault has it too."""
    keep_blocks()
    identity = Identity(home.name.id, home.records_origin, home.store_key())
    witness = Witness(home.file.witness, home.witness_key)
    tls = home.tls(home.file.store, "store", server=True)
    spare_start()
    run_store(
        home.root / "store", home.file.store, identity,
        clock=now, witness=witness, tls=tls, stop=ending_event(),
        steady=steady, hook=hook_of(home.file.alarm_hook), after_vault=after_vault,
    )  # fmt: skip


def witness(home: Home) -> None:
    """Run the witness."""
    ending = ending_event()
    keys = {key.name: [key] for key in home.log_keys}
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


def ending_event() -> threading.Event:
    """Make an event that SIGTERM and SIGINT set."""
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event
