"""How much a row's agreement with a chart weighs: Fellegi and Sunter's logarithms of odds.

Fellegi, Sunter: A theory for record linkage, JASA 64 (1969). For each field the weight is
ln(m / u): `m` how often it agrees where both are one person, `u` how often by chance, which is how
rare the value is in this population. Agreement a household explains (address, phone) counts
nothing where the birth date is another one: a child's row must not become its mother's chart.
Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log
from typing import Final, NamedTuple

from chartkeep.fingerprint.keys import Field
from chartkeep.fingerprint.names import Name
from chartkeep.fingerprint.numbers import number_bits
from chartkeep.fingerprint.person import Reading
from chartkeep.incident.trace.index import Held, Run
from chartkeep.incident.trace.labelling import Differs

BITS: Final = {
    Field.NAME: 12.0, Field.SOUND: 6.0, Field.BIRTH: 13.0, Field.YEAR: 5.5, Field.MONTH: 3.4,
    Field.DAY: 4.7, Field.PHONE: 16.0, Field.NUMBER: 12.0, Field.ADDRESS: 14.0, Field.STREET: 10.0,
    Field.POSTCODE: 7.0, Field.CITY: 4.0,
}  # fmt: skip
"""How rare a value is where nobody counted."""
MOST_BITS: Final = 40.0
_LONG_NUMBER: Final = 39.0
"""Bits of a number so long that it is nobody else's by chance: twelve digits."""
_SPARSE: Final = 6.0
"""Bits a phone says beyond its count here: of all phones only some are of people known here."""
_LN2: Final = log(2)
_NAME: Final = (0.8, 0.05)
"""Whole name: as it is, or nothing of it."""
_SOUND: Final = (0.85, 0.12)
_BIRTH: Final = (0.9, 0.07, 0.01)
"""Birth date: as it is, all but one of year, month and day, or another."""
_SEX: Final = (0.97, 0.03)
_PHONE: Final = 0.75
_NUMBER: Final = 0.9
_ADDRESS: Final = (0.6, 0.2)
"""As it is, or its street alone."""
_PLACE: Final = (0.7, 0.8)


Rare = Mapping[tuple[Field, str], float]
_NO_COUNTS: Final[Rare] = {}


class Agreement(NamedTuple):
    """One field: its weight in natural logarithms, its name if it agrees, and where it stood.

    `differs`: its name if it does not, and how much that weighs is another matter of each table.
    """

    weight: float
    name: str = ""
    runs: tuple[Run, ...] = ()
    field: Field = Field.NAME
    differs: str = ""


class Weighed(NamedTuple):
    """A row against one chart: the sum but for what differs, the fields that agree, and those."""

    weight: float
    agreed: tuple[Agreement, ...]
    differs: tuple[str, ...] = ()

    def under(self, differs: Differs) -> float:
        """Give the sum, where what differs does so as often as it does in this table."""
        return self.weight + sum(log(getattr(differs, each)) for each in self.differs)


def weigh(reading: Reading, held: Held, rare: Rare = _NO_COUNTS) -> Weighed:
    """Weigh a row against a chart; `rare`: bits of values counted among all charts."""
    name, birth = _name(reading, held, rare), _birth(reading, held)
    own = [name, birth, _sex(reading, held), *_numbers(reading, held, rare)]
    shared = [*_phones(reading, held, rare), *_places(reading, held)]
    if _is_somebody_else(birth, name, own[2]):
        shared = [each._replace(weight=min(each.weight, 0.0), name="") for each in shared]
    all_of_it = [*_without_strangers(own, name, birth), *shared]
    agreed = tuple(each for each in all_of_it if each.name)
    differs = tuple(each.differs for each in all_of_it if each.differs)
    return Weighed(sum(each.weight for each in all_of_it), agreed, differs)


def _without_strangers(
    own: Sequence[Agreement], name: Agreement, birth: Agreement
) -> list[Agreement]:
    """Let a number count nothing where name and birth date say another person.

    Two hospitals both begin at 1: the number is the same, and it is somebody else's.
    """
    if name.weight >= 0 or birth.weight >= 0:
        return list(own)
    return [
        each._replace(weight=min(each.weight, 0.0), name="") if each.name == "number" else each
        for each in own
    ]


def _is_somebody_else(birth: Agreement, name: Agreement, sex: Agreement) -> bool:
    """Say whether only a household would explain what else agrees: a parent, a child, a twin."""
    if birth.weight < 0:
        return True
    return not name.name and (name.weight < 0 or sex.weight < 0 or birth.name != "birth")


def _name(reading: Reading, held: Held, rare: Rare) -> Agreement:
    found = [_one_name(each, held, rare) for each in reading.names]
    return max(found, key=lambda each: each.weight, default=Agreement(0.0))


def _one_name(name: Name, held: Held, rare: Rare) -> Agreement:
    """Weigh a name: whole, or by its words' sounds; a name half of which agrees is `""`."""
    whole = held.runs(Field.NAME, name.letters)
    if whole:
        bits = rare.get((Field.NAME, name.letters)) or _bits(Field.NAME, whole)
        return Agreement(_agrees(_NAME[0], bits), "name", tuple(whole), Field.NAME)
    sounds = [held.runs(Field.SOUND, each) for each in name.sounds]
    alike = [runs for runs in sounds if runs]
    if not alike:
        return Agreement(log(_NAME[1]))
    weight = sum(_agrees(_SOUND[0], _bits(Field.SOUND, runs)) for runs in alike)
    weight += (len(sounds) - len(alike)) * log(_SOUND[1])
    named = "name" if len(alike) == len(sounds) or len(alike) > 1 else ""
    return Agreement(weight, named, tuple(run for runs in alike for run in runs), Field.SOUND)


def _birth(reading: Reading, held: Held) -> Agreement:
    found = [_one_birth(each, held, len(reading.births)) for each in reading.births]
    best = max(found, key=lambda each: each.weight, default=Agreement(0.0))
    return best if best.name or held.knows(Field.BIRTH) else Agreement(0.0)


def _one_birth(birth: str, held: Held, meant: int) -> Agreement:
    """Weigh a birth date: whole, or two of its three parts, any two, of any day it can mean."""
    if whole := held.runs(Field.BIRTH, birth):
        weight = _agrees(_BIRTH[0], _bits(Field.BIRTH, whole))
        return Agreement(weight, "birth", tuple(whole), Field.BIRTH)
    parts = zip((Field.YEAR, Field.MONTH, Field.DAY), birth.split("-"), strict=True)
    alike = [(field, runs) for field, part in parts if (runs := held.runs(field, part))]
    if len(alike) < 2:
        return Agreement(log(_BIRTH[2]), field=Field.BIRTH)
    weight = log(_BIRTH[1] / (3 * meant)) + sum(_bits(field, runs) * _LN2 for field, runs in alike)
    return Agreement(weight, "most of the birth date", (), Field.BIRTH)


def _sex(reading: Reading, held: Held) -> Agreement:
    if not reading.sexes or not held.knows(Field.SEX):
        return Agreement(0.0)
    alike = any(held.runs(Field.SEX, each) for each in reading.sexes)
    return Agreement(log(2 * _SEX[0 if alike else 1]), "sex" if alike else "", (), Field.SEX)


def _numbers(reading: Reading, held: Held, rare: Rare) -> Iterator[Agreement]:
    """Weigh numbers: one that is not here is hardly against it, others give numbers too.

    A short one says no more than how many have one here: every hospital begins at 1.
    """
    alike = [(each, runs) for each in reading.numbers if (runs := held.runs(Field.NUMBER, each))]
    for number, runs in alike[:2]:
        bits = rare.get((Field.NUMBER, number)) or _bits(Field.NUMBER, runs)
        if number_bits(number) >= _LONG_NUMBER:
            bits = MOST_BITS
        yield Agreement(log(_NUMBER) + bits * _LN2, "number", tuple(runs), Field.NUMBER)
    if reading.numbers and not alike:
        yield Agreement(0.0, differs="number")


def _phones(reading: Reading, held: Held, rare: Rare) -> Iterator[Agreement]:
    if not reading.phones or not held.knows(Field.PHONE):
        return
    for phone in reading.phones:
        if runs := held.runs(Field.PHONE, phone):
            bits = rare.get((Field.PHONE, phone)) or _bits(Field.PHONE, runs)
            bits = min(bits + _SPARSE, number_bits(phone))
            yield Agreement(log(_PHONE) + bits * _LN2, "phone", tuple(runs), Field.PHONE)
            return
    yield Agreement(0.0, differs="phone")


def _places(reading: Reading, held: Held) -> Iterator[Agreement]:
    """Weigh the address, or what is left of it: street, town, postcode."""
    if reading.addresses and held.knows(Field.ADDRESS):
        for address in reading.addresses:
            if runs := held.runs(Field.ADDRESS, address.whole):
                weight = _agrees(_ADDRESS[0], _bits(Field.ADDRESS, runs))
                yield Agreement(weight, "address", tuple(runs), Field.ADDRESS)
                return
        streets = (held.runs(Field.STREET, each.street) for each in reading.addresses)
        if runs := next((each for each in streets if each), []):
            yield Agreement(
                _agrees(_ADDRESS[1], _bits(Field.STREET, runs)), "street", tuple(runs), Field.STREET
            )
        else:
            yield Agreement(0.0, differs="address")
    for field, values in ((Field.CITY, reading.cities), (Field.POSTCODE, reading.postcodes)):
        found = (held.runs(field, each) for each in values)
        if runs := next((each for each in found if each), []):
            yield Agreement(
                _agrees(_PLACE[0], _bits(field, runs)), field.name.lower(), tuple(runs), field
            )


def _agrees(often: float, bits: float) -> float:
    """Weigh an agreement: ln(m / u)."""
    return log(often) + min(bits, MOST_BITS) * _LN2


def _bits(field: Field, runs: Sequence[Run]) -> float:
    return min(run.bits or BITS[field] for run in runs)
