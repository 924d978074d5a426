"""How a process that runs for hours uses memory: freed blocks stay, and the start is left alone.

glibc maps every block above 128 KiB anew and gives it back at once; for half a megabyte that takes
as long as sealing it. Bounded: more than `MOST_KEPT` free at the end of an arena goes back.
"""

import ctypes
import gc

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
LARGEST_KEPT = 32 << 20
MOST_KEPT = 64 << 20
ARENAS = 2
COLLECT = 10_000, 20, 20
"""New objects until the youngest are looked through; so often until the older ones are."""


def keep_blocks() -> None:
    """Keep freed blocks of up to `LARGEST_KEPT`, where the C library lets one choose."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, MOST_KEPT)
        mallopt(_M_ARENA_MAX, ARENAS)


def spare_start() -> None:
    """Let the garbage collector pass by what was made so far: modules and tables live to the end.

    Walking them for every few thousand new objects was a quarter of the work of storing a picture.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
