"""A place that is a folder: one file an object, never overwritten, its own user's alone.

An object is written into `.coming/`, synced, and then linked to its name: a link never replaces
what stands, and what has a name is whole. The file's modification time says until when it is kept,
and `immutable` sets the file system's flag (`chattr +i`) where the user may: then the kernel
refuses to change or delete it too, until the flag is taken away again. Root on this very host can
do that; against root only another host, another operator or a bucket's lock helps.
"""

import errno
import fcntl
import os
import secrets
import stat
import struct
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from chartkeep.errors import (
    BadInputError,
    ConflictError,
    NotAllowedError,
    NotFoundError,
    UnavailableError,
)
from chartkeep.model import Millis
from chartkeep.recovery.pieces import digest_said
from chartkeep.recovery.place import Parts, check_name

_COMING: Final = ".coming"
_PIECE: Final = 1 << 20
_GET_FLAGS: Final = 0x80086601
_SET_FLAGS: Final = 0x40086602
_IMMUTABLE: Final = 0x10  # linux/fs.h: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL


class FolderPlace:
    """A folder of write-once files."""

    def __init__(self, root: Path, *, immutable: bool = False) -> None:
        """Take a folder, made if it is not there; what a crash left half written is removed.

        While another process has it (a vault; this one probes), nothing of that one's is touched.
        `immutable`: set the flag on every file, where the user and the file system allow it;
        `locks` tells whether they do.
        """
        self.root = root
        self._coming = root / _COMING
        with _disk():
            self._coming.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._is_ours():
                for path in self._coming.iterdir():
                    _unlock(path)
                    path.unlink()
            self.locks = immutable and self._may_lock()
        self._synced: set[Path] = set()

    def _is_ours(self) -> bool:
        """Hold the folder's lock for as long as this object lives; tell whether we could."""
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        weakref.finalize(self, os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def put(self, name: str, parts: Parts, until: Millis) -> None:
        """Keep these bytes under a name; the same bytes again are fine."""
        path = self._path(name)
        with _disk(writing=True):
            self._make_folder(path.parent)
            # 1. All bytes are on the disk, under a name nobody reads.
            coming, digest = self._write(parts, until)
            try:
                if digest_said(name) not in {None, digest}:
                    raise BadInputError("these bytes are not the ones their name says")
                # 2. They get their name, if nothing has it: a crash here leaves two names.
                os.link(coming, path)
            except FileExistsError:
                self._meet(coming, path, digest)
            finally:
                coming.unlink(missing_ok=True)
            # 3. Durable; from here on the kernel holds it too.
            sync_folder(path.parent)
        self.extend(name, until)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object."""
        with _disk(), self._path(name).open("rb", buffering=0) as file:
            wanted = max(0, os.fstat(file.fileno()).st_size - start)
            wanted = wanted if length is None else min(length, wanted)
            found = os.pread(file.fileno(), wanted, start)
            while len(found) < wanted:  # a read of more than 2 GiB, or one a signal cut short
                more = os.pread(file.fileno(), wanted - len(found), start + len(found))
                if not more:
                    break
                found += more
            return found

    def size(self, name: str) -> int:
        """Give an object's length in bytes."""
        with _disk():
            return self._path(name).stat().st_size

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """Give names in order; one folder's names are in memory at a time."""
        yield from _walk(str(self.root), "", prefix, after)

    def until(self, name: str) -> Millis:
        """Tell until when an object is kept."""
        with _disk():
            return Millis(self._path(name).stat().st_mtime_ns // 1_000_000)

    def extend(self, name: str, until: Millis) -> None:
        """Keep an object longer, and see to its flag, which a crash may have kept from it."""
        path = self._path(name)
        longer = until > self.until(name)
        with _disk():
            if longer:
                _unlock(path)
                os.utime(path, ns=(until * 1_000_000, until * 1_000_000))
                _sync_file(path)
            if self.locks:
                _set_flag(path, on=True)

    def expire(self, name: str, now: Millis) -> None:
        """Delete an object whose retention is over."""
        path = self._path(name)
        with suppress(NotFoundError):
            if self.until(name) > now:
                raise NotAllowedError("this object's retention is not over")
            with _disk():
                _unlock(path)
                path.unlink()

    def _meet(self, coming: Path, path: Path, digest: bytes) -> None:
        """Have bytes meet what lies under their name: the same, damaged ones, or others."""
        if _same(coming, path):
            return
        if digest_said(path.name) != digest:
            raise ConflictError("other bytes lie under this name already")
        _unlock(path)
        coming.replace(path)

    def _path(self, name: str) -> Path:
        return self.root / check_name(name)

    def _make_folder(self, folder: Path) -> None:
        """Make a folder, each level durable in the one above."""
        if folder in self._synced or folder == self.root:
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        sync_folder(folder.parent)
        self._synced.add(folder)

    def _write(self, parts: Parts, until: Millis) -> tuple[Path, bytes]:
        """Write bytes into `.coming/`, all of them on the disk; gives their SHA-256 too."""
        path = self._coming / secrets.token_hex(16)
        digest = sha256()
        try:
            with path.open("xb", buffering=0) as file:
                os.fchmod(file.fileno(), 0o400)
                for part in parts:
                    digest.update(part)
                    _write_all(file.fileno(), memoryview(part))
                os.utime(file.fileno(), ns=(until * 1_000_000, until * 1_000_000))
                os.fsync(file.fileno())
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
        return path, digest.digest()

    def _may_lock(self) -> bool:
        """Try the flag on a file of our own."""
        path = self._coming / "may-lock"
        path.touch()
        try:
            _set_flag(path, on=True)
        except OSError:
            return False
        finally:
            _unlock(path)
            path.unlink()
        return True


def unlock_folder(root: Path) -> None:
    """Take the flag from every file of a folder, as this host's root can: for drills that tidy up.

    Nothing of a house calls it; that it can be called is why a vault has a host of its own.
    """
    for path in root.rglob("*"):
        if path.is_file():
            _unlock(path)


@contextmanager
def _disk(*, writing: bool = False) -> Iterator[None]:
    """Turn the disk's errors into ours; what is gone while we write it is a broken disk."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not writing:
            raise NotFoundError("there is no such object in this place") from error
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        words = "the place's disk is full" if full else "the place's disk does not answer"
        raise UnavailableError(words, hint="look at the disk; nothing was half kept") from error


def _walk(root: str, folder: str, prefix: str, after: str) -> Iterator[str]:
    """Give names below a folder; a folder sorts as its name and `/`, as its files' names do."""
    try:
        with os.scandir(os.path.join(root, folder)) as found:  # noqa: PTH118 - texts are quicker
            there = sorted(
                f"{folder}{one.name}/" if one.is_dir(follow_symlinks=False) else folder + one.name
                for one in found
                if not one.name.startswith(".")
            )
    except FileNotFoundError:
        return
    except OSError as error:
        raise UnavailableError("the place's disk does not answer") from error
    for name in there:
        if not (name.startswith(prefix) or prefix.startswith(name)):
            continue
        if name.endswith("/"):
            if name >= after or after.startswith(name):
                yield from _walk(root, name, prefix, after)
        elif name > after and name.startswith(prefix):
            yield name


def _write_all(file: int, data: memoryview) -> None:
    while data:
        data = data[os.write(file, data) :]


def _same(one: Path, other: Path) -> bool:
    """Compare two files, a piece at a time."""
    with one.open("rb") as a, other.open("rb") as b:
        while piece := a.read(_PIECE):
            if b.read(_PIECE) != piece:
                return False
        return not b.read(1)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _set_flag(path: Path, *, on: bool) -> None:
    """Set or take the immutable flag; nothing else of the file's flags changes."""
    with path.open("rb") as file:
        found = fcntl.ioctl(file.fileno(), _GET_FLAGS, struct.pack("l", 0))
        flags = struct.unpack("l", found)[0]
        wanted = flags | _IMMUTABLE if on else flags & ~_IMMUTABLE
        if wanted != flags:
            fcntl.ioctl(file.fileno(), _SET_FLAGS, struct.pack("l", wanted))


def _unlock(path: Path) -> None:
    """Take the flag away where there is one; a file system without flags has none."""
    with suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            _set_flag(path, on=False)
