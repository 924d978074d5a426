"""How much one file may become, and how long it may take.

A `Budget` bounds what comes out of archives and gives processor time for it; past that the kernel
ends the process. What else the process may do, `chartkeep.confined` says.
"""

from chartkeep.confined import allow_until, used_seconds
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

MEMORY = 1_536 << 20
"""Bytes of address space, of which about 300 MB are libraries."""
MOST_HELD = 128 << 20
"""Bytes of one file or member whose format must be held whole: a sheet, a PDF, an inner ZIP."""
MOST_DEPTH = 6
MOST_MEMBERS = 200_000
RATIO = 150
"""How many times its packed size a member may have; texts have 5 to 40."""
FREE = 64 << 20
"""Bytes that may be unpacked whatever the size."""
SECONDS = 20
"""Processor time of one file, and as much again for every 32 MB read or unpacked of it."""
_STEP = 32 << 20
MOST_LOOKS = 2_000
"""Pictures of one file in which text is looked for, each for so many seconds more."""
LOOK_SECONDS = 25


class Budget:
    """What one file may still become: bytes unpacked, members, processor time."""

    def __init__(self, size: int) -> None:
        self._unpacked = FREE + RATIO * size
        self._members = MOST_MEMBERS
        self._looks = MOST_LOOKS
        self._passed = 0
        self._end = used_seconds() + SECONDS
        self._allow()

    def pass_bytes(self, count: int) -> None:
        """Note bytes read or unpacked, and give time for them."""
        self._passed += count
        if self._passed >= _STEP:
            self._end += SECONDS * (self._passed // _STEP)
            self._passed %= _STEP
            self._allow()

    def unpack(self, count: int) -> None:
        """Note bytes that came out of an archive. Raises TroubleError past the bound."""
        self._unpacked -= count
        if self._unpacked < 0:
            raise TroubleError(Trouble.UNPACKS)
        self.pass_bytes(count)

    def look(self) -> None:
        """Give time to look at one picture. Raises TroubleError past the bound."""
        self._looks -= 1
        if self._looks < 0:
            raise TroubleError(Trouble.PICTURES)
        self._end += LOOK_SECONDS
        self._allow()

    @property
    def spent(self) -> bool:
        """Say whether nothing more of the file is unpacked."""
        return self._unpacked < 0

    def enter(self, depth: int) -> None:
        """Note a member. Raises TroubleError past the bounds."""
        self._members -= 1
        if self._members < 0:
            raise TroubleError(Trouble.MEMBERS)
        if depth > MOST_DEPTH:
            raise TroubleError(Trouble.DEEP)

    def _allow(self) -> None:
        allow_until(self._end)
