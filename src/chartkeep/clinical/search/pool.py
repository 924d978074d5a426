"""What a search looks at: the resources of one open chart, and nothing else.

The one way from a search to a resource is a Pool. A pool that holds one chart is therefore the
whole of the protection against includes, chains and `_has` that reach for another patient.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from chartkeep.model import Millis


class Record(Protocol):
    """One resource as served: its references are this server's own (`Patient/<id>`)."""

    @property
    def kind(self) -> str:
        """Give the resource type."""

    @property
    def id(self) -> str:
        """Give the logical id."""

    @property
    def version(self) -> int:
        """Give the number of the version."""

    @property
    def time(self) -> Millis:
        """Give meta.lastUpdated."""

    @property
    def body(self) -> dict[str, Any]:
        """Give the JSON; nobody here changes it."""


class Pool(Protocol):
    """The newest version of every resource of an open chart, deleted ones absent."""

    def of(self, kind: str) -> Sequence[Record]:
        """Give all of one type."""

    def get(self, kind: str, ident: str) -> Record | None:
        """Give one, or None."""


Passes = Callable[[Record], bool]


class Found(msgspec.Struct, frozen=True):
    """What a search found, in order, and what its includes brought along, each resource once."""

    matches: list[Record]
    included: list[Record]
