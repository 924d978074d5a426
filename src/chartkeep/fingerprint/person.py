"""What is known of a person, read: the same shape for a chart and for a row of somebody's file.

reading = Reading(names=(read_name("Budi Santoso"),), births=("1956-08-03",))
look_ups(reading)     what a chart or a row is found by, both by the same rule
compared(reading)     what is compared afterwards
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from chartkeep.fingerprint.addresses import Address
from chartkeep.fingerprint.keys import Field, LookUp
from chartkeep.fingerprint.names import Name
from chartkeep.fingerprint.numbers import SHORTEST

MOST_SOUNDS = 3
"""Words of a name that are found by with a birth date, each."""
SHORTEST_NAME = 10
"""Letters of a name that may be looked for alone, if it has two words."""


class Reading(NamedTuple):
    """A person's values in their one spelling; several where there are, or where it is unclear."""

    names: tuple[Name, ...] = ()
    births: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    postcodes: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()


def look_ups(reading: Reading) -> set[tuple[LookUp, str]]:
    """Give what a person is found by: 9 to 14 for most."""
    found = {(LookUp.NUMBER, each) for each in reading.numbers if len(each) >= SHORTEST}
    found.update([(LookUp.PHONE, each) for each in reading.phones])
    for name in reading.names:
        _by_name(name, reading, found)
    for street, birth in product((e.street for e in reading.addresses), reading.births):
        found.add((LookUp.ADDRESS_BIRTH, f"{street}|{birth}"))
    return found


def _by_name(name: Name, reading: Reading, found: set[tuple[LookUp, str]]) -> None:
    """Add what a name finds, alone or with a date or an address."""
    letters, sounds = name.letters, name.sounds[:MOST_SOUNDS]
    if len(name.sounds) > 1 and len(letters) >= SHORTEST_NAME:
        found.add((LookUp.NAME, letters))
    for birth in reading.births:
        found.add((LookUp.NAME_BIRTH, f"{letters}|{birth}"))
        found.add((LookUp.NAME_MONTH, f"{letters}|{birth[:7]}"))
        found.add((LookUp.NAME_DAY, f"{letters}|{birth[:4]}{birth[7:]}"))
        found.update([(LookUp.SOUND_BIRTH, f"{each}|{birth}") for each in sounds])
    for address in reading.addresses:
        found.update([(LookUp.SOUND_ADDRESS, f"{each}|{address.whole}") for each in sounds])


def compared(reading: Reading) -> Iterator[tuple[Field, str]]:
    """Give what is compared, each value with the field it stands in."""
    for name in reading.names:
        yield Field.NAME, name.letters
        yield from ((Field.SOUND, sound) for sound in name.sounds)
        yield from ((Field.WORD, word) for word in name.words)
    for birth in reading.births:
        yield Field.BIRTH, birth
        yield from zip((Field.YEAR, Field.MONTH, Field.DAY), birth.split("-"), strict=True)
    yield from ((Field.SEX, each) for each in reading.sexes)
    yield from ((Field.PHONE, each) for each in reading.phones)
    yield from ((Field.NUMBER, each) for each in reading.numbers)
    for address in reading.addresses:
        yield Field.ADDRESS, address.whole
        yield Field.STREET, address.street
    yield from ((Field.POSTCODE, each) for each in reading.postcodes)
    yield from ((Field.CITY, each) for each in reading.cities)
