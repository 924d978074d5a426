"""Fingerprints of a deposit: keyed digests beside what it brings, in a section of their own.

They are made of what is being written, so that writing needs no reading and nobody opens a chart
to trace a leak; sealed under the chart's key, so that a shredded chart's are gone with it. Nothing
restricted is in them. Only a grant of two people opens the section (docs/formats/fingerprints.md).
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import orjson

from chartkeep.clinical.studies import INSTANCE_KIND
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.house import House
from chartkeep.fingerprint.charting import HOLDING, held_files
from chartkeep.fingerprint.prints import PRINTED, Gathered, Prints, encode
from chartkeep.fingerprint.sums import SHORTEST, sums_of
from chartkeep.model import PRINTED_SECTIONS, Millis, Section, to_text

KIND: Final = "Fingerprints"
SOURCE: Final = "fingerprints"
_FILE_AT: Final = 7


def is_printed(kind: str, section: Section) -> bool:
    """Say whether a deposit of this leaves fingerprints."""
    return section in PRINTED_SECTIONS and (kind in PRINTED or kind == INSTANCE_KIND)


def prints_of(drafts: Sequence[Draft], house: House) -> list[Draft]:
    """Draft the fingerprints of what is new, none where nothing of it is to be found again.

    They go right behind it: their line in `records` says what they speak for, and no claim.
    """
    printed = [each for each in drafts if is_printed(each.kind, each.section)]
    if not printed:
        return []
    first, gathered = printed[0], Gathered(house.digest_key())
    for each in printed:
        is_long = each.bulk is not None and each.bulk.size >= SHORTEST
        gathered.take_files(each.sums if is_long else (), each.section)
        take_in(gathered, each.kind, each.section, each.raw, (to_text(each.entry), each.time))
    # That version comes once, and so do its fingerprints.
    name = f"{to_text(first.entry)}/{first.version}"
    return [draft_prints(gathered.prints(), name, first.time, house)]


def draft_prints(prints: Prints, name: str, time: Millis, house: House) -> Draft:
    """Draft fingerprints under a name of their own."""
    ident, raw = house.entry_id(SOURCE, name), encode(prints)
    return Draft(
        ident, 1, KIND, Section.FINGERPRINTS, Envelope(SOURCE, name), raw,
        house.content(ident, raw), time,
    )  # fmt: skip


def take_in(
    gathered: Gathered, kind: str, section: Section, raw: bytes, named: tuple[str, int]
) -> None:
    """Take in what an entry's own bytes say; `named`: its id and time."""
    if kind == INSTANCE_KIND:
        gathered.take_files(_manifest_sums(raw), section)
        return
    body: dict[str, Any] = orjson.loads(raw) if raw else {}  # of a deleted one nothing is left
    gathered.take(kind, body, *named)
    if body and kind in HOLDING:
        for each in held_files(body):
            gathered.take_files(sums_of(each), section)


def _manifest_sums(raw: bytes) -> tuple[bytes, ...]:
    """Give the SHA-256 of an instance's file (docs/formats/instance.md, field 7)."""
    fields = msgspec.msgpack.decode(raw[len(b"CKI1") :], type=tuple[Any, ...])
    return (fields[_FILE_AT],)
