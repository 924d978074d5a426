"""`chartkeep drill jakarta`: January 2022 played against this house, end to end, on one machine.

Every step is the real one: processes, folders standing in for hosts, a file really sold on. What
has to hold is held against what was kept outside: what was really exported, and when.
"""

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from chartkeep.cli.doors import log_in_there
from chartkeep.cli.jakarta_report import Story, report_of
from chartkeep.cli.office import Office
from chartkeep.cli.options import console, show_time
from chartkeep.cli.report import conclude
from chartkeep.cli.scenes import fill, say
from chartkeep.custody.release import Look, faces_of
from chartkeep.incident.case.case import Case
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.thief import Loot, break_in
from chartkeep.incident.trace.ours import Verdict
from chartkeep.incident.trace.through import Through
from chartkeep.incident.trace.tracing import Answer
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Millis, Purpose, Section, to_id, to_text
from chartkeep.wiring import rehearsal
from chartkeep.wiring.desk import make_desk
from chartkeep.wiring.drilling import empty_folder
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
INDEXED = mask(Section.FINGERPRINTS, Section.SAFE)
PURPOSES = {"rina": Purpose.RESEARCH, "wira": Purpose.AUDIT}
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


def play_jakarta(folder: Path, patients: int) -> None:
    """Play it; the report lies in the folder. Raises DamagedError when anything did not hold."""
    empty_folder(folder)
    stick = Path(tempfile.mkdtemp(prefix="chartkeep-stick-"))
    try:
        story = Jakarta(folder, stick, patients).play()
    finally:
        shutil.rmtree(stick)
    conclude(report_of(story), folder)


class Jakarta:
    """One drill: its scenes, in their order; each adds what it measured to the story."""

    def __init__(self, folder: Path, stick: Path, patients: int) -> None:
        self._folder, self._stick, self._patients = folder, stick, patients
        self._story = Story()
        self._hospitals: list[Hospital] = []
        self._charts: list[ChartId] = []
        self._officers: dict[str, list[bytes]] = {}
        self._here: Office
        self._first: Answer
        self._posted = Millis(0)
        self._case: Case

    def play(self) -> Story:
        """Play all of it; every process ends with it."""
        began = time.monotonic()
        with ExitStack() as ending:
            self._found(ending)
            self._steal()
            sold = self._export()
            self._post(sold)
            self._trace(sold)
            self._estimate(sold)
            self._tell()
            self._hand_over()
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
            rehearsal.write_hospital(source, count, at + 1, datetime.now().astimezone().date())
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
        people = self._people
        self._image(first, people)
        address = first.house.serve()
        ward = FhirClient(address, log_in_there(address, people["hana"]))
        moving = [ward.read(f"Patient/{to_text(chart)}") for chart in self._charts[: 2 * MOVED]]
        _move(ward, moving[:MOVED], "before")
        grant = self._grant(first, "rina", GIVEN)
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

    @property
    def _people(self) -> dict[str, Newcomer]:
        return {each.name: each for each in self._hospitals[0].cast.everyone}

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
        self._story.posted, self._posted = len(rows) + len(sold.pictures), now()
        console.print(f"  {len(rows)} rows, {len(sold.pictures)} DICOM files")

    def _trace(self, sold: Exported) -> None:
        """Have every hospital's desk look at the post: one finds that it is its record."""
        say("A journalist telephones. Every hospital's desk looks at what was posted.")
        traced = self._story.traced
        began = time.monotonic()
        for hospital in self._hospitals:
            office = self._office(hospital)
            self._both(hospital, actions.SetSafe(office.fresh_half()))
            grant = self._grant(hospital, "wira", INDEXED)
            office.build_index(grant)
            tracing = office.trace(self._folder / "posted", grant)
            answer = tracing.answer(self._posted)
            traced.ours[hospital.name] = str(answer.verdict)
            console.print(f"  {hospital.name}: {answer.verdict}")
            if hospital is self._hospitals[0]:
                self._first = answer
                door = office.find_door(tracing, self._posted, grant)
        traced.seconds = time.monotonic() - began
        traced.owner = [said == Verdict.RECORD for said in traced.ours.values()] == [
            hospital is self._hospitals[0] for hospital in self._hospitals
        ]
        self._check(sold, door)

    def _check(self, sold: Exported, door: Through | None) -> None:
        """Hold the answer against what was really sold."""
        answer, traced = self._first, self._story.traced
        real = {to_id(each["id"]) for each in sold.found["Patient"]}
        wrong = len(answer.charts - real)
        traced.rows = len(answer.evidence) - wrong, wrong
        _, since, until = self._story.exported
        instants = answer.moment.instants
        traced.timely = any(low <= until and since < high for low, high, _ in instants)
        traced.moment = "; ".join(
            f"copied between {show_time(low)} and {show_time(high)}" for low, high, _ in instants
        )
        console.print(f"  {traced.moment}")
        for sentence in door.words() if door else ():
            console.print(f"  {sentence}", markup=False, soft_wrap=True)
        if door:
            doors = [*door.answer.marked, *(each for each, _ in door.answer.bulk)]
            traced.right = {each.id for each in doors} == {sold.grant.hex()}
            named = (f"{each.kind} of {show_time(each.moment)}" for each in doors if each.moment)
            traced.door = f"{door.answer.tier}: {'; '.join(named)}"

    def _estimate(self, sold: Exported) -> None:
        say("Whose data? All that was opened under that grant, from the ledger.")
        began = time.monotonic()
        self._case = self._here.begin()
        _, since, until = self._story.exported
        found = self._here.estimate(self._case, sold.grant, (since, until))
        real = {to_id(each["id"]) for each in sold.found["Patient"]}
        exact = {each.chart for each in found} == real
        self._story.exposed = len(found), time.monotonic() - began, exact
        words = "exactly" if exact else "NOT"
        console.print(f"  {len(found)} charts, {words} what the partner was given")

    def _tell(self) -> None:
        say("Who must be told by when, and in which words?")
        began = time.monotonic()
        due = self._here.draft(self._case)
        late = sum(when is not None and when < now() for when in due.values())
        self._story.drafts = len(due), late, time.monotonic() - began
        for duty, when in due.items():
            console.print(f"  {duty}: {'promptly' if when is None else 'by ' + show_time(when)}")
        grant = self._grant(self._hospitals[0], "carla", mask(Section.IDENTITY))
        began = time.monotonic()
        clerk = rehearsal.log_in(self._here.house, self._people["carla"])[1]
        states = self._here._replace(token=clerk).write(self._case, grant)
        self._story.letters = states.get(State.MADE, 0), time.monotonic() - began
        told = ", ".join(f"{count} {state}" for state, count in states.items())
        console.print(f"  letters: {told}")

    def _hand_over(self) -> None:
        say("The police get a bag of evidence; a script of their own checks it.")
        self._story.bag = self._here.hand_over(self._case, self._folder / "bag")
        console.print("  it holds" if self._story.bag else "  it does NOT hold")

    def _office(self, hospital: Hospital) -> Office:
        """Make a hospital's desk; its investigator sits down at it."""
        at = self._hospitals.index(hospital)
        desk = make_desk(
            self._folder / "desks" / str(at), hospital.home, self._stick / f"desk-{at}.key", CHEAP
        )
        house = join(hospital.home, "second desk")
        people = {each.name: each for each in hospital.cast.everyone}
        office = Office(desk, hospital.home, house, rehearsal.log_in(house, people["wira"])[1])
        if not at:
            self._here = office
        return office

    def _grant(self, hospital: Hospital, person: str, sections: int) -> bytes:
        """Let two privacy officers grant somebody the opening of many charts."""
        purpose = PURPOSES.get(person, Purpose.OPERATIONS)
        wanted = actions.Grant(person, 1_000, sections, Millis(now() + DAY), purpose)
        return self._both(hospital, wanted)

    def _both(self, hospital: Hospital, wanted: actions.Actions) -> bytes:
        """Have two privacy officers act; gives the proposal."""
        admin = join(hospital.home, "desk")
        if hospital.name not in self._officers:
            people = {each.name: each for each in hospital.cast.everyone}
            tokens = [rehearsal.log_in(admin, people[name])[1] for name in ("dewi", "gita")]
            self._officers[hospital.name] = tokens
        one, other = self._officers[hospital.name]
        proposal = admin.keyholder.act(one, wanted).proposal
        admin.keyholder.approve(other, proposal)
        return proposal


def _move(ward: FhirClient, patients: Sequence[Json], mark: str) -> None:
    """Let patients get another telephone, written at the ward."""
    for at, patient in enumerate(patients):
        phone = {"system": "phone", "value": f"+62 800-5099-{len(mark)}{at:03}", "use": "mobile"}
        ward.update(patient | {"telecom": [phone]})
