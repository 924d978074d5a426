"""Two places as one, under two operators: what one loses or lies about, the other has.

A put is durable in both when it returns; while one is away nothing is taken at all, so that no
one copy is ever ahead unseen (`mend` then brings both together). A read falls back to the second;
what comes back is not proved, but by its name where it has a digest (`sound`).
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from heapq import merge
from itertools import groupby

from chartkeep.errors import DamagedError, NotFoundError, UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.pieces import digest_said
from chartkeep.recovery.place import Parts, Place, Shelf

PIECE = 4 << 20


class MirroredPlace:
    """A first place and a second one."""

    def __init__(self, first: Place, second: Place, alarm: Callable[[str], None]) -> None:
        """Join two places; `alarm` hears of what one of them did not have as it should."""
        self._places = (first, second)
        self._alarm = alarm

    def put(self, name: str, parts: Parts, until: Millis) -> None:
        """Keep these bytes in both places; they are read back from the first for the second."""
        first, second = self._places
        first.put(name, parts, until)
        second.put(name, pieces_of(first, name), until)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object, from the first place that has it."""
        first, second = self._places
        try:
            return first.read(name, start, length)
        except (NotFoundError, UnavailableError, DamagedError):
            found = second.read(name, start, length)
            self._alarm(f"the first place does not give {name}: read from the second")
            return found

    def size(self, name: str) -> int:
        """Give an object's length in bytes."""
        first, second = self._places
        try:
            return first.size(name)
        except (NotFoundError, UnavailableError, DamagedError):
            return second.size(name)

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """Give the names that either place has, in order."""
        both = merge(*(place.names(prefix, after) for place in self._places))
        return (name for name, _ in groupby(both))

    def until(self, name: str) -> Millis:
        """Tell until when both keep an object."""
        return min(place.until(name) for place in self._places)

    def extend(self, name: str, until: Millis) -> None:
        """Keep an object longer in both places."""
        for place in self._places:
            place.extend(name, until)

    def expire(self, name: str, now: Millis) -> None:
        """Delete an object whose retention is over in both."""
        for place in self._places:
            place.expire(name, now)

    def mend(self, name: str, until: Millis) -> bool:
        """Bring both copies of an object to its name's digest; tells whether one had to be mended.

        Raises DamagedError when neither is what its name says. Reads both whole.
        """
        good = [sound(place, name) for place in self._places]
        if all(good):
            return False
        if not any(good):
            raise DamagedError(f"both copies of {name} are damaged")
        whole, other = self._places if good[0] else self._places[::-1]
        other.put(name, pieces_of(whole, name), until)
        self._alarm(f"{name} was missing or damaged in one place, and is mended from the other")
        return True


def sound(shelf: Shelf, name: str) -> bool:
    """Read an object whole; tells whether it has the digest its name says."""
    digest = sha256()
    try:
        for piece in pieces_of(shelf, name):
            digest.update(piece)
    except (NotFoundError, UnavailableError, DamagedError):
        return False
    return digest_said(name) in {None, digest.digest()}


def check_sound(shelf: Shelf, name: str) -> None:
    """Read an object whole. Raises DamagedError if it has not the digest its name says."""
    if not sound(shelf, name):
        raise DamagedError("it is not what its name says", hint="is there a second copy?")


def pieces_of(shelf: Shelf, name: str) -> Iterator[bytes]:
    """Give an object's bytes, a few MiB at a time."""
    at, size = 0, shelf.size(name)
    while at < size:
        piece = shelf.read(name, at, PIECE)
        if not piece:
            raise DamagedError("an object is shorter than it was")
        at += len(piece)
        yield piece
