"""Several connections of one worker to one server, so that its threads do not wait in a row.

The server sees one worker; it groups what comes at the same time. A connection is opened when all
others are busy, up to a bound, and the one used last is used first.
"""

import threading
from collections.abc import Callable

import msgspec

from chartkeep.wire.client import Answer, Client, Worked


class Pool:
    """Asks as a `Client` does, from many threads at once."""

    def __init__(self, connect: Callable[[], Client], most: int) -> None:
        self._connect = connect
        self._free: list[Client] = []
        self._room = threading.Semaphore(most)

    def ask(self, request: msgspec.Struct, answer: type[Answer]) -> Answer:
        """Send a request over a free connection and wait for its answer. Raises as `Client.ask`."""
        found, _ = self.ask_while(request, answer, lambda: None)
        return found

    def ask_while(
        self, request: msgspec.Struct, answer: type[Answer], work: Callable[[], Worked]
    ) -> tuple[Answer, Worked]:
        """Work between request and answer. Raises as `Client.ask_while`."""
        with self._room:
            try:
                client = self._free.pop()
            except IndexError:
                client = self._connect()
            try:
                return client.ask_while(request, answer, work)
            finally:
                self._free.append(client)

    def close(self) -> None:
        """Close what is free."""
        while self._free:
            self._free.pop().close()
