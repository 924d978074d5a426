"""`query`: the listener that answers finds, moves and worklists, as the instance `query`.

It opens charts, so it is another program than `intake`, for other peers, at another port. Each peer
is a program of its own to the keyholder: its key lies in `stations/TITLE.key`.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.charts import Charts
from chartkeep.custody.house import House
from chartkeep.custody.journal import Journal
from chartkeep.errors import RefusedError
from chartkeep.imaging.dimse.desk import Desk
from chartkeep.imaging.dimse.finding import Finding
from chartkeep.imaging.dimse.listener import DimseListener, Place
from chartkeep.imaging.dimse.moving import Moving
from chartkeep.imaging.dimse.service import Echo, Service
from chartkeep.imaging.dimse.stations import Stations
from chartkeep.imaging.dimse.worklist import Worklist
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.wiring.feeds import FILE, Feeds, read_feeds
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.memory import keep_blocks, spare_start
from chartkeep.wiring.modalities import Tell, dimse_tls, read_peers

INSTANCE = "query"
CONNECTIONS = 5
LIFE = 8 * 3_600 - 300
LONGEST_KEY = 8_192


def query(home: Home, ending: threading.Event, tell: Tell, life: float = LIFE) -> bool:
    """Answer until told to stop; gives False when only the life of this worker is over.

    Raises RefusedError when nothing is configured, or the port is taken.
    """
    feeds = read_feeds(home.root)
    house = join(home, INSTANCE, CONNECTIONS)
    journal = Journal(house)
    pixels = Pixels()
    listener = query_listener(home, feeds, Reading(house, journal, pixels), tell)
    keep_blocks()
    spare_start()
    listener.start()
    try:
        return ending.wait(life)
    finally:
        listener.stop()
        pixels.close()
        journal.close()


class Reading(NamedTuple):
    """What the listener reads with, and who made it closes it."""

    house: House
    journal: Journal
    pixels: Pixels


def query_listener(home: Home, feeds: Feeds, reading: Reading, tell: Tell) -> DimseListener:
    """Make the listener that answers. Raises RefusedError when none is configured."""
    feed = feeds.dimse
    if feed is None:
        raise RefusedError(f"{FILE} has no dimse to listen for", hint="see docs/feeds.md")
    issuers = Issuers(feeds.issuers)
    peers = read_peers(feed, issuers)
    tls = (
        (dimse_tls(home, server=True), dimse_tls(home, server=False)) if feed.tls else (None, None)
    )
    house = reading.house
    stations = Stations(house, key_reader(home))
    desk = Desk(Charts(house), reading.journal, stations, issuers)
    services: list[Service] = [
        Echo(),
        Finding(desk),
        Moving(desk, reading.pixels, peers, feed.aet, tls[1]),
        Worklist(desk),
    ]
    return DimseListener(Place(feed.address, feed.port, tls[0]), peers, services, tell)


def key_reader(home: Home) -> Callable[[str], bytes]:
    """Give what reads the keys of stations: each from a file of its title's name, of no path."""

    def read(title: str) -> bytes:
        """Read one. Raises RefusedError when it is not there."""
        path = home.root / "stations" / f"{title}.key"
        if "/" in title:
            raise RefusedError("a station's title is no path", hint="give it another title")
        try:
            with path.open("rb") as file:
                return file.read(LONGEST_KEY)
        except OSError as error:
            raise RefusedError(
                f"there is no key for the station {title}", hint=f"it belongs into {path}"
            ) from error

    return read
