"""Which files of a share hold which patients: how many are found, how many wrongly, how fast.

    python -m bench.incident_sweep [--files 100000] [--charts 20000] [--readers 2]

A share is invented from a seed: notes, letters, forms in four languages, tables, sheets, mails and
mailboxes, pages, databases, messages, archives. In six
files of ten patients of the index are meant, by name and birth date, name and number, or a number
alone, in the spellings people use; the others hold strangers, menus, minutes, logs. A pair (file,
patient) is right if the patient is in the file; `sure` pairs count. Files a second are of wall
time, and beside it processor seconds of all processes: this machine has other work.
"""

import argparse
import json
import resource
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.incident.trace import people
from tests.incident.trace.intake import posted

from bench import machine
from chartkeep.fingerprint.numbers import fold_number
from chartkeep.incident.sweep.state import State
from chartkeep.incident.sweep.sweeping import Sweep
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.index import Index
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.matching import Matcher
from chartkeep.inventor.chance import Chance, chance_for
from chartkeep.inventor.papers import letter
from chartkeep.inventor.people import Patient

MONTHS = ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
          "Oktober", "November", "Desember")  # fmt: skip
DATES: tuple[Callable[[Patient], str], ...] = (
    lambda p: f"{p.birth:%Y-%m-%d}",
    lambda p: f"{p.birth:%d.%m.%Y}",
    lambda p: f"{p.birth:%d/%m/%Y}",
    lambda p: f"{p.birth.day} {MONTHS[p.birth.month - 1]} {p.birth.year}",
    lambda p: f"{p.birth.year}年{p.birth.month}月{p.birth.day}日",
)
FILLER = (
    "discussed at the meeting of the ward, to be seen again in two weeks",
    "blood pressure 132/84, temperature 36.8, no complaint since 12.10.2025",
    "the family was told; next visit on 3 November, room 214",
    "medication as before: 500 mg twice a day, see the plan of 2025-09-30",
    "transport is ordered for 14:30, the bed is free from Monday on",
)


class File(NamedTuple):
    """A file of the share, and the patients in it; `hinted`: by a number alone."""

    name: str
    data: bytes
    patients: frozenset[int]
    hinted: frozenset[int]


class Meant(NamedTuple):
    """Somebody in a paper, and how he is meant there."""

    who: Patient
    style: int


STYLES = 5
HINT = 4
"""By a number alone."""


class Share:
    """Invents files."""

    def __init__(self, charts: int, seed: int) -> None:
        self._charts = charts
        self._chance = chance_for("share", seed)

    def file(self, number: int) -> File:
        chance = self._chance
        kind = chance.choice(KINDS)
        holds = chance.random() < 0.6
        count = chance.choice((1, 1, 1, 2, 3)) if kind in PAPERS else chance.randrange(2, 40)
        numbers = [chance.randrange(self._charts) for _ in range(count)]
        who = [people.patient(n) if holds else people.stranger(n) for n in numbers]
        meant = [Meant(each, chance.randrange(STYLES)) for each in who]
        data = WRITERS[kind](meant, chance)
        path = f"ward {number % 37}/{number % 11}/{number}.{kind}"
        if not holds:
            return File(path, data, frozenset(), frozenset())
        styled = kind in PAPERS and kind != "pdf"
        named = frozenset(
            n for n, each in zip(numbers, meant, strict=True) if each.style != HINT or not styled
        )
        return File(path, data, named, frozenset(numbers) - named)


def mention(meant: Meant, chance: Chance) -> list[str]:
    """Write lines in which somebody is meant, as people do."""
    who = meant.who
    name = chance.choice((who.names.latin.text, who.names.official.text))
    born = chance.choice(DATES)(who)
    number = who.identifiers[0][1]
    match meant.style:
        case 0:
            lines = [f"Patient: {name}, born {born}"]
        case 1:
            lines = [f"Name: {name}", f"Date of birth: {born}", f"Tel. {who.phone}"]
        case 2:
            lines = [f"{name} ({number})"]
        case 3:
            lines = [f"{name}, {born}, number {number}, {who.phone}"]
        case _:
            lines = [f"re: number {who.identifiers[1][1]}"]
    return [*lines, chance.choice(FILLER), ""]


def lines_of(who: list[Meant], chance: Chance) -> list[str]:
    lines = ["Minutes of the meeting", f"{chance.randrange(1, 28)}.11.2025, room 3", ""]
    for each in who:
        lines += mention(each, chance)
        lines += [chance.choice(FILLER) for _ in range(chance.randrange(4))]
    return lines


def text(who: list[Meant], chance: Chance) -> bytes:
    return "\n".join(lines_of(who, chance)).encode()


def page(who: list[Meant], chance: Chance) -> bytes:
    shown = "".join(f"<p>{line}</p>\n" for line in lines_of(who, chance))
    return f"<!doctype html><html><head><style>p {{}}</style></head><body>{shown}".encode()


def table(who: list[Meant], chance: Chance) -> bytes:
    rows = [people.told(each.who) for each in who]
    delimiter = chance.choice((",", ";", "\t"))
    head = delimiter.join(("nik", "nama", "lahir", "sex", "telp", "alamat", "kota"))
    return "\n".join([head, *(delimiter.join(f'"{v}"' for v in row) for row in rows)]).encode()


def sheet(who: list[Meant], chance: Chance) -> bytes:  # noqa: ARG001 -- as the others
    told = (each.who for each in who)
    rows = ((p.identifiers[0][1], p.names.latin.text, f"{p.birth:%d/%m/%Y}") for p in told)
    return posted.xlsx((("no", "name", "born"), *rows))


def document(who: list[Meant], chance: Chance) -> bytes:
    return posted.docx(lines_of(who, chance))


def paper(who: list[Meant], chance: Chance) -> bytes:
    lines = ["Latin letters only", *(f"{each.who.names.latin.text}, {each.who.birth:%d.%m.%Y}, no. "
             f"{each.who.identifiers[0][1]}" for each in who), chance.choice(FILLER)]  # fmt: skip
    return letter("Letter", lines)


def mail(who: list[Meant], chance: Chance) -> bytes:
    head = (
        "From: Ward Desk <desk@example.org>\nTo: office@example.org\nSubject: for tomorrow\n"
        "Date: Thu, 20 Nov 2025 10:00:00 +0000\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    return head.encode() + text(who, chance)


def archive(who: list[Meant], chance: Chance) -> bytes:
    return posted.zipped({"in/notes.txt": text(who, chance)})


FORMS = (
    ("Nama Pasien", "Tgl Lahir", "No. RM", "Telepon"),
    ("Nom et prénom", "Né(e) le", "N° dossier", "Tél."),
    ("患者氏名", "生年月日", "患者番号", "電話"),
    ("Patient name", "DOB", "MRN", "Phone"),
)


def form(who: list[Meant], chance: Chance) -> bytes:
    """Fill in a form for each, as a registration desk prints it: a field a line."""
    lines: list[str] = []
    for each in who:
        labels, person = chance.choice(FORMS), each.who
        told = (person.names.official.text, chance.choice(DATES)(person),
                person.identifiers[0][1], person.phone)  # fmt: skip
        shown = range(4) if each.style != HINT else (2,)
        gap = chance.choice((": ", " : ", "\t", ":   "))
        lines += [f"{labels[at]}{gap}{told[at]}" for at in shown]
        lines += ["", chance.choice(FILLER), "-" * 40]
    return "\r\n".join(lines).encode()


def rich(who: list[Meant], chance: Chance) -> bytes:
    lines = (
        "".join(sign if ord(sign) < 128 else f"\\u{ord(sign)}?" for sign in line)
        for line in lines_of(who, chance)
    )
    return ("{\\rtf1\\ansi\\uc1 " + "\\par\n".join(lines) + "}").encode("ascii")


def mailbox(who: list[Meant], chance: Chance) -> bytes:
    """Write a mailbox: one mail about each, and one about the weather."""
    mails = [mail([each], chance) for each in who] + [mail([], chance)]
    return b"".join(
        b"From desk@example.org Thu Nov 20 10:00:00 2025\n" + each + b"\n\n" for each in mails
    )


def database(who: list[Meant], chance: Chance) -> bytes:  # noqa: ARG001 -- as the others
    """Write a database as a ward's own little program keeps it."""
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, pid, name, dob, tel, seen)")
    base.executemany(
        "INSERT INTO visits (pid, name, dob, tel, seen) VALUES (?, ?, ?, ?, '2025-11-20')",
        [(p.identifiers[1][1], p.names.latin.text, p.birth.isoformat(), p.phone)
         for p in (each.who for each in who)],
    )  # fmt: skip
    base.commit()
    made: bytes = base.serialize()
    base.close()
    return made


def message(who: list[Meant], chance: Chance) -> bytes:  # noqa: ARG001 -- as the others
    """Write what an interface left behind: an HL7 v2 message for each."""
    return "\r".join(
        f"MSH|^~\\&|LAB|H|EHR|H|20251120||ORU^R01|{at}|P|2.5\r"
        f"PID|1||{p.identifiers[0][1]}^^^H^MR||{p.names.latin.text.replace(' ', '^', 1)}"
        f"||{p.birth:%Y%m%d}|U|||||{p.phone}\rOBX|1|NM|718-7^Hb^LN||13.2|g/dL"
        for at, p in enumerate(each.who for each in who)
    ).encode()


def values(who: list[Meant], chance: Chance) -> bytes:  # noqa: ARG001 -- as the others
    return "\n".join(
        json.dumps({"id": each.who.identifiers[1][1], "name": each.who.names.official.text,
                    "dob": each.who.birth.isoformat(), "tel": each.who.phone}, ensure_ascii=False)
        for each in who
    ).encode()  # fmt: skip


WRITERS = {
    "txt": text, "docx": document, "eml": mail, "pdf": paper, "html": page, "zip": archive,
    "csv": table, "xlsx": sheet, "jsonl": values, "form": form, "rtf": rich, "mbox": mailbox,
    "db": database, "hl7": message,
}  # fmt: skip
PAPERS = frozenset({"txt", "docx", "eml", "pdf", "html", "zip", "form", "rtf", "mbox"})
KINDS = ("txt", "txt", "txt", "docx", "docx", "docx", "eml", "eml", "pdf", "html", "zip",
         "csv", "csv", "xlsx", "jsonl", "form", "rtf", "mbox", "db", "hl7")  # fmt: skip


def index(charts: int) -> Index:
    builder = Builder(people.KEY)
    for number in range(charts):
        who = people.patient(number)
        mrn = fold_number(who.identifiers[0][1])
        builder.add(people.chart_of(number), [(people.ADMITTED, people.reading_of(who))], [mrn])
    return builder.finish()


def processor(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--files", type=int, default=100_000)
    options.add_argument("--charts", type=int, default=20_000)
    options.add_argument("--readers", type=int, default=2)
    asked = options.parse_args()
    print(machine.header())
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        root, share = Path(folder) / "share", Share(asked.charts, 5)
        truth: dict[str, File] = {}
        for number in range(asked.files):
            file = share.file(number)
            path = root / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
            truth[str(path)] = file._replace(data=b"")
        matcher = Matcher(index(asked.charts), people.KEY)
        numbers = {people.chart_of(number): number for number in range(asked.charts)}
        state = State(Path(folder) / "kept", b"s" * 32)
        began, used = time.perf_counter(), processor(resource.RUSAGE_SELF)
        intakes = [Intake() for _ in range(asked.readers)]
        right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
        hints = possible = 0
        with ExitStack() as reading:
            for intake in intakes:
                reading.enter_context(intake)
            for swept in Sweep(matcher, state, intakes).run([root]):
                kind = swept.path.rsplit(".", 1)[-1]
                file = truth[swept.path]
                found = {numbers[each.chart] for each in swept.sure}
                right[kind] += len(found & file.patients)
                wrong[kind] += len(found - file.patients - file.hinted)
                missed[kind] += len(file.patients - found)
                hints += len(file.hinted)
                named = {numbers[each.chart] for each in swept.patients}
                possible += len(named & file.hinted)
        seconds = time.perf_counter() - began
        matching = processor(resource.RUSAGE_SELF) - used
        children = processor(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        again = list(Sweep(matcher, State(Path(folder) / "kept", b"s" * 32), intakes).run([root]))
        second = time.perf_counter() - began
        stack.close()
    print(f"{'kind':8}{'right':>8}{'wrong':>8}{'missed':>8}")
    for kind in WRITERS:
        print(f"{kind:8}{right[kind]:8,}{wrong[kind]:8,}{missed[kind]:8,}")
    found = right.total()
    print(f"recall {found / (found + missed.total()):.2%} (99 %), "
          f"precision {found / (found + wrong.total()):.2%} (95 %)")  # fmt: skip
    print(f"meant by a number alone: {possible} of {hints} said to be sure or possible")
    print(f"{asked.files:,} files in {seconds:.1f} s, {asked.files / seconds:,.0f} a second (200); "
          f"of processor a file {1000 * matching / asked.files:.1f} ms matching, "
          f"{1000 * children / asked.files:.1f} ms reading")  # fmt: skip
    print(f"again, {len(again)} of them to be read: {second:.1f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"peak memory {peak:,} MB")


if __name__ == "__main__":
    main()
