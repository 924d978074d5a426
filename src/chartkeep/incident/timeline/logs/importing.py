"""A log file taken in: opened, its columns' meaning found, its rows given as events.

    log = Imported(path, "vpn", hand, readers)
    for event in log.events(): …
    log.said()           # form, rows, digest, first and last time, what could not be read

Times are the source's own here; `clocks` puts them right. `aliases` is what the log says of which
address is whose.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import msgspec

from chartkeep.errors import BadInputError
from chartkeep.incident.timeline.event import Event
from chartkeep.incident.timeline.logs.meaning import event_of, own_address, time_of
from chartkeep.incident.timeline.logs.reading import LogReaders
from chartkeep.incident.timeline.logs.times import Hand, order_of, read_moment
from chartkeep.model import Millis

SNIFFED = 2_000
"""Rows looked at for the order of day and month."""
MOST_ALIASES = 50_000


class Said(msgspec.Struct, frozen=True):
    """What became of one log: `troubles` are sentences with how often."""

    name: str
    file: str
    form: str
    sha256: str
    rows: int
    first: int
    last: int
    troubles: tuple[str, ...] = ()


class Imported:
    """One log file under the name it has in the timeline."""

    def __init__(
        self, path: Path, name: str, hand: Hand, readers: LogReaders, called: str = ""
    ) -> None:
        """Take a file in; `called`: what it is called where its path says nothing."""
        self.path = path
        self._called = called or path.name
        self.name = name
        self.aliases: dict[str, str] = {}
        self._hand = hand
        self._readers = readers
        self._troubles: Counter[str] = Counter()
        self._said: Said | None = None

    def events(self) -> Iterator[Event]:
        """Give its events as they stand in the file. Raises BadInputError for no log at all."""
        count, first, last = 0, 0, 0
        log = self._readers.open(self.path)
        rows = log.rows()
        head = list(islice(rows, SNIFFED))
        hand = self._hand
        if not hand.order:
            hand = hand._replace(order=order_of(time_of(row) for _, row in head))
        for number, row in chain(head, rows):
            try:
                said = read_moment(time_of(row), hand)
            except BadInputError as error:
                self._troubles[str(error) + (f" ({error.hint})" if error.hint else "")] += 1
                continue
            count += 1
            first, last = (min(first or said, said), max(last, said))
            self._learn(*own_address(row))
            event = event_of(row, self.name, f"{self.name}:{number}")
            yield event._replace(time=said, said=said)
        self._troubles += log.troubles
        told = tuple(f"{text}: {times:,}" for text, times in self._troubles.items())
        self._said = Said(self.name, self._called, log.form, log.sha256, count, first, last, told)

    def said(self) -> Said:
        """Say what became of it, once its events were read."""
        assert self._said is not None
        return self._said

    def _learn(self, host: str, address: str) -> None:
        if host and address and len(self.aliases) < MOST_ALIASES:
            self.aliases[address] = host


def newest(path: Path) -> Millis:
    """Give when a file was last changed: the newest moment an RFC 3164 line in it can mean."""
    return Millis(path.stat().st_mtime_ns // 1_000_000)
