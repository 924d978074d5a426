"""The key file: the one secret that must lie outside every data folder.

Promises to refuse a file anybody but its owner may read. The only file sealing opens besides
its own dictionary; it does not know where data folders are (`init` does).
"""

import os
import stat
from pathlib import Path

from chartkeep.errors import RefusedError, UnavailableError

MIN_PASSPHRASE = 16
_MAX_READ = 4096


def read_key_file(path: Path, least: int = MIN_PASSPHRASE) -> bytes:
    """Read the passphrase (or PIN) from a key file's first line.

    Raises RefusedError if others may read it or it is shorter than `least` bytes, and
    UnavailableError if it cannot be read.
    """
    try:
        # Not blocking: a pipe without a writer must be refused, not waited for.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        handle = os.open(path, flags)
    except OSError as error:
        raise UnavailableError(
            f"the key file {path} cannot be read", hint="is its disk mounted, is it a plain file"
        ) from error
    try:
        # The permissions asked are those of the very file that is read.
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode) or mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise RefusedError(
                f"the key file {path} is not a plain file only its owner may read",
                hint=f"chmod 600 {path}; if others could read it, change the key",
            )
        passphrase = os.read(handle, _MAX_READ).split(b"\n", 1)[0].removesuffix(b"\r")
    finally:
        os.close(handle)
    if len(passphrase) < least:
        raise RefusedError(f"the key file {path} holds less than {least} bytes")
    return passphrase
