"""A witness in a thread, a log that grows, and a clock that stands still."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.ledger.note import LOG_KEY, Note, VerifierKey
from chartkeep.ledger.proofs import consistency_proof
from chartkeep.ledger.tree import Tree
from chartkeep.model import Millis
from chartkeep.sealing.signing import SigningKey
from chartkeep.witness.client import Witness
from chartkeep.witness.server import WitnessServer, make_server

ORIGIN = "hospital.example/releases"
KEY = SigningKey.from_seed(bytes(32))
LOG_KEYS = {ORIGIN: [VerifierKey(ORIGIN, LOG_KEY, KEY.public)]}
NOON = 1_700_000_000


class GrowingLog:
    """A log of numbered entries below 256; `tag` makes another history."""

    def __init__(self, tag: bytes = b"") -> None:
        self._tag = tag

    def _tree(self, size: int) -> Tree:
        tree = Tree()
        tree.append_many(self._tag + bytes([number]) for number in range(size))
        return tree

    def signed(self, size: int, epoch: int = 0, key: SigningKey = KEY) -> Note:
        checkpoint = Checkpoint.at(ORIGIN, size, self._tree(size).root(), epoch)
        return sign_checkpoint(checkpoint, key)

    def proof(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(old, new, self._tree(new).reader(_nothing_full))


def _nothing_full(level: int, index: int, width: int) -> bytes:
    raise AssertionError((level, index, width))


def noon() -> Millis:
    return Millis(NOON * 1000)


@contextmanager
def running(folder: Path) -> Iterator[WitnessServer]:
    with make_server(folder, ("127.0.0.1", 0), LOG_KEYS, noon) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def client_of(server: WitnessServer) -> Witness:
    return Witness(f"http://127.0.0.1:{server.server_port}", server.key, timeout=30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], WitnessServer]]:
    """Start a witness on this test's folder; again after `close` is a restart."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(running(tmp_path))


@pytest.fixture
def server(start: Callable[[], WitnessServer]) -> WitnessServer:
    return start()


@pytest.fixture
def witness(server: WitnessServer) -> Witness:
    return client_of(server)
