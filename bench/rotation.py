"""How long does replacing keys last, for the key-encryption key and for charts' own keys?

    python -m bench.rotation [--charts 100000] [--rotated 200] [--wraps 500]

The first moves every chart key to a new key-encryption key, a page a turn, while a nurse opens
charts; beside it what she waited at most. The second gives charts with that many section keys
each a new chart key: every wrap goes in and comes back.
"""

import argparse
import shutil
import tempfile
import threading
import time
from pathlib import Path

from tests import cast
from tests.conftest import KeyholderRun
from tests.keyholder.test_opening import placed_chart

from bench import machine
from bench.keys import fill_folder
from chartkeep.keyholder import protocol
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.founding import open_keyholder
from chartkeep.keyholder.service import KeyholderService
from chartkeep.sealing.kek import Cost, PassphraseFile
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import Done
from chartkeep.wire.server import Listener

NEW = PassphraseFile.create(b"another passphrase", Cost(1, 8_192, 1))


class Rotating(KeyholderRun):
    """A keyholder started with a new key file and the old one."""

    def start(self) -> None:
        self.book = Book(self.folder / "keyholder.db")
        self.keyholder = open_keyholder(self.book, cast.FACILITY, NEW, self.clock.read, cast.KEK)
        self.service = KeyholderService(self.keyholder, self.clock.wall)
        self.listener = Listener(self.service, f"unix:{self._socket}")
        self.listener.start()


def main() -> None:
    parser = argparse.ArgumentParser(description="time the rotation of keys")
    parser.add_argument("--charts", type=int, default=100_000)
    parser.add_argument("--rotated", type=int, default=200)
    parser.add_argument("--wraps", type=int, default=500)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="rotation"))
    print(machine.header())
    try:
        clock = cast.FakeClock()
        fill_folder(folder / "keyholder", clock, asked.charts)
        running = Rotating(folder / "keyholder", clock)
        figures = [
            *replace_kek(running, asked.charts),
            *rotate(running, asked.rotated, asked.wraps),
        ]
        running.stop()
        machine.print_figures("Rotation", figures)
    finally:
        shutil.rmtree(folder)


def replace_kek(running: KeyholderRun, charts: int) -> list[machine.Figure]:
    wanted = placed_chart(running.client("engine"), "3W", "1")
    aiko, desk, waits = running.login("aiko"), running.client(), []
    rotation = threading.Thread(target=running.service.rewrap)
    started = time.perf_counter()
    rotation.start()
    while rotation.is_alive():
        asked = time.perf_counter()
        desk.open_keys(protocol.OpenKeys(aiko, "TREAT", "", b"", [wanted]))
        waits.append(time.perf_counter() - asked)
    seconds = time.perf_counter() - started
    return [
        machine.Figure(f"key-encryption key of {charts:,} charts", f"{seconds:.1f} s"),
        machine.Figure("chart keys a second", f"{charts / seconds:,.0f}"),
        machine.Figure("openings meanwhile", machine.milliseconds(waits)),
        machine.Figure("the longest of them", f"{max(waits) * 1e3:.0f} ms"),
    ]


def rotate(running: KeyholderRun, charts: int, wraps: int) -> list[machine.Figure]:
    engine = running.client("engine")
    mine = Credentials("host", cast.key_of("host"), bytes(16))
    host = Client(f"unix:{running.folder / 'keyholder.sock'}", "keyholder", mine)
    many = []
    for number in range(charts):
        chart = placed_chart(engine, f"{number}W", "1")
        wants = [protocol.SealWant(chart.chart, [2], False)] * wraps
        many.append((chart.chart, [key.wrap for key in engine.seal_keys(wants).keys]))
    running.clock.move(hours=2)
    started = time.perf_counter()
    for chart_id, old in many:
        rotated = host.ask(protocol.RotateChart(chart_id, old), protocol.Rotated)
        assert len(rotated.wraps) == wraps
        host.ask(protocol.RetireKey(chart_id, 1), Done)
    seconds = time.perf_counter() - started
    host.close()
    return [
        machine.Figure(f"{charts:,} charts' own keys, {wraps} wraps each", f"{seconds:.1f} s"),
        machine.Figure("charts a second", f"{charts / seconds:,.0f}"),
        machine.Figure("wraps a second", f"{charts * wraps / seconds:,.0f}"),
    ]


if __name__ == "__main__":
    main()
