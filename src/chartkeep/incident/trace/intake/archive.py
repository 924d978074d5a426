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
from typing import IO, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

import zstandard

from chartkeep.incident.trace.intake.part import Readable
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

_WINDOW = 128 << 20


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
        return package.open(info)
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
    """Open what one of gzip, bzip2, xz and zstd holds."""
    match form:
        case "gz":
            return gzip.GzipFile(fileobj=file)
        case "bz2":
            return bz2.BZ2File(file)
        case "xz":
            return lzma.LZMAFile(file)
        case _:
            return zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(file)


def open_zip(file: IO[bytes]) -> ZipFile:
    """Open a ZIP by its list. Raises TroubleError."""
    try:
        return ZipFile(file)
    except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise TroubleError(Trouble.BROKEN) from error


def _zip_time(info: ZipInfo) -> int | None:
    try:
        return int(datetime(*info.date_time, tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None
