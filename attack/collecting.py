"""A pytest plugin that writes each attack's outcome as a line of JSON, for the table."""

import json
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file to write to."""
    parser.addoption("--attack-report", type=Path, help="file to write outcomes to")


def pytest_configure(config: pytest.Config) -> None:
    """Collect where the reports arrive: not in the workers of a parallel run."""
    path = config.getoption("--attack-report")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector(path))


class Collector:
    """Writes a line for each test: held, broken or skipped, its seconds, its figure."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear of a test's setup, call or teardown; the first that is not passed decides."""
        node = report.nodeid
        self._seconds[node] = self._seconds.get(node, 0) + report.duration
        if report.when == "call" or not report.passed:
            self._write(node, report)

    def _write(self, node: str, report: pytest.TestReport) -> None:
        figures = [str(value) for name, value in report.user_properties if name == "figure"]
        told = {
            "node": node,
            "outcome": report.outcome,
            "seconds": self._seconds[node],
            "figure": "; ".join(figures),
        }
        with self._path.open("a") as file:
            file.write(json.dumps(told) + "\n")
