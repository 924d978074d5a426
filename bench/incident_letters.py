"""How long do 40,000 letters take, is each its own person's, and how soon is a caller answered?

    python -m bench.incident_letters [--letters 40000] [--read 40000] [--calls 200] [--seed 1]

Letters: invented patients as the open Patients a grant gives (opening them is `bench open_chart`'s
question), composed, drawn, sealed as evidence of a case and written into its register, in batches.
Then every sheet is read again by text extraction: code, name and address must be those of one
person, and no letter may be missing. Calls: a house in threads, 50 patients in it, and a register
as long as the letters. Processor time of one process, on
one core.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from pypdf import PdfReader
from tests import cast
from tests.house import HouseRun
from tests.incident.notify.conftest import HOME, NOTICE
from tests.records import patient as record

from bench import machine
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.desk import Desk
from chartkeep.incident.notify.affected import Affected, Sure
from chartkeep.incident.notify.batch import Batch, Posted, mailing_list, read_batch
from chartkeep.incident.notify.calling import CallDesk
from chartkeep.incident.notify.code import fresh_code
from chartkeep.incident.notify.confirming import Claim
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.fonts import Fonts
from chartkeep.incident.notify.letter import Occasion, compose
from chartkeep.incident.notify.making import BATCH
from chartkeep.incident.notify.notice import read_notice
from chartkeep.incident.notify.pdf import Printer
from chartkeep.incident.notify.recipient import Recipient, To, recipient_of
from chartkeep.incident.notify.register import Register, Row, open_register
from chartkeep.inventor.names import Origin
from chartkeep.inventor.people import Patient, invent_patient
from chartkeep.model import ChartId, Millis
from chartkeep.sealing.kek import Cost

MOST_MINUTES = 15
MOST_CALL = 300
TODAY = date(2026, 11, 22)
OCCASION = Occasion(read_notice(NOTICE), TODAY)
Json = dict[str, Any]


class Office(NamedTuple):
    """A desk's case and its register."""

    desk: Desk
    case: Case
    register: Register


def main() -> None:
    asked = _options()
    with tempfile.TemporaryDirectory() as folder:
        office = _office(Path(folder))
        begun, wall = time.process_time(), time.perf_counter()
        invented = 0.0
        written: dict[str, Recipient] = {}
        for group in _people(asked.seed, asked.letters):
            invented += group.cost
            written |= _make(group.patients, office)
        made = time.process_time() - begun - invented
        walled = time.perf_counter() - wall
        begun = time.process_time()
        sheets, wrong = _read_again(office, written, asked.read)
        read = time.process_time() - begun
        called = _calls(Path(folder), office, asked.calls)
    _print(asked, (made, walled), (sheets, wrong, read), called)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--letters", type=int, default=40_000)
    parser.add_argument("--read", type=int, default=40_000, help="letters read again")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


class _Group(NamedTuple):
    patients: list[Json]
    cost: float


def _people(seed: int, count: int) -> Iterator[_Group]:
    """Invent Japanese patients, a batch at a time; `cost` is the inventor's own time."""
    serial = made = 0
    while made < count:
        begun = time.process_time()
        group: list[Json] = []
        while len(group) < min(BATCH, count - made):
            person = invent_patient(seed, "letters", serial, TODAY)
            serial += 1
            if person.origin is Origin.JAPAN:
                group.append(_resource(person))
        made += len(group)
        yield _Group(group, time.process_time() - begun)


def _resource(person: Patient) -> Json:
    """Write the parts of a Patient that a letter reads."""
    address = person.address
    return {
        "name": [{"use": "official", "text": person.names.official.text}],
        "birthDate": person.birth.isoformat(),
        "address": [
            {
                "use": "home", "line": [address.line], "city": address.city,
                "state": address.state, "postalCode": address.postcode, "country": "JP",
            }
        ],
    }  # fmt: skip


def _office(folder: Path) -> Office:
    key_file = folder / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    desk = Desk.found(folder / "desk", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))
    case = new_case(desk, "The theft", "dewi", lambda: Millis(cast.START))
    register = open_register(desk, case.id, "carla", lambda: Millis(cast.START))
    return Office(desk, case, register)


def _make(patients: list[Json], office: Office) -> dict[str, Recipient]:
    """Make one batch as `making` does, from Patients that are open already."""
    printer = Printer(Fonts())
    rows, posted, written = [], [], {}
    for patient in patients:
        code, to = fresh_code(), recipient_of(patient, TODAY, 18)
        chart = ChartId(code.encode()[:14].ljust(16))
        affected = Affected(chart, 0b11110, Millis(cast.START), Millis(cast.START), Sure.CERTAIN)
        letter = compose(code, affected, to, OCCASION)
        sheet = printer.add(letter)
        posted.append(Posted(letter, sheet.first, sheet.pages, False, to.country))
        rows.append(Row(code, affected, to.to, "ja", False, State.MADE, sheet.first, sheet.pages))
        written[code] = to
    batch = Batch(printer.close(), mailing_list(posted), [])
    office.register.make(office.case.keep(batch.encode(), "letters"), rows)
    return written


def _read_again(office: Office, written: dict[str, Recipient], most: int) -> tuple[int, int]:
    """Read sheets again; gives how many, and how many letters are not their own person's alone."""
    sheets = wrong = letters = 0
    for made in office.register.batches.values():
        if letters >= most:
            break
        into = BytesIO()
        office.case.read(made.file, into.write)
        pages = PdfReader(BytesIO(read_batch(into.getvalue()).pdf)).pages
        texts = ["".join(page.extract_text().split()) for page in pages]
        for row in made.rows:
            mine = texts[row.first - 1 : row.first - 1 + row.pages]
            wrong += not _is_theirs(row, mine, texts, written)
            sheets, letters = sheets + len(mine), letters + 1
        wrong += len(texts) != sum(row.pages for row in made.rows)
    return sheets, wrong


def _is_theirs(row: Row, mine: list[str], texts: list[str], written: dict[str, Recipient]) -> bool:
    """Say whether a letter's sheets, and no others, carry its code, name and address."""
    to, code = written[row.code], row.code
    greeting = {To.PERSON: "様", To.GUARDIANS: "様の保護者の方へ", To.FAMILY: ""}[to.to]
    front = mine[0]
    named = "".join(to.subject.split()) + greeting in front
    placed = all("".join(line.split()) in front for line in to.address)
    coded = [at for at, text in enumerate(texts, 1) if code in text]
    return named and placed and coded == list(range(row.first, row.first + row.pages))


def _calls(folder: Path, office: Office, count: int) -> list[float]:
    """Call about letters of people in a house; gives milliseconds of each call, on the wall."""
    clock = cast.FakeClock()
    (folder / "house").mkdir()
    house = HouseRun(folder / "house", clock)
    charts = [
        house.send(
            record(f"p{at}", "田中", f"花子{at}", birthDate="1956-08-03", address=[HOME])
        ).charts[0]
        for at in range(min(count, 50))
    ]
    now = Millis(cast.START)
    rows = [
        Row(fresh_code(), Affected(chart, 0b110, now, now, Sure.CERTAIN), To.PERSON, "ja", False,
            State.MADE)
        for chart in charts
    ]  # fmt: skip
    register = open_register(office.desk, office.case.id, "carla", house.now)
    register.make("", rows)
    answering = CallDesk(register, OCCASION, house.desk, b"k" * 32)
    token = house.login("carla")
    took = []
    for at in range(count):
        row, claim = rows[at % len(rows)], Claim(f"田中 花子{at % len(rows)}", "1956-08-03")
        begun = time.perf_counter()
        answering.by_code(row.code, claim, token)
        took.append((time.perf_counter() - begun) * 1_000)
    house.close()
    return took


def _print(
    asked: argparse.Namespace, made: tuple[float, float], read: tuple[int, int, float],
    called: list[float],
) -> None:  # fmt: skip
    minutes = made[0] / 60 * 40_000 / asked.letters
    print(machine.header())
    print()
    print("| what | figure | target |\n|---|---|---|")
    print(f"| {asked.letters:,} letters, processor time | {made[0]:.1f} s, "
          f"{made[0] / asked.letters * 1_000:.2f} ms each (wall {made[1]:.0f} s) | |")  # fmt: skip
    print(
        f"| 40,000 letters, in one process | {minutes:.1f} min | {MOST_MINUTES} min on two cores |"
    )
    print(f"| sheets read again | {read[0]:,} in {read[2]:.0f} s | |")
    print(f"| letters mixed up, cut or missing | {read[1]} | 0 |")
    ranked = sorted(called)
    print(f"| a call, wall, median and 99th of {len(called)} | {statistics.median(called):.1f} and "
          f"{ranked[int(len(ranked) * 0.99)]:.1f} ms | {MOST_CALL} ms |")  # fmt: skip


if __name__ == "__main__":
    main()
