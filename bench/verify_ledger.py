"""What does checking a ledger of ten million lines cost, when a part of it was checked before?

    python -m bench.verify_ledger [--lines 10000000]

Tiles of invented leaves lie in memory, as a reader's disk cache would have them. `verify_tiles`
carries a log from the size somebody checked to the present one: its work must follow what is new,
not what there is. Processor time of this process alone.
"""

import argparse
import os
import statistics
import time

from bench import machine
from chartkeep.ledger.tiles import TILE_WIDTH
from chartkeep.ledger.tree import Tree, verify_tiles

NEW = (100, 1_000, 10_000, 100_000, 1_000_000)
BATCH = 100_000
REPEATS = 5
MOST_RATIO = 1.5
"""How much dearer the same new part may be in a log ten times as long: noise, and one more tile."""


class Log:
    """A log's tiles in memory, and its root at every size that was asked for."""

    def __init__(self, lines: int, sizes: set[int]) -> None:
        self._tree = Tree()
        self._tiles: dict[tuple[int, int], bytes] = {}
        self.roots: dict[int, bytes] = {}
        ends = sorted({*range(BATCH, lines + 1, BATCH), *sizes, lines})
        for end in ends:
            leaves = os.urandom(32 * (end - self._tree.size))
            self._tree.append_hashes(leaves[at : at + 32] for at in range(0, len(leaves), 32))
            for tile in self._tree.take_tiles():
                self._tiles[tile.level, tile.index] = tile.hashes
            if end in sizes:
                self.roots[end] = self._tree.root()
        self.read = self._tree.reader(self._read_full)

    def _read_full(self, level: int, index: int, width: int) -> bytes:
        return self._tiles[level, index][: width * 32]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.verify_ledger")
    parser.add_argument("--lines", type=int, default=10_000_000)
    lines = parser.parse_args().lines
    print(f"# verify_ledger\n\n{machine.header()}\n")
    costs = {size: _costs(size) for size in (lines // 10, lines)}
    rows = []
    for new in NEW:
        cells = [f"{costs[size][new] * 1e3:,.2f}" for size in costs if new in costs[size]]
        rows.append([f"{new:,}", *cells, *[""] * (len(costs) - len(cells))])
    machine.print_table(
        "Processor time of checking only what is new, ms",
        ["new lines", *(f"of {size:,}" for size in costs)],
        rows,
    )
    small, big = costs
    ratios = [costs[big][new] / costs[small][new] for new in NEW if new in costs[small]]
    print(f"\ntiles are {TILE_WIDTH} wide; {costs[big][NEW[-1]] / NEW[-1] * 1e6:.2f} us a new line")
    machine.print_figures(
        "Verifying incrementally",
        [
            machine.at_most(
                "a log ten times as long costs", statistics.median(ratios), MOST_RATIO, "x", 2
            )
        ],
    )


def _costs(size: int) -> dict[int, float]:
    """Give the processor time of checking the last n lines of a log, for each n that it has."""
    counts = [new for new in NEW if new < size]
    machine.progress(f"making {size:,} lines")
    log = Log(size, {size, *(size - new for new in counts)})
    found = {}
    for new in counts:
        times = []
        for _ in range(REPEATS):
            began = time.process_time()
            verify_tiles((size - new, log.roots[size - new]), (size, log.roots[size]), log.read)
            times.append(time.process_time() - began)
        found[new] = statistics.median(times)
    return found


if __name__ == "__main__":
    main()
