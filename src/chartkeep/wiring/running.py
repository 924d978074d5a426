"""What the processes of a house share: clocks, connections, and how they are told to end.

Each runs until it is told to stop (SIGTERM, SIGINT) or until it does not know what was written.
"""

import signal
import threading
import time

from chartkeep.keyholder.clock import Reading
from chartkeep.model import Millis
from chartkeep.sealing.keys import fresh_id
from chartkeep.wire.client import Client, Credentials
from chartkeep.wiring.home import Home


def read_clock() -> Reading:
    """Read the machine's clocks."""
    return Reading(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


def now() -> Millis:
    """Read the wall clock in milliseconds."""
    return Millis(time.time_ns() // 1_000_000)


def steady() -> int:
    """Read a clock in milliseconds that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


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
