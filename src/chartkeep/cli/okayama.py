"""`chartkeep drill okayama`: May 2024 played against this house, end to end, on one machine.

Every step is the real one: processes, folders standing in for hosts, files really overwritten. What
has to hold is held against what was kept outside the house: receipts, and what was really opened.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from chartkeep.cli.doors import log_in_there
from chartkeep.cli.office import Office
from chartkeep.cli.okayama_report import Story, report_of
from chartkeep.cli.options import console
from chartkeep.cli.report import conclude
from chartkeep.cli.scenes import CARE, Taken, expose, fill, intrude, is_exact, say, work
from chartkeep.cli.shared_folder import tell_swept, write_share
from chartkeep.continuity.numbers import Hold
from chartkeep.custody.release import Look, faces_of, release
from chartkeep.errors import ChartkeepError
from chartkeep.incident.desk import Desk
from chartkeep.incident.estimate.at_desk import Officer
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Millis, Purpose, Section
from chartkeep.recovery.folder import unlock_folder
from chartkeep.recovery.outcome import Progress
from chartkeep.recovery.segment import Ledger
from chartkeep.wiring import packing, regaining, rehearsal, restoring
from chartkeep.wiring.desk import make_desk
from chartkeep.wiring.drilling import empty_folder
from chartkeep.wiring.founding import newcomer
from chartkeep.wiring.home import Home
from chartkeep.wiring.hosts import ENOUGH, Hosts, found_hosts, let_packs_be_made
from chartkeep.wiring.joining import join
from chartkeep.wiring.kit import renew_kit
from chartkeep.wiring.launch import Running
from chartkeep.wiring.ransomware import encrypt_folder
from chartkeep.wiring.rehearsal import BEDS, CHEAP, WARD
from chartkeep.wiring.running import now
from chartkeep.wiring.shift import Written, enter_paper, read_pack, write_forms
from chartkeep.wiring.vaulting import lift_refusal, remote_shelf
from chartkeep.wiring.warding import Acknowledged, FhirClient, Round, missing

MINUTE, DAY = 60_000, 86_400_000
INDEXED = mask(Section.FINGERPRINTS, Section.SAFE)
LATER = 3.0
"""Seconds the ward goes on writing before it happens."""
ROUNDS = 5


def play_okayama(folder: Path, patients: int) -> None:
    """Play it; the report lies in the folder. Raises DamagedError when anything did not hold."""
    empty_folder(folder)
    stick = Path(tempfile.mkdtemp(prefix="chartkeep-stick-"))
    try:
        story = Okayama(folder, stick / "minato.key", patients).play()
    finally:
        shutil.rmtree(stick)
        unlock_folder(folder / "vault")  # else nobody could delete the drill's folder
    conclude(report_of(story), folder)


class Okayama:
    """One drill: its scenes, in their order; each adds what it measured to the story."""

    def __init__(self, folder: Path, key_file: Path, patients: int) -> None:
        self._folder, self._key_file, self._patients = folder, key_file, patients
        self._cast = rehearsal.cast_people()
        self._naoko = newcomer("naoko", "privacy officer")
        self._kaori = newcomer("kaori", "nurse", [WARD])
        self._wira = newcomer("wira", "investigator")
        self._cast.everyone.extend([self._naoko, self._kaori, self._wira])
        self._story = Story()
        self._charts: list[ChartId] = []
        self._watching = self._nursing = b""  # sessions from before; they outlive the disaster
        self._officers = (b"", b"")
        self._receipts: list[Acknowledged] = []
        self._fell = Millis(0)

    def play(self) -> Story:
        """Play all of it; every process ends with it."""
        began = time.monotonic()
        say("A hospital founds its house and, on other hosts, what must not fall with it.")
        hosts = found_hosts(self._folder, self._key_file, self._cast)
        house = Running(hosts.home)
        try:
            hosts.start(house)
            code = self._fill_and_pack(hosts)
            receipts, taken = self._a_day(house, hosts)
            self._the_hour(house, hosts, receipts)
            paper = self._a_shift(hosts, code)
            self._come_back(house, hosts)
            self._look_back(house, paper, taken)
        finally:
            for part in reversed(list(house.children)):
                with suppress(ChartkeepError, OSError):
                    house.stop(part, kill=True)
        self._story.seconds = time.monotonic() - began
        return self._story

    def _fill_and_pack(self, hosts: Hosts) -> str:
        """Fill the house, name who makes packs, and draw the ward's code for its envelope."""
        home, cast = hosts.home, {each.name: each for each in self._cast.everyone}
        self._charts = fill(home, self._folder, None, self._patients)
        desk = join(home, "desk")
        tokens = [
            rehearsal.log_in(desk, cast[name])[1] for name in ("erik", "fumi", "dewi", "gita")
        ]
        pairs = [(tokens[0], tokens[1]), (tokens[2], tokens[3])]
        self._officers = pairs[1]
        code = let_packs_be_made(home, desk, pairs, WARD, hosts.ward_pc)
        renew_kit(home)
        second = join(home, "second desk")
        self._watching = rehearsal.log_in(second, self._naoko)[1]
        self._nursing = rehearsal.log_in(second, self._cast.chie)[1]
        return code

    def _a_day(self, house: Running, hosts: Hosts) -> tuple[Round, tuple[bytes, Millis, Taken]]:
        """Let the ward write and the intruder come; gives the round, and what he saw."""
        say("The ward works through the FHIR door. Each answer waits for the vault, too.")
        house.stop("store")
        house.start("store", "--after-vault")
        address = house.serve()
        client = FhirClient(address, log_in_there(address, self._cast.mari))
        round_ = Round(client, self._charts[:BEDS])
        round_.start()
        desk = join(hosts.home, "desk")
        began = now()
        session, token = rehearsal.log_in(desk, self._cast.aiko)
        taken = work(desk, token, self._charts[:ROUNDS])
        say("An intruder has the ward application's server. He rides on her session.")
        intruded = time.monotonic()
        stolen = intrude(desk, token, self._charts[BEDS:])
        self._story.intruder = len(stolen), time.monotonic() - intruded
        say("Every quarter of an hour the ward's pack goes to its PC.")
        began_pack = time.monotonic()
        pushed = packing.make_packer(hosts.home).ward(WARD)
        self._story.pack = time.monotonic() - began_pack, pushed.bytes
        console.print(f"  {packing.sentence(pushed)}", markup=False)
        time.sleep(LATER)
        return round_, (session, began, taken | stolen)

    def _the_hour(self, house: Running, hosts: Hosts, writing: Round) -> None:
        """Encrypt the hospital's own host while everything on it runs."""
        say("19 May. Everything on the hospital's own host is encrypted.")
        root = hosts.home.root
        heard = _Alarm(hosts.home)
        heard.start()
        self._fell = Millis(now() // MINUTE * MINUTE)  # paper knows minutes
        havoc = encrypt_folder(root)
        self._story.alarm = heard.wait()
        for part in ("serve", "store", "keyholder"):
            house.stop(part, kill=True)
        self._receipts = writing.end()
        self._story.havoc = havoc.files, havoc.bytes
        console.print(f"  {havoc.files} files, {havoc.bytes / 1e6:,.0f} MB: none is readable")
        console.print(f"  {self._story.alarm_words()}")
        root.rename(self._folder / "minato-encrypted")  # evidence: it is kept

    def _a_shift(self, hosts: Hosts, code: str) -> list[Written]:
        """Care on paper, from the pack."""
        say("One shift on packs and paper: the ward opens its envelope.")
        began = time.monotonic()
        pack = read_pack(next(hosts.ward_pc.glob("ward-*.html")), code)
        self._story.sheets = len(pack.sheets), time.monotonic() - began
        age = (now() - pack.data_time) / 1000
        written = write_forms(pack, now())
        console.print(
            f"  {len(pack.sheets)} patients, as they were {age:.0f} s before; "
            f"{len(written)} forms written by hand"
        )
        return written

    def _come_back(self, house: Running, hosts: Hosts) -> None:
        """Bring the house back onto an empty folder, from vault and follower."""
        say("An empty disk. Two of three operators, the key file, the vault, the follower.")
        began = time.monotonic()
        for ledger in Ledger:  # the store may have spoken nonsense before it died
            if why := lift_refusal(hosts.vault, ledger, []):
                console.print(f"  the vault had refused {ledger.word}: {why}. It tries again")
        shelf = remote_shelf(hosts.vault)
        root = self._folder / "minato"
        home = restoring.lay_house(shelf, root, hosts.shares[:ENOUGH], self._key_file)
        regaining.lay_keyholder(home, "follower", [])
        inpatients = regaining.ask_inpatients(home, self._key_file)
        work = restoring.Restore(home, shelf, _quiet, key_file=self._key_file, after_vault=True)

        def ready() -> None:
            house.start("keyholder")  # it asks the store, which is back in part, what was shredded
            desk = join(home, "second desk")
            opened = release(self._charts[0], Look(self._nursing, CARE, Purpose.TREATMENT), desk)
            seconds = time.monotonic() - began
            self._story.inpatients = len(inpatients.charts), seconds
            console.print(
                f"  {len(inpatients.charts)} inpatients readable after {seconds:.1f} s; bed 1 "
                f"opened, {len(opened.entries)} entries, while the rest comes back"
            )

        proof = work.run(inpatients, serve=True, ready=ready)
        self._story.restored = time.monotonic() - began
        self._story.proof = proof
        shelf.close()
        for sentence in proof.sentences():
            console.print(f"  {sentence}", markup=False, soft_wrap=True)

    def _look_back(
        self, house: Running, paper: Sequence[Written],
        seen: tuple[bytes, Millis, Taken],
    ) -> None:  # fmt: skip
        """Hold the house against every receipt; enter the paper; list who was exposed."""
        home = Home(self._folder / "minato")
        house.start("store", "--after-vault")
        address = house.serve()
        client = FhirClient(address, log_in_there(address, self._cast.hana))
        lost = missing(client, self._receipts)
        self._story.receipts = len(self._receipts), len(lost)
        say("Every value that was ever acknowledged is read again.")
        console.print(f"  {len(self._receipts)} acknowledged, {len(lost)} missing")
        say("The paper is keyed back in: medication twice, every form accounted for.")
        self._enter(home, paper)
        say("The privacy officer asks whose data the stolen session could have seen.")
        session, began, taken = seen
        asking = time.monotonic()
        desk = make_desk(self._folder / "desk", home, self._key_file.with_name("desk"), CHEAP)
        second = join(home, "second desk")
        officer = Officer(desk, second, home.releases_key, self._watching)
        found = expose(officer, home, (session, began), self._folder / "exposure", taken)
        self._story.exposed = len(found), time.monotonic() - asking, is_exact(found, taken)
        self._sweep(home, desk)

    def _sweep(self, home: Home, desk: Desk) -> None:
        """Have the desk say whom a shared folder of meeting documents is about."""
        say("The police found a shared folder of meeting documents. Whom are they about?")
        admin, house = join(home, "desk"), join(home, "second desk")
        look = Look(self._nursing, frozenset({Section.FACE}), Purpose.TREATMENT)
        share = write_share(self._folder / "share", faces_of(self._charts[:BEDS], look, house))
        office = Office(desk, home, house, rehearsal.log_in(house, self._wira)[1])
        until = Millis(now() + DAY)
        # The host was made anew: two people let its desk go on, which then may propose a grant.
        for wanted in (
            actions.Unfreeze("instance", "desk"),
            actions.SetSafe(office.fresh_half()),
            actions.Grant("wira", 1_000, INDEXED, until, Purpose.AUDIT),
        ):
            grant = admin.keyholder.act(self._officers[0], wanted).proposal
            admin.keyholder.approve(self._officers[1], grant)
        office.build_index(grant)
        began = time.monotonic()
        found = office.sweep(share.folder, grant)
        self._story.swept = tell_swept(found), time.monotonic() - began, share.is_exactly(found)
        console.print(f"  {tell_swept(found)}")

    def _enter(self, home: Home, paper: Sequence[Written]) -> None:
        serve = join(home, "serve")
        token = rehearsal.log_in(serve, self._kaori)[1]
        began = time.monotonic()
        done = enter_paper(paper, WARD, self._fell, now(), "kaori", Hold(token, serve, serve))
        self._story.paper = done.forms, done.held, done.open, time.monotonic() - began
        console.print(
            f"  {done.forms} forms entered, {done.held} of them decided by a person; "
            f"{done.open} packs with numbers still open"
        )


class _Alarm(threading.Thread):
    """Asks the store how it is until it says that something is wrong."""

    MOST = 60.0

    def __init__(self, home: Home) -> None:
        super().__init__(daemon=True)
        self._store = join(home, "verifier").store
        # Connected, before the keys on the disk are gone.
        self._before = frozenset(self._store.status().alarms)
        self._began = time.monotonic()
        self._heard: float | None = None

    def run(self) -> None:
        while self._heard is None and time.monotonic() - self._began < self.MOST:
            try:
                if self._before.issuperset(self._store.status().alarms):
                    time.sleep(0.02)
                else:
                    self._heard = time.monotonic() - self._began
            except ChartkeepError:
                self._heard = time.monotonic() - self._began  # it has ended itself: heard, too

    def wait(self) -> float | None:
        """Wait for it; gives the seconds, None when there was none within a minute."""
        self.join(self.MOST)
        return self._heard


def _quiet(progress: Progress) -> None:
    """Show no progress: a drill's restore is short."""
