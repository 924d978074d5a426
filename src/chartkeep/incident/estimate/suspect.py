"""Who or what is suspected, and when: the question an estimate answers. Any mix of them. Pure."""

from enum import StrEnum

import msgspec

from chartkeep.errors import RefusedError

MOST = 64


class Kind(StrEnum):
    """What a suspect is."""

    PERSON = "person"
    SESSION = "session"
    INSTANCE = "instance"
    """A program: all that went through it. An application host is all programs that ran on it."""
    WORKER = "worker"
    """One process of a program."""
    KEYHOLDER = "keyholder"
    """The keyholder's host, its follower's, or the key-encryption key: every chart there is."""
    STORE = "store"
    """The store's disk, or a whole copy of it: every chart there is, as sealed bytes."""
    CHART_KEY = "chart key"
    """The key of one chart."""
    GRANT = "grant"
    """What was opened under a grant: an export."""
    PACK = "pack"
    """What was opened for a downtime pack."""


class Suspect(msgspec.Struct, frozen=True, array_like=True):
    """One of a mix: `value` as a line has it; `since <= time < until`, milliseconds."""

    kind: Kind
    value: bytes
    since: int
    until: int

    def words(self) -> str:
        """Name it for people."""
        if self.kind in (Kind.PERSON, Kind.INSTANCE):
            return f"{self.kind} {self.value.decode(errors='replace')}"
        return f"{self.kind} {self.value.hex()}" if self.value else str(self.kind)


def check_mix(mix: tuple[Suspect, ...]) -> None:
    """Refuse a mix that cannot be asked."""
    if len(mix) > MOST:
        raise RefusedError(f"a mix has at most {MOST} suspects", hint="ask twice and join")
    if any(one.until <= one.since for one in mix):
        raise RefusedError("the window ends before it begins", hint="turn it round")
