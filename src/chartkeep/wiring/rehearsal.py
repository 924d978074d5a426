"""The cast and the props of the demonstration: an invented hospital and its people.

Everything it does goes through the same roads as in earnest; only the people are invented and
their passwords cheap.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyotp

from chartkeep.custody.house import House
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.keyholder import actions
from chartkeep.model import ChartId
from chartkeep.sealing.kek import Cost
from chartkeep.wiring.founding import Newcomer, init, newcomer
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import read_clock

WARD, CLINIC, ELSEWHERE = "3W", "3W clinic", "5E"
BEDS = 12
CHEAP = Cost(1, 8_192, 1)


class Cast(NamedTuple):
    """The people of the demonstration."""

    aiko: Newcomer
    chie: Newcomer
    dewi: Newcomer
    hana: Newcomer
    kenji: Newcomer
    mari: Newcomer
    ines: Newcomer
    everyone: list[Newcomer]


def cast_people() -> Cast:
    """Invent who takes part."""
    aiko = newcomer("aiko", "nurse", [WARD, CLINIC])
    chie = newcomer("chie", "nurse", [WARD, CLINIC])
    dewi = newcomer("dewi", "privacy officer")
    hana = newcomer("hana", "clinician", [WARD, CLINIC])
    kenji = newcomer("kenji", "radiologist", [WARD])
    mari = newcomer("mari", "nurse", [WARD])
    ines = newcomer("ines", "registrar")
    named = aiko, chie, dewi, hana, kenji, mari, ines
    others = [newcomer("gita", "privacy officer"), newcomer("budi", "nurse", [ELSEWHERE])]
    others += [newcomer("erik", "administrator"), newcomer("fumi", "administrator")]
    others.append(newcomer("carla", "clerk"))
    return Cast(*named, [*named, *others])


def found_rehearsal(root: Path, key_file: Path, facility: str, cast: Cast) -> Home:
    """Found a house whose key derivation is cheap."""
    return init(root, facility, key_file, cast.everyone, read_clock, cost=CHEAP, cheap=True)


def write_hospital(folder: Path, patients: int, seed: int, today: date) -> Hospital:
    """Invent a hospital and write its bundles, as a hospital's export would lie there."""
    hospital = invent_hospital(seed, patients, today)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hospital.json").write_bytes(hospital.organization_bundle())
    for index in range(patients):
        (folder / f"patient-{index:05}.json").write_bytes(hospital.bundle(index))
    return hospital


def place_patients(home: Home, charts: list[ChartId]) -> list[ChartId]:
    """Put the first into the ward's beds, of the others four fifths into its clinic; gives those.

    The beds come first.
    """
    engine = join(home, "loader").keyholder
    for at, chart in enumerate(charts):
        ward = WARD if at < BEDS else CLINIC if at % 5 else ELSEWHERE
        engine.act(b"", actions.Place(chart, ward, str(at + 1) if at < BEDS else ""))
    return charts[:BEDS] + [c for at, c in enumerate(charts[BEDS:], BEDS) if at % 5]


def log_in(house: House, person: Newcomer) -> tuple[bytes, bytes]:
    """Log a person in with the code their device shows; gives session and token."""
    code = pyotp.TOTP(person.totp).now()
    session = house.keyholder.login(person.name, person.password, code)
    return session.session, session.token
