"""ZIP archives, unpacked in memory as they are read, within bounds whatever they claim.

Promises: no member is written anywhere, its name is never a path to anything; count, size, ratio
and the time that follows from them are bounded by what is really unpacked; an archive in an archive
is not opened.
"""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Self
from zipfile import BadZipFile, LargeZipFile, ZipFile, ZipInfo

from chartkeep.errors import BadInputError

MOST_MEMBERS = 20_000
LARGEST_TOTAL = 16 << 30
HIGHEST_RATIO = 200
"""Of what is unpacked to what is packed, where more than `FREE` bytes come out."""
FREE = 8 << 20
LARGEST_DIRECTORY, TAIL = 8 << 20, 66_000
_BROKEN = (
    BadZipFile, LargeZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
    RuntimeError, KeyError, UnicodeDecodeError, IndexError, OverflowError,
)  # fmt: skip
"""What `zipfile` raises on an archive that is not what it says; RuntimeError: encrypted."""


class Member(NamedTuple):
    """One file in an archive; `place` names it in messages, by its number."""

    place: str
    size: int
    head: bytes
    archive: ZipFile
    info: ZipInfo

    def open(self) -> BinaryIO:
        """Give its bytes from the start. Raises BadInputError."""
        return _Bounded(self.archive, self.info)  # type: ignore[return-value] # reads like a file


def members(file: BinaryIO, size: int, head: int) -> Iterator[Member]:
    """Give the files of an archive of `size` bytes, one after the other. Raises BadInputError."""
    _check_directory(file, size)
    try:
        with ZipFile(file) as archive:
            found = [each for each in archive.infolist() if not each.is_dir()]
            _check(found, size)
            for place, info in enumerate(found, 1):
                with _Bounded(archive, info) as reader:
                    first = reader.read(head)
                yield Member(f"member {place}", info.file_size, first, archive, info)
    except _BROKEN as error:
        raise BadInputError("the ZIP archive is broken, or encrypted") from error


def _check_directory(file: BinaryIO, size: int) -> None:
    """Look how long the directory is before `zipfile` makes objects of it (PKWARE 4.3.14, 4.3.16).

    Every end record in the tail is believed, so that it does not matter which one is the end.
    """
    file.seek(max(size - TAIL, 0))
    tail = file.read(TAIL)
    file.seek(0)
    ends = [(b"PK\x05\x06", 12, 4), (b"PK\x06\x06", 40, 8)]
    for sign, offset, width in ends:
        at = tail.find(sign)
        while at >= 0:
            claimed = int.from_bytes(tail[at + offset : at + offset + width], "little")
            if LARGEST_DIRECTORY < claimed < 0xFFFFFFFF or claimed > 0xFFFFFFFF:
                raise BadInputError(f"the archive has more than {MOST_MEMBERS} files")
            at = tail.find(sign, at + 1)


def _check(found: list[ZipInfo], size: int) -> None:
    if len(found) > MOST_MEMBERS:
        raise BadInputError(f"the archive has more than {MOST_MEMBERS} files", hint="split it")
    total = sum(each.file_size for each in found)
    if total > LARGEST_TOTAL:
        raise BadInputError(f"it unpacks to over {LARGEST_TOTAL >> 30} GiB", hint="split it")
    if total > max(FREE, HIGHEST_RATIO * size):
        raise BadInputError("the archive unpacks to far more than it is")
    for each in found:
        if each.file_size > max(FREE, HIGHEST_RATIO * each.compress_size):
            raise BadInputError("the archive unpacks to far more than it is")


class _Bounded:
    """A member as it is unpacked, never past the size its directory says."""

    def __init__(self, archive: ZipFile, info: ZipInfo) -> None:
        try:
            self._reader = archive.open(info)
        except _BROKEN as error:
            raise BadInputError("the ZIP archive is broken, or encrypted") from error
        self._left = info.file_size

    def read(self, size: int = -1) -> bytes:
        """Read on. Raises BadInputError."""
        want = self._left if size < 0 else min(size, self._left)
        try:
            piece = self._reader.read(want) if want else b""
        except _BROKEN as error:
            raise BadInputError("the ZIP archive is broken, or encrypted") from error
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        """Close it."""
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
