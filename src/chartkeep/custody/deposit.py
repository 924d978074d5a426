"""The road in: a deposit seals entries of one chart, keeps them, and only then says yes.

A caller that gets a Receipt may forget the entries. One that gets an error may send them again:
the same entries give the same receipt. It reads nothing: writing needs no reading.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec.structs import replace

from chartkeep.clinical.consent import CONSENT_KIND
from chartkeep.clinical.face import FACE_KINDS, NAME_KIND
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.studies import STUDY_FACE_KIND
from chartkeep.clinical.visits import resolve_name
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope, pack
from chartkeep.custody.house import House, WriteKey
from chartkeep.custody.names import own_id
from chartkeep.custody.prints import prints_of
from chartkeep.custody.sending import Freight, SentBlob, drop_blobs
from chartkeep.errors import ConflictError, StaleError
from chartkeep.keyholder.protocol import Labelled
from chartkeep.model import ChartId, EntryId, Millis, Section, to_text
from chartkeep.sealing.entry import EntryHeader, seal_entry
from chartkeep.store.protocol import Commit, Committed, Head, NewEntry

MOST_LABELLED, MOST_KEYWORDS = 1_000, 10_000
"""How many entries and keywords the keyholder gives labels for at a time."""
_NEVER_LABELLED = frozenset({STUDY_FACE_KIND})
"""Kinds of which no version has keywords: there is nothing to forget."""
NO_STAY = b"{}"
"""The place part of an Encounter that is no stay any more: it says nothing."""


class Parcel(NamedTuple):
    """Items of one chart, no two of one id, with the id of each and what its references mean here.

    `new` when it brings the chart's Patient. `sent`: blobs that lie at the store already, by the
    keys of their items; what becomes of them is the deposit's to see to, whatever happens.
    `heads`: where the ids stand, when the caller has just asked; a conflict asks again. `guess`:
    where they may stand; what then seems to be there already is asked for too.
    """

    chart: ChartId
    source: str
    items: Sequence[Item]
    ids: Sequence[EntryId]
    links: Sequence[dict[str, str]]
    new: bool = False
    sent: Mapping[str, SentBlob] = MappingProxyType({})
    heads: Sequence[Head] = ()
    guess: Sequence[Head] = ()


class Taken(NamedTuple):
    """One item's outcome: its id, version and time, and whether it was there before.

    `time` is 0 for what was there before: nobody has opened it to look. `content`: as the store
    knows it again.
    """

    entry: EntryId
    version: int
    before: bool
    time: Millis = Millis(0)
    content: bytes = b""


class Receipt(NamedTuple):
    """What became of each item, in order; `size` is the `records` ledger's after it.

    What was new lies in its lines `first` to `last`, -1 when nothing was.
    """

    taken: list[Taken]
    size: int
    first: int = -1
    last: int = -1


def deposit(parcel: Parcel, house: House, *, again: bool = True) -> Receipt:
    """Take a parcel in, all or nothing.

    Raises ConflictError when an item came before with other bytes, RefusedError when a rule of
    the keyholder or the store says no, UnavailableError when one of them does not answer. Without
    `again` a ConflictError is also raised where another writer, or a wrong guess, came between.
    """
    try:
        try:
            return _take(parcel, house)
        except ConflictError:
            if not again:
                raise
            # Another writer came between question and commit: decide once more, by what stands now.
            # Labels we were given and did not store are forgotten; his are what the store has.
            return _take(parcel._replace(heads=(), guess=()), house)
    except BaseException:
        drop_blobs(parcel.sent.values(), house)
        raise


def deposit_own(
    draft: Draft, house: House, chart: ChartId | None = None, key: WriteKey | None = None
) -> None:
    """Take in an entry the house itself made, of the facility's chart: a journal, an order.

    Or of a patient's `chart`, when it is fingerprints. Nothing is derived from it; `key`: the one
    it is sealed under, else any. Raises as `deposit`; ConflictError when this version is there.
    """
    chart = chart or house.chart
    keys = {draft.section: key} if key else house.write_keys(chart, [draft.section])
    _commit(chart, [draft], keys, [], house)


def _take(parcel: Parcel, house: House) -> Receipt:
    # 1. Known: what came before is not taken again; nothing has been asked of the keyholder.
    taken, drafts = _draft(parcel, house)
    if parcel.guess and any(each.before for each in taken):
        taken, drafts = _draft(parcel._replace(guess=()), house)
    named = [draft.bulk for draft in drafts]
    drop_blobs((sent for sent in parcel.sent.values() if sent not in named), house)
    if not drafts:
        return Receipt(taken, 0)
    # 2. Keyed: keys for writing, one line each. A crash here leaves keys nobody uses, and labels
    #    that will be forgotten: those that stand go only when the store has these.
    sections = {draft.section for draft in drafts if not isinstance(draft.bulk, SentBlob)}
    keys = house.write_keys(parcel.chart, sections, new=parcel.new)
    labels = _labels(parcel, taken, house)
    _set_consents(parcel, drafts, house)
    done = _commit(parcel.chart, drafts, keys, labels, house)
    return Receipt(taken, done.size, min(done.indices), max(done.indices))


def _commit(
    chart: ChartId,
    drafts: Sequence[Draft],
    keys: Mapping[Section, WriteKey],
    labels: list[bytes],
    house: House,
) -> Committed:
    freight = Freight([], [])
    try:
        # 3. Sealed: from here on nobody without a logged release can read it. Long blobs are at
        #    the store, and nobody's yet: a crash leaves sealed files, swept at its next start.
        under = [_key_for(draft, chart, keys, house) for draft in drafts]
        entries = [_seal(*each, chart, freight, house) for each in zip(drafts, under, strict=True)]
        wraps = list(dict.fromkeys(key.wrap for key in under))
        # 4. Promised: entries, blobs, wraps, labels and their lines in `records` are durable
        #    together.
        blobs, sent = tuple(freight.blobs), tuple(freight.sent)
        return house.store.commit(Commit(chart, wraps, entries, labels, blobs, sent))
    except BaseException:
        drop_blobs(freight.sent, house)
        raise


def _key_for(
    draft: Draft, chart: ChartId, keys: Mapping[Section, WriteKey], house: House
) -> WriteKey:
    """Give the key an entry is sealed under: its blob's, since who opens one opens the other."""
    if isinstance(draft.bulk, SentBlob):
        draft.bulk.check(chart, draft.section, house)
        return draft.bulk.key
    return keys[draft.section]


def _set_consents(parcel: Parcel, drafts: list[Draft], house: House) -> None:
    """Let the keyholder know what patients allow and refuse, before anyone hears yes.

    A crash after it leaves a chart that denies more than its entries say, until they come again.
    """
    new = {draft.entry for draft in drafts}
    for item, entry in zip(parcel.items, parcel.ids, strict=True):
        if item.kind == CONSENT_KIND and entry in new:
            house.keyholder.set_consent(parcel.chart, entry, item.consents)


def _draft(parcel: Parcel, house: House) -> tuple[list[Taken], list[Draft]]:
    """Decide for each item whether it is new, a next version, or was here before."""
    heads = parcel.heads or parcel.guess or house.heads(parcel.ids)
    now = house.clock()
    taken: list[Taken] = []
    drafts: list[Draft] = []
    faced: list[tuple[Item, EntryId, int]] = []
    for item, entry, links, head in zip(parcel.items, parcel.ids, parcel.links, heads, strict=True):
        version, content = head.version, house.content(entry, item.same or item.raw)
        _check_version(item, version)
        if version and _is_same(item, head.content, content):
            taken.append(Taken(entry, version, before=True, content=head.content))
            continue
        envelope = Envelope(parcel.source, item.key, links)
        bulk = parcel.sent.get(item.key, item.blob)
        taken.append(Taken(entry, version + 1, before=False, time=now, content=content))
        drafts.append(
            Draft(
                entry,
                version + 1,
                item.kind,
                item.section,
                envelope,
                item.raw,
                content,
                now,
                bulk,
                item.sums,
            )
        )
        if item.face is not None or (version and item.kind in FACE_KINDS):
            faced.append((item, entry, version))
        if item.kind == "Patient" and not version:
            drafts += _names(item, entry, parcel.source, house)
    return taken, drafts + prints_of(drafts, house) + _faces(faced, parcel.source, house)


def _names(item: Item, entry: EntryId, source: str, house: House) -> list[Draft]:
    """Draft the id a client chose for a new Patient, into each section that shows who it is."""
    ident = own_id(source, item.key, item.kind).encode()
    if not ident:
        return []
    envelope, now = Envelope(source, item.key), house.clock()
    places = [
        (section, house.entry_id("name of", f"{section.name}/{to_text(entry)}"))
        for section in (Section.FACE, item.section)
    ]
    return [
        Draft(name, 1, NAME_KIND, section, envelope, ident, house.content(name, ident), now)
        for section, name in places
    ]


def _check_version(item: Item, there: int) -> None:
    """Refuse a change of something that somebody else changed meanwhile."""
    if item.expect is not None and item.expect != there:
        raise StaleError(
            f"{item.where}: {item.kind} is not at the version named", hint="read it again"
        )


def _is_same(item: Item, there: bytes, content: bytes) -> bool:
    """Say whether what is there is this item. Raises ConflictError when it may not be replaced."""
    if there == content or item.if_absent:
        return True
    if item.key.startswith((f"{item.kind}/", f"{item.kind}?")):  # a PUT, maybe a conditional one
        return False
    raise ConflictError(
        f"{item.where}: {item.kind} came before under this key with other bytes",
        hint="send it as a PUT to change it, or under another key",
    )


def _faces(faced: list[tuple[Item, EntryId, int]], source: str, house: House) -> list[Draft]:
    """Draft the face parts derived from items, whose versions before these are given.

    A part has versions of its own: an Encounter that is planned has none yet, one that was entered
    in error has one no longer. It is named for its resource, whoever sends the next version: a
    patient has one face.
    """
    ids = [house.entry_id("face of", to_text(entry)) for _, entry, _ in faced]
    changed = any(version for _, _, version in faced)
    heads = [head.version for head in house.heads(ids)] if changed else [0] * len(ids)
    drafts, now = [], house.clock()
    for (item, _, _), entry, head in zip(faced, ids, heads, strict=True):
        face = item.face if item.face is not None or not head else NO_STAY
        if face is None:
            continue
        kind, content = FACE_KINDS[item.kind], house.content(entry, face)
        envelope = Envelope(source, item.key)
        drafts.append(Draft(entry, head + 1, kind, Section.FACE, envelope, face, content, now))
    return drafts


def _seal(draft: Draft, key: WriteKey, chart: ChartId, freight: Freight, house: House) -> NewEntry:
    header = EntryHeader(
        house.facility, chart, draft.section, key.key.key_id, draft.entry, draft.version,
        draft.time, house.writer, draft.kind,
    )  # fmt: skip
    envelope = draft.envelope
    if draft.bulk is not None:
        blob = freight.load(draft.bulk, chart, draft.section, key, house)
        envelope = replace(envelope, blob=blob)
    return NewEntry(seal_entry(header, pack(envelope, draft.raw), key.key), draft.content)


def _labels(parcel: Parcel, taken: list[Taken], house: House) -> list[bytes]:
    """Ask for labels of what is new or changed: one question, more for thousands of entries."""
    labels: list[bytes] = []
    asked: list[Labelled] = []
    room = MOST_KEYWORDS
    for item, links, outcome in zip(parcel.items, parcel.links, taken, strict=True):
        changed = outcome.version > 1 and item.kind not in _NEVER_LABELLED
        if outcome.before or not (item.keywords or changed):
            continue
        room -= len(item.keywords)
        if room < 0 or len(asked) == MOST_LABELLED:
            labels += house.keyholder.write_labels(parcel.chart, asked)
            asked, room = [], MOST_KEYWORDS - len(item.keywords)
        keywords = {resolve_name(keyword, links) for keyword in item.keywords}
        asked.append(Labelled(outcome.entry, sorted(keywords)))
    return labels + house.keyholder.write_labels(parcel.chart, asked) if asked else labels
