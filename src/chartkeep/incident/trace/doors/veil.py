"""People as opaque ids: a name opens only where two people put their shares together.

    veil, shares = Veil.fresh(needed=2, total=3)   # the shares are written out, one person each
    door = Door(veil.hide("sato"), Kind.PERSON)
    ...the veil is dropped; weeks later, with two of the three:
    lift(shares, "p-3f…", staff)                   # "sato"

The key is made for one trace and kept by nobody, so that ids of two traces do not compare and an
answer, a case and a log hold nothing that tells who it is. It hides a name in what a trace leaves
behind. It does not hide it from who may read the whole ledger with an audit role: he sees people
open charts, and every such reading is a line.
"""

import os
from collections.abc import Iterable, Sequence
from hmac import compare_digest

from chartkeep.errors import NotFoundError
from chartkeep.sealing.keyed import keyed_hash
from chartkeep.sealing.keys import SECRET_BYTES
from chartkeep.sealing.shares import Share, join_shares, split_secret

PREFIX = "p-"
_USE = b"chartkeep trace veil 1"


class Veil:
    """Hides names under a key that only this object has."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "<Veil>"

    @classmethod
    def fresh(cls, needed: int = 2, total: int = 3) -> "tuple[Veil, list[Share]]":
        """Make one for a trace, and the shares of its key for `total` people."""
        secret = os.urandom(SECRET_BYTES)
        return cls(secret), split_secret(secret, os.urandom(4), needed, total)

    def hide(self, name: str) -> str:
        """Give a person's opaque id."""
        return PREFIX + keyed_hash(self._secret, _USE, name.encode()).hex()


def lift(shares: Sequence[Share], ident: str, names: Iterable[str]) -> str:
    """Open one name, by the shares of two people, among those it may be.

    Raises RefusedError for too few shares or foreign ones, NotFoundError when it is none of them.
    """
    veil = Veil(join_shares(list(shares)))
    for name in names:
        if compare_digest(veil.hide(name), ident):
            return name
    raise NotFoundError("it is none of these people", hint="are the shares of this trace?")
