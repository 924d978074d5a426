"""Who may read a file, as this machine's rights say: mode bits, POSIX access lists, folders above.

Not seen here: rights a file server grants over them (SMB), backups, and root. A file in a folder
only its owner may enter is read by nobody else, whatever its own bits say.
"""

import grp
import os
import pwd
import stat
import struct
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Self

_ACL = "system.posix_acl_access"
_ENTRY = struct.Struct("<HHI")
_USER, _GROUP, _MASK = 0x02, 0x08, 0x10
_READ = 4


class Readers(NamedTuple):
    """Who reads it: its owner, the groups and people named, or everyone with an account."""

    owner: str
    everyone: bool
    groups: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    limited: bool = False
    """A folder above lets only some in: `everyone` was taken away there."""

    @classmethod
    def nobody_shut(cls) -> Self:
        """Give what holds above the first folder: nothing is known to be shut."""
        return cls("", everyone=True)

    def __str__(self) -> str:
        """Write it for people: "everyone", or "owner aiko, group wards"."""
        if self.everyone:
            return "everyone"
        named = [f"group {each}" for each in sorted(self.groups)] + sorted(self.people)
        return ", ".join([f"owner {self.owner}", *named])


def readers_of(path: Path, about: os.stat_result, above: Readers) -> Readers:
    """Say who reads a file, or gets into a folder, of those who get to it at all."""
    bits = 0o111 if stat.S_ISDIR(about.st_mode) else 0o444
    everyone = bool(about.st_mode & bits & 0o007)
    groups, people = _listed(path, about, everyone=everyone)
    if about.st_mode & bits & 0o070 and not groups and not people:
        groups = frozenset({group_name(about.st_gid)})
    if above.everyone:
        return Readers(person_name(about.st_uid), everyone, groups, people, above.limited)
    # Who is not let in above is not let in here; a group above and everyone here is that group.
    groups = above.groups if everyone else groups & above.groups
    people = above.people if everyone else people & above.people
    return Readers(
        person_name(about.st_uid), everyone=False, groups=groups, people=people, limited=True
    )


def _listed(
    path: Path, about: os.stat_result, *, everyone: bool
) -> tuple[frozenset[str], frozenset[str]]:
    """Read whom an access list names besides the owner; nobody where there is none."""
    if everyone:
        return frozenset(), frozenset()
    try:
        raw = os.getxattr(path, _ACL, follow_symlinks=False)
    except OSError:
        return frozenset(), frozenset()
    entries = list(_ENTRY.iter_unpack(raw[4 : 4 + (len(raw) - 4) // _ENTRY.size * _ENTRY.size]))
    mask = next((bits for tag, bits, _ in entries if tag == _MASK), 7)
    wanted = 1 if stat.S_ISDIR(about.st_mode) else _READ
    allowed = [(tag, ident) for tag, bits, ident in entries if bits & mask & wanted]
    groups = {group_name(ident) for tag, ident in allowed if tag == _GROUP}
    own = any(tag == 0x04 for tag, _ in allowed)
    if own:
        groups.add(group_name(about.st_gid))
    return frozenset(groups), frozenset(person_name(i) for tag, i in allowed if tag == _USER)


@lru_cache(4_096)
def person_name(uid: int) -> str:
    """Name a user, or give the number when this machine knows no name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


@lru_cache(4_096)
def group_name(gid: int) -> str:
    """Name a group, or give the number when this machine knows no name."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
