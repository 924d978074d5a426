"""Starting a house's processes as children of this one: for the demo, tests and benchmarks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chartkeep.errors import UnavailableError
from chartkeep.wire.frames import Address
from chartkeep.wiring.feeds import read_feeds
from chartkeep.wiring.founding import free_port
from chartkeep.wiring.home import Home
from chartkeep.wiring.vaulting import VaultHome

PARTS = ("witness", "store", "keyholder")
LOOPBACK = "127.0.0.1"
PATIENCE = 60.0


class Running:
    """The children of one house, by name."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._port = 0

    def serve(self, port: int = 0) -> str:
        """Start the doors, too; gives their address. Port 0 chooses a free one."""
        self._port = port or free_port()
        self.start("serve", "--port", str(self._port))
        return f"http://{LOOPBACK}:{self._port}"

    def is_free(self, port: int) -> bool:
        """Say whether nobody listens at a port of this machine."""
        return not _connects(socket.AF_INET, (LOOPBACK, port))

    def start(self, part: str, *options: str, root: Path | None = None) -> None:
        """Start a part and wait until it listens. Raises UnavailableError when it does not.

        `root`: its own home, where it is not the house's: a follower's, a vault's, a witness's.
        """
        root = root or self.home.root
        command = [sys.executable, "-m", "chartkeep", part, "--home", str(root), *options]
        log = (root / "run" / f"{part}.log").open("ab")
        self.children[part] = subprocess.Popen(  # noqa: S603 - ours
            command, stdout=log, stderr=log, start_new_session=True
        )
        log.close()
        deadline = time.monotonic() + PATIENCE
        while not self._listens(part, root):
            if self.children[part].poll() is not None or time.monotonic() > deadline:
                raise UnavailableError(
                    f"the {part} did not start", hint=f"see {root}/run/{part}.log"
                )
            time.sleep(0.02)

    def stop(self, part: str, *, kill: bool = False) -> None:
        """Stop a part; `kill` gives it, and the workers it started, no chance to tidy up."""
        child = self.children.pop(part)
        if kill:
            with suppress(ProcessLookupError):  # it ended itself
                os.killpg(child.pid, signal.SIGKILL)
        else:
            child.terminate()
        child.wait(PATIENCE)

    def _listens(self, part: str, root: Path) -> bool:
        if part == "serve":
            return _connects(socket.AF_INET, (LOOPBACK, self._port))
        if part == "intake":
            feeds = read_feeds(self.home.root).mllp
            return all(_connects(socket.AF_INET, (feed.address, feed.port)) for feed in feeds)
        if part == "witness":
            host, _, port = self.home.file.witness.removeprefix("http://").partition(":")
            return _connects(socket.AF_INET, (host, int(port)))
        path = Address.parse(self._address(part, root)).path
        return Path(path).exists() and _connects(socket.AF_UNIX, path)

    def _address(self, part: str, root: Path) -> str:
        if part == "vault":
            return VaultHome(root).file.address
        file = self.home.file
        return {"keyholder": file.keyholder, "follower": file.follower, "store": file.store}[part]


def _connects(family: int, address: object) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(address) == 0  # type: ignore[arg-type]  # each family its own form


@contextmanager
def running(home: Home) -> Iterator[Running]:
    """Run all parts while the block lasts; they end with it, whatever happens."""
    house = Running(home)
    try:
        for part in PARTS:
            house.start(part)
        yield house
    finally:
        for part in reversed(list(house.children)):
            house.stop(part)
