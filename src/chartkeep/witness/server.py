"""The witness as a small HTTP server (C2SP tlog-witness; docs/formats/ledger.md, "Witness").

Promises that a checkpoint is on disk before its cosignature leaves. Does no TLS and limits no
clients: it stands behind whatever its organisation puts before its servers.
"""

import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from chartkeep.errors import ChartkeepError
from chartkeep.ledger.note import WITNESS_KEY, Note, VerifierKey, cosign
from chartkeep.model import Millis
from chartkeep.witness.memory import Memory, load_key
from chartkeep.witness.rules import (
    MAX_REQUEST_BYTES,
    LogKeys,
    NotWitnessedError,
    Seen,
    judge,
)

Clock = Callable[[], Millis]
Answer = tuple[HTTPStatus, str, bytes]
"""Status, content type, body."""

IDLE_SECONDS = 10
_TEXT = "text/plain; charset=utf-8"
_SIZE = "text/x.tlog.size"


class WitnessServer(ThreadingHTTPServer):
    """Answers `POST /add-checkpoint` and `GET /chartkeep/latest`."""

    daemon_threads = True

    def __init__(
        self, folder: Path, address: tuple[str, int], log_keys: LogKeys, clock: Clock, name: str
    ) -> None:
        self._signing = load_key(folder)
        self.key = VerifierKey(name, WITNESS_KEY, self._signing.public)
        self._log_keys = log_keys
        self._clock = clock
        self._memory = Memory(folder)
        self._lock = Lock()
        super().__init__(address, _Handler)

    def server_close(self) -> None:
        """Stop listening and close the memory."""
        super().server_close()
        with self._lock:
            self._memory.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet about clients that went away; anything else is printed, and is a bug."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on

    def add_checkpoint(self, raw: bytes) -> Answer:
        """Judge, write down, cosign: in this order, under one lock."""
        with self._lock:
            # 1. It follows from what is on disk, and nothing can come between.
            seen = judge(raw, self._log_keys, self._memory.last_seen)
            # 2. It is on disk: from here on nothing shorter is cosigned, not even after a crash.
            self._memory.remember(seen)
        # 3. Only now it is said.
        return HTTPStatus.OK, _TEXT, self._cosigned(seen).signatures[-1].line().encode()

    def latest(self, origin: str) -> Answer:
        """Say what was last seen of an origin, cosigned now."""
        if origin not in self._log_keys:
            raise NotWitnessedError(HTTPStatus.NOT_FOUND, "this witness does not know that log")
        with self._lock:
            cosigned = self._cosigned(self._memory.last_seen(origin))
        return HTTPStatus.OK, _TEXT, cosigned.raw()

    def _cosigned(self, seen: Seen) -> Note:
        mine = cosign(seen.note.text, self.key.name, self._signing, self._clock() // 1000)
        return Note(seen.note.text, (*seen.note.signatures, mine))


class _Handler(BaseHTTPRequestHandler):
    """Wire only: bytes in, bytes out, errors turned into statuses."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: WitnessServer

    def do_POST(self) -> None:
        """Answer add-checkpoint."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._send((HTTPStatus.NOT_FOUND, _TEXT, b"no such call\n"), close=True)
        elif not (length.isascii() and length.isdigit()):
            self._send((HTTPStatus.LENGTH_REQUIRED, _TEXT, b"say the length\n"), close=True)
        elif len(length) > 9 or int(length) > MAX_REQUEST_BYTES:
            refusal = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TEXT, b"too long\n")
            self._send(refusal, close=True)
        else:
            raw = self.rfile.read(int(length))
            self._answer(lambda: self.server.add_checkpoint(raw))

    def do_GET(self) -> None:
        """Answer latest."""
        url = urlsplit(self.path)
        origins = parse_qs(url.query).get("origin", [])
        if url.path != "/chartkeep/latest" or len(origins) != 1:
            self._send((HTTPStatus.NOT_FOUND, _TEXT, b"no such call\n"))
        else:
            self._answer(lambda: self.server.latest(origins[0]))

    def _answer(self, act: Callable[[], Answer]) -> None:
        try:
            answer = act()
        except NotWitnessedError as error:
            kind = _SIZE if error.status is HTTPStatus.CONFLICT else _TEXT
            answer = (error.status, kind, error.body.encode())
        except ChartkeepError:
            answer = (HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"the witness cannot answer now\n")
        self._send(answer)

    def _send(self, answer: Answer, *, close: bool = False) -> None:
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if close:  # the rest of the request was not read, so the next one cannot be found
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the library's name
        """Say nothing: a witness keeps no list of who asked."""


def make_server(
    folder: Path,
    address: tuple[str, int],
    log_keys: LogKeys,
    clock: Clock,
    name: str = "chartkeep.example/witness",
) -> WitnessServer:
    """Make a server that listens at `address` (port 0: any); `serve_forever` runs it."""
    folder.mkdir(parents=True, exist_ok=True)
    return WitnessServer(folder, address, log_keys, clock, name)
