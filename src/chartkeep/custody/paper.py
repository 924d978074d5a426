"""What the house keeps about paper: sealed entries of its own, each under a name, in versions.

    Given | Due | Closed       a pack's numbers: given out; perhaps on paper; all of them ended
    Printed | Begun | Ended    one number: on paper; being keyed; entered, void or missing
    Downtime | DowntimeOver    wards without the system
    Opening                    somebody opened a pack (in the journal's section: audit roles only)

The state is the entry's kind, which stands in its clear header: what is open is counted without
opening anything, and what has ended is not read again. Whoever writes says which version stood
before, so of two people who end one number at once the second is refused (StaleError). Decides
nothing: that is `continuity`. docs/formats/forms.md.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple, TypeVar

import msgspec

from chartkeep.clinical.incoming import Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.bulk import Sealed, open_batch
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.opening import Chart, sort_entries
from chartkeep.custody.release import Look, sort_wraps
from chartkeep.errors import DamagedError, NotAllowedError, UnknownFormatError
from chartkeep.model import ID_BYTES, EntryId, Millis, Purpose, Section
from chartkeep.sealing.entry import read_cut_header, read_header
from chartkeep.store.client import PAGE
from chartkeep.store.protocol import Read

PAPER = "Paper"
"""How the kinds of all these entries begin; no type of FHIR does."""
SOURCE = "paper"
FORMAT = "chartkeep-forms-1"
PACK_REASON = "ward pack "
"""How the reason of every opening for a ward pack begins; the pack's id follows."""
TOGETHER = 500
"""Entries of one deposit."""
_BEGINNING = Millis(0)


class Kind(StrEnum):
    """The kinds of entries about paper."""

    GIVEN = "PaperGiven"
    DUE = "PaperDue"
    CLOSED = "PaperClosed"
    PRINTED = "PaperPrinted"
    BEGUN = "PaperBegun"
    ENDED = "PaperEnded"
    DOWNTIME = "PaperDowntime"
    DOWNTIME_OVER = "PaperDowntimeOver"
    OPENING = "PaperOpening"
    LINE = "PaperLine"
    LINE_DONE = "PaperLineDone"


class Kept(NamedTuple):
    """One of them as it stands: its bytes, and when this version was written."""

    ident: EntryId
    version: int
    kind: Kind
    raw: bytes
    time: Millis


class Opening(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line a ward's PC wrote about a pack (docs/formats/pack.md), handed in by `by`.

    Of a form: its `number`, and the `chart` (a UUID) it was printed for.
    `who` is the name somebody typed, `pack` a UUID, `act` opened, printed or form; `mark` chains it
    to the line before, which whoever has the ward's secret can check.
    """

    format: str = FORMAT
    salt: str
    mark: str
    at: int
    who: str
    pack: str
    act: str
    number: str = ""
    chart: str = ""
    count: int = 0
    by: str


T = TypeVar("T")
_encode = msgspec.json.Encoder().encode


def name_of(name: str, house: House) -> EntryId:
    """Give the id of what has a name: a reader has no key, and the names of these tell nothing."""
    return EntryId(sha256(PAPER.encode() + house.facility + name.encode()).digest()[:ID_BYTES])


def keep(name: str, kind: Kind, said: msgspec.Struct, house: House, *, before: int) -> EntryId:
    """Write what stands under a name, durable on return; `before` is the version it replaces.

    Raises StaleError when another version stands there, 0 meaning none.
    """
    item = paper_item(name, kind, said, Section.ORDINARY, before)
    ident = name_of(name, house)
    deposit(Parcel(house.chart, SOURCE, [item], [ident], [{}]), house)
    return ident


def keep_openings(openings: Sequence["Opening"], house: House) -> int:
    """Write down those that are not there yet; gives how many that were. Durable on return."""
    named = {f"opening/{each.salt}/{each.mark}": each for each in openings}
    heads = house.heads([name_of(name, house) for name in named])
    new = [name for name, head in zip(named, heads, strict=True) if not head.version]
    for at in range(0, len(new), TOGETHER):
        names = new[at : at + TOGETHER]
        items = [paper_item(n, Kind.OPENING, named[n], Section.JOURNAL, None) for n in names]
        ids = [name_of(name, house) for name in names]
        deposit(Parcel(house.chart, SOURCE, items, ids, [{} for _ in items]), house)
    return len(new)


def paper_item(
    name: str, kind: Kind, said: msgspec.Struct, section: Section, before: int | None
) -> Item:
    """Make an entry about paper ready for deposit."""
    return Item(
        key=f"{kind}/{name}", kind=kind, raw=_encode(said), owner=Owner(), section=section,
        links={}, unresolved=(), keywords=frozenset(), face=None, where="paper", expect=before,
    )  # fmt: skip


def fetch_kept(
    kinds: Sequence[Kind], look: Look, house: House, *, entries: Iterable[EntryId] = (),
    since: Millis = _BEGINNING,
) -> list[Kept]:  # fmt: skip
    """Open what stands of some kinds, written at `since` or later, oldest first: one release.

    Raises what the keyholder refuses with, and DamagedError: a list that leaves out is worse.
    """
    found = _read(kinds, look, house, list(entries), _first_line(since, house) if since else 0)
    if not found.wraps:
        return []
    batch = open_batch([found], look, house)
    if batch.left_out:
        raise NotAllowedError("this role does not read these entries", hint="see docs/roles.md")
    if batch.damaged:
        raise DamagedError("what the house keeps about paper is damaged", hint="verify the store")
    kept = [
        Kept(
            each.header.entry_id, each.header.version, Kind(each.header.kind), each.raw,
            each.header.time,
        )
        for each in batch.entries
    ]  # fmt: skip
    return sorted(kept, key=lambda each: (each.time, each.ident))


def _read(
    kinds: Sequence[Kind], look: Look, house: House, entries: list[EntryId], after: int
) -> Sealed:
    """Read all of some kinds from a line of the ledger on, sealed."""
    sections = [int(section) for section in look.sections]
    wraps: dict[bytes, None] = {}
    sealed: list[bytes] = []
    while True:
        read = Read(house.chart, sections, list(kinds), list(entries), False, after, PAGE)
        page = house.store.page(read)
        wraps |= dict.fromkeys(page.wraps)
        sealed += page.entries
        after = page.more
        if not after:
            break
    good, foreign = sort_wraps(list(wraps), house.chart, look, house)
    headers, misplaced = sort_entries(sealed, Chart(house.facility, house.chart))
    needed = {header.key_id for header in headers.values()}
    mine = {wrap: key for wrap, key in good.items() if key in needed}
    return Sealed(house.chart, mine, headers, len(foreign) + len(misplaced))


def _first_line(since: Millis, house: House) -> int:
    """Find the last line of the facility's chart that is older, by halving: 0 for none."""
    low, high = 0, house.store.newest(house.chart) + 1
    while low < high:
        middle = (low + high) // 2
        found = house.store.headers(house.chart, middle, 1)
        if found and read_cut_header(found[0][1]).time < since:
            low = found[0][0] + 1
        else:
            high = middle
    return max(low - 1, 0)


def times_of(kind: Kind, house: House) -> list[Millis]:
    """Say since when each of a kind stands, from clear headers: nothing is opened, and no line."""
    times: list[Millis] = []
    after = 0
    while True:
        read = Read(house.chart, [Section.ORDINARY], [kind], [], False, after, PAGE)
        page = house.store.page(read)
        times += [read_header(sealed).time for sealed in page.entries]
        after = page.more
        if not after:
            return sorted(times)


def read_said(raw: bytes, what: type[T]) -> T:
    """Read what was kept. Raises DamagedError, or UnknownFormatError for another version."""
    try:
        said = msgspec.json.decode(raw, type=what)
    except msgspec.MsgspecError as error:
        raise DamagedError("an entry about paper opens but does not say what it must") from error
    if getattr(said, "format", FORMAT) != FORMAT:
        raise UnknownFormatError("an entry about paper has an unknown format")
    return said


def openings_look(token: bytes) -> Look:
    """Look at who opened packs: a look of those who audit."""
    return Look(token, frozenset({Section.JOURNAL}), Purpose.AUDIT, "openings of ward packs")


def paper_look(token: bytes) -> Look:
    """Look at what the house keeps about paper, to run the house."""
    return Look(token, frozenset({Section.ORDINARY}), Purpose.OPERATIONS)
