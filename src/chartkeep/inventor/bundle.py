"""Writing transaction bundles: entries with urn:uuid names, POSTs, decimals as written.

References inside a bundle are urn:uuid; whatever lies outside is named by identifier.
"""

import uuid
from collections.abc import Callable
from datetime import datetime

import orjson

from chartkeep.inventor.chance import Chance
from chartkeep.inventor.site import Resource


class Bundle:
    """A transaction being written; one chance names its entries and fills them."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.entries: list[Resource] = []

    def post(self, resource: Resource, full_url: str = "") -> str:
        """Add one resource and return its fullUrl."""
        name = full_url or uuid.UUID(int=self.chance.getrandbits(128), version=4).urn
        request = {"method": "POST", "url": resource["resourceType"]}
        self.entries.append({"fullUrl": name, "resource": resource, "request": request})
        return name

    def change(self, alter: Callable[[Resource], None]) -> None:
        """Let alter change every resource in place before the bundle is written."""
        for entry in self.entries:
            alter(entry["resource"])

    def to_json(self) -> bytes:
        """Return the bundle's JSON, UTF-8, no white space."""
        return orjson.dumps(
            {"resourceType": "Bundle", "type": "transaction", "entry": self.entries}
        )


def decimal(value: float, places: int) -> orjson.Fragment:
    """Write a JSON number with all its places, so that 1.00 stays 1.00."""
    return orjson.Fragment(f"{value:.{places}f}")


def instant(moment: datetime) -> str:
    """Write a moment with its offset, to the second."""
    return moment.isoformat(timespec="seconds")
