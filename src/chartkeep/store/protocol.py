"""What may be asked of a store, and how it answers. docs/formats/store-protocol.md has the words.

Every chart-bound request names its chart first: a store may be spread over machines by chart.
Lists answer in the order of the question; an empty answer at a place means "none".
"""

from chartkeep.wire.frames import Message, union


class NewEntry(Message, frozen=True, array_like=True, tag=True):
    """A sealed entry; `content` is the keyed hash, 16 bytes, by which a writer knows it again."""

    sealed: bytes
    content: bytes


class Commit(Message, frozen=True, array_like=True, tag=True):
    """Take these into one chart, all or nothing. Answered by `Committed` when durable.

    `blobs` are whole sealed blobs, `sent` the names of those that came piece by piece; each is
    sealed under the key of one of the entries.
    """

    chart: bytes
    wraps: list[bytes]
    entries: list[NewEntry]
    labels: list[bytes]
    blobs: tuple[memoryview, ...] = ()
    sent: tuple[bytes, ...] = ()


class Committed(Message, frozen=True, array_like=True, tag=True):
    """Durable: `indices` are the entries' places in the `records` ledger of `size` lines."""

    indices: list[int]
    size: int


class Heads(Message, frozen=True, array_like=True, tag=True):
    """Ask where these entries stand and at which version. Answered by `HeadList`."""

    entries: list[bytes]


class Head(Message, frozen=True, array_like=True, tag=True):
    """An entry's newest version; `version` 0 and empty words when there is none."""

    chart: bytes
    section: int
    version: int
    kind: str
    content: bytes


class HeadList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Heads`."""

    heads: list[Head]


class Read(Message, frozen=True, array_like=True, tag=True):
    """Ask for a chart's sealed entries with the wraps they need, oldest first.

    `sections` and `kinds` empty mean all; `history` also gives versions that were replaced;
    `after` is the last index of the page before.
    """

    chart: bytes
    sections: list[int]
    kinds: list[str]
    entries: list[bytes]
    history: bool
    after: int
    limit: int


class Found(Message, frozen=True, array_like=True, tag=True):
    """A page of entries; `more` is the index to ask on from, or 0 at the end."""

    wraps: list[bytes]
    entries: list[bytes]
    more: int


class Faces(Message, frozen=True, array_like=True, tag=True):
    """Ask for the current `face` entries of many charts. Answered by `Found`, more = 0."""

    charts: list[bytes]


class Kinds(Message, frozen=True, array_like=True, tag=True):
    """Ask of which types the current entries of these charts' sections are: `KindList`."""

    charts: list[bytes]
    sections: list[int]


class KindList(Message, frozen=True, array_like=True, tag=True):
    """Types, each once, in order."""

    kinds: list[str]


class Newest(Message, frozen=True, array_like=True, tag=True):
    """Ask which line of `records` is a chart's newest: did anything change? Answered by `Line`.

    Lines of the journal do not count: they come every second, and change nothing that is shown.
    """

    chart: bytes


class Line(Message, frozen=True, array_like=True, tag=True):
    """A line's index in `records`, -1 for none."""

    index: int


class Where(Message, frozen=True, array_like=True, tag=True):
    """Ask `Heads` and, of the chart each entry lies in, `Newest`, at once. Answered by `Places`."""

    entries: list[bytes]


class Places(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Where`; `newest` is -1 where there is no entry."""

    heads: list[Head]
    newest: list[int]


class Wraps(Message, frozen=True, array_like=True, tag=True):
    """Ask for every wrap of a chart, for rotation. Answered by `Found` without entries."""

    chart: bytes


class ReplaceWraps(Message, frozen=True, array_like=True, tag=True):
    """Replace wraps by ones of a higher generation, all else equal. Answered by `Committed`."""

    chart: bytes
    wraps: list[bytes]


class Find(Message, frozen=True, array_like=True, tag=True):
    """Ask which charts stand under these labels. Answered by `Charts`."""

    labels: list[bytes]


class Charts(Message, frozen=True, array_like=True, tag=True):
    """One chart a label, empty bytes where there is none."""

    charts: list[bytes]


class DropLabels(Message, frozen=True, array_like=True, tag=True):
    """Delete labels of a chart: the keyholder alone may ask. Answered by `Committed`."""

    chart: bytes
    labels: list[bytes]


class Shred(Message, frozen=True, array_like=True, tag=True):
    """Write down that a chart's key is gone, drop its wraps and labels: the keyholder alone."""

    chart: bytes


class Shreds(Message, frozen=True, array_like=True, tag=True):
    """Ask for every shredded chart. Answered by `Charts`."""


class OpenBlob(Message, frozen=True, array_like=True, tag=True):
    """Begin a sealed blob of a chart under a name nothing has, 16 bytes. Answered by `Done`."""

    chart: bytes
    blob: bytes


class BlobChunk(Message, frozen=True, array_like=True, tag=True):
    """The next sealed bytes of an open blob, at most 8 MiB. Answered by `Done`."""

    blob: bytes
    data: memoryview


class DropBlob(Message, frozen=True, array_like=True, tag=True):
    """Forget an open blob: no `Commit` will name it. Answered by `Done`."""

    blob: bytes


class ReadBlobs(Message, frozen=True, array_like=True, tag=True):
    """Ask for sealed bytes of a chart's blobs: (blob, start, length) each, 32 MiB in all.

    Answered by `BlobBytes`.
    """

    chart: bytes
    ranges: list[tuple[bytes, int, int]]


class BlobBytes(Message, frozen=True, array_like=True, tag=True):
    """Sealed bytes, one part a range: fewer at a blob's end, none of one that is not there.

    `newest` is what `Newest` would have said before them: who has the chart open knows it is fresh.
    """

    parts: list[memoryview]
    newest: int


class Records(Message, frozen=True, array_like=True, tag=True):
    """Ask for the objects of `records` from an index on, for a vault or a verifier.

    A page ends before 8 MiB, but has one record at least where there is one. `bare`: as if their
    objects were gone, for who does without one that is not its line's.
    """

    start: int
    limit: int
    bare: bool = False


Record = tuple[int, bytes | None, bytes | None]
"""Type, content hash (of entries), object; both None when it was dropped: then `Gone` tells.

docs/formats/records.md says how the line follows from them. A plain tuple, as the database has it:
whoever pulls the ledger all day costs the store a third of what a class for each would.
"""


class Gone(Message, frozen=True, array_like=True, tag=True):
    """A line whose object was dropped; what the store says of it, for the asker to prove.

    `why`: the line that replaced it, or shredded its chart; -1 for none.
    """

    at: int
    line: bytes
    chart: bytes
    key: bytes
    why: int


class RecordList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Records`: the objects in order, and those among them that are gone."""

    records: list[Record]
    gone: list[Gone]


class Headers(Message, frozen=True, array_like=True, tag=True):
    """Ask for the clear headers of entries from an index on, of one chart or, empty, of all.

    For an audit: who wrote what, when; nothing sealed is given.
    """

    chart: bytes
    start: int
    limit: int


class HeaderList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Headers`: each entry's index in `records` and its header, oldest first."""

    headers: list[tuple[int, bytes]]


class Tile(Message, frozen=True, array_like=True, tag=True):
    """Ask for a tile of the `records` ledger. Answered by `TileBytes`."""

    level: int
    index: int
    width: int


class TileBytes(Message, frozen=True, array_like=True, tag=True):
    """A tile's hashes, 32 bytes each."""

    hashes: bytes


class Checkpoint(Message, frozen=True, array_like=True, tag=True):
    """Ask for a signed checkpoint of `records` as it stands. Answered by `Note`."""


class Note(Message, frozen=True, array_like=True, tag=True):
    """A signed note, C2SP checkpoint, with the witness's cosignature when there is one.

    `cosigned` is the newest one a witness cosigned, perhaps of fewer lines; empty for none.
    """

    note: str
    cosigned: str = ""


class Vaulted(Message, frozen=True, array_like=True, tag=True):
    """A vault says that it durably has the first `size` lines, with all behind them: `Heard`."""

    size: int


class Heard(Message, frozen=True, array_like=True, tag=True):
    """The store has heard what a vault has; `waits`: its commits wait for that, so hurry."""

    waits: bool


class Kit(Message, frozen=True, array_like=True, tag=True):
    """Ask, as a vault, for what the house needs besides charts and keys. Answered by `KitBytes`."""


class KitBytes(Message, frozen=True, array_like=True, tag=True):
    """The kit, sealed to the operators (docs/formats/kit.md); empty when there is none."""

    sealed: bytes


class Doubt(Message, frozen=True, array_like=True, tag=True):
    """Say that something of a chart did not open; the store looks itself. Answered by `Done`."""

    chart: bytes


class Status(Message, frozen=True, array_like=True, tag=True):
    """Ask how the store is. Answered by `Health`."""


class Health(Message, frozen=True, array_like=True, tag=True):
    """The store's own state; `alarms` are sentences for people.

    `vaulted`: lines a vault has, -1 when none ever said so; `vault_lag`: for how many ms the
    oldest line has waited that it does not have.
    `frozen`: why it takes nothing in until somebody has looked, empty while it does.
    """

    entries: int
    charts: int
    bytes: int
    size: int
    witnessed: int
    alarms: list[str]
    vaulted: int = -1
    vault_lag: int = 0
    frozen: str = ""


REQUESTS = union(
    [
        Commit, Heads, Where, Read, Kinds, Newest, Faces, Wraps, ReplaceWraps, Find, DropLabels,
        Shred, Shreds, OpenBlob, BlobChunk, DropBlob, ReadBlobs, Records, Headers, Tile,
        Checkpoint, Vaulted, Kit, Status, Doubt,
    ]
)  # fmt: skip
