"""WADO-RS: metadata as DICOM JSON (PS3.18 10.4.1.1.6), made when they are asked for."""

from collections.abc import Callable, Generator

import msgspec

from chartkeep.imaging.dicom_json import encode_head
from chartkeep.imaging.http.accepting import metadata
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.http.reaching import Reached, reach
from chartkeep.imaging.listing import address
from chartkeep.imaging.opening import Picture
from chartkeep.imaging.reading import Lease, read_head
from chartkeep.imaging.tags import Row, element
from chartkeep.web.caller import Caller

SYNTAXES = "00083002"
FEW = 100
"""Instances told at once and not one after the other."""


def tell(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Tell the metadata of the instances at a place."""
    kind = metadata(asked.ranges)
    reached = reach(door, caller, place)
    reached.note("read", place.uids[-1], len(reached.pictures))
    pieces = _array(reached, teller(door, reached.lease, asked.base))
    if len(reached.pictures) <= FEW:
        return Answer(200, b"".join(pieces), kind=kind)
    return Answer(200, kind=kind, stream=pieces)


def teller(door: Door, lease: Lease, base: str) -> Callable[[Picture], Row]:
    """Make what tells an instance; bulk data is named by the address the client used."""

    def told(picture: Picture) -> Row:
        instance = picture.instance
        head = read_head(picture, door.house, lease)
        row: Row = encode_head(head, instance.encoding, f"{base}/{address(picture)}/bulkdata")
        row[SYNTAXES] = element(SYNTAXES, instance.syntax)
        return row

    return told


def _array(reached: Reached, told: Callable[[Picture], Row]) -> Generator[bytes]:
    """Write the instances as an array, some at a time."""
    opening = b"["
    for at in range(0, len(reached.pictures), FEW):
        rows = [msgspec.json.encode(told(each)) for each in reached.pictures[at : at + FEW]]
        yield opening + b",".join(rows)
        opening = b","
    yield b"]"
