"""Evidence: files of a case, sealed, written once (docs/formats/case.md).

    evidence/<name>    CKF1, then the content as a sealed stream; read-only

Promises that what comes out is what went in, or an error that names it; that files exchanged for
one another do not open; that neither name nor bytes tell a thief of the folder what it is.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256, sha512
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from chartkeep.errors import (
    BadInputError,
    DamagedError,
    NotFoundError,
    SealBrokenError,
    UnavailableError,
)
from chartkeep.incident.desk import sync_folder
from chartkeep.sealing.fields import MAGIC_BYTES, expect_magic
from chartkeep.sealing.keyed import derive, keyed_hash
from chartkeep.sealing.keys import fresh_id
from chartkeep.sealing.stream import open_stream, seal_stream

MAGIC: Final = b"CKF1"
_PIECE: Final = 1 << 20

Source = Path | bytes


class Digest(NamedTuple):
    """What a file is: both digests in hex, and its size."""

    sha256: str
    sha512: str
    size: int


class Evidence:
    """The evidence folder of one case."""

    def __init__(self, folder: Path, case: str, secret: bytes) -> None:
        self._folder = folder
        self._case = case.encode()
        self._names = derive(secret, b"names")
        self._secret = derive(secret, b"files")

    def path(self, digest: str) -> Path:
        """Say where the file of a SHA-256 (hex) lies, or would."""
        return self._folder / keyed_hash(self._names, bytes.fromhex(digest)).hex()

    def put(self, source: Source, found: Digest) -> None:
        """Seal a file away, unless it is there. Raises BadInputError when it changed meanwhile."""
        path = self.path(found.sha256)
        if path.exists():
            return
        self._folder.mkdir(exist_ok=True, mode=0o700)
        new = path.with_name(f".{path.name}.{fresh_id().hex()}")  # two may keep it at once
        try:
            with _opened(source) as file, new.open("wb") as out:
                watched = _Watched(file)
                out.write(MAGIC)
                seal_stream(watched, out.write, self._secret, self._context(found.sha256))
                out.flush()
                os.fsync(out.fileno())
            if watched.digest() != found.sha256:
                raise BadInputError("the file changed while it was read", hint="copy it first")
            new.chmod(0o400)
            new.rename(path)
            sync_folder(self._folder)
        except OSError as error:
            raise UnavailableError("evidence cannot be written or read", hint="disk?") from error
        finally:
            new.unlink(missing_ok=True)

    def read(self, digest: str, write: Callable[[bytes], object]) -> None:
        """Give a file's content; only the return says it was whole.

        Raises NotFoundError when it is gone, SealBrokenError when it is not what was kept.
        """
        try:
            with self.path(digest).open("rb") as file:
                expect_magic(file.read(MAGIC_BYTES), MAGIC, "piece of evidence")
                open_stream(file, write, self._secret, self._context(digest))
        except FileNotFoundError as error:
            raise NotFoundError(
                f"the evidence {digest} is gone", hint="bring the folder back from its copy"
            ) from error
        except DamagedError as error:
            raise SealBrokenError(f"the evidence {digest} is not what was kept") from error

    def _context(self, digest: str) -> bytes:
        # The content's own hash is bound: one piece put in another's place does not open.
        return b"chartkeep-evidence-1\0" + self._case + b"\0" + bytes.fromhex(digest)


class _Watched:
    """A reader that hashes what went through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sum = sha256()

    def read(self, most: int, /) -> bytes:
        piece = self._file.read(most)
        self._sum.update(piece)
        return piece

    def digest(self) -> str:
        return self._sum.hexdigest()


def digest_of(source: Source) -> Digest:
    """Hash a file or bytes. Raises BadInputError for what is no plain file."""
    short, long, size = sha256(), sha512(), 0
    with _opened(source) as file:
        while piece := file.read(_PIECE):
            short.update(piece)
            long.update(piece)
            size += len(piece)
    return Digest(short.hexdigest(), long.hexdigest(), size)


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield BytesIO(source)
        return
    if not source.is_file():
        raise BadInputError(f"{source} is no file", hint="name a file; pack a folder first")
    with source.open("rb") as file:
        yield file
