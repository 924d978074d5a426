"""Runs every attack and prints what held: `python -m attack [--full]`. Exit 1 if anything broke.

It promises only that each listed test ran; what each one proves stands in the test and in
docs/attacks.md. `--full`: the long ones too, and a table of all destructive acts. Other arguments
go on to pytest.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from attack.numbers import PROMISES, number_of

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2
MEMORY, ROOM = Path("/dev/shm"), 4 << 30  # noqa: S108 - only of who runs this
MOST_FIGURES = 4
FULL = "--full"
ACT = "test_acts.py::test_what_was_acknowledged_comes_back["


@dataclass
class Attack:
    """One attack, all its cases together."""

    number: int
    sentence: str
    cases: int = 0
    broken: int = 0
    skipped: int = 0
    again: int = 0
    seconds: float = 0
    figures: list[str] = field(default_factory=list)

    def add(self, outcome: str, seconds: float, figure: str) -> None:
        """Count a case in; one that failed and runs again is a case when it has."""
        self.seconds += seconds
        if outcome == "rerun":
            self.again += 1
            return
        self.cases += 1
        self.broken += outcome == "failed"
        self.skipped += outcome == "skipped"
        self.figures += [figure] if figure else []

    @property
    def result(self) -> str:
        """Say in a word how it went."""
        if self.broken:
            return f"[bold red]BROKEN ({self.broken} of {self.cases})[/]"
        if self.again:
            return f"[yellow]held (the second time: {self.again})[/]"
        return "[yellow]skipped[/]" if self.skipped == self.cases else "[green]held[/]"


def quick_folder() -> Path | None:
    """Give a folder in memory where there is room: the houses of tests need outlive nothing."""
    there = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if there else None


def run(report: Path, houses: Path, arguments: list[str]) -> int:
    """Run the attacks in a child, its own words shown as they come; their files are in `houses`."""
    wanted = "attack and not browser and not bucket and not peer"  # those have a target each
    wanted += "" if FULL in arguments else " and not full"
    arguments = [each for each in arguments if each != FULL] or files()
    command = [
        sys.executable, "-m", "pytest", "-m", wanted, "-q",
        "-p", "attack.collecting", f"--basetemp={houses}", "-o", "tmp_path_retention_policy=none",
        f"--attack-report={report}", "-p", "no:cacheprovider", "-n", str(WORKERS),
        "--dist", "loadscope", "--no-header", "--tb=short", *arguments,
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - ours


def files() -> list[str]:
    """Name the files with an attack in them: collecting the others takes a minute."""
    tests = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(each.relative_to(ROOT)) for each in tests if "mark.attack" in each.read_text()]


def gather(lines: Iterable[str]) -> list[Attack]:
    """Join the cases of each attack, in the order of the promises."""
    found: dict[str, Attack] = {}
    for told in map(json.loads, lines):
        node = told["node"].split("[")[0]
        if node not in found:
            sentence = node.split("::")[-1].removeprefix("test_").replace("_", " ")
            found[node] = Attack(number_of(node), sentence)
        found[node].add(told["outcome"], told["seconds"], told["figure"])
    return sorted(found.values(), key=lambda one: one.number or len(PROMISES))


def show(attacks: list[Attack], seconds: float) -> None:
    """Print the table."""
    table = Table("", "attack", "result", "cases", "s", "figure", title="make attack")
    last = -1
    for one in attacks:
        if one.number != last:
            table.add_section()
            table.add_row(f"[bold]{one.number}[/]", f"[bold]{PROMISES[one.number]}[/]")
            last = one.number
        told = "\n".join(one.figures[:MOST_FIGURES])
        table.add_row("", one.sentence, one.result, str(one.cases), f"{one.seconds:.1f}", told)
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table)
    broken = sum(bool(one.broken) for one in attacks)
    cases = sum(one.cases for one in attacks)
    console.print(f"{len(attacks)} attacks, {cases} cases, {broken} broken, {seconds:.0f} s")


def show_acts(lines: Iterable[str]) -> None:
    """Print a line for each destructive act that ran: who said it, how soon, what came back."""
    table = Table("act", "said by", "after", "kept", "lost", "restore", title="destructive acts")
    for told in map(json.loads, lines):
        if ACT in told["node"]:
            act = told["node"].split(ACT)[1].rstrip("]").replace("_", " ")
            cells = told["figure"].split(" | ") if told["outcome"] == "passed" else ["BROKEN"]
            table.add_row(act, *cells)
    if table.row_count:
        Console(width=None if sys.stdout.isatty() else 150).print(table)


def main() -> int:
    """Run, print, and say by the exit code whether everything held."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=quick_folder()) as folder:
        report = Path(folder) / "report.jsonl"
        report.touch()
        code = run(report, Path(folder) / "a", sys.argv[1:])
        lines = report.read_text().splitlines()
    attacks = gather(lines)
    show(attacks, time.monotonic() - began)
    if FULL in sys.argv:
        show_acts(lines)
    return 0 if code == 0 and attacks and not any(one.broken for one in attacks) else 1


if __name__ == "__main__":
    sys.exit(main())
