"""People as opaque ids: a name opens only under a grant of two people, by a line each time.

    veil = place.veil()                      # of the index a warrant opened (`trace.at_desk`)
    door = Door(veil.hide("sato"), Kind.PERSON)
    ...the veil is dropped; weeks later, under a grant of two:
    place.veil(serial_of(ident)).lift(ident, staff)      # "sato"

The key is made for one trace, of a half at the desk and a half in the house's safe, and kept by
nobody: ids of two traces do not compare, and an answer, a case, a log and the desk's key file hold
nothing that tells who it is. It hides a name in what a trace leaves behind. It does not hide it
from who may read the whole ledger with an audit role: he sees people open charts, and every such
reading is a line.
"""

import re
from collections.abc import Iterable
from hmac import compare_digest
from typing import Final

from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.sealing.keyed import derive, keyed_hash
from chartkeep.sealing.keys import fresh_id

PREFIX: Final = "p-"
SERIAL_BYTES: Final = 4
_USE: Final = b"chartkeep trace veil 2"
_IDENT: Final = re.compile(r"p-([0-9a-f]{8})-[0-9a-f]{32}").fullmatch


class Veil:
    """Hides names under a key that only this object has; `serial` says which trace's it is."""

    __slots__ = ("_secret", "serial")

    def __init__(self, secret: bytes, serial: bytes = b"") -> None:
        """Make one of the secret both halves give; a fresh one for a trace without a serial."""
        self.serial = serial or fresh_id()[:SERIAL_BYTES]
        self._secret = derive(secret, _USE + self.serial)

    def __repr__(self) -> str:
        return "<Veil>"

    def hide(self, name: str) -> str:
        """Give a person's opaque id."""
        return f"{PREFIX}{self.serial.hex()}-{keyed_hash(self._secret, name.encode()).hex()}"

    def lift(self, ident: str, names: Iterable[str]) -> str:
        """Open one name, among those it may be. Raises NotFoundError when it is none of them."""
        for name in names:
            if compare_digest(self.hide(name), ident):
                return name
        raise NotFoundError(
            "it is none of these people",
            hint="an id of another house, or from before chartkeep incident rekey: trace again",
        )


def serial_of(ident: str) -> bytes:
    """Say of which trace an id is. Raises BadInputError when it is none."""
    found = _IDENT(ident)
    if found is None:
        raise BadInputError("this is no id of a person", hint="p-…, as a trace printed it")
    return bytes.fromhex(found[1])
