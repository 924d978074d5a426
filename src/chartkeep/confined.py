"""What a process keeps that reads files of strangers: its memory, its one line, and the clock.

    load everything; confine(memory); read

Three walls, each for itself enough, for whoever takes the process over: limits (no descriptor, no
process, no file, no core, so much memory), Landlock where the kernel has it (no path, no TCP, no
signal), and a filter of system calls (seccomp) that refuses all but what reading a socket,
counting and ending need. There is no way back. Linux on x86-64 and ARM64; elsewhere the limits
alone hold. Not held: what the process already has in memory, and processor time (`allow_until`).
"""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_NO_NEW_PRIVILEGES: Final = 38
_DUMPABLE: Final = 4
_CREATE_RULESET: Final = 444
_RESTRICT_SELF: Final = 446
_EPERM: Final = 1
_EXECUTABLE: Final = 4
"""PROT_EXEC: memory that may be run is not made any more."""

# <linux/filter.h>: load a word, compare, test bits, return.
_LOAD, _EQUAL, _BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | _EPERM, 0x80000000
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
_EVERY_THREAD: Final = 1


class Machine(NamedTuple):
    """A machine's mark in a filter, its own call's number, and of each call its number."""

    mark: int
    seccomp: int
    free: tuple[int, ...]
    mapping: tuple[int, ...]
    limit: int


# read write close fstat lseek brk mremap munmap madvise futex sched_yield getrusage times
# clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday getrandom getpid gettid
# rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall membarrier rseq
# recvfrom sendto exit exit_group
_MACHINES: Final = {
    "x86_64": Machine(
        0xC000003E, 317,
        (0, 1, 3, 5, 8, 12, 25, 11, 28, 202, 24, 98, 100,
         228, 229, 230, 35, 96, 318, 39, 186,
         13, 14, 15, 131, 219, 324, 334,
         45, 44, 60, 231),
        (9, 10), 302,
    ),
    "aarch64": Machine(
        0xC00000B7, 277,
        (63, 64, 57, 80, 62, 214, 216, 215, 233, 98, 124, 165, 153,
         113, 114, 115, 101, 169, 278, 172, 178,
         134, 135, 139, 132, 128, 283, 293,
         207, 206, 93, 94),
        (222, 226), 261,
    ),
}  # fmt: skip


def confine(memory: int) -> None:
    """Give up everything but the line this process has and `memory` bytes of address space.

    Raises OSError when the kernel refuses a wall it should have: then nothing is read.
    """
    process = ctypes.CDLL(None, use_errno=True)
    process.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    process.prctl(_DUMPABLE, 0, 0, 0, 0)  # not even the same user reads its memory
    _close_paths(process)
    hard = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in hard.items():
        resource.setrlimit(limit, (most, most))
    machine = _MACHINES.get(platform.machine())
    if machine is not None:
        _filter_calls(process, machine)


def allow_until(seconds: int) -> None:
    """Let this process compute until it has used so much processor time; the kernel ends it."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def used_seconds() -> int:
    """Give the processor time this process has used, whole seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime)


def _close_paths(process: ctypes.CDLL) -> None:
    """Shut every path, port and other process by Landlock, as far as this kernel knows it."""
    version = process.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return  # a kernel before 5.13, or without it: the filter refuses the calls themselves
    paths = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    words = [paths, *([3] if version >= 4 else []), *([3] if version >= 6 else [])]
    wanted = struct.pack(f"={len(words)}Q", *words)
    rules = process.syscall(_CREATE_RULESET, wanted, ctypes.c_size_t(len(wanted)), 0)
    if rules < 0 or process.syscall(_RESTRICT_SELF, rules, 0):
        raise OSError(ctypes.get_errno(), "the kernel shuts no paths")
    os.close(rules)


def _filter_calls(process: ctypes.CDLL, machine: Machine) -> None:
    """Refuse, in every thread, each system call that is not listed."""
    steps = list(_steps(machine))
    body = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(body, len(body))
    program = struct.pack("@HP", len(steps), ctypes.addressof(held))
    if process.syscall(machine.seccomp, 1, _EVERY_THREAD, program):
        raise OSError(ctypes.get_errno(), "the kernel filters no calls")


def _steps(machine: Machine) -> Iterator[tuple[int, int, int, int]]:
    """Write the filter: code, steps to pass over if so, if not, operand."""
    yield _LOAD, 0, 0, _MACHINE
    yield _EQUAL, 1, 0, machine.mark
    yield _RETURN, 0, 0, _KILL  # calls of another machine's table are never right
    yield _LOAD, 0, 0, _NUMBER
    for number in machine.free:
        yield _EQUAL, 0, 1, number
        yield _RETURN, 0, 0, _ALLOW
    for number in machine.mapping:  # memory, but none that may be run
        yield _EQUAL, 0, 4, number
        yield _LOAD, 0, 0, _ARGUMENTS + 16
        yield _BITS, 1, 0, _EXECUTABLE
        yield _RETURN, 0, 0, _ALLOW
        yield _RETURN, 0, 0, _REFUSE
    yield _EQUAL, 0, 3, machine.limit  # its own limits, nobody else's
    yield _LOAD, 0, 0, _ARGUMENTS
    yield _EQUAL, 0, 1, 0
    yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _REFUSE
