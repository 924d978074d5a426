"""A file on its way in: understood as far as its head goes, its bytes still passing.

A short file is in memory whole. Of a long one only the head is: the rest goes by as somebody reads
it, measured and taken apart on its way.
"""

from hashlib import sha256
from io import BytesIO
from typing import NamedTuple, Protocol

from chartkeep.clinical.incoming import Bulk
from chartkeep.errors import BadInputError
from chartkeep.fingerprint.sums import PixelSum
from chartkeep.imaging.cutter import MOST_HEAD, Cutter
from chartkeep.imaging.facts import Facts, Subject, read_facts, read_subject
from chartkeep.imaging.instance import Instance, describe

SMALL = 1 << 20
"""Bytes of a file that is held in memory whole."""
PIECE = 1 << 20


class Stream(Protocol):
    """Where bytes come from: fewer than asked for only at the end or while there are no more."""

    def read(self, most: int, /) -> bytes:
        """Give the next bytes, none at the end."""


class File(NamedTuple):
    """One file somebody sends. `where`: its place, for messages.

    `syntax`: the transfer syntax of a dataset that comes without preamble and file meta.
    `study`: the only study it may be of, any when empty.
    """

    stream: Stream
    where: str = ""
    syntax: str = ""
    study: str = ""


class Arriving:
    """A file whose head has been read far enough to know whose it is and what it is."""

    def __init__(self, file: File) -> None:
        """Read so far. Raises BadInputError for what is no DICOM instance."""
        self.where = file.where
        self._stream = file.stream
        self._pixels = PixelSum()
        self._cutter = Cutter(file.syntax, self._pixels.take)
        self._front: list[bytes] = []
        self._ended = False
        self._read_front()
        head = self._cutter.finish() if self._ended else self._cutter.preview()
        self.facts: Facts = read_facts(head)
        if file.study not in ("", self.facts.study):
            raise BadInputError("the instance is of another study", hint="store it at its own")
        self.subject: Subject = read_subject(head)
        self._head = head
        self.short = self._ended
        """Whether all of it is in memory."""

    def whole(self) -> bytes:
        """Give a short file's bytes."""
        assert self.short
        if len(self._front) > 1:
            self._front = [b"".join(self._front)]
        return self._front[0] if self._front else b""

    def bulk(self) -> Bulk:
        """Give a short file as what is to be kept."""
        data = self.whole()
        return Bulk(len(data), lambda: BytesIO(data))

    def read(self, most: int) -> bytes:
        """Give the next bytes of a long file, each once; what passes is taken apart.

        Raises BadInputError when it turns out to be none after all.
        """
        if self._front:
            piece = self._front.pop(0)
            if len(piece) > most:
                self._front.insert(0, piece[most:])
                piece = piece[:most]
            return piece
        piece = self._stream.read(most)
        if piece:
            self._cutter.feed(piece)
        elif not self._ended:
            self._ended = True
            self._head = self._cutter.finish()
        return piece

    def describe(self, digest: bytes = b"") -> Instance:
        """Make its manifest, when all of it has passed; `digest` is a long file's SHA-256."""
        assert self._ended
        return describe(self._head, self.facts, digest or sha256(self.whole()).digest())

    def sums(self) -> tuple[bytes, ...]:
        """Give what a copy of the picture is known by, when all of it has passed.

        Nothing of samples that stand the other way round, which hardly anybody writes any more.
        """
        assert self._ended
        pixels = b"" if self._head.encoding.big else self._pixels.finish()
        return (pixels,) if pixels else ()

    def pass_by(self) -> bytes:
        """Let the rest of a long file pass; gives the SHA-256 of all of it."""
        passed = sha256()
        while piece := self.read(PIECE):
            passed.update(piece)
        return passed.digest()

    def _read_front(self) -> None:
        """Read until a short file is whole, or a long one's head is known."""
        size = 0
        while size <= SMALL or not self._cutter.ready:
            piece = self._stream.read(PIECE)
            if not piece:
                self._ended = True
                return
            self._cutter.feed(piece)
            self._front.append(piece)
            size += len(piece)
            if size > 2 * MOST_HEAD:
                raise BadInputError(
                    "the names of the instance come too late", hint="the file is no DICOM instance"
                )
