"""Addresses and phones of invented people.

Phones lie in ranges no telephone company gives out; towns and streets are faker's.
"""

from dataclasses import dataclass

from chartkeep.inventor.chance import Chance
from chartkeep.inventor.names import Origin, pool


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


_STREETS = {Origin.JAPAN: "town", Origin.INDONESIA: "street", Origin.WEST: "street_name"}
_STATES = {Origin.JAPAN: "prefecture", Origin.INDONESIA: "state", Origin.WEST: "state"}


def draw_address(chance: Chance, origin: Origin) -> Address:
    """Draw one address; town and street need not lie in the province named."""
    street = chance.choice(pool(origin, _STREETS[origin]))
    city = chance.choice(pool(origin, "city"))
    state = chance.choice(pool(origin, _STATES[origin]))
    number = chance.randint(1, 899)
    match origin:
        case Origin.JAPAN:
            line = f"{street}{number % 9 + 1}丁目{number % 29 + 1}番{number % 17 + 1}号"
            postcode = f"{chance.randint(100, 999)}-{chance.randint(0, 9999):04}"
        case Origin.INDONESIA:
            line = f"Jl. {street} No. {number}, RT {number % 12 + 1:03}/RW {number % 7 + 1:03}"
            postcode = f"{chance.randint(10_000, 99_999)}"
        case Origin.WEST:
            line = f"{number} {street}"
            postcode = f"{chance.randint(10_000, 99_999)}"
    return Address(line, city, state, postcode, origin)


def draw_phone(chance: Chance, origin: Origin) -> str:
    """Draw a mobile number nobody can have."""
    match origin:
        case Origin.JAPAN:  # after 090 the next digit is never 0
            return f"090-0{chance.randint(0, 999):03}-{chance.randint(0, 9999):04}"
        case Origin.INDONESIA:  # 800 is free-call, never a person
            return f"+62 800-{chance.randint(0, 9999):04}-{chance.randint(0, 9999):04}"
        case Origin.WEST:  # 555-01xx is kept for fiction
            return f"({chance.randint(201, 989)}) 555-01{chance.randint(0, 99):02}"
