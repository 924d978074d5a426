"""What a keyholder's process does so that its memory stays its own, where the system allows it.

No core dumps, no debugger of the same user, no swap, an own user when it was started as root. It
says what could not be had; it cannot protect from root on its host.
"""

import ctypes
import os
import pwd
import resource

PR_SET_DUMPABLE = 4
MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT = 1, 2, 4


def harden(user: str = "") -> list[str]:
    """Harden this process; gives a sentence for each protection that could not be had."""
    missing = []
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if not shut_memory():
        missing.append("other processes of this user may read the keyholder's memory")
    # Pages are locked when they are first used: otherwise every thread's whole stack is resident.
    if libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT):
        missing.append("the keyholder's memory may be swapped out: raise its memlock limit")
    if os.getuid() == 0:
        missing += _drop_root(user)
    return missing


def shut_memory() -> bool:
    """Let no other process of this user read this one's memory; says whether that could be had."""
    return not ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _drop_root(user: str) -> list[str]:
    if not user:
        return ["the keyholder runs as root: give it a user of its own with --user"]
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    return []
