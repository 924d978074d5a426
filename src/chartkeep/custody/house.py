"""The house a deposit or a release happens in: the keepers' clients, the clock, leased keys.

It holds section keys and opened entries in memory until their lease ends, and drops what has
ended at the next look; it decides nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from chartkeep.custody.shelf import Shelf
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.protocol import SealWant
from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.keyed import keyed_hash
from chartkeep.sealing.keys import SectionKey
from chartkeep.sealing.wrap import read_wrap
from chartkeep.store.client import StoreClient
from chartkeep.store.protocol import Head

LEASE_MARGIN = 60_000
"""A key is not used in its lease's last minute, so that its entries reach the store in time."""
MOST_KEYS = 4_096
PAGE = 5_000
"""How many things the store is asked for at a time."""


class WriteKey(NamedTuple):
    """A leased key to write with; its wrap goes to the store with the first entry under it."""

    key: SectionKey
    wrap: bytes
    lease_end: int


class House:
    """One worker's hold on keyholder and store."""

    def __init__(
        self,
        facility: FacilityId,
        writer: InstanceId,
        keyholder: KeyholderClient,
        store: StoreClient,
        clock: Callable[[], Millis],
        instance: str = "",
        worker: bytes = b"",
    ) -> None:
        self.facility = facility
        self.writer = writer
        self.keyholder = keyholder
        self.store = store
        self.clock = clock
        self.instance = instance
        self.worker = worker
        self.shelf = Shelf()
        self._sameness = b""
        self._keys: dict[tuple[bytes, Section], WriteKey] = {}

    @property
    def chart(self) -> ChartId:
        """Name the facility's own chart."""
        return ChartId(self.facility)

    def entry_id(self, source: str, key: str) -> EntryId:
        """Name an entry by a keyed hash: the same (source, key) has the same id on every run."""
        return EntryId(keyed_hash(self._secret(), b"entry", source.encode(), key.encode()))

    def content(self, entry: EntryId, raw: bytes) -> bytes:
        """Hash an entry's bytes, keyed, with its id: on a stolen disk no two entries look alike."""
        return keyed_hash(self._secret(), b"content", entry, raw)

    def heads(self, entries: Sequence[bytes]) -> list[Head]:
        """Ask the store where entries stand, however many."""
        return [head for page in _pages(entries) for head in self.store.heads(page)]

    def write_keys(
        self, chart: ChartId, sections: Iterable[Section], *, new: bool = False
    ) -> dict[Section, WriteKey]:
        """Give a key for each section, asking the keyholder for those that are not leased."""
        now = self.clock()
        wanted = set(sections)
        missing = [
            int(section)
            for section in wanted
            if (found := self._keys.get((chart, section))) is None
            or found.lease_end - LEASE_MARGIN < now
        ]
        if missing:
            self._forget_ended(now)
            self._lease(chart, missing, new=new)
        return {section: self._keys[chart, section] for section in wanted}

    def _forget_ended(self, now: Millis) -> None:
        """Drop the keys whose lease has ended: what is not there cannot be taken."""
        self._keys = {at: key for at, key in self._keys.items() if key.lease_end > now}

    def _lease(self, chart: ChartId, sections: list[int], *, new: bool) -> None:
        if len(self._keys) > MOST_KEYS:
            self._keys.clear()  # charts come and go; a fresh key costs one line
        sealed = self.keyholder.seal_keys([SealWant(chart, sections, new)])
        for each in sealed.keys:
            key = SectionKey(KeyId(read_wrap(each.wrap).key_id), each.key)
            self._keys[chart, Section(each.section)] = WriteKey(key, each.wrap, sealed.lease_end)

    def _secret(self) -> bytes:
        if not self._sameness:
            self._sameness = self.keyholder.sameness()
        return self._sameness


def _pages(asked: Sequence[bytes]) -> Iterator[list[bytes]]:
    return (list(asked[at : at + PAGE]) for at in range(0, len(asked), PAGE))
