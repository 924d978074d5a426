"""What a store takes in: every rule, as functions of values. No clock, no disk.

A rule that says yes returns a `Plan`, which cannot conflict with what the facts said.
A rule that says no raises; `FalseWriterError` also means that somebody must look into it.
What a rule cannot see: whether the sealed bytes open. A writer can deposit noise under its own
key, never under another's, and never over what stands.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from chartkeep.errors import (
    BadInputError,
    ConflictError,
    FalseWriterError,
    RefusedError,
    SealBrokenError,
)
from chartkeep.model import ID_BYTES, FacilityId, InstanceId, Millis, Section, to_text
from chartkeep.sealing.blob import BlobHeader
from chartkeep.sealing.entry import EntryHeader, read_header
from chartkeep.sealing.wrap import WRITE_LEASE, WrapHeader, check_entry_under_wrap, read_wrap
from chartkeep.store.book import Facts, Place, Plan, Question, Tally
from chartkeep.store.protocol import Commit, NewEntry
from chartkeep.store.records import (
    CONTENT_BYTES,
    LABEL_BYTES,
    RecordType,
    Row,
    blob_row,
    entry_row,
    labels_row,
    line_of,
    wrap_row,
)

CLOCK_SKEW: Final = 60_000
LEASE_GRACE: Final = 30_000
MAX_LABELS: Final = 65_536


class House(NamedTuple):
    """What a rule knows besides the facts: whose store, who asks, what time it is."""

    facility: FacilityId
    writer: InstanceId
    now: Millis


class Parsed(NamedTuple):
    """A commit with its headers read; `blobs` are files that are durable, with their objects."""

    chart: bytes
    wraps: list[tuple[WrapHeader, bytes]]
    entries: list[tuple[EntryHeader, NewEntry]]
    labels: list[bytes]
    blobs: Sequence[tuple[BlobHeader, bytes]]

    def question(self) -> Question:
        """Name the things a book must look up."""
        keys = {head.key_id for head, _ in self.wraps}
        keys.update(head.key_id for head, _ in self.entries)
        ids = [head.entry_id for head, _ in self.entries]
        ids += [head.blob_id for head, _ in self.blobs]
        return Question(self.chart, list(keys), ids, self.labels)


def parse(commit: Commit, blobs: Sequence[tuple[BlobHeader, bytes]] = ()) -> Parsed:
    """Read a commit's headers. Raises RefusedError, SealBrokenError or UnknownFormatError."""
    check_id(commit.chart)
    check_labels(commit.labels)
    if any(len(new.content) != CONTENT_BYTES for new in commit.entries):
        raise BadInputError("a content hash is 16 bytes")
    if commit.labels and not commit.entries:  # labels alone would need no write lease at all
        raise BadInputError("labels come with an entry of their chart")
    return Parsed(
        commit.chart,
        [(read_wrap(wrap), wrap) for wrap in commit.wraps],
        [(read_header(new.sealed), new) for new in commit.entries],
        list(dict.fromkeys(commit.labels)),
        blobs,
    )


def check_id(ident: bytes) -> None:
    """Refuse what is no id."""
    if len(ident) != ID_BYTES:
        raise BadInputError("an id is 16 bytes")


def check_labels(labels: Sequence[bytes]) -> None:
    """Refuse what is no list of labels."""
    if len(labels) > MAX_LABELS or any(len(label) != LABEL_BYTES for label in labels):
        raise BadInputError("labels are 16 bytes each, and at most 65,536 at a time")


def admit(parsed: Parsed, facts: Facts, house: House, start: int) -> tuple[Plan, list[int]]:
    """Take a commit in from line `start`: the plan, and each entry's line.

    The very same bytes, sent again after a lost answer, are given their old line.
    Raises ConflictError, RefusedError, FalseWriterError.
    """
    check_chart(parsed.chart, facts)
    wraps, rows = _admit_wraps(parsed.wraps, parsed.chart, facts, house, start)
    _admit_blobs(parsed, facts, wraps, house, (start, rows))
    lines, replaced = _admit_entries(parsed, facts, wraps, house, (start, rows))
    stored = [len(row.object or b"") for row in rows if row.type == RecordType.ENTRY]
    labels = _fresh_labels(parsed, facts)
    if labels:
        rows.append(labels_row(start + len(rows), parsed.chart, labels, RecordType.LABELS))
    tally = Tally(len(stored), new_chart(facts) if rows else 0, sum(stored))
    standing = [(label, parsed.chart) for label in labels]
    return Plan(rows, replaced, labels=standing, tally=tally), lines


def _admit_blobs(
    parsed: Parsed,
    facts: Facts,
    wraps: dict[bytes, WrapHeader],
    house: House,
    so_far: tuple[int, list[Row]],
) -> None:
    """Add the blobs' rows to those so far; each comes with an entry under its key, or is nobody's.

    Who may open the entry may then open the blob, and nobody else.
    """
    start, rows = so_far
    keys = {head.key_id for head, _ in parsed.entries}
    fresh: set[bytes] = set()
    for head, words in parsed.blobs:
        check_writer(head, wraps.get(head.key_id), parsed.chart, house)
        if head.key_id not in keys:
            raise RefusedError(f"{name_of(head)} comes without an entry under its key")
        row = blob_row(start + len(rows), head, words)
        place = facts.heads.get(head.blob_id)
        if place is not None and place.line == row.line:  # sent before
            continue
        if place is not None or head.blob_id in fresh:
            raise ConflictError(f"{name_of(head)} is the id of something else already")
        fresh.add(head.blob_id)
        rows.append(row)


def _admit_entries(
    parsed: Parsed,
    facts: Facts,
    wraps: dict[bytes, WrapHeader],
    house: House,
    so_far: tuple[int, list[Row]],
) -> tuple[list[int], list[tuple[int, int]]]:
    """Add the entries' rows to those so far; versions also follow inside one commit."""
    start, rows = so_far
    heads = dict(facts.heads)
    replaced: list[tuple[int, int]] = []
    lines: list[int] = []
    for head, new in parsed.entries:
        check_writer(head, wraps.get(head.key_id), parsed.chart, house)
        place = heads.get(head.entry_id)
        line = _sent_before(head, new, place)
        if line is None:
            _check_version(head, place)
            line = start + len(rows)
            row = entry_row(line, head, new.sealed, new.content)
            rows.append(row)
            if place is not None and place.at >= start:  # it came in this very commit
                rows[place.at - start] = rows[place.at - start]._replace(replaced=line)
            elif place is not None:
                replaced.append((line, place.at))
            heads[head.entry_id] = Place(head.chart, head.version, line, row.line)
        lines.append(line)
    return lines, replaced


def new_chart(facts: Facts) -> int:
    """Count the chart if this is the first line about it."""
    return int(not facts.known_chart)


def check_chart(chart: bytes, facts: Facts) -> None:
    """Refuse a shredded chart."""
    if facts.shredded:
        raise RefusedError(
            f"chart {to_text(chart)} is shredded", hint="deposit what comes later into a new chart"
        )


def _admit_wraps(
    wraps: list[tuple[WrapHeader, bytes]], chart: bytes, facts: Facts, house: House, start: int
) -> tuple[dict[bytes, WrapHeader], list[Row]]:
    """Give every wrap the commit may use, and the rows of those that are new."""
    standing = {key: wrap for key, (_, wrap) in facts.wraps.items()}
    usable = {key: read_wrap(wrap) for key, wrap in standing.items()}
    rows: list[Row] = []
    for head, wrap in wraps:
        known = usable.get(head.key_id)
        if known is None:
            _check_wrap(head, chart, house)
            usable[head.key_id], standing[head.key_id] = head, wrap
            rows.append(wrap_row(start + len(rows), head, wrap))
        elif standing[head.key_id] != wrap and not _is_older(head, known):
            raise ConflictError(f"key {to_text(head.key_id)} has another wrap already")
    return usable, rows


def _is_older(head: WrapHeader, known: WrapHeader) -> bool:
    """Tell a wrap that was rotated since: sent again after a lost answer, it changes nothing."""
    return head.generation < known.generation and same_but_generation(head, known)


def same_but_generation(one: WrapHeader, other: WrapHeader) -> bool:
    """Tell whether two wraps say the same of the same key, generations aside."""
    return replace(one, generation=other.generation) == other


def _check_wrap(head: WrapHeader, chart: bytes, house: House) -> None:
    name = to_text(head.key_id)
    if head.facility != house.facility or head.chart != chart:
        raise RefusedError(f"the wrap of key {name} belongs to another chart or facility")
    if head.writer != house.writer:
        raise FalseWriterError(f"the wrap of key {name} was made for another writer")
    if house.now > head.lease_end + LEASE_GRACE:
        raise FalseWriterError(f"the write lease of key {name} is over")


def check_writer(
    head: EntryHeader | BlobHeader, wrap: WrapHeader | None, chart: bytes, house: House
) -> None:
    """Refuse what this writer may not write now: another's key, place or time."""
    if head.chart != chart or head.facility != house.facility:
        raise RefusedError(f"{name_of(head)} belongs to another chart or facility")
    if head.writer != house.writer:
        raise FalseWriterError(f"{name_of(head)} claims another writer")
    if wrap is None:
        raise RefusedError(
            f"{name_of(head)} is sealed under a key whose wrap is not here",
            hint="send the wrap with the first entry under it",
        )
    check_under_wrap(head, wrap)
    if head.time > house.now + CLOCK_SKEW:
        raise FalseWriterError(f"{name_of(head)} claims a later time than now")
    if head.time < wrap.lease_end - WRITE_LEASE - CLOCK_SKEW:
        raise FalseWriterError(f"{name_of(head)} claims an earlier time than its key's")
    if house.now > wrap.lease_end + LEASE_GRACE:
        raise FalseWriterError(f"{name_of(head)} comes after its write lease is over")


def check_under_wrap(head: EntryHeader | BlobHeader, wrap: WrapHeader) -> None:
    """Refuse an entry or blob its wrap does not cover (docs/formats/wrap.md)."""
    if isinstance(head, EntryHeader):
        try:
            check_entry_under_wrap(head, wrap)
        except SealBrokenError as error:
            raise FalseWriterError(str(error)) from error
        return
    mine = (head.facility, head.chart, head.section, head.key_id, head.writer)
    if mine != (wrap.facility, wrap.chart, wrap.section, wrap.key_id, wrap.writer):
        raise FalseWriterError(f"{name_of(head)} does not belong to its key")
    if head.time > wrap.lease_end:
        raise FalseWriterError(f"{name_of(head)} is later than its lease")


def name_of(head: EntryHeader | BlobHeader) -> str:
    """Name a sealed thing for people."""
    if isinstance(head, EntryHeader):
        return f"entry {to_text(head.entry_id)}"
    return f"blob {to_text(head.blob_id)}"


def _sent_before(head: EntryHeader, new: NewEntry, place: Place | None) -> int | None:
    """Find the line of an entry that was sent before; None when it is new."""
    if place is None or place.version != head.version:
        return None
    line = line_of(RecordType.ENTRY, new.content + new.sealed)
    return place.at if place.line == line else None


def _check_version(head: EntryHeader, place: Place | None) -> None:
    """Refuse a version that does not follow; two who changed the same version cannot both win."""
    if place is not None and (place.chart != head.chart or not place.version):
        raise ConflictError(f"{name_of(head)} is the id of something else already")
    current = place.version if place else 0
    if head.version != current + 1:
        raise ConflictError(
            f"{name_of(head)} stands at version {current}, version {head.version} cannot follow",
            hint="read it again and decide again",
        )
    if head.section is Section.FINGERPRINTS and place is not None:
        # Programs write them that write nothing else: what they put over would be hidden.
        raise RefusedError(f"{name_of(head)} would put fingerprints over another entry")


def _fresh_labels(parsed: Parsed, facts: Facts) -> list[bytes]:
    """Give the labels that do not stand yet; one that stands elsewhere is a conflict."""
    if any(facts.labels.get(label, parsed.chart) != parsed.chart for label in parsed.labels):
        raise ConflictError("a label is taken", hint="ask the keyholder for labels again")
    return [label for label in parsed.labels if label not in facts.labels]
