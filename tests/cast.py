"""The people and programs of every test, and a clock that only moves when told.

aiko     a ward nurse on 3W, who treats the patients there
budi     her colleague on 5E
carla    a billing clerk
hiro     a registrar, who says whose things are
dewi     the privacy officer
erik, fumi   two administrators
the engine   an interface engine that may write and place, and open nothing
the desk     the application of the wards, through which people open charts
serve    the FHIR door: people open charts through it, and it writes
packs    makes ward packs, without a person
the intruder has whatever of these a test gives him, mostly aiko's session
"""

import base64
import hashlib
from dataclasses import dataclass, field

import argon2
import pyotp

from chartkeep.keyholder import actions
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.clock import Reading
from chartkeep.keyholder.name import Name
from chartkeep.model import FacilityId
from chartkeep.sealing.kek import Cost, PassphraseFile
from chartkeep.sealing.signing import SigningKey

START = 1_800_000_000_000
PASSWORD = "aiko knows the ward"
SECRET = argon2.PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1).hash(
    PASSWORD, salt=b"the same each run"
)
FACILITY = Name("Minato Hospital", FacilityId(hashlib.sha256(b"minato").digest()[:16]))
PASSPHRASE = b"correct horse battery staple, minato"
KEK = PassphraseFile.create(PASSPHRASE, Cost(1, 8_192, 1))

PEOPLE = {
    "aiko": ("nurse", ["3W"]),
    "budi": ("nurse", ["5E"]),
    "carla": ("clerk", []),
    "dewi": ("privacy officer", []),
    "erik": ("administrator", []),
    "fumi": ("administrator", []),
    "gita": ("privacy officer", []),
    "hiro": ("registrar", []),
}
INSTANCES = {
    "desk": ["open", "administer"],
    "second desk": ["open"],
    "engine": ["seal", "place", "match"],
    "serve": ["open", "seal", "match", "administer"],
    "packs": ["open", "note"],
    "incident": ["note"],
    "host": ["host", "seal"],
}


def totp_of(name: str) -> str:
    """A person's shared secret."""
    return base64.b32encode(hashlib.sha256(name.encode()).digest()[:20]).decode()


def key_of(instance: str) -> SigningKey:
    """A program's signing key, the same in every run."""
    return SigningKey.from_seed(hashlib.sha256(b"instance " + instance.encode()).digest())


def founders() -> list[Actions]:
    """Everyone, as a founding names them."""
    programs: list[Actions] = [
        actions.AddInstance(name, key_of(name).public, may) for name, may in INSTANCES.items()
    ]
    people: list[Actions] = [
        actions.AddPerson(name, role, wards, SECRET, totp_of(name))
        for name, (role, wards) in PEOPLE.items()
    ]
    return programs + people


@dataclass
class FakeClock:
    """A clock in milliseconds that stands still until it is moved."""

    at: int = START
    off: int = field(default=0)
    """By how much the wall clock was set wrong."""

    def read(self) -> Reading:
        return Reading(self.at + self.off, self.at - START)

    def wall(self) -> float:
        return (self.at + self.off) / 1000

    def move(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        self.at += round((hours * 3600 + minutes * 60 + seconds) * 1000)

    def code(self, name: str) -> str:
        """The code a person's device shows now."""
        return str(pyotp.TOTP(totp_of(name)).at(int(self.wall())))
