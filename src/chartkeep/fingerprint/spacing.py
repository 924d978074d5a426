"""The spaces between the first tokens of a JSON line: seven bits that no reader of JSON sees.

Exports are written with them (`custody.marking`), and whoever reads a leak finds them again. Here
is only where they stand; what they say is the house's to know. Pure.
"""

import re

LINE = re.compile(
    rb'\{( ?)"resourceType":( ?)"([A-Za-z]+)",( ?)"id":( ?)"([A-Za-z0-9.-]{1,64})",'
    rb'( ?)"meta":( ?)(\{.*[^ ])( ?)\}\Z',
    re.DOTALL,
)
HEADS = ('{"resourceType"', '{ "resourceType"')
Bits = tuple[bytes, list[bool]]
"""A row's id, and what its spaces say."""


def read_bits(raw: bytes) -> Bits | None:
    """Read a row's id and the bits it carries; None where the line was written anew."""
    found = LINE.match(raw.strip())
    if found is None:
        return None
    return found.group(6), [bool(each) for each in found.group(1, 2, 4, 5, 7, 8, 10)]
