"""An entry about to be sealed: what a deposit, or the house itself, has to say."""

from typing import NamedTuple

from chartkeep.clinical.incoming import Bulk
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.sending import SentBlob
from chartkeep.model import EntryId, Millis, Section


class Draft(NamedTuple):
    """An entry about to be sealed; `bulk` is what its blob will be made of, or the blob itself.

    `sums`: as an Item has them.
    """

    entry: EntryId
    version: int
    kind: str
    section: Section
    envelope: Envelope
    raw: bytes
    content: bytes
    time: Millis
    bulk: Bulk | SentBlob | None = None
    sums: tuple[bytes, ...] = ()
