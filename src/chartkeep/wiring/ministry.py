"""A ministry's central server for many hospitals, as folders that stand for hosts.

ministry/NAME/     a hospital's store: sealed charts, nothing that opens them
hospitals/NAME/    the hospital's own: its keyholder, its programs' keys
outside/NAME/      the witness: another organisation
"""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from chartkeep.errors import ChartkeepError
from chartkeep.wiring.home import Home
from chartkeep.wiring.launch import Running
from chartkeep.wiring.rehearsal import Cast, found_rehearsal

MINISTRY = "ministry"


class Hospital(NamedTuple):
    """One hospital: its own host, where the ministry keeps its store, and its people."""

    name: str
    home: Home
    central: Path
    outside: Path
    cast: Cast
    house: Running

    def start(self) -> None:
        """Start the processes of every host."""
        self.house.start("witness", root=self.outside)
        self.house.start("store", root=self.central)
        self.house.start("keyholder")

    def stop(self) -> None:
        """Stop what runs, whatever happened."""
        for part in reversed(list(self.house.children)):
            with suppress(ChartkeepError, OSError):
                self.house.stop(part)


def found_hospital(folder: Path, name: str, key_file: Path, cast: Cast) -> Hospital:
    """Found a hospital's house; its store goes to the ministry, its witness outside."""
    slug = name.lower().replace(" ", "-")
    home = found_rehearsal(folder / "hospitals" / slug, key_file, name, cast)
    central, outside = folder / MINISTRY / slug, folder / "outside" / slug
    _move(home.root, central, ["store"])
    _move(home.root, outside, ["witness"])
    return Hospital(name, home, central, outside, cast, Running(home))


def _move(root: Path, host: Path, parts: Sequence[str]) -> None:
    """Move folders of a house to another host, which knows its public facts."""
    (host / "run").mkdir(parents=True)
    shutil.copy2(root / "house.json", host)
    for part in parts:
        shutil.move(root / part, host / part)
