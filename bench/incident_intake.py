"""How fast is a posted file read, and does memory stay flat?

    python -m bench.incident_intake [--megabytes 100]

The same invented rows as CSV, SQL dump, NDJSON and BSON of a size, and a sheet and a PDF of a few
thousand lines. Rows a second of processor time, of the process that reads and of its parent
together; peak memory of each. The parent takes the rows and lets them go.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bson
from tests.incident.trace.intake import posted

from bench import machine
from chartkeep.incident.trace.found import Table
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.inventor.papers import letter

COLUMNS = ("nik", "nama", "lahir", "sex", "telp", "alamat", "kota", "diperbarui")
Values = tuple[str, ...]


def rows() -> Iterator[Values]:
    number = 0
    while True:
        number += 1
        yield (
            f"3174{number:012}", f"Budi Santoso {number % 977}", f"19{number % 90 + 10}-03-12",
            "L", f"+62812{number % 10**8:08}", f"Jl. Merdeka No. {number % 300}, RT 01",
            "Jakarta", f"2021-05-20 10:{number % 60:02}:00",
        )  # fmt: skip


def fill(path: Path, size: int, head: bytes, write: Callable[[Values], bytes]) -> None:
    with path.open("wb") as file:
        file.write(head)
        for each in rows():
            file.write(write(each))
            if file.tell() > size:
                return


def files(folder: Path, size: int) -> Iterator[Path]:
    writers: dict[str, tuple[bytes, Callable[[Values], bytes]]] = {
        "csv": (",".join(COLUMNS).encode() + b"\n",
                lambda row: (",".join(f'"{v}"' for v in row) + "\n").encode()),
        "sql": (b"CREATE TABLE p (" + ", ".join(f"{c} text" for c in COLUMNS).encode() + b");\n",
                lambda row: ("INSERT INTO p VALUES (" + ",".join(f"'{v}'" for v in row)
                             + ");\n").encode()),
        "jsonl": (b"", lambda row: json.dumps(dict(zip(COLUMNS, row, strict=True))).encode()
                  + b"\n"),
        "bson": (b"", lambda row: bson.encode(dict(zip(COLUMNS, row, strict=True)))),
    }  # fmt: skip
    for kind, (head, write) in writers.items():
        path = folder / f"leak.{kind}"
        fill(path, size, head, write)
        yield path
        path.unlink()
    path = folder / "leak.xlsx"
    source = rows()
    path.write_bytes(posted.xlsx((COLUMNS, *(next(source) for _ in range(20_000)))))
    yield path
    path = folder / "leak.pdf"
    path.write_bytes(letter("List", [" ".join(next(source)[:4]) for _ in range(50)]))
    yield path


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--megabytes", type=int, default=100)
    asked = options.parse_args()
    print(machine.header())
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for path in files(Path(folder), asked.megabytes << 20):
            with Intake() as intake:
                list(intake.read(Path(folder)))  # a folder: says so, and nothing is started
                began = time.process_time()
                count = sum(
                    len(batch)
                    for found in intake.read(path)
                    if isinstance(found, Table)
                    for batch in found.rows
                )
                parent = time.process_time() - began
                assert intake._process is not None
                pid = intake._process.child.pid
                child, peak = machine.cpu_seconds(pid), machine.rss(pid, peak=True)
            size = path.stat().st_size / (1 << 20)
            lines.append(
                [path.suffix[1:], f"{size:,.1f}", f"{count:,}", f"{child:.1f}", f"{parent:.1f}",
                 f"{count / (child + parent):,.0f}", f"{peak:,.0f}"]
            )  # fmt: skip
    mine = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    heads = ["kind", "MB", "rows", "reader s", "parent s", "rows/s", "reader's peak MB"]
    machine.print_table(f"intake (parent's peak {mine:,} MB; starting a reader takes 1 s)",
                        heads, lines)  # fmt: skip


if __name__ == "__main__":
    main()
