"""The incident desk of a house: where it may lie, and how it is made."""

from pathlib import Path

from chartkeep.incident.desk import Desk, check_places
from chartkeep.sealing.kek import Cost
from chartkeep.wiring.founding import make_key_file
from chartkeep.wiring.home import Home


def make_desk(root: Path, house: Home, key_file: Path, cost: Cost | None = None) -> Desk:
    """Make a house's desk, and its key file unless it is there.

    Raises RefusedError when the key file would lie under the desk's folder or the house's.
    """
    check_places([root, house.root], key_file)
    make_key_file(key_file)
    return Desk.found(root, (house.name.facility, house.name.id.hex()), key_file, cost)
