"""What a door hands in: one resource each, understood, and what it had to refuse.

Everything `custody` needs to deposit, and nothing it would have to parse again.
"""

from collections.abc import Callable
from typing import BinaryIO

import msgspec

from chartkeep.clinical.ownership import Owner
from chartkeep.model import Consent, Section


class Bulk(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are kept beside a resource, as a blob: an image, a document; `size` of them.

    `open` gives them from the start, as often as it is asked. The item's `raw`, or its `same`, must
    tell their SHA-256: whether the item came before is decided by that alone.
    """

    size: int
    open: Callable[[], BinaryIO]


class Item(msgspec.Struct, frozen=True, gc=False):
    """One resource ready for deposit.

    `key`: its name at the source, the same on every run: `Type/id` of a PUT, the condition of a
    conditional create or update, fullUrl, or a digest of the bytes. `raw`: the bytes as received.
    `links`: every reference to a resource this house must have, as written -> its name: a
    bundle-mate's key, else `Type/id`, a condition or a `urn:`. A refused mate's key is among them:
    after a mend it comes back under the same key. `unresolved`: the names that are no mate's; a
    deposit must find each of them or refuse. `owner.patient` is such a name too.
    `keywords`: what it is found by, with references as written (`visits.resolve_name`).
    `if_absent`: a conditional create; when the key is taken, what is there stays and that is no
    conflict. `face`: the face part derived (`face.FACE_KINDS`). `where`: the place, for messages.
    `expect`: the version it must replace, 0 for none yet; None asks nothing (HTTP If-Match).
    An empty `raw` says that the resource is deleted.
    `consents`: what a Consent allows and refuses, nothing when it is not in force.
    `blob`: bytes kept beside it, sealed, named by its entry.
    `same`: the bytes it is the same by when it comes again, where those are not `raw`: a message's,
    when `raw` is what this version of the software read in it.
    `sums`: what a copy of `blob` is known by, where `raw` does not say it: SHA-256 of it, or of a
    picture's pixels.
    """

    key: str
    kind: str
    raw: bytes
    owner: Owner
    section: Section
    links: dict[str, str]
    unresolved: tuple[str, ...]
    keywords: frozenset[str]
    face: bytes | None
    where: str
    if_absent: bool = False
    expect: int | None = None
    consents: tuple[Consent, ...] = ()
    blob: Bulk | None = None
    same: bytes = b""
    sums: tuple[bytes, ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """One entry that was not taken: where, of which type, at which element, why, what to do."""

    where: str
    kind: str
    element: str
    message: str
    hint: str = ""


class Parsed(msgspec.Struct, frozen=True):
    """All that came in one file, in its order."""

    source: str
    items: list[Item]
    refusals: list[Refusal]
