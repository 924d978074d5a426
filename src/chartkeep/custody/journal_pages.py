"""Reading the journal back: page by page, each page a release of the facility's `journal` section.

The keyholder opens it to roles that audit, and writes a line for each page. Memory does not grow
with the window. An entry that does not open, and a worker's group that is missing between two
others, is named in `damaged`; the rest is read.
"""

from collections.abc import Iterator

from chartkeep.custody.envelope import unpack
from chartkeep.custody.house import House
from chartkeep.custody.journal import KIND
from chartkeep.custody.note import Group, Noted, read_group
from chartkeep.custody.release import Look
from chartkeep.errors import DamagedError, NotFoundError
from chartkeep.keyholder.protocol import ChartWraps, OpenKeys
from chartkeep.model import KeyId, Section, to_text
from chartkeep.sealing.entry import EntryHeader, open_entry, read_header
from chartkeep.sealing.keys import SectionKey
from chartkeep.sealing.wrap import read_wrap
from chartkeep.store.protocol import Found, Read
from chartkeep.wire.frames import Failed, to_error

PAGE = 500
LATE = 60 * 60_000
"""Milliseconds a group may be written after its notes were taken: the store was away meanwhile."""


class JournalPages:
    """One auditor's reading of the journal."""

    def __init__(self, look: Look, house: House) -> None:
        """`look` says who and why; its sections do not matter."""
        self._look = look
        self._house = house
        self._numbers: dict[bytes, int] = {}
        self.damaged: list[str] = []

    def notes(self, since: int, until: int) -> Iterator[Noted]:
        """Give the notes taken in a window (milliseconds), in the order they were written.

        Those of one worker are in order of time; workers may be seconds apart. Raises what the
        keyholder refuses with.
        """
        after = self._place(since)
        while True:
            found = self._read(after, PAGE)
            if not found.entries:
                return
            yield from (noted for noted in self._open(found) if since <= noted.note.time < until)
            after = found.more
            if not after or read_header(found.entries[-1]).time > until + LATE:
                return

    def note(self, entry: bytes, at: int) -> Noted:
        """Give one note by its place. Raises NotFoundError when there is none."""
        chart, section = self._house.chart, Section.JOURNAL
        found = self._house.store.page(Read(chart, [section], [], [entry], False, 0, 1))
        for noted in self._open(found) if found.entries else ():
            if noted.at == at:
                return noted
        raise NotFoundError("there is no such note in the journal", hint="search for it")

    def _place(self, since: int) -> int:
        """Find the index of `records` after which the journal's entries are of this time.

        Entries stand in the order in which they were committed, and their times are in clear.
        """
        low, high = 0, self._house.store.status().size
        while low < high:
            middle = (low + high) // 2
            found = self._read(middle, 1).entries
            if found and read_header(found[0]).time < since:
                low = middle + 1
            else:
                high = middle
        return max(low - 1, 0)

    def _read(self, after: int, limit: int) -> Found:
        chart, section = self._house.chart, Section.JOURNAL
        return self._house.store.page(Read(chart, [section], [], [], False, after, limit))

    def _open(self, found: Found) -> Iterator[Noted]:
        keys = self._keys(found.wraps)
        for sealed in found.entries:
            try:
                header, group = self._open_group(sealed, keys)
            except DamagedError as error:
                self.damaged.append(str(error))
                continue
            self._count(group)
            for at, note in enumerate(group.notes):
                yield Noted(header.entry_id, at, header.writer, group.instance, group.worker, note)

    def _keys(self, wraps: list[bytes]) -> dict[KeyId, SectionKey]:
        look, chart = self._look, self._house.chart
        wraps = [wrap for wrap in wraps if self._is_ours(wrap)]
        wanted = ChartWraps(chart, 1 << Section.JOURNAL, wraps)
        asked = OpenKeys(look.token, look.purpose, look.reason, look.grant, [wanted])
        opened = self._house.keyholder.open_keys(asked).charts[0]
        if opened.error:
            raise to_error(Failed(opened.error, opened.message, opened.hint))
        ids = (KeyId(read_wrap(wrap).key_id) for wrap in wraps)
        pairs = zip(ids, opened.keys, strict=True)
        return {ident: SectionKey(ident, secret) for ident, secret in pairs if secret}

    def _is_ours(self, wrap: bytes) -> bool:
        """Set aside a wrap of another place: one changed row must not close the journal."""
        try:
            header = read_wrap(wrap)
        except DamagedError as error:
            self.damaged.append(str(error))
            return False
        ours = (self._house.facility, self._house.chart, Section.JOURNAL)
        return (header.facility, header.chart, header.section) == ours

    def _open_group(
        self, sealed: bytes, keys: dict[KeyId, SectionKey]
    ) -> tuple[EntryHeader, Group]:
        header = read_header(sealed)
        key = keys.get(header.key_id)
        name = to_text(header.entry_id)
        if (header.chart, header.section, header.kind) != (
            self._house.chart,
            Section.JOURNAL,
            KIND,
        ):
            raise DamagedError(f"entry {name} lies in the journal and is not of it")
        if key is None:
            raise DamagedError(f"entry {name} has no key here: its wrap was changed, or is gone")
        _, raw = unpack(open_entry(sealed, key))
        return header, read_group(raw)

    def _count(self, group: Group) -> None:
        """Notice what is missing: a worker's groups are numbered without a gap."""
        before = self._numbers.get(group.worker, group.number - 1)
        if group.number != before + 1:
            name = to_text(group.worker)
            self.damaged.append(
                f"worker {name}: groups {before + 1} to {group.number} do not follow"
            )
        self._numbers[group.worker] = group.number
