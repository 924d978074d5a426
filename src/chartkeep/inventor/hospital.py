"""An invented hospital of any size, lazily: patient 70,000 costs no more than patient 1.

The same seed, size, day and depth give the same bytes (for one version of faker). Nothing is
stored; the census of current inpatients is the only thing worked out ahead.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from types import MappingProxyType

from chartkeep.inventor.bundle import Bundle
from chartkeep.inventor.canary import plant
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.chart import write_chart
from chartkeep.inventor.people import Patient, invent_patient
from chartkeep.inventor.site import HOSPITAL_TIME, Person, Site, Ward, invent_site
from chartkeep.inventor.staffing import post_site
from chartkeep.inventor.visit import Stay

_OCCUPANCY = 0.85


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a current inpatient lies: the Patient's fullUrl, names of ward and bed."""

    patient: str
    index: int
    ward: str
    bed: str
    since: datetime


@dataclass(frozen=True)
class Hospital:
    """A hospital and its patients 0 … patients-1, as of one day."""

    seed: int
    patients: int
    today: date
    depth: float
    site: Site = field(repr=False)

    @property
    def name(self) -> str:
        """The hospital's name."""
        return self.site.name

    @property
    def wards(self) -> tuple[Ward, ...]:
        """The wards with their beds."""
        return self.site.wards

    @property
    def staff(self) -> tuple[Person, ...]:
        """Everybody who works here."""
        return self.site.staff

    def organization_bundle(self) -> bytes:
        """Return the transaction with Organization, Locations, Practitioners and their roles."""
        bundle = Bundle(chance_for(self.seed, "site entries"))
        post_site(bundle, self.site)
        return bundle.to_json()

    def patient(self, index: int) -> Patient:
        """Return who patient `index` is. Raises IndexError outside 0 … patients-1."""
        if not 0 <= index < self.patients:
            raise IndexError("no such invented patient")
        return invent_patient(self.seed, f"{self.seed}/patient", index, self.today)

    def bundle(self, index: int, marker: str = "") -> bytes:
        """Return the patient's chart as a FHIR R4 transaction; marker is planted everywhere."""
        chance = chance_for(self.seed, "chart", index)
        stay = self.census.get(index)
        chart = write_chart(
            chance, self.patient(index), self.site, self.today, depth=self.depth, stay=stay
        )
        if marker:
            chart.change(lambda resource: plant(resource, marker))
        return chart.to_json()

    @cached_property
    def census(self) -> MappingProxyType[int, Stay]:
        """Who lies in which bed now, by patient index; at most half of all patients."""
        chance = chance_for(self.seed, "census")
        beds = [(ward, bed) for ward in self.wards for bed in ward.beds]
        chance.shuffle(beds)
        taken = beds[: min(int(len(beds) * _OCCUPANCY), self.patients // 2)]
        lying = chance.sample(range(self.patients), len(taken))
        midnight = datetime.combine(self.today, time(), HOSPITAL_TIME)
        return MappingProxyType(
            {
                index: Stay(ward, bed, midnight - timedelta(hours=chance.randint(8, 480)), None)
                for index, (ward, bed) in zip(lying, taken, strict=True)
            }
        )

    def placements(self) -> Iterator[Placement]:
        """List the current inpatients, as ADT messages would place them."""
        for index, stay in self.census.items():
            full_url = self.patient(index).full_url
            yield Placement(full_url, index, stay.ward.name, stay.bed, stay.since)


def invent_hospital(seed: int, patients: int, today: date, depth: float = 1.0) -> Hospital:
    """Invent a hospital as of `today`; see `chart` for what depth means."""
    return Hospital(seed, patients, today, depth, invent_site(seed, patients))
