"""What a keyholder is called: apart, so that others know it without a keyholder in them."""

from typing import NamedTuple

from chartkeep.model import FacilityId


class Name(NamedTuple):
    """Who this keyholder is: the facility's name and id; its ledger's origin follows."""

    facility: str
    id: FacilityId

    @property
    def origin(self) -> str:
        """Name the `releases` ledger."""
        return f"chartkeep.example/{self.id.hex()}/releases"
