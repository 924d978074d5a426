"""`intake`: the listeners of `feeds.json`, as the instance `intake`, which can open nothing.

Whatever is listened to is a `Listener`, made by one function here; each runs threads of its own.
Like a worker of `serve` the program begins anew before the keyholder thinks it too old: what
Python cannot erase does not stay for ever. Senders see a closed connection and come again.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import Protocol

from chartkeep.custody.house import House
from chartkeep.errors import RefusedError
from chartkeep.wiring.feeds import FILE, Feeds, read_feeds
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

INSTANCE = "intake"
CONNECTIONS = 9
"""Each thread that deposits has one; eight senders at once keep their own."""
LIFE = 8 * 3_600 - 300


class Listener(Protocol):
    """One thing that listens. `start` returns when it does; `stop` when what began is ended."""

    def start(self) -> None:
        """Begin. Raises RefusedError when its port is taken."""

    def stop(self) -> None:
        """Take nothing new, finish what is at work, and close."""


Make = Callable[[Home, Feeds, House], list[Listener]]
MAKERS: tuple[Make, ...] = ()
"""Gives the listeners that are configured, each door's by its own function."""


def intake(home: Home, ending: threading.Event, life: float = LIFE) -> bool:
    """Listen until told to stop; gives False when only the life of this worker is over.

    Raises RefusedError when nothing is configured, or a listener cannot begin.
    """
    feeds = read_feeds(home.root)
    house = join(home, INSTANCE, CONNECTIONS)
    listeners = [listener for make in MAKERS for listener in make(home, feeds, house)]
    if not listeners:
        raise RefusedError(f"{FILE} names nothing to listen to", hint="see docs/feeds.md")
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
