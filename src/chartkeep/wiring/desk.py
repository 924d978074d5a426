"""The incident desk of a house: where it may lie, and how it is made."""

from pathlib import Path

import msgspec

from chartkeep.incident.desk import Desk, check_places
from chartkeep.sealing.kek import Cost
from chartkeep.wiring.founding import make_key_file
from chartkeep.wiring.home import Home, write_house
from chartkeep.witness.client import Witness


def make_desk(root: Path, house: Home, key_file: Path, cost: Cost | None = None) -> Desk:
    """Make a house's desk, and its key file unless it is there; its witness knows it from then on.

    Raises RefusedError when the key file would lie under the desk's folder or the house's.
    """
    check_places([root, house.root], key_file)
    make_key_file(key_file)
    named = house.name.facility, house.name.id.hex()
    desk = Desk.found(root, named, key_file, cost, house.file.releases_key)
    write_house(house.root, msgspec.structs.replace(house.file, desk_key=desk.file.key))
    return desk


def witness_of(house: Home) -> Witness:
    """Give the witness of a house, which cosigns its desk's register."""
    return Witness(house.file.witness, house.witness_key)
