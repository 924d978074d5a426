"""multipart/related (RFC 2387, RFC 2046 5.1), read while it comes in, written while it is sent.

Promises: whatever comes, no more than one piece of it and a header are held; a body of endless
parts or headers is refused. Nothing is believed of what parts say of their own length.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from chartkeep.errors import BadInputError
from chartkeep.sealing.keys import fresh_id

MOST_PARTS = 20_000
MOST_HEADERS = 16 * 1024
LONGEST_BOUNDARY = 70
_BROKEN = "the multipart body is cut short"


class Part:
    """One part of a body that is still coming in: read it before the next one is asked for."""

    def __init__(self, body: "Taking", headers: Mapping[str, str]) -> None:
        self._body = body
        self.headers = headers

    @classmethod
    def alone(cls, pieces: Iterable[bytes]) -> "Part":
        """Give a body that is not in parts as one."""
        return cls(Whole(pieces), {})

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes, at most `size`, all of them for -1; empty at the part's end."""
        if size >= 0:
            return self._body.take(size) if size else b""
        taken = []
        while piece := self._body.take(-1):
            taken.append(piece)
        return taken[0] if len(taken) == 1 else b"".join(taken)


class Taking(Protocol):
    """Where a part's bytes come from."""

    def take(self, size: int) -> bytes:
        """Give the next bytes, at most `size`, any number for -1; empty at the end."""


class Whole:
    """A body that is one part."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""

    def take(self, size: int) -> bytes:
        """Give bytes as they come."""
        held = self._held or next((piece for piece in self._pieces if piece), b"")
        stop = len(held) if size < 0 else size
        self._held = held[stop:]
        return held[:stop]


class Body:
    """A body's bytes, and where the present part of it ends as far as is known."""

    def __init__(self, pieces: Iterable[bytes], boundary: bytes) -> None:
        self._pieces = iter(pieces)
        self._delimiter = b"\r\n--" + boundary
        self._held = b""
        self._first = True  # nothing stands before the first line: its delimiter has no line break
        self._at = 0
        self._end = -1  # up to here it is the part's; -1: not looked for yet
        self._ends = False  # at `_end` stands the delimiter

    def take(self, size: int) -> bytes:
        """Give bytes of the present part, empty at its end. Raises BadInputError."""
        while True:
            if self._end < 0:
                self._look()
            if self._at < self._end or self._ends:
                stop = self._end if size < 0 else min(self._end, self._at + size)
                data = self._held[self._at : stop]
                self._at = stop
                return data
            self._more()

    def pass_delimiter(self) -> bool:
        """Step over the delimiter at the part's end; False when it was the last one."""
        self._at += len(self._mark)
        self._end, self._ends, self._first = -1, False, False
        while len(self._held) - self._at < 2:
            self._more()
        return self._held[self._at : self._at + 2] != b"--"

    def headers(self) -> Mapping[str, str]:
        """Read the part's headers, up to the empty line. Raises BadInputError."""
        while (end := self._held.find(b"\r\n\r\n", self._at)) < 0:
            if len(self._held) - self._at > MOST_HEADERS:
                raise BadInputError(f"the headers of a part are over {MOST_HEADERS:,} bytes")
            self._more()
        if end - self._at > MOST_HEADERS:
            raise BadInputError(f"the headers of a part are over {MOST_HEADERS:,} bytes")
        lines = self._held[self._at : end].decode("latin-1").split("\r\n")
        self._at = end + 4
        self._end, self._ends = -1, False
        if lines[0].strip(" \t"):
            raise BadInputError("a part does not begin on a line of its own")
        pairs = (line.partition(":") for line in lines[1:])
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _look(self) -> None:
        """Find the delimiter in what is held, or how far none can begin."""
        if self._first and len(self._held) < len(self._delimiter):
            self._end = self._at  # too little to say how it begins
            return
        self._first = self._first and self._held.startswith(self._mark)
        found = self._held.find(self._mark, self._at)
        self._ends = found >= 0
        last = len(self._held) - len(self._delimiter) + 1
        self._end = found if self._ends else max(self._at, last)

    @property
    def _mark(self) -> bytes:
        """Give the delimiter that ends the present part, or what stands before the first."""
        return self._delimiter[2:] if self._first else self._delimiter

    def _more(self) -> None:
        piece = next(self._pieces, None)
        if piece is None:
            raise BadInputError(_BROKEN, hint="send it again")
        rest = self._held[self._at :]
        self._held = rest + piece if rest else piece
        self._at, self._end = 0, -1


def read_parts(pieces: Iterable[bytes], boundary: str) -> Iterator[Part]:
    """Give each part of a body; what is not read of one is passed over.

    Raises BadInputError, while it is iterated too.
    """
    if not 1 <= len(boundary) <= LONGEST_BOUNDARY:
        raise BadInputError("Content-Type has no boundary, or one that is too long")
    body = Body(pieces, boundary.encode("latin-1", "replace"))
    _pass_over(body)  # a preamble concerns nobody
    count = 0
    while body.pass_delimiter():
        count += 1
        if count > MOST_PARTS:
            raise BadInputError(f"over {MOST_PARTS:,} parts", hint="send fewer at once")
        yield Part(body, body.headers())
        _pass_over(body)


def _pass_over(body: Body) -> None:
    while body.take(-1):
        pass


class Related(NamedTuple):
    """A multipart answer being written: its boundary occurs in nothing by chance."""

    boundary: str
    kind: str

    @property
    def media(self) -> str:
        """Give the answer's Content-Type."""
        return f'multipart/related; type="{self.kind}"; boundary={self.boundary}'

    def head(self, kind: str, location: str = "", length: int | None = None) -> bytes:
        """Begin a part."""
        lines = [f"\r\n--{self.boundary}", f"Content-Type: {kind}"]
        if location:
            lines.append(f"Content-Location: {location}")
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return "\r\n".join([*lines, "", ""]).encode()

    @property
    def tail(self) -> bytes:
        """End the answer."""
        return f"\r\n--{self.boundary}--\r\n".encode()


def related(kind: str) -> Related:
    """Begin a multipart answer whose parts are of one kind."""
    return Related(fresh_id().hex(), kind)
