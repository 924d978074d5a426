"""How a process that moves images uses memory: blocks it has freed stay its own for the next one.

glibc maps every block above 128 KiB anew and gives it back at once; for half a megabyte that takes
as long as sealing it. Bounded: more than `MOST_KEPT` free at the end of an arena goes back.
"""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
LARGEST_KEPT = 32 << 20
MOST_KEPT = 64 << 20
ARENAS = 2


def keep_blocks() -> None:
    """Keep freed blocks of up to `LARGEST_KEPT`, where the C library lets one choose."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, MOST_KEPT)
        mallopt(_M_ARENA_MAX, ARENAS)
