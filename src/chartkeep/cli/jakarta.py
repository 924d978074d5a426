"""`chartkeep drill jakarta`: January 2022 played against this house, end to end, on one machine.

Every step is the real one: processes, folders standing in for hosts, a file really sold on. What
has to hold is held against what was kept outside: what was really exported, and when.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from chartkeep.cli.doors import log_in_there
from chartkeep.cli.jakarta_desk import Office
from chartkeep.cli.jakarta_report import Story
from chartkeep.cli.options import console, show_time
from chartkeep.cli.scenes import fill, say
from chartkeep.custody.release import Look, faces_of
from chartkeep.incident.thief import Loot, break_in
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Millis, Purpose, Section, to_id, to_text
from chartkeep.wiring import rehearsal
from chartkeep.wiring.desk import make_desk
from chartkeep.wiring.founding import Newcomer, newcomer
from chartkeep.wiring.joining import join
from chartkeep.wiring.machines import Machines, bed_of, write_feeds
from chartkeep.wiring.ministry import Hospital, found_hospital
from chartkeep.wiring.partner import Partner
from chartkeep.wiring.rehearsal import CHEAP
from chartkeep.wiring.running import now
from chartkeep.wiring.seller import post_sample
from chartkeep.wiring.warding import FhirClient

HOSPITALS = ("RS Melati", "RS Kenanga", "RS Cempaka")
DAY = 86_400_000
GIVEN = mask(Section.FACE, Section.IDENTITY, Section.RESULTS)
EXPORTED = ("Patient", "Observation")
PICTURES = 3
MOVED = 6
"""Patients who get another telephone before the export, and so many after it."""
POSTED = 36
Json = dict[str, Any]


class Exported(NamedTuple):
    """What the partner has: under which grant, resources by type, and pictures."""

    grant: bytes
    found: dict[str, list[Json]]
    pictures: list[bytes]


class Jakarta:
    """One drill: its scenes, in their order; each adds what it measured to the story."""

    def __init__(self, folder: Path, stick: Path, patients: int) -> None:
        self._folder, self._stick, self._patients = folder, stick, patients
        self._story = Story()
        self._hospitals: list[Hospital] = []
        self._charts: list[ChartId] = []
        self._officers: list[bytes] = []

    def play(self) -> Story:
        """Play all of it; every process ends with it."""
        began = time.monotonic()
        with ExitStack() as ending:
            self._found(ending)
            self._steal()
            sold = self._export()
            self._post(sold)
            self._investigate(sold)
        self._story.seconds = time.monotonic() - began
        return self._story

    def _found(self, ending: ExitStack) -> None:
        say("Three hospitals. Their charts lie at the ministry; what opens them stays with each.")
        for at, name in enumerate(HOSPITALS):
            cast = rehearsal.cast_people()
            cast.everyone.extend([newcomer("rina", "archivist"), newcomer("wira", "investigator")])
            key_file = self._stick / f"{at}.key"
            hospital = found_hospital(self._folder, name, key_file, cast)
            self._hospitals.append(hospital)
            ending.callback(hospital.stop)
            hospital.start()
            source = self._folder / "bundles" / str(at)
            count = self._patients if not at else self._patients // 3
            rehearsal.write_hospital(source, count, seed=at + 1, today=date.today())
            charts = fill(hospital.home, self._folder, source, count)
            self._charts = self._charts or charts
            console.print(f"  {name}: {len(charts):,} charts")

    def _steal(self) -> None:
        say("28 December. Somebody copies the ministry's central server, whole.")
        began = time.monotonic()
        looted = [break_in(each.central, None) for each in self._hospitals]
        whole = Loot(
            sum(each.charts for each in looted), sum(each.entries for each in looted),
            sum(each.opened for each in looted), sum(each.readable for each in looted),
            had_key=False,
        )  # fmt: skip
        self._story.stolen = whole, time.monotonic() - began
        console.print(f"  {whole.sentence()}")

    def _export(self) -> Exported:
        """Let a partner export under a grant of two people; patients go on moving house."""
        first = self._hospitals[0]
        say(f"{first.name} lets a partner export, as two people granted it, and takes pictures.")
        people = {each.name: each for each in first.cast.everyone}
        desk = join(first.home, "desk")
        self._image(first, people)
        address = first.house.serve()
        ward = FhirClient(address, log_in_there(address, people["hana"]))
        moving = [ward.read(f"Patient/{to_text(chart)}") for chart in self._charts[: 2 * MOVED]]
        _move(ward, moving[:MOVED], "before")
        officers = [rehearsal.log_in(desk, people[name])[1] for name in ("dewi", "gita")]
        self._officers = officers
        until = Millis(now() + DAY)
        wanted = actions.Grant("rina", 1_000, GIVEN, until, Purpose.RESEARCH)
        grant = desk.keyholder.act(officers[0], wanted).proposal
        desk.keyholder.approve(officers[1], grant)
        partner = Partner(address, log_in_there(address, people["rina"]), grant)
        began = now()
        found = partner.export(EXPORTED)
        self._story.exported = len(found["Patient"]), Millis(began), now()
        _move(ward, moving[MOVED:], "after")
        station = Partner(address, log_in_there(address, people["mari"]), b"")
        numbers = [each["identifier"][0]["value"] for each in moving[:PICTURES]]
        pictures = [file for number in numbers for file in station.pictures(number)]
        console.print(f"  {len(found['Patient'])} patients exported, line by line written down")
        return Exported(grant, found, pictures)

    def _image(self, hospital: Hospital, people: dict[str, Newcomer]) -> None:
        """Let the X-ray machine send a picture of a few patients."""
        desk = join(hospital.home, "second desk")
        _, token = rehearsal.log_in(desk, people["kenji"])
        look = Look(token, frozenset({Section.FACE}), Purpose.TREATMENT)
        beds = [bed_of(face.person) for face in faces_of(self._charts[:PICTURES], look, desk)]
        ports = write_feeds(hospital.home, beds, self._folder / "scans")
        hospital.house.start("intake")
        machines = Machines(ports, beds, datetime.now().astimezone())
        machines.modality([*machines.xrays()], "X-ray, C-STORE")

    def _post(self, sold: Exported) -> None:
        say("6 January. A sample is posted: rows with other names for columns, three pictures.")
        rows = sold.found["Patient"][:POSTED]
        post_sample(rows, sold.found["Observation"], sold.pictures, self._folder / "posted")
        console.print(f"  {len(rows)} rows, {len(sold.pictures)} DICOM files")

    def _investigate(self, sold: Exported) -> None:
        """Let the desk of the hospital it came from answer what a ministry is asked."""
        first = self._hospitals[0]
        people = {each.name: each for each in first.cast.everyone}
        admin, house = join(first.home, "desk"), join(first.home, "second desk")
        officers = self._officers
        _, token = rehearsal.log_in(house, people["wira"])
        _, clerk = rehearsal.log_in(house, people["carla"])
        desk = make_desk(self._folder / "desk", first.home, self._stick / "desk.key", CHEAP)
        office = Office(desk, first.home, house, token)
        say("A journalist telephones. The desk begins a case.")
        case = office.begin()
        say("Whose data is it? All that was opened under that grant, from the ledger.")
        began = time.monotonic()
        _, since, until = self._story.exported
        found = office.estimate(case, sold.grant, (since, until))
        taken = {to_id(each["id"]) for each in sold.found["Patient"]}
        self._story.exposed = (
            len(found),
            time.monotonic() - began,
            {e.chart for e in found} == taken,
        )
        console.print(
            f"  {len(found)} charts, {'exactly' if self._story.exposed[2] else 'NOT'} the exported"
        )
        say("Who must be told by when, and in which words?")
        due = office.draft(case)
        for duty, when in due.items():
            console.print(f"  {duty}: {show_time(when) if when else 'promptly'}")
        wanted = actions.Grant(
            "carla", 1_000, mask(Section.IDENTITY), Millis(now() + DAY), Purpose.OPERATIONS
        )
        grant = admin.keyholder.act(officers[0], wanted).proposal
        admin.keyholder.approve(officers[1], grant)
        report = office._replace(token=clerk).write(case, grant)
        console.print(f"  letters: {report.states}")
        say("The police get a bag of evidence; their own script checks it.")
        held = office.hand_over(case, self._folder / "bag")
        console.print(f"  {held}")


def _move(ward: FhirClient, patients: Sequence[Json], mark: str) -> None:
    """Let patients get another telephone, written at the ward."""
    for at, patient in enumerate(patients):
        phone = {"system": "phone", "value": f"+62 800-5099-{len(mark)}{at:03}", "use": "mobile"}
        ward.update(patient | {"telecom": [phone]})
