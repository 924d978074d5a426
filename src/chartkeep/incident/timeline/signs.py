"""Signs: what in the timeline is foreign, why, and which door it speaks for.

A sign is weak (people travel, servers get new services), clear (foreign by itself), or harm (what
an intrusion does, or a tripwire it hit). No sign is a verdict: `cause` joins them.
"""

from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

from chartkeep.incident.timeline.event import Event


class Door(StrEnum):
    """Where somebody came in. UNKNOWN: somebody did, and the logs do not say where."""

    VPN = "the VPN, with somebody's password"
    GATEWAY = "a flaw of a gateway"
    REMOTE_DESKTOP = "a remote desktop open to the internet"
    MAIL = "a mail or a document"
    DISK = "a removable disk"
    SUPPLIER = "a supplier's access"
    LOGIN_PAGE = "the log-in page, with somebody's password and code"
    SESSION = "a session taken from its host"
    APPLICATION = "a flaw of an application"
    PROGRAM = "a partner's program"
    FEED = "an interface, with its key"
    MACHINE = "a medical device"
    STRANGER = "a strange device in the house's network"
    UPDATE = "an update of a program"
    KEEPER = "the console of a keeper's host"
    PLACE = "the vault's place, with its key"
    PACK = "a ward pack, with its code"
    INSIDE = "a person's own session, from where they always work"
    UNKNOWN = "unknown"
    NONE = "no foreign act was found"


class Strength(IntEnum):
    """How much a sign says by itself; USUAL: nothing, but it opens a door every day."""

    USUAL = 0
    WEAK = 1
    CLEAR = 2
    HARM = 3


class Sign(NamedTuple):
    """One sign: the event it begins with, the one that showed it, and why, in words."""

    event: Event
    shown: Event
    strength: Strength
    words: str
    door: Door | None = None


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a hospital knows of its own network; all of it in small letters.

    `suppliers`: accounts of others. `gateways`: machines the outside reaches. `applications`:
    those that serve the pages. `keepers`: hosts of keyholder, store, vault. `machines`: medical
    devices. `programs`: partners' programs by the name they log in with. `own`: networks that are
    the hospital's besides the private ones. `same`: other names, or addresses, of a machine.
    """

    suppliers: frozenset[str] = frozenset()
    gateways: frozenset[str] = frozenset()
    applications: frozenset[str] = frozenset()
    keepers: frozenset[str] = frozenset()
    machines: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()
    same: dict[str, str] = msgspec.field(default_factory=dict)
