"""Sealed entries of one chart, opened under the keys the keyholder gave.

What opens is checked against where it lay. What does not open is named, and the rest is still
shown. All entries of a chart go through each step together: the steps are short, and a processor
that changes between them for every entry is twice as slow.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chartkeep.custody.envelope import unpack, unpack_all
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import DamagedError
from chartkeep.model import ChartId, EntryId, FacilityId, KeyId, to_text
from chartkeep.sealing.entry import EntryHeader, open_entries, open_entry, read_header, read_headers
from chartkeep.sealing.keys import SectionKey

Keys = Mapping[KeyId, SectionKey]
Headers = Mapping[bytes, EntryHeader]
"""Sealed entries as the store gave them, each with its clear header."""


class Chart(NamedTuple):
    """Where entries must lie."""

    facility: FacilityId
    chart: ChartId


class Sorted(NamedTuple):
    """Entries that lie where they belong, not opened yet; `damaged` names those that do not."""

    headers: Headers
    damaged: list[str]


class Shown(NamedTuple):
    """Opened entries by their sealed bytes, in the store's order; `damaged` names the others."""

    entries: dict[bytes, OpenedEntry]
    damaged: list[str]


def sort_entries(
    found: Iterable[bytes], place: Chart, kept: Mapping[bytes, OpenedEntry] | None = None
) -> Sorted:
    """Read the headers of what the store gave, save of what is `kept` from the last look."""
    given = list(found)
    new = [sealed for sealed in given if sealed not in kept] if kept else given
    headers, damaged = _headers(new)
    facility, chart = place
    for sealed, header in list(headers.items()):
        if header.chart != chart or header.facility != facility:
            damaged.append(f"entry {to_text(header.entry_id)} lies in a chart it is not of")
            del headers[sealed]
    if not kept:
        return Sorted(headers, damaged)
    known = {sealed: entry.header for sealed, entry in kept.items()} | headers
    return Sorted({sealed: known[sealed] for sealed in given if sealed in known}, damaged)


def _headers(found: Sequence[bytes]) -> tuple[dict[bytes, EntryHeader], list[str]]:
    try:
        return dict(zip(found, read_headers(found), strict=True)), []
    except DamagedError:
        pass  # one of them is broken: find out which
    headers: dict[bytes, EntryHeader] = {}
    damaged: list[str] = []
    for sealed in found:
        try:
            headers[sealed] = read_header(sealed)
        except DamagedError as error:
            damaged.append(str(error))
    return headers, damaged


def open_all(
    headers: Headers, keys: Keys, kept: Mapping[bytes, OpenedEntry] | None = None
) -> Shown:
    """Open entries, each under the key it names; what is `kept` is not opened twice."""
    openable = {sealed: head for sealed, head in headers.items() if head.key_id in keys}
    if not kept:
        entries, damaged = _open(openable, keys)
    else:
        new = {sealed: head for sealed, head in openable.items() if sealed not in kept}
        opened, damaged = _open(new, keys)
        known = {**kept, **opened}
        entries = {sealed: known[sealed] for sealed in openable if sealed in known}
    if len(openable) < len(headers):
        damaged += [_keyless(head) for head in headers.values() if head.key_id not in keys]
    return Shown(entries, damaged)


def newest(entries: Iterable[OpenedEntry]) -> tuple[list[OpenedEntry], list[str]]:
    """Part the newest version of each entry from older ones given as if they were the present."""
    given = list(entries)
    if len({entry.header.entry_id for entry in given}) == len(given):
        return given, []
    last: dict[EntryId, int] = {}
    for head in (entry.header for entry in given):
        last[head.entry_id] = max(last.get(head.entry_id, 0), head.version)
    kept = [entry for entry in given if entry.header.version == last[entry.header.entry_id]]
    older = [e.header for e in given if e.header.version < last[e.header.entry_id]]
    return kept, [f"entry {to_text(h.entry_id)} came in version {h.version} too" for h in older]


def _open(headers: Headers, keys: Keys) -> Shown:
    try:
        parted = unpack_all(open_entries(headers, keys))
        rows = zip(headers.items(), parted, strict=True)
        return Shown({s: OpenedEntry(head, *parts) for (s, head), parts in rows}, [])
    except DamagedError:
        return _open_each(headers, keys)  # one of them is broken: find out which


def _open_each(headers: Headers, keys: Keys) -> Shown:
    shown = Shown({}, [])
    for sealed, header in headers.items():
        try:
            plain = open_entry(sealed, keys[header.key_id])
            shown.entries[sealed] = OpenedEntry(header, *unpack(plain))
        except DamagedError as error:
            shown.damaged.append(str(error))
    return shown


def _keyless(header: EntryHeader) -> str:
    name = to_text(header.entry_id)
    return f"entry {name} has no key here: its wrap was changed, or is gone"
