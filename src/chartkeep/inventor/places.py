"""Addresses and phones of invented people.

Phones lie in ranges no telephone company gives out; towns and streets are faker's.
"""

from dataclasses import dataclass
from functools import cache

from chartkeep.inventor.chance import Chance
from chartkeep.inventor.names import Origin, draw_pool, faker_for


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `state` is the prefecture or province."""

    line: str
    city: str
    state: str
    postcode: str
    country: Origin

    @property
    def text(self) -> str:
        """The address on one line, in the country's order."""
        if self.country is Origin.JAPAN:
            return f"〒{self.postcode} {self.state}{self.city}{self.line}"
        return f"{self.line}, {self.city}, {self.state} {self.postcode}"


@dataclass(frozen=True, slots=True)
class _Towns:
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    states: tuple[str, ...]


def draw_address(chance: Chance, origin: Origin) -> Address:
    """Draw one address; town and street need not lie in the province named."""
    towns = _towns(origin)
    street = chance.choice(towns.streets)
    number = chance.randint(1, 899)
    match origin:
        case Origin.JAPAN:
            line = f"{street}{number % 9 + 1}丁目{number % 29 + 1}番{number % 17 + 1}号"
            postcode = f"{chance.randint(100, 999)}-{chance.randint(0, 9999):04}"
        case Origin.INDONESIA:
            line = f"{street} No. {number}, RT {number % 12 + 1:03}/RW {number % 7 + 1:03}"
            postcode = f"{chance.randint(10_000, 99_999)}"
        case Origin.WEST:
            line = f"{number} {street}"
            postcode = f"{chance.randint(10_000, 99_999)}"
    return Address(line, chance.choice(towns.cities), chance.choice(towns.states), postcode, origin)


def draw_phone(chance: Chance, origin: Origin) -> str:
    """Draw a mobile number nobody can have."""
    match origin:
        case Origin.JAPAN:  # after 090 the next digit is never 0
            return f"090-0{chance.randint(0, 999):03}-{chance.randint(0, 9999):04}"
        case Origin.INDONESIA:  # 800 is free-call, never a person
            return f"+62 800-{chance.randint(0, 9999):04}-{chance.randint(0, 9999):04}"
        case Origin.WEST:  # 555-01xx is kept for fiction
            return f"({chance.randint(201, 989)}) 555-01{chance.randint(0, 99):02}"


@cache
def _towns(origin: Origin) -> _Towns:
    faker = faker_for(origin)
    if origin is Origin.JAPAN:
        return _Towns(draw_pool(faker.town), draw_pool(faker.city), draw_pool(faker.prefecture))
    street = faker.street_name if origin is Origin.WEST else faker.street
    return _Towns(draw_pool(street), draw_pool(faker.city), draw_pool(faker.state))
