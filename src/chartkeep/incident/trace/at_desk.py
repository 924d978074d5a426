"""Where the desk keeps its trace index, what opens it, and the matcher opened from there.

Half of the index's key is the desk's, half lies in the house's safe: whoever has the desk's folder
and key file opens nothing without a grant two people gave, and each opening is a line. What was
opened lives in this process until it ends. Two people put another half there (`fresh_half`): what
was made under the one before opens no more, and the index is built anew.
"""

import shutil
from pathlib import Path
from typing import NamedTuple

from chartkeep.custody import safe
from chartkeep.custody.house import House
from chartkeep.errors import DamagedError
from chartkeep.fingerprint.keys import FingerprintKey
from chartkeep.incident.desk import Desk
from chartkeep.incident.trace.doors.veil import Veil
from chartkeep.incident.trace.keeping import check_kept, load
from chartkeep.incident.trace.matching import Matcher
from chartkeep.model import KeyId
from chartkeep.sealing.keyed import derive
from chartkeep.sealing.keys import SECRET_BYTES, fresh_secret

NAME = "trace index"


class IndexPlace(NamedTuple):
    """The index's folder, the secret for its tokens and its seal, the key of deposits' digests.

    `vouching`: what desks of this house vouch with for fingerprints they made.
    """

    folder: Path
    secret: bytes
    deposit: bytes
    vouching: bytes

    def __repr__(self) -> str:
        """Say where, and no secret."""
        return f"<IndexPlace {self.folder}>"

    @property
    def key(self) -> FingerprintKey:
        """Give what turns values into the index's tokens."""
        return FingerprintKey(self.secret, self.deposit)

    def matcher(self) -> Matcher:
        """Load the index whole."""
        return Matcher(load(self.folder, self.secret), self.key)

    def veil(self, serial: bytes = b"") -> Veil:
        """Give what hides the names of a trace, and opens them; a fresh one without a serial."""
        return Veil(derive(self.secret, b"names"), serial)


class Warrant(NamedTuple):
    """An investigator's warrant: a session, the grant two people gave it, the house it asks."""

    token: bytes
    grant: bytes
    house: House


def fresh_half(writer: House) -> KeyId:
    """Make the house's half, and behind it the key of deposits' digests; `writer` may note.

    It lies in the safe when two people say so of the key this gives (`actions.SetSafe`).
    """
    return safe.put(fresh_secret() + writer.digest_key(), writer)


def open_place(desk: Desk, warrant: Warrant, how: str = safe.HOW) -> IndexPlace:
    """Open the way to the index: a line. Raises as `safe.take`; `how` as it has it."""
    look = safe.safe_look(warrant.token, warrant.grant, NAME, how)
    key, taken = safe.take(look, warrant.house, how)
    if len(taken) != 2 * SECRET_BYTES:
        raise DamagedError("what lies in the safe is no half of a key")
    half, deposit = taken[:SECRET_BYTES], taken[SECRET_BYTES:]
    secret = derive(desk.key_for("index") + half, NAME.encode())
    return IndexPlace(_folder(desk) / key.hex(), secret, deposit, derive(half, b"vouching"))


def drop_others(place: IndexPlace) -> int:
    """Remove indexes made under halves that are in the safe no more; gives how many."""
    kept = (each for each in place.folder.parent.glob("*") if each.is_dir())
    others = [each for each in kept if each != place.folder]
    for each in others:
        shutil.rmtree(each)
    return len(others)


def open_index(desk: Desk, warrant: Warrant) -> IndexPlace:
    """Open the way to an index that is there.

    Raises UnavailableError when there is none, and then nothing was opened; as `safe.take`.
    """
    if not any(_folder(desk).glob("*")):
        check_kept(_folder(desk))
    place = open_place(desk, warrant)
    check_kept(place.folder)
    return place


def open_matcher(desk: Desk, warrant: Warrant) -> Matcher:
    """Open the index whole, which is a line. Raises as `open_index`."""
    return open_index(desk, warrant).matcher()


def _folder(desk: Desk) -> Path:
    return desk.root / "index"
