"""Under what a figure was measured: machine, disk, date, python, and what one fdatasync costs.

Times without these say nothing. Linux only: it reads /proc.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]


def header() -> str:
    """Say in one line where and when this ran."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{_model()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}; python {platform.python_version()}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; commit {_commit()}; "
        f"load average at start {os.getloadavg()[0]:.1f}"
    )


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, platform.machine())


def _commit() -> str:
    def git(*words: str) -> str:
        asked = ["git", "-C", str(REPOSITORY), *words]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()

    changed = "+changes" if git("status", "--porcelain", "--", "src") else ""
    return (git("rev-parse", "--short", "HEAD") or "unknown") + changed


def filesystem(folder: Path) -> str:
    """Name the kind of filesystem a folder lies on."""
    best, kind = "", "unknown"
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, found, *_ = line.split()
        if folder.resolve().is_relative_to(place) and len(place) >= len(best):
            best, kind = place, found
    return kind


def fdatasync(folder: Path, repeats: int = 300) -> list[float]:
    """Time single fdatasyncs of an appended 4 KiB page, in seconds."""
    path = folder / "fdatasync"
    times = []
    with path.open("wb", buffering=0) as file:
        for _ in range(repeats):
            file.write(os.urandom(4096))
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    path.unlink()
    return times


def cpu_seconds(pid: int) -> float:
    """Give the processor time a process and its threads have used (to 10 ms)."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """Give the processor time all there is on this machine has used, and what was stolen of it."""
    words = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = words[3:5]
    return (sum(words) - idle - waiting) / os.sysconf("SC_CLK_TCK")


def rss(pid: int, *, peak: bool = False) -> float:
    """Give a process's resident memory, or its peak, in MB."""
    name = "VmHWM:" if peak else "VmRSS:"
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


def forget_peak(pid: int) -> None:
    """Let a process's peak memory be what it has now (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


class Figure(NamedTuple):
    """One row: what was measured, and beside it what it must reach; `good` None when nothing."""

    what: str
    value: str
    target: str = ""
    good: bool | None = None

    def cells(self) -> list[str]:
        verdict = {None: "", True: "reached", False: "NOT REACHED"}[self.good]
        return [self.what, self.value, self.target, verdict]


def at_most(what: str, value: float, most: float, unit: str, digits: int = 1) -> Figure:
    """Make the row of a figure that has a ceiling."""
    return Figure(what, f"{value:,.{digits}f} {unit}", f"<= {most:g} {unit}", value <= most)


def at_least(what: str, value: float, least: float, unit: str) -> Figure:
    """Make the row of a figure that has a floor."""
    return Figure(what, f"{value:,.0f} {unit}", f">= {least:,g} {unit}", value >= least)


def print_figures(title: str, figures: Iterable[Figure]) -> None:
    """Print a table of figures."""
    print_table(title, ["what", "figure", "target", ""], [figure.cells() for figure in figures])


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table that reads well as text and as Markdown."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    print(f"\n{title}\n")
    for cells in (heads, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)) + " |")


def quantile(times: Sequence[float], share: float) -> float:
    """Give the value that a share of the values do not pass (nearest rank)."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def milliseconds(times: Sequence[float]) -> str:
    """Write the fastest, p50, p99 and the number of times."""
    p50, p99 = statistics.median(times) * 1e3, quantile(times, 0.99) * 1e3
    return f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, fastest {min(times) * 1e3:.2f} ms (n={len(times)})"


def progress(text: str) -> None:
    """Say on the terminal what is going on; it is no part of the result."""
    print(text, file=sys.stderr, flush=True)
