"""The commands called in this process, as a shell would: argv in, words and exit code out."""

import gc
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyotp
import pytest

from chartkeep.cli.main import main
from chartkeep.cli.options import console
from chartkeep.sealing.kek import Cost
from chartkeep.wiring.founding import Newcomer, init, newcomer
from chartkeep.wiring.home import Home
from chartkeep.wiring.launch import running
from chartkeep.wiring.running import read_clock


class Said(NamedTuple):
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def chartkeep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    monkeypatch.setenv("CHARTKEEP_SESSION", str(tmp_path / "session.json"))
    monkeypatch.setattr(console, "width", 120)  # whoever read COLUMNS first
    monkeypatch.delenv("CHARTKEEP_HOME", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["chartkeep", *map(str, words)])
        capsys.readouterr()
        with warnings.catch_warnings():
            # A command's connections end with its process, which here goes on.
            warnings.simplefilter("ignore", ResourceWarning)
            code = called()
            gc.collect()
        out, err = capsys.readouterr()
        return Said(int(bool(code)) if not isinstance(code, int) else code, out, err)

    return command


def called() -> object:
    try:
        main()
    except SystemExit as ended:
        return ended.code
    return 0


class Founded(NamedTuple):
    """A house that runs, and its people."""

    home: Home
    people: dict[str, Newcomer]


def found(folder: Path) -> Founded:
    people = [
        newcomer("aiko", "nurse", ["3W"]), newcomer("dewi", "privacy officer"),
        newcomer("hiro", "registrar"), newcomer("gita", "privacy officer"),
        newcomer("mei", "privacy officer"), newcomer("erik", "administrator"),
        newcomer("fumi", "administrator"),
    ]  # fmt: skip
    cost = Cost(1, 8_192, 1)
    home = init(
        folder / "house", "Minato", folder / "stick" / "key", people, read_clock, cost=cost,
        cheap=True,
    )  # fmt: skip
    return Founded(home, {person.name: person for person in people})


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """A house whose processes do not run."""
    return found(tmp_path_factory.mktemp("c"))


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    """A house of three processes."""
    made = found(tmp_path_factory.mktemp("o"))
    with running(made.home):
        yield made


_used: dict[str, int] = {}


def log_in(chartkeep: Command, house: Founded, name: str) -> Said:
    """Log a person in; each time with the next code, as far as slack and patience allow."""
    person = house.people[name]
    step = max(_used.get(person.totp, 0) + 1, int(read_clock().wall / 1000) // 30 - 1)
    _used[person.totp] = step  # of this house: another one's person of this name has another
    code = pyotp.TOTP(person.totp).at(step * 30)
    words = ("login", name, "--home", house.home.root, f"--password={person.password}")
    return chartkeep(*words, "--code", code)
