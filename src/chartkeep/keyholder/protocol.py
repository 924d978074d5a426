"""What may be asked of a keyholder, and how it answers. docs/formats/keyholder-protocol.md.

`token` is a session's secret of 32 bytes, bound to the instance that opened it. Ids are 16 bytes,
times Millis, section sets bit masks with bit `1 << Section`. A request outside the bounds its
types name is refused before anybody looks at it.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chartkeep.errors import DamagedError
from chartkeep.keyholder.actions import Actions, Consents
from chartkeep.wire.frames import Id, Mask, Message, Name, Number, union

Token = Annotated[bytes, Meta(max_length=32)]
Grant = Annotated[bytes, Meta(max_length=16)]
Keywords = Annotated[list[str], Meta(max_length=1_000)]


class Login(Message, frozen=True, array_like=True, tag=True):
    """Prove a person: password and a TOTP code no session was made of yet."""

    person: Name
    password: Annotated[str, Meta(max_length=1_000)]
    code: Name


class LoginProgram(Message, frozen=True, array_like=True, tag=True):
    """Prove a program: an assertion (RFC 7523) it signed and nobody used yet."""

    assertion: Annotated[str, Meta(max_length=8_192)]


class Session(Message, frozen=True, array_like=True, tag=True):
    """A session: its public id, its secret token, and when it ends by itself."""

    session: bytes
    token: bytes
    expires: int


class Logout(Message, frozen=True, array_like=True, tag=True):
    """End a session."""

    token: Token


class WhoIs(Message, frozen=True, array_like=True, tag=True):
    """Ask who a session is, as things stand now: no line. Answered by `Known`."""

    token: Token


class Known(Message, frozen=True, array_like=True, tag=True):
    """A live session's person; `frozen` is the scope that is frozen for it now, or empty."""

    session: bytes
    person: str
    role: str
    wards: list[str]
    expires: int
    frozen: str


class Census(Message, frozen=True, array_like=True, tag=True):
    """Ask who lies on a ward of one's own: charts and beds, no line. Answered by `Inpatients`."""

    token: Token
    ward: Name


class Inpatient(Message, frozen=True, array_like=True, tag=True):
    """A chart whose patient lies in a bed."""

    chart: bytes
    bed: str


class Inpatients(Message, frozen=True, array_like=True, tag=True):
    """Who has a bed on a ward now, by bed; their faces are a release like any other."""

    inpatients: list[Inpatient]


class Sessions(Message, frozen=True, array_like=True, tag=True):
    """Ask who is logged in: audit roles see all, others their own. Answered by `SessionList`."""

    token: Token


class LiveSession(Message, frozen=True, array_like=True, tag=True):
    """A session that is live; `frozen` when something of it is."""

    session: bytes
    person: str
    role: str
    instance: str
    since: int
    expires: int
    frozen: bool


class SessionList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Sessions`, in the order of their log-ins."""

    sessions: list[LiveSession]


class Reviews(Message, frozen=True, array_like=True, tag=True):
    """Ask which break-glass openings nobody reviewed: audit roles. Answered by `ReviewList`."""

    token: Token


class Unreviewed(Message, frozen=True, array_like=True, tag=True):
    """A break-glass that waits: its first line, what was open, how often inside its lease."""

    line: int
    time: int
    person: str
    instance: str
    chart: bytes
    sections: int
    reason: str
    times: int
    denied: int
    """Those of the sections that the patient's consent denies."""


class ReviewList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Reviews`: the oldest thousand; `Review` takes one off."""

    waiting: list[Unreviewed]


class SealWant(Message, frozen=True, array_like=True, tag=True):
    """A chart and the sections a writer wants fresh keys for; `new` may make the chart."""

    chart: Id
    sections: Annotated[list[int], Meta(min_length=1, max_length=9)]
    new: bool


class SealKeys(Message, frozen=True, array_like=True, tag=True):
    """Ask for section keys to write with; each is handed out this once."""

    wants: Annotated[list[SealWant], Meta(max_length=1_000)]


class SealedKey(Message, frozen=True, array_like=True, tag=True):
    """One section key, in clear for its writer and wrapped for the store."""

    chart: bytes
    section: int
    key: bytes
    wrap: bytes


class SealedKeys(Message, frozen=True, array_like=True, tag=True):
    """The keys, the ledger line that says so, and the end of the write lease."""

    line: int
    lease_end: int
    keys: list[SealedKey]


class ChartWraps(Message, frozen=True, array_like=True, tag=True):
    """The sections wanted of a chart and the wraps of their keys."""

    chart: Id
    sections: Mask
    wraps: list[bytes]


class OpenKeys(Message, frozen=True, array_like=True, tag=True):
    """Ask to open charts: one line each, one commit for all."""

    token: Token
    purpose: Name
    reason: Annotated[str, Meta(max_length=2_000)]
    grant: Grant
    charts: Annotated[list[ChartWraps], Meta(max_length=1_000)]


class OpenedChart(Message, frozen=True, array_like=True, tag=True):
    """A chart's keys in the order of its wraps, or why not (`error` is a class of errors.py)."""

    line: int
    keys: list[bytes]
    error: str
    message: str
    hint: str
    withheld: int
    """Sections asked and not opened: the patient's consent denies them. Their keys are empty."""


class OpenedKeys(Message, frozen=True, array_like=True, tag=True):
    """The answer to `OpenKeys`; `lease_end` is when the keys must be forgotten."""

    lease_end: int
    charts: list[OpenedChart]


class Labelled(Message, frozen=True, array_like=True, tag=True):
    """An entry and all its keywords; none drops the labels it has."""

    about: Id
    keywords: Keywords


class SetConsent(Message, frozen=True, array_like=True, tag=True):
    """Say what an entry's patient allows and refuses, before the entry; none takes it back.

    What tightens holds at once, what loosens waits for a privacy officer. Answered by `Done`.
    """

    chart: Id
    about: Id
    consents: Consents


class WriteLabels(Message, frozen=True, array_like=True, tag=True):
    """Ask for labels for all keywords of entries, in the place of those they had."""

    chart: Id
    labelled: Annotated[list[Labelled], Meta(max_length=1_000)]


class LabelList(Message, frozen=True, array_like=True, tag=True):
    """Fresh labels for new keywords, padded with labels of nothing to a multiple of 16."""

    labels: list[bytes]


class ReadLabels(Message, frozen=True, array_like=True, tag=True):
    """Ask for the existing labels of keywords, at most 500 each: a budgeted line."""

    token: Token
    purpose: Name
    keywords: Annotated[list[str], Meta(min_length=1, max_length=12)]


class Labels(Message, frozen=True, array_like=True, tag=True):
    """A keyword's labels; `more` says that there are over 500 and none is given."""

    labels: list[bytes]
    more: bool


class FoundLabels(Message, frozen=True, array_like=True, tag=True):
    """One `Labels` a keyword, in the order asked."""

    found: list[Labels]


class SamePerson(Message, frozen=True, array_like=True, tag=True):
    """Ask whether a chart's Patient carries these keywords: yes or no, rate-limited, a line."""

    chart: Id
    keywords: Keywords


class Same(Message, frozen=True, array_like=True, tag=True):
    """The answer to `SamePerson`."""

    same: bool


class Sameness(Message, frozen=True, array_like=True, tag=True):
    """Ask for the key that hashes (source, key) pairs; writers only. Answered by `Key`."""


class Key(Message, frozen=True, array_like=True, tag=True):
    """A key of 32 bytes."""

    key: bytes


class Act(Message, frozen=True, array_like=True, tag=True):
    """Do an act of administration, or propose it when it takes two people."""

    token: Token
    action: Actions


class Proposals(Message, frozen=True, array_like=True, tag=True):
    """Ask what waits for a second person. Answered by `WaitingList`."""

    token: Token


class Waiting(Message, frozen=True, array_like=True, tag=True):
    """An act that waits: who proposed it, what it does in words, until when."""

    proposal: bytes
    person: str
    words: str
    expires: int


class WaitingList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `Proposals`: what the asker's role may approve."""

    waiting: list[Waiting]


class Approve(Message, frozen=True, array_like=True, tag=True):
    """Be the second person of a proposal."""

    token: Token
    proposal: Id


class Acted(Message, frozen=True, array_like=True, tag=True):
    """Done at `line`; a `proposal` that is not empty waits for the second person."""

    line: int
    proposal: bytes


class AskDecoys(Message, frozen=True, array_like=True, tag=True):
    """Ask for the decoys and the seed they are invented from: a program on this host only."""


class Decoys(Message, frozen=True, array_like=True, tag=True):
    """The seed the decoys are invented from, and how many there are."""

    seed: bytes
    count: int


class NoteBackup(Message, frozen=True, array_like=True, tag=True):
    """Note that a sealed backup was made and lies where it belongs. Answered by `Done`."""


class RotateChart(Message, frozen=True, array_like=True, tag=True):
    """Give a chart a new key: all its wraps go in, the same under the new key come back."""

    chart: Id
    wraps: list[bytes]


class Rotated(Message, frozen=True, array_like=True, tag=True):
    """The wraps under the chart's new key, whose generation is named."""

    generation: int
    wraps: list[bytes]


class RetireKey(Message, frozen=True, array_like=True, tag=True):
    """Forget chart keys older than a generation: every wrap has been replaced."""

    chart: Id
    generation: Annotated[int, Meta(ge=1, le=(1 << 32) - 1)]


class ReadLines(Message, frozen=True, array_like=True, tag=True):
    """Ask for sealed lines of `releases` from an index on. Answered by `LineList`."""

    start: Number
    limit: Number


class SealedLine(Message, frozen=True, array_like=True, tag=True):
    """A line as it lies on disk: its time, its 32-byte tlog entry, its sealed body."""

    time: int
    entry: bytes
    body: bytes


class LineList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `ReadLines`."""

    lines: list[SealedLine]


_read_page = msgspec.msgpack.Decoder(list[SealedLine]).decode


def read_page(raw: bytes) -> list[SealedLine]:
    """Read the lines of a `LineList` that were left unread. Raises DamagedError if it is none."""
    try:
        return _read_page(raw)
    except msgspec.MsgspecError as error:
        raise DamagedError("the keyholder answered something else") from error


WIDEN = 12 * 3_600_000
"""The longest a session lives; a worker lives shorter. What was opened before is forgotten."""


class OpenLines(Message, frozen=True, array_like=True, tag=True):
    """Ask for the keys of the lines of a time window: audit roles only, itself a line.

    The window is widened to the earliest worker, or log-in, that was live at `since`.
    """

    token: Token
    since: Number
    until: Number


class LineKeys(Message, frozen=True, array_like=True, tag=True):
    """Keys of the bundles of 256 lines that cover `first` to `end` (exclusive).

    `until` is the window's end, at the latest the present: what is to come cannot be listed.
    """

    origin: str
    until: int
    first: int
    end: int
    keys: list[bytes]


class ReadTile(Message, frozen=True, array_like=True, tag=True):
    """Ask for a tile of the `releases` ledger. Answered by `TileHashes`."""

    level: Annotated[int, Meta(ge=0, le=8)]
    index: Number
    width: Annotated[int, Meta(ge=1, le=256)]


class TileHashes(Message, frozen=True, array_like=True, tag=True):
    """A tile's hashes, 32 bytes each."""

    hashes: bytes


class ReadCheckpoint(Message, frozen=True, array_like=True, tag=True):
    """Ask for a signed checkpoint of `releases` as it stands. Answered by `Head`."""


class Head(Message, frozen=True, array_like=True, tag=True):
    """A fresh checkpoint, the verifier key of its signer, and the last one a witness cosigned."""

    note: str
    verifier: str
    cosigned: str


class Status(Message, frozen=True, array_like=True, tag=True):
    """Ask how the keyholder is. Answered by `Health`; needs no session, tells no names."""


class Health(Message, frozen=True, array_like=True, tag=True):
    """The keyholder's state; `red` are sentences that need a person.

    `reviews`: break-glass openings nobody looked at yet; the oldest is `oldest_review` ms old.
    """

    facility: str
    facility_id: bytes
    charts: int
    lines: int
    witnessed: int
    epoch: int
    follower: str
    frozen: list[str]
    proposals: list[bytes]
    red: list[str]
    reviews: int
    oldest_review: int


class Where(Message, frozen=True, array_like=True, tag=True):
    """Ask a follower where it stands. Answered by `Followed`."""


class Follow(Message, frozen=True, array_like=True, tag=True):
    """From a primary to its follower: one group, in order. docs/formats/follower.md."""

    epoch: int
    number: int
    group: bytes


class Followed(Message, frozen=True, array_like=True, tag=True):
    """From a follower: it is durable up to `number` at `epoch`; its ledger's size and root."""

    epoch: int
    number: int
    lines: int
    root: bytes


class Fetch(Message, frozen=True, array_like=True, tag=True):
    """Ask a follower for the group it holds and has not taken in. Answered by `Follow`."""

    number: int


class Seed(Message, frozen=True, array_like=True, tag=True):
    """From a primary to an empty follower: a page of its book. Answered by `Followed`."""

    epoch: int
    first: bool
    table: str
    rows: list[tuple[Any, ...]]
    last: bool


class Copy(Message, frozen=True, array_like=True, tag=True):
    """Ask a follower for its whole book, a page a time. Answered by `Page`."""

    first: bool


class Page(Message, frozen=True, array_like=True, tag=True):
    """A page of a follower's book."""

    table: str
    rows: list[tuple[Any, ...]]
    last: bool


REQUESTS = union(
    [
        Login, LoginProgram, Logout, WhoIs, Census, Sessions, Reviews, SealKeys, OpenKeys,
        SetConsent, WriteLabels,
        ReadLabels, SamePerson, Sameness, Act, Proposals, Approve, AskDecoys, NoteBackup,
        RotateChart, RetireKey, ReadLines, OpenLines, ReadTile, ReadCheckpoint, Status,
    ]
)  # fmt: skip

FOLLOWER_REQUESTS = union([Where, Follow, Fetch, Seed, Copy])
"""What a follower hears, from its primary only."""
