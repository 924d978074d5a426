"""What a process that decodes may still do: count, and answer.

After `confine` it opens no file and no socket (RLIMIT_NOFILE 0: what is open stays open), writes no
file, starts no process, leaves no core, and cannot grow past its memory. `allow_time` gives
processor time for one job. Not held by these limits: what it already has in memory, system calls
that need no descriptor, and all of them for root, who may raise them: run the house as nobody.
"""

import ctypes
import resource

MEMORY = 1_536 << 20
"""Bytes of address space, of which about 250 MB are libraries."""
SECONDS = 5
"""Processor time of one job, and as much again for every 5 million samples it decodes."""
_SAMPLES = 5 << 20
_NO_NEW_PRIVILEGES = 38
_DUMPABLE = 4


def confine(memory: int = MEMORY) -> None:
    """Give up what decoding does not need; there is no way back for this process."""
    hard = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in hard.items():
        resource.setrlimit(limit, (most, most))
    process = ctypes.CDLL(None)
    process.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    process.prctl(_DUMPABLE, 0, 0, 0, 0)  # not even the same user reads its memory


def allow_time(samples: int = 0) -> None:
    """Let this process compute so much from now; then the kernel ends it.

    JPEG 2000, the slowest, takes 0.3 s a million samples on the machine this was measured on.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + SECONDS + SECONDS * samples // _SAMPLES
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
