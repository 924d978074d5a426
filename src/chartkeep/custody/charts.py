"""What sessions have open in this worker: sections in clear, until their lease ends.

Every look first asks the store whether the chart changed, so nobody reads yesterday's allergy; a
section that changed, or that is not open, goes the one road again and is a line again. It decides
nothing: what it gives without asking, the keyholder gave this session for this purpose minutes ago.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any, NamedTuple

from chartkeep.clinical.face import LINK_KIND
from chartkeep.custody.house import House
from chartkeep.custody.opening import Keys
from chartkeep.custody.release import MOST_ASKED, Look, Opened, open_faces, release
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import NotAllowedError
from chartkeep.model import ChartId, EntryId, Millis, Section
from chartkeep.store.protocol import Read

MOST_BYTES = 512 << 20
"""Of memory, about, for all that is open in a worker."""
WEIGHT = 10
"""Bytes of memory for each byte as received: as served, parsed, and in indices."""
SMALLEST = 1_000
"""Bytes a section costs each session that has it open, its content aside."""

MOST_LINKS = 20_000
"""Charts of which it is remembered, by their newest line, whether they were ever merged."""

Key = tuple[bytes, ChartId, str, bytes, Section]
"""Token, chart, purpose, grant, section."""


class Content:
    """The entries of one section as they stood: once in memory, for all who have just these open.

    `changed` is when the newest of them was written. `memo` is a door's: what it made of them,
    gone with them. Nobody changes the entries.
    """

    __slots__ = ("bytes", "changed", "entries", "holders", "memo")

    def __init__(self, entries: Mapping[EntryId, OpenedEntry]) -> None:
        self.entries = entries
        self.changed = max((entry.header.time for entry in entries.values()), default=Millis(0))
        self.bytes = WEIGHT * sum(len(entry.raw) for entry in entries.values())
        self.memo: dict[Any, Any] = {}
        self.holders = 0


class Held(NamedTuple):
    """One section a session has open; `line` let it out, `newest` is the chart's line then.

    `withheld`: the patient's consent keeps it shut; it is empty. `keys`: those its blobs are under.
    """

    section: Section
    line: int
    lease_end: Millis
    newest: int
    content: Content
    damaged: tuple[str, ...]
    withheld: bool = False
    keys: Keys = MappingProxyType({})

    @property
    def entries(self) -> Mapping[EntryId, OpenedEntry]:
        """Give the entries."""
        return self.content.entries

    @property
    def changed(self) -> Millis:
        """Say when the newest of its entries was written."""
        return self.content.changed

    @property
    def memo(self) -> dict[Any, Any]:
        """Give what a door made of them."""
        return self.content.memo

    def holds(self, newest: int, now: Millis) -> bool:
        """Say whether it may still be shown."""
        return self.newest == newest and self.lease_end > now

    def joined(self, other: "Held") -> "Held":
        """Give this section with the same one of another chart of the person after it."""
        return self._replace(
            lease_end=min(self.lease_end, other.lease_end),
            content=Content({**self.entries, **other.entries}),
            damaged=(*self.damaged, *other.damaged),
        )

    def at(self, moment: Millis, versions: Iterable[OpenedEntry]) -> "Held":
        """Give this section as it was, from all versions of its entries."""
        then = [v for v in versions if v.header.section == self.section and v.header.time <= moment]
        then.sort(key=lambda each: each.header.version)
        return self._replace(content=Content({each.header.entry_id: each for each in then}))


class Charts:
    """The open sections of one worker, for all its threads; bounded in bytes."""

    def __init__(self, house: House, most: int = MOST_BYTES) -> None:
        self.house = house
        self._most = most
        self._bytes = 0
        self._held: dict[Key, Held] = {}
        self._contents: dict[tuple[ChartId, Section], Content] = {}
        self._links: dict[ChartId, tuple[int, bool]] = {}
        self._lock = threading.Lock()

    @property
    def used(self) -> int:
        """Say how many bytes of memory are in use, about."""
        return self._bytes

    def look(self, chart: ChartId, look: Look, newest: int | None = None) -> list[Held]:
        """Give sections of a chart, opening those that are not open or are not the newest.

        `newest`: the chart's newest line, where the store has just been asked for it.

        Raises what the keyholder refused with, or UnavailableError; then nothing was opened.
        """
        newest = self.house.store.newest(chart) if newest is None else newest
        now = self.house.clock()
        keys = {section: _key(chart, look, section) for section in look.sections}
        with self._lock:
            self._sweep(now)
            found = {s: self._held[key] for s, key in keys.items() if key in self._held}
        kept = {section: held for section, held in found.items() if held.holds(newest, now)}
        missing = look.sections - kept.keys()
        if missing:
            opened = self._open_missing(chart, look, kept.keys(), newest)
            with self._lock:
                for section, held in opened.items():
                    self._put(keys[section], held)
            kept |= opened
        return [kept[section] for section in sorted(kept)]

    def recall(self, chart: ChartId, look: Look) -> list[Held]:
        """Give sections as this session has them open, if it has all; nobody asks if they changed.

        Whoever shows them proves that first (`blobs.Recalled`).
        """
        now = self.house.clock()
        with self._lock:
            held = [self._held.get(_key(chart, look, section)) for section in sorted(look.sections)]
        found = [each for each in held if each is not None]
        whole = len(found) == len(held) and len({each.newest for each in found}) == 1
        return found if whole and all(each.lease_end > now for each in found) else []

    def faces(self, charts: Sequence[ChartId], look: Look) -> dict[ChartId, Held]:
        """Give the faces of many charts, opening together those not open or not the newest.

        A chart that was shredded, or has no face, is left out. Raises the first refusal.
        """
        newest = self._newest(charts)
        now, face = self.house.clock(), Section.FACE
        with self._lock:
            self._sweep(now)
            held = {chart: self._held.get(_key(chart, look, face)) for chart in charts}
        kept = {c: one for c, one in held.items() if one and one.holds(newest[c], now)}
        missing = [chart for chart in charts if chart not in kept]
        for at in range(0, len(missing), MOST_ASKED):
            for opened in open_faces(missing[at : at + MOST_ASKED], look, self.house):
                kept[opened.chart] = self._hold_face(opened, look, newest[opened.chart])
        return {chart: kept[chart] for chart in charts if chart in kept}

    def _newest(self, charts: Sequence[ChartId]) -> dict[ChartId, int]:
        """Ask for the newest lines of charts: a chart's id is the id of its Patient entry."""
        store = self.house.store
        found = store.where(list(charts)) if charts else []
        pairs = zip(charts, (line for _, line in found), strict=True)
        return {chart: line if line >= 0 else store.newest(chart) for chart, line in pairs}

    def _hold_face(self, opened: Opened, look: Look, newest: int) -> Held:
        entries = {entry.header.entry_id: entry for entry in opened.entries}
        with self._lock:
            held = Held(
                Section.FACE, opened.line, opened.lease_end, newest,
                self._shared(opened.chart, Section.FACE, entries), tuple(opened.damaged),
                bool(opened.withheld >> Section.FACE & 1),
            )  # fmt: skip
            self._put(_key(opened.chart, look, Section.FACE), held)
        return held

    def has_link(self, chart: ChartId, newest: int | None = None) -> bool:
        """Say whether a chart was ever merged; the store knows that without opening anything."""
        newest = self.house.store.newest(chart) if newest is None else newest
        with self._lock:
            line, linked = self._links.get(chart, (None, False))
        if line != newest:
            asked = Read(chart, [Section.FACE], [LINK_KIND], [], False, 0, 1)
            linked = bool(self.house.store.page(asked).entries)
            with self._lock:
                while len(self._links) >= MOST_LINKS:
                    del self._links[next(iter(self._links))]
                self._links[chart] = newest, linked
        return linked

    def forget(self, token: bytes) -> None:
        """Drop all a session has open: it has ended."""
        with self._lock:
            for key in [key for key in self._held if key[0] == token]:
                self._drop(key)

    def _open_missing(
        self, chart: ChartId, look: Look, kept: AbstractSet[Section], newest: int
    ) -> dict[Section, Held]:
        try:
            return self._open(chart, look._replace(sections=look.sections - kept), newest)
        except NotAllowedError:
            if not kept:
                raise
        # A consent may shut just what was missing: asked for with the rest it is left out, and
        # what a look shows must not depend on what was open before it.
        return self._open(chart, look, newest)

    def _open(self, chart: ChartId, look: Look, newest: int) -> dict[Section, Held]:
        opened = release(chart, look, self.house)
        entries: dict[Section, dict[EntryId, OpenedEntry]] = {s: {} for s in look.sections}
        for entry in opened.entries:
            entries[entry.header.section][entry.header.entry_id] = entry
        return {
            section: Held(
                section, opened.line, opened.lease_end, newest,
                self._shared(chart, section, mine), tuple(opened.damaged),
                bool(opened.withheld >> section & 1), _blob_keys(mine, opened.keys),
            )
            for section, mine in entries.items()
        }  # fmt: skip

    def _shared(
        self, chart: ChartId, section: Section, mine: dict[EntryId, OpenedEntry]
    ) -> Content:
        """Give what this session has just opened; where others have the very same, theirs.

        It saves memory and no question: this session was given the keys of every entry in it.
        """
        there = self._contents.get((chart, section))
        return there if there is not None and there.entries == mine else Content(mine)

    def _put(self, key: Key, held: Held) -> None:
        """Keep a section; the ones opened longest ago make room."""
        self._drop(key)
        self._held[key] = held
        content = held.content
        content.holders += 1
        self._bytes += SMALLEST + (content.bytes if content.holders == 1 else 0)
        self._contents[_place(key)] = content
        while self._bytes > self._most and len(self._held) > 1:
            self._drop(next(iter(self._held)))

    def _sweep(self, now: Millis) -> None:
        """Drop what has ended: leases are of one length, so what stands first ends first."""
        while self._held and next(iter(self._held.values())).lease_end <= now:
            self._drop(next(iter(self._held)))

    def _drop(self, key: Key) -> None:
        if (held := self._held.pop(key, None)) is None:
            return
        content = held.content
        content.holders -= 1
        self._bytes -= SMALLEST + (0 if content.holders else content.bytes)
        if not content.holders and self._contents.get(_place(key)) is content:
            del self._contents[_place(key)]


def _blob_keys(entries: Mapping[EntryId, OpenedEntry], keys: Keys) -> Keys:
    """Keep the keys that blobs of these entries are under, and no others."""
    under = {entry.header.key_id for entry in entries.values() if entry.envelope.blob is not None}
    return {ident: keys[ident] for ident in under}


def _key(chart: ChartId, look: Look, section: Section) -> Key:
    return look.token, chart, look.purpose, look.grant, section


def _place(key: Key) -> tuple[ChartId, Section]:
    _, chart, _, _, section = key
    return chart, section
