"""Archives: their members one after the other, nothing of them on any disk.

A member is a name and bytes: where its name would lead (`../../etc/passwd`) leads nowhere here.
"""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BufferedReader
from typing import IO, NamedTuple, Protocol, cast
from zipfile import BadZipFile, ZipExtFile, ZipFile, ZipInfo

import zstandard

from chartkeep.incident.trace.intake.part import Readable
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

_WINDOW = 128 << 20
_SIP = 512
"""Packed bytes at a time: of the most repetitive they become 16 MB."""


class Member(NamedTuple):
    """One member: `packed` bytes in the archive, `size` as it says, `modified` Millis or None."""

    name: str
    packed: int
    size: int
    modified: int | None
    open: Callable[[], Readable]


def members_of_zip(package: ZipFile) -> Iterator[Member]:
    """Yield the files of a ZIP, in its list's order."""
    for info in package.infolist():
        if not info.is_dir():
            yield Member(
                info.filename, info.compress_size, info.file_size, _zip_time(info),
                lambda info=info: _open_zipped(package, info),  # type: ignore[misc]
            )  # fmt: skip


def _open_zipped(package: ZipFile, info: ZipInfo) -> Readable:
    if info.flag_bits & 0x1:
        raise TroubleError(Trouble.PASSWORD)
    try:
        return _Piecewise(cast("ZipExtFile", package.open(info)))
    except NotImplementedError as error:
        raise TroubleError(Trouble.FORMAT) from error
    except BadZipFile as error:
        raise TroubleError(Trouble.BROKEN) from error


def members_of_tar(file: Readable) -> Iterator[Member]:
    """Yield the ordinary files of a TAR as they pass; links lead nowhere and are left out."""
    with tarfile.open(fileobj=file, mode="r|") as archive:  # type: ignore[call-overload]
        for info in archive:
            archive.members = []  # what passed is not needed again, and there may be millions
            if info.isreg():
                yield Member(
                    info.name, info.size, info.size, int(info.mtime * 1000),
                    lambda info=info: _open_passing(archive, info),  # type: ignore[misc]
                )  # fmt: skip


def _open_passing(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Readable:
    file = archive.extractfile(info)
    assert file is not None, "an ordinary file"
    return file


def unpacked(form: str, file: BufferedReader) -> Readable:
    """Open what one of gzip, bzip2, xz and zstd holds; EOFError behind the last of it if cut."""
    match form:
        case "gz":
            return _Piecewise(gzip.GzipFile(fileobj=file))
        case "bz2":
            return _Piecewise(bz2.BZ2File(file))
        case "xz":
            return _Piecewise(lzma.LZMAFile(file))
        case _:
            return _Frames(file)


class _Passing(Protocol):
    def read1(self, length: int, /) -> bytes: ...


class _Piecewise:
    """Gives what opened before it says that the rest does not: `read` would keep it back."""

    def __init__(self, file: _Passing) -> None:
        self._file = file

    def read(self, length: int, /) -> bytes:
        """Give the next piece. Raises EOFError and what the format's reader raises."""
        return self._file.read1(length)


class _Frames:
    """Frames of zstd one behind another: its own reader ends in silence where one is cut."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frame = self._reader.decompressobj()
        self._within = False
        self._packed = self._open = b""

    def read(self, length: int, /) -> bytes:
        """Give the next piece. Raises EOFError in a frame that ends too early, ZstdError."""
        while not self._open:
            if not (packed := self._packed or self._file.read(_SIP)):
                if self._within:
                    raise EOFError
                return b""
            self._open = self._frame.decompress(packed)
            self._within, self._packed = not self._frame.eof, self._frame.unused_data
            if self._frame.eof:
                self._frame = self._reader.decompressobj()
        given, self._open = self._open[:length], self._open[length:]
        return given


def open_zip(file: IO[bytes]) -> ZipFile:
    """Open a ZIP by its list. Raises TroubleError."""
    try:
        return ZipFile(file)
    except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise TroubleError(Trouble.UNLISTED) from error


def _zip_time(info: ZipInfo) -> int | None:
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None
