"""A write-once place of named bytes: where a vault keeps what it took, and a restore reads from.

Two halves. A `Shelf` only reads: a restore needs no more, and the vault gives no more over the
wire. A `Place` also keeps; nothing in it overwrites, and nothing deletes but `expire`, which the
vault's own retention calls by its own clock and no wire reaches.

Every place passes `tests/recovery/place_contract.py`. All of it may be called from many threads.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from chartkeep.errors import BadInputError
from chartkeep.model import Millis

Parts = Iterable[bytes | memoryview]

MAX_NAME: Final = 256
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*")


class Shelf(Protocol):
    """The reading half of a place."""

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object, from `start` on; fewer than `length` at its end.

        Raises NotFoundError, UnavailableError. What is read is not proved: whoever reads checks
        it against its name, its segment's trailer or its line.
        """

    def size(self, name: str) -> int:
        """Give an object's length in bytes. Raises NotFoundError, UnavailableError."""

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """Give the names that begin with `prefix` and come after `after`, in order of their bytes.

        Never the name of an object that is not whole. Bounded memory, however many there are.
        """


class Place(Shelf, Protocol):
    """A place that keeps what is put, until its retention is over."""

    def put(self, name: str, parts: Parts, until: Millis) -> None:
        """Keep these bytes under a name, at least until `until`; durable on return.

        Streams: never more than a few MiB of it in memory. The same bytes again are fine (and
        lengthen the retention), other bytes under the name raise ConflictError and change nothing.
        A put that fails (UnavailableError: disk full, network gone) leaves nothing under the name.

        A name that ends in a SHA-256 in hex is the name of those bytes alone: others raise
        BadInputError and are not kept, and the true ones take the place of what lies there
        damaged. So who has a second copy mends the first.
        """

    def until(self, name: str) -> Millis:
        """Tell until when an object is kept. Raises NotFoundError, UnavailableError."""

    def extend(self, name: str, until: Millis) -> None:
        """Keep an object longer; a time before the one that stands changes nothing."""

    def expire(self, name: str, now: Millis) -> None:
        """Delete an object whose retention is over. Raises NotAllowedError while it runs.

        The caller, `recovery.vault.tidying`, vouches that it is superseded and that `now` is
        true: a place knows neither. An object that is not there is fine.
        """


def is_name(name: str) -> bool:
    """Tell whether this is a name; anything else in a folder or bucket is not ours."""
    return len(name) <= MAX_NAME and bool(_NAME.fullmatch(name))


def check_name(name: str) -> str:
    """Refuse a name that is none: lower case words joined by `/`, never `..` or an empty one."""
    if not is_name(name):
        raise BadInputError("this is no name of an object in a vault")
    return name
