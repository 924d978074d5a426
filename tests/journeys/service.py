"""A rehearsal house as processes, `serve` among them, as a stranger's program meets it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyotp

from chartkeep.custody.names import DIRECT, candidates
from chartkeep.keyholder import actions
from chartkeep.wiring.founding import Newcomer, init, newcomer
from chartkeep.wiring.joining import join
from chartkeep.wiring.launch import Running, running
from chartkeep.wiring.rehearsal import CHEAP, WARD
from chartkeep.wiring.running import read_clock

PATIENCE = 60.0
CLINICIANS = 40


class Service:
    """A running house and the people who have not logged in yet: one code makes one session."""

    def __init__(self, house: Running, people: dict[str, list[Newcomer]]) -> None:
        self.house = house
        self.home = house.home
        self.url = house.serve()
        self.base = f"{self.url}/fhir"
        self._people = people
        self._engine = join(self.home, "loader")

    def someone(self, role: str = "clinician") -> Newcomer:
        """Give somebody nobody has been yet."""
        return self._people[role].pop()

    def credentials(self, role: str = "clinician") -> dict[str, str]:
        """What somebody types to log in."""
        person = self.someone(role)
        return {
            "grant_type": "password", "username": person.name, "password": person.password,
            "code": pyotp.TOTP(person.totp).now(),
        }  # fmt: skip

    def token(self, role: str = "clinician") -> str:
        """Log somebody in."""
        got = httpx.post(f"{self.url}/auth/token", data=self.credentials(role), timeout=PATIENCE)
        assert got.status_code == 200, got.text
        return str(got.json()["access_token"])

    def client(self, role: str = "clinician") -> httpx.Client:
        """Give a client somebody is logged in with."""
        headers = {"Authorization": f"Bearer {self.token(role)}"}
        return httpx.Client(base_url=self.base, headers=headers, timeout=PATIENCE)

    def place(self, ident: str) -> None:
        """Put a patient into the clinicians' ward, as the hospital's own engine does."""
        tried = candidates(f"Patient/{ident}", DIRECT, self._engine)
        (chart,) = {head.chart for head in self._engine.heads(tried) if head.version}
        self._engine.keyholder.act(b"", actions.Place(chart, WARD, ""))

    def let(self, grant: actions.Grant) -> bytes:
        """Have two privacy officers let somebody open many charts; gives the grant's id."""
        desk = join(self.home, "desk")
        tokens = []
        for person in (self.someone("privacy officer"), self.someone("privacy officer")):
            code = pyotp.TOTP(person.totp).now()
            tokens.append(desk.keyholder.login(person.name, person.password, code).token)
        proposal = desk.keyholder.act(tokens[0], grant).proposal
        desk.keyholder.approve(tokens[1], proposal)
        desk.keyholder.close()
        desk.store.close()
        return proposal

    def close(self) -> None:
        self._engine.keyholder.close()
        self._engine.store.close()

    def log(self) -> str:
        """Read what the doors wrote down, faults among it."""
        return (self.home.root / "run/serve.log").read_text()


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    """Found a house and run it with its doors open until the block ends."""
    people = {
        "clinician": [newcomer(f"dr {at}", "clinician", [WARD]) for at in range(CLINICIANS)],
        "nurse": [newcomer(f"nurse {at}", "nurse", [WARD]) for at in range(4)],
        "clerk": [newcomer(f"clerk {at}", "clerk") for at in range(4)],
        "privacy officer": [newcomer(f"officer {at}", "privacy officer") for at in range(2)],
    }
    everyone = [each for some in people.values() for each in some]
    (folder / "stick").mkdir()
    home = init(
        folder / "house", "Minato Hospital", folder / "stick/minato.key", everyone, read_clock,
        cost=CHEAP, cheap=True,
    )  # fmt: skip
    with running(home) as house:
        service = Service(house, people)
        yield service
        service.close()


def born(family: str = "Mori") -> dict[str, Any]:
    """A patient as a registration desk sends one."""
    return {
        "resourceType": "Patient", "name": [{"family": family, "given": ["Emi"]}],
        "gender": "female", "birthDate": "1980-02-29",
        "identifier": [{"system": "urn:mrn", "value": f"mrn-{family}"}],
    }  # fmt: skip


def glucose(patient: str, value: float, day: int = 1) -> dict[str, Any]:
    """A result about a patient."""
    loinc = {"system": "http://loinc.org", "code": "2339-0", "display": "Glucose"}
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [loinc]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": f"2026-11-{day:02}T08:00:00+09:00",
        "valueQuantity": {"value": value, "unit": "mmol/L"},
    }  # fmt: skip


def bundle(kind: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method: str, url: str, resource: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url}}
    return made | ({"resource": resource} if resource else {})
