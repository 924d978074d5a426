"""The incident desk of a house: where it may lie, and how it is made."""

from pathlib import Path

import msgspec

from chartkeep.errors import RefusedError
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


def teach_desk(desk: Desk, house: Home) -> None:
    """Let a desk made earlier know its house's ledger, under which two people agree; once.

    What is believed is `house.json`, as when the desk was made: print what was learned. Raises
    RefusedError for another house, one that has another desk, a desk that knows another ledger.
    """
    if house.file.id != desk.file.id:
        raise RefusedError("this is the desk of another house", hint="--home of its own")
    if house.file.desk_key not in {"", desk.file.key}:
        raise RefusedError("this house has another desk", hint="--desk of that one")
    desk.learn(house.releases_key)
    write_house(house.root, msgspec.structs.replace(house.file, desk_key=desk.file.key))


def strange_ledger(desk: Desk, house: Home) -> list[str]:
    """Say when a desk believes another ledger than its house's: whoever has its key can do that."""
    if desk.log in {None, house.releases_key}:
        return []
    return ["the desk believes another ledger than its house's: who agreed there is nobody"]


def witness_of(house: Home) -> Witness:
    """Give the witness of a house, which cosigns its desk's register."""
    return Witness(house.file.witness, house.witness_key)
