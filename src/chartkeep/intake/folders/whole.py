"""Whether a file is whole: nobody writes into it, and it ends as its format ends.

A file that stood still may still be half of one, when its writer's line did. What is parsed says so
by itself; a paper is kept as it came, and deleted, so its end is looked at.
"""

import fcntl
import signal
import zlib
from struct import unpack

from chartkeep.errors import BadInputError
from chartkeep.intake.folders.kinds import Kind

_TAIL = 2_048
_NOT_WHOLE = "the file ends before its format does"


def is_written(descriptor: int) -> bool:
    """Say whether a program of this host has a file open for writing.

    A read lease is had only where there is no writer (fcntl(2)); it is given back at once. Where
    the system gives none, as over NFS or for a file of somebody else, nobody knows: then not.
    """
    try:
        # A writer that comes in this moment makes a signal of it, which must not end the process.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def check_whole(raw: bytes, kind: Kind) -> None:
    """Refuse a paper that was cut short. Raises BadInputError."""
    tail = raw[-_TAIL:]
    match kind:
        case Kind.PDF:
            whole = b"%%EOF" in tail
        case Kind.JPEG:
            whole = b"\xff\xd9" in tail
        case Kind.PNG:
            whole = b"IEND" + zlib.crc32(b"IEND").to_bytes(4, "big") in tail
        case Kind.TIFF:
            (first,) = unpack("<I" if raw[:2] == b"II" else ">I", raw[4:8].ljust(4, b"\xff"))
            whole = first + 2 <= len(raw)
        case _:
            whole = True
    if not whole:
        raise BadInputError(_NOT_WHOLE, hint="drop it again, whole")
