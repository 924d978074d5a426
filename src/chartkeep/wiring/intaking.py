"""`intake`: the listeners of `feeds.json`, as the instance `intake`, which can open nothing.

Whatever is listened to is a `Listener`, made by one function here; each runs threads of its own.
Like a worker of `serve` the program begins anew before the keyholder thinks it too old: what
Python cannot erase does not stay for ever. Senders see a closed connection and come again.
"""

import os
import ssl
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.house import House
from chartkeep.errors import RefusedError
from chartkeep.intake.hl7.answering import Door
from chartkeep.intake.hl7.case import Sender
from chartkeep.intake.hl7.taking import Taker
from chartkeep.intake.mllp import Bind, MllpListener
from chartkeep.wiring.feeds import FILE, Feeds, MllpFeed, networks, read_feeds, read_zone
from chartkeep.wiring.folders import folder_watchers
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.memory import keep_blocks, spare_start
from chartkeep.wiring.modalities import storing_listener

INSTANCE = "intake"
THREADS = 8
"""Messages in work at a time, each of another connection."""
CONNECTIONS = THREADS + 1
LIFE = 8 * 3_600 - 300


class Listener(Protocol):
    """One thing that listens. `start` returns when it does; `stop` when what began is ended."""

    def start(self) -> None:
        """Begin. Raises RefusedError when its port is taken."""

    def stop(self) -> None:
        """Take nothing new, finish what is at work, and close."""


def mllp_listeners(home: Home, feeds: Feeds, house: House) -> list[Listener]:
    """Make a listener of each MLLP feed; they share the threads that deposit."""
    threads = ThreadPoolExecutor(THREADS, "message")
    taker = Taker(house)
    made: list[Listener] = []
    for feed in feeds.mllp:
        tls = feed_tls(home) if feed.tls else None
        bind = Bind(
            feed.name, feed.address, feed.port, networks(feed.sources), tls, feed.certificate
        )
        door = Door(taker, mllp_sender(feeds, feed), house.clock)
        made.append(MllpListener(bind, door, threads, tell))
    return made


def mllp_sender(feeds: Feeds, feed: MllpFeed) -> Sender:
    """Say what a feed's messages mean. Raises RefusedError for an issuer nobody knows."""
    issuers = Issuers(feeds.issuers)
    issuer = issuers.system(feed.issuer, "")
    if not issuer:
        raise RefusedError(
            f"{FILE}: the issuer of {feed.name} has no system", hint="name it under issuers"
        )
    return Sender(feed.name, issuer, read_zone(feed.zone), issuers, feed.place)


def feed_tls(home: Home) -> ssl.SSLContext:
    """Make mutual TLS for feeds; 1.2 for senders that are no younger."""
    context = home.tls("tls:", INSTANCE, server=True)
    assert context is not None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def dimse_listeners(home: Home, feeds: Feeds, house: House) -> list[Listener]:
    """Make the listener that stores DICOM objects, when one is configured."""
    return [storing_listener(home, feeds, feeds.dimse, house, tell)] if feeds.dimse else []


def folder_listeners(_home: Home, feeds: Feeds, house: House) -> list[Listener]:
    """Make a watcher of each configured folder."""
    return [*folder_watchers(feeds, house, tell)]


Make = Callable[[Home, Feeds, House], list[Listener]]
MAKERS: tuple[Make, ...] = (mllp_listeners, dimse_listeners, folder_listeners)
"""Gives the listeners that are configured, each door's by its own function."""


def intake(home: Home, ending: threading.Event, life: float = LIFE) -> bool:
    """Listen until told to stop; gives False when only the life of this worker is over.

    Raises RefusedError when nothing is configured, or a listener cannot begin.
    """
    keep_blocks()
    feeds = read_feeds(home.root)
    house = join(home, INSTANCE, CONNECTIONS)
    listeners = [listener for make in MAKERS for listener in make(home, feeds, house)]
    if not listeners:
        raise RefusedError(f"{FILE} names nothing to listen to", hint="see docs/feeds.md")
    spare_start()
    begun: list[Listener] = []
    try:
        for listener in listeners:
            listener.start()
            begun.append(listener)
        return ending.wait(life)
    finally:
        for listener in reversed(begun):
            listener.stop()


def begin_anew() -> None:
    """Replace this process by itself, with a fresh memory and the same words."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "chartkeep", *sys.argv[1:]])  # noqa: S606 - ours


def tell(line: str) -> None:
    """Write a line for whoever runs this program; it never holds content of a message."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
