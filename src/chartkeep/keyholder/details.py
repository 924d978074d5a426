"""What a ledger line says beyond its named fields: one struct a verb, MessagePack in `detail`.

The verb names the struct, so a detail needs no tag. Fields are only ever added at the end.
"""

from typing import Any

import msgspec

from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.budget import Kind
from chartkeep.ledger.line import Line
from chartkeep.model import Consent


class Detail(msgspec.Struct, frozen=True, array_like=True):
    """Base of every detail."""


class Released(Detail, frozen=True, array_like=True):
    """`release`: keys went out. `kind` is the budget it counted on, `fresh` whether it counted."""

    purpose: str
    reason: str
    kind: str
    fresh: bool
    lease_end: int
    grant: bytes
    wraps: int
    role: str = ""
    denied: int = 0
    """Sections asked that a consent denies: withheld, but by break-glass opened all the same."""


class Refused(Detail, frozen=True, array_like=True):
    """`refuse`: something was asked and not given."""

    asked: str
    error: str
    message: str
    reason: str = ""
    role: str = ""


class Sealed(Detail, frozen=True, array_like=True):
    """`seal_key`: keys for writing went out."""

    lease_end: int
    new: bool


class Counted(Detail, frozen=True, array_like=True):
    """`search`, `labels`, `match`: how many keywords were asked."""

    keywords: int
    purpose: str = ""
    kind: str = "search"
    hits: int = 0
    role: str = ""


class Compared(Counted, frozen=True, array_like=True):
    """`same`: `question` names what was compared, by a keyed hash; whether it agreed."""

    question: bytes = b""
    same: bool = True


class LoggedIn(Detail, frozen=True, array_like=True):
    """`login`: SHA-256 of the token, the end of the session, the TOTP step it used up.

    For a program: what its assertion is remembered by, and until when.
    """

    token_hash: bytes
    expires: int
    step: int
    assertion: bytes = b""
    assertion_end: int = 0


class Acted(Detail, frozen=True, array_like=True):
    """`act`: an act took effect; `second` is the other person where it took two."""

    action: Actions
    second: str = ""
    proposal: bytes = b""


class Consented(Detail, frozen=True, array_like=True):
    """`consent`: what an entry's patient allows and refuses, as it holds from now on."""

    about: bytes
    consents: list[Consent]


class Proposed(Detail, frozen=True, array_like=True):
    """`propose`: an act waits for its second person."""

    proposal: bytes
    action: Actions


class Told(Detail, frozen=True, array_like=True):
    """`start`, `alarm`, `epoch`, `hello`, `gone`, `logout`, `rotate`: a sentence and a number."""

    text: str = ""
    number: int = 0


class Packed(Detail, frozen=True, array_like=True):
    """`pack`, `packed`: a packer was given a ward's key; its pack reached the ward's folders."""

    ward: str
    grant: bytes
    charts: int
    pack: bytes = b""
    expires: int = 0


class Gap(Detail, frozen=True, array_like=True):
    """`gap`: lines first to last (exclusive) are lost; all they may have opened is unknown."""

    first: int
    last: int
    since: int
    root: bytes = b""
    """The root the witness saw at `last`, a history this ledger no longer has."""
    second: str = ""


DETAILS: dict[str, type[Detail]] = {
    "release": Released,
    "refuse": Refused,
    "seal_key": Sealed,
    "search": Counted,
    "labels": Counted,
    "match": Counted,
    "same": Compared,
    "login": LoggedIn,
    "act": Acted,
    "propose": Proposed,
    "consent": Consented,
    "gap": Gap,
    "pack": Packed,
    "packed": Packed,
}
"""Every verb not named here carries `Told`."""

STANDING = frozenset(
    {"act", "propose", "login", "logout", "epoch", "follow", "gap", "shredded", "decoy", "consent"}
)
"""Verbs whose lines are read whole at start, however old; the rest only as far as budgets look."""


def stands(verb: str, detail: Detail) -> bool:
    """Say whether a line is read at start however old.

    An opening under a grant uses it up; one by break-glass waits for its review. One for a pack
    counts for a day, and there are too many of them to read them for years.
    """
    if isinstance(detail, Released):
        if detail.kind == Kind.PACK:
            return False
        return bool(detail.grant) or detail.kind == Kind.BREAK_GLASS
    return verb in STANDING


_decoders = {verb: msgspec.msgpack.Decoder(DETAILS.get(verb, Told)) for verb in (*DETAILS, "told")}
_encoder = msgspec.msgpack.Encoder()


def pack(detail: Detail) -> bytes:
    """Write a detail into a line."""
    return _encoder.encode(detail)


def unpack(line: Line) -> Any:
    """Read a line's detail as the struct its verb names."""
    return _decoders.get(line.verb, _decoders["told"]).decode(line.detail)
