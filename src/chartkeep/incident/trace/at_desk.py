"""Where the desk keeps its trace index, and the matcher opened from there."""

from pathlib import Path
from typing import NamedTuple

from chartkeep.fingerprint.keys import FingerprintKey
from chartkeep.incident.desk import Desk
from chartkeep.incident.trace.keeping import load
from chartkeep.incident.trace.matching import Matcher


class IndexPlace(NamedTuple):
    """The index's folder, and the secret for its tokens and its seal (`indexing.Job`)."""

    folder: Path
    secret: bytes

    def __repr__(self) -> str:
        """Say where, and no secret."""
        return f"<IndexPlace {self.folder}>"


def index_place(desk: Desk) -> IndexPlace:
    """Give where a desk's index is, whether or not there is one."""
    return IndexPlace(desk.root / "index", desk.key_for("index"))


def open_matcher(desk: Desk) -> Matcher:
    """Load the index whole. Raises as `keeping.load`: UnavailableError when there is none."""
    place = index_place(desk)
    return Matcher(load(place.folder, place.secret), FingerprintKey(place.secret))
