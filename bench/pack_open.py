"""How long does a ward PC take to open a pack of 60 patients, and to lay 40 of them on paper?

    python -m bench.pack_open [--patients 60] [--printed 40] [--repeats 5]

Headless Chromium, from a file, its network off, no process of ours running. Opening: from the
click on "Open" until the beds are drawn, which is nearly all key derivation; loading: from the
address until the code may be typed. Printing: laying the pages out, then Chromium's own PDF.
"""

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page
from tests.console.chromium import chromium
from tests.continuity.packs import CODE, HOUR, ward_key, ward_pack

from bench import machine
from chartkeep.continuity.page.rendering import render

MOST_OPEN, MOST_MEGABYTES = 3_000, 10
OPENED = """async () => {
  const begun = performance.now();
  document.getElementById("go").click();
  while (!document.querySelector(".beds")) await new Promise(requestAnimationFrame);
  document.body.getBoundingClientRect();
  return performance.now() - begun;
}"""
LAID = """(count) => {
  const begun = performance.now();
  layPatients(wardPack.sheets.slice(0, count));
  return [performance.now() - begun, document.querySelectorAll("#paper .a4").length];
}"""
DERIVED = """async () => {
  const begun = performance.now();
  const bytes = new Uint8Array(20);
  const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes, iterations: 600_000 };
  await crypto.subtle.deriveBits(how, key, 256);
  return performance.now() - begun;
}"""
LOADED = "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


class Run(NamedTuple):
    """One opening on a fresh browser profile: milliseconds, and pages of paper."""

    loaded: float
    derived: float
    opened: float
    laid: float
    pages: int
    paper: float


def main() -> None:
    asked = _options()
    made = int(datetime.now(UTC).timestamp() * 1000) - 3 * HOUR
    page = render(ward_pack(asked.patients, made, points=72), ward_key())
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = Path(folder) / "ward.html"
        path.write_bytes(page)
        runs = [_run(browser, path, asked.printed) for _ in range(asked.repeats)]
        version = browser.version
    _print(asked, runs, len(page), version)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--patients", type=int, default=60)
    parser.add_argument("--printed", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args()


def _run(browser: Browser, path: Path, printed: int) -> Run:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    loaded, derived = float(page.evaluate(LOADED)), float(page.evaluate(DERIVED))
    page.fill("#who", "bench")
    page.fill("#code", CODE)
    opened = float(page.evaluate(OPENED))
    laid, pages = page.evaluate(LAID, printed)
    paper = _paper(page)
    context.close()
    return Run(loaded, derived, opened, float(laid), int(pages), paper)


def _paper(page: Page) -> float:
    begun = time.perf_counter()
    page.pdf(prefer_css_page_size=True)
    return (time.perf_counter() - begun) * 1000


def _print(asked: argparse.Namespace, runs: list[Run], size: int, version: str) -> None:
    def told(what: str, values: list[float]) -> machine.Figure:
        text = f"{statistics.median(values):,.0f} ms ({min(values):,.0f} to {max(values):,.0f})"
        return machine.Figure(f"{what}, median (least to most)", text)

    opened = [run.opened for run in runs]
    printed = f"{asked.printed} patients on {runs[0].pages} pages"
    print(f"# pack_open\n\n{machine.header()}")
    machine.print_figures(
        f"Chromium {version}; {asked.patients} patients, 72 values of 8 measurements each; "
        f"{len(runs)} times",
        [
            machine.at_most("size", size / 1e6, MOST_MEGABYTES, "MB", 2),
            machine.at_most("opened, median", statistics.median(opened), MOST_OPEN, "ms", 0),
            told("loaded: the code may be typed", [run.loaded for run in runs]),
            told("opened: the beds are drawn", opened),
            told("of which 600,000 rounds", [run.derived for run in runs]),
            told(f"{printed}, laid out", [run.laid for run in runs]),
            told(f"{printed}, printed by Chromium", [run.paper for run in runs]),
        ],
    )


if __name__ == "__main__":
    main()
