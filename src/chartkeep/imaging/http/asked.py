"""A request and an answer as the door sees them: values, whichever server carried them."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import NamedTuple

from chartkeep.imaging.http.accepting import JSON
from chartkeep.imaging.http.media import Media, read_accept

Pairs = Sequence[tuple[str, str]]


class Asked(NamedTuple):
    """One request: the path below `base` in parts, the query in pairs, header names in lower case.

    `base` is this door's address as the client wrote it, without a slash at its end; `pieces` is
    the body, while it comes in.
    """

    method: str
    path: tuple[str, ...]
    pairs: Pairs
    headers: Mapping[str, str]
    pieces: Iterable[bytes]
    base: str

    def header(self, name: str) -> str:
        """Give a header, empty when it was not sent."""
        return self.headers.get(name, "")

    def value(self, name: str) -> str:
        """Give the first query parameter of a name, empty when there is none."""
        return next((value for key, value in self.pairs if key == name), "")

    @property
    def ranges(self) -> list[Media]:
        """Give what is accepted: the query's `accept` (PS3.18 8.3.3.1), else the header's."""
        return read_accept(self.value("accept") or self.header("accept") or "*/*")


class Answer(NamedTuple):
    """One answer; `kind` is its body's type, `stream` gives what follows the body."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = JSON
    stream: Generator[bytes] | None = None
