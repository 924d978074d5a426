"""The house a deposit or a release happens in: the keepers' clients, the clock, leased keys.

It holds section keys and opened entries in memory until their lease ends, and drops what has
ended at the next look; it decides nothing.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from chartkeep.custody.places import Places
from chartkeep.custody.shelf import Shelf
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.protocol import SealWant
from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.keyed import derive, keyed_hash
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
    """One worker's hold on keyholder and store, safe to share between its threads."""

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
        self.places = Places()
        self._sameness = b""
        self._digests = b""
        self._keys: dict[tuple[bytes, Section], WriteKey] = {}
        self._lock = threading.Lock()

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

    def digest_key(self) -> bytes:
        """Derive the key that values are digested with at deposit (`custody.prints`)."""
        if not self._digests:
            self._digests = derive(self._secret(), b"chartkeep-prints-1")
        return self._digests

    def heads(self, entries: Sequence[bytes]) -> list[Head]:
        """Ask the store where entries stand, however many."""
        return [head for page in _pages(entries) for head in self.store.heads(page)]

    def write_keys(
        self,
        chart: ChartId,
        sections: Iterable[Section],
        *,
        new: bool = False,
        left: int = LEASE_MARGIN,
    ) -> dict[Section, WriteKey]:
        """Give a key for each section, asking the keyholder for those that are not leased.

        Each may be used for `left` milliseconds at least.
        """
        now = self.clock()
        wanted = set(sections)
        with self._lock:
            keys = {s: self._keys[chart, s] for s in wanted if (chart, s) in self._keys}
        keys = {s: key for s, key in keys.items() if key.lease_end - left >= now}
        if missing := [int(section) for section in wanted - keys.keys()]:
            fresh = self._lease(chart, missing, new=new)
            self._keep(chart, fresh, now)
            keys |= fresh
        return keys

    def fresh_key(self, chart: ChartId, section: Section) -> WriteKey:
        """Ask for a key that seals nothing else."""
        return self._lease(chart, [int(section)], new=False)[section]

    def _keep(self, chart: ChartId, keys: dict[Section, WriteKey], now: Millis) -> None:
        """Keep leased keys, and drop those whose lease has ended: what is gone is not taken."""
        with self._lock:
            kept = {at: key for at, key in self._keys.items() if key.lease_end > now}
            if len(kept) > MOST_KEYS:
                kept.clear()  # charts come and go; a fresh key costs one line
            self._keys = kept | {(chart, section): key for section, key in keys.items()}

    def _lease(self, chart: ChartId, sections: list[int], *, new: bool) -> dict[Section, WriteKey]:
        sealed = self.keyholder.seal_keys([SealWant(chart, sections, new)])
        return {
            Section(each.section): WriteKey(
                SectionKey(KeyId(read_wrap(each.wrap).key_id), each.key),
                each.wrap, sealed.lease_end,
            )
            for each in sealed.keys
        }  # fmt: skip

    def _secret(self) -> bytes:
        if not self._sameness:
            self._sameness = self.keyholder.sameness()
        return self._sameness


def _pages(asked: Sequence[bytes]) -> Iterator[list[bytes]]:
    return (list(asked[at : at + PAGE]) for at in range(0, len(asked), PAGE))
