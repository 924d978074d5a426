"""Who an invented patient is: everything that stands in the Patient resource, as plain values.

Cheap and apart from the chart, so that a demo or a test can know whom to search for.
"""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.names import Names, Origin, Sex, draw_names
from chartkeep.inventor.numbers import (
    MRN_SYSTEM,
    NATIONAL_SYSTEMS,
    national_number,
    patient_number,
)
from chartkeep.inventor.places import Address, draw_address, draw_phone

_ORIGINS = (Origin.JAPAN,) * 8 + (Origin.INDONESIA,) * 7 + (Origin.WEST,) * 5


@dataclass(frozen=True, slots=True)
class Patient:
    """One invented patient; `full_url` is the Patient entry's urn:uuid in the bundle."""

    full_url: str
    origin: Origin
    sex: Sex
    birth: date
    names: Names
    address: Address
    phone: str
    identifiers: tuple[tuple[str, str], ...]
    """(system, value): the hospital's own number first, then the national one."""


def invent_patient(
    seed: int, path: str, serial: int, today: date, origin: Origin | None = None
) -> Patient:
    """Invent the person; seed numbers the site's people, path and serial make this one.

    Of any origin of the site's, or of the one that is wanted.
    """
    chance = chance_for(path, serial)
    full_url = uuid.UUID(int=chance.getrandbits(128), version=4).urn
    drawn = chance.choice(_ORIGINS)
    origin = origin or drawn
    sex = Sex.FEMALE if chance.random() < 0.52 else Sex.MALE
    # Two draws, the older more likely: a hospital is older than its town.
    age_days = max(chance.randint(60, 35_000), chance.randint(60, 30_000))
    birth = today - timedelta(days=age_days)
    return Patient(
        full_url=full_url,
        origin=origin,
        sex=sex,
        birth=birth,
        names=draw_names(chance, origin, sex),
        address=draw_address(chance, origin),
        phone=draw_phone(chance, origin),
        identifiers=(
            (MRN_SYSTEM, patient_number(seed, serial)),
            (NATIONAL_SYSTEMS[origin], national_number(origin, seed, serial, birth, sex)),
        ),
    )
