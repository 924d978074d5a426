"""How much one job of decoding may take: memory, and processor time by its size."""

from chartkeep.confined import allow_until, used_seconds

MEMORY = 1_536 << 20
"""Bytes of address space, of which about 250 MB are libraries."""
SECONDS = 5
"""Processor time of one job, and as much again for every 5 million samples it decodes."""
_SAMPLES = 5 << 20


def allow_time(samples: int = 0) -> None:
    """Let this process compute so much from now; then the kernel ends it.

    JPEG 2000, the slowest, takes 0.3 s a million samples on the machine this was measured on.
    """
    allow_until(used_seconds() + SECONDS + SECONDS * samples // _SAMPLES)
