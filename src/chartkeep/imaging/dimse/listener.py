"""The listener: lets registered peers associate, each in a thread, and hands their messages on.

Bounds: who comes from nowhere known is hung up on before a word; each address has at most so many
connections and each peer so many associations, so that one that sends slowly, or half, stops
nobody else; each step of each association ends in time. An association that fails ends alone.
"""

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from chartkeep.errors import ChartkeepError, RefusedError
from chartkeep.imaging.dimse.association import Association, Message
from chartkeep.imaging.dimse.channel import Channel, GarbageError, GoneError, Kind, names_of
from chartkeep.imaging.dimse.command import ANSWER, Field
from chartkeep.imaging.dimse.negotiating import (
    Syntaxes,
    accepted,
    choose,
    read_request,
    write_acceptance,
    write_rejection,
)
from chartkeep.imaging.dimse.peers import Peer, Peers, RejectedError
from chartkeep.imaging.dimse.service import Service
from chartkeep.imaging.dimse.statuses import UNKNOWN_OPERATION, status_of

MOST_CONNECTIONS = 64
"""Of one address, whether they have said who they are or not."""
MOST_ASSOCIATIONS = 16
"""Of one peer."""
HELLO = 10.0
"""Seconds for TLS, and again for the request."""
IDLE = 300.0
"""Seconds between two messages; dcmtk and most senders stay connected while they look for more."""
PATIENCE = 60.0
"""Seconds for one PDU."""
BACKLOG = 128
_CONGESTION = (2, 3, 2)
"""Rejected for now, by the provider, a local limit is exceeded (PS3.8 table 9-21)."""


class Place(NamedTuple):
    """Where to listen; with `tls` every peer shows a certificate."""

    address: str
    port: int
    tls: ssl.SSLContext | None = None


class DimseListener:
    """Listens at one place for the peers it knows."""

    def __init__(
        self, place: Place, peers: Peers, services: Sequence[Service], tell: Callable[[str], None]
    ) -> None:
        self._place = place
        self._peers = peers
        self._services = services
        self._tell = tell
        self._ending = False
        self._counts: Counter[Hashable] = Counter()
        self._running: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to listen. Raises RefusedError when the place is taken."""
        address, port = self._place.address, self._place.port
        try:
            family, *_, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
            self._socket = socket.create_server(where[:2], family=family, backlog=BACKLOG)
        except OSError as error:
            raise RefusedError(
                f"cannot listen at {address}:{port}", hint="see what else listens there"
            ) from error
        self._accepting = threading.Thread(target=self._accept, name="dimse", daemon=True)
        self._accepting.start()

    @property
    def port(self) -> int:
        """Give the port it listens at."""
        port: int = self._socket.getsockname()[1]
        return port

    def stop(self) -> None:
        """Take nothing new, let every association finish the message at work, and close."""
        self._ending = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._accepting.join()
        with self._lock:
            running = dict(self._running)
        for sock in running.values():
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RD)
        for thread in running:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while not self._ending:
            try:
                sock, (address, *_) = self._socket.accept()
            except OSError:  # closed, or out of handles for now
                continue
            if not self._peers.reaches(address):
                sock.close()
                continue
            thread = threading.Thread(target=self._run, args=(sock, address), daemon=True)
            with self._lock:
                self._running[thread] = sock
            thread.start()

    def _run(self, sock: socket.socket, address: str) -> None:
        try:
            with self._counted(address, MOST_CONNECTIONS):
                self._converse(sock, address)
        except ChartkeepError as error:
            self._tell(f"dimse: {address}: {error}")
        except OSError:
            self._tell(f"dimse: {address}: the connection failed")
        except Exception as error:  # noqa: BLE001 - ours to mend; the listener goes on
            self._tell(f"dimse: {address}: {type(error).__name__} in {__name__}")
        finally:
            sock.close()
            with self._lock:
                del self._running[threading.current_thread()]

    def _converse(self, sock: socket.socket, address: str) -> None:
        """Hold one connection from its first byte to its last."""
        sock.settimeout(HELLO)
        names = None
        if self._place.tls is not None:
            secured = self._place.tls.wrap_socket(sock, server_side=True)
            with self._lock:
                self._running[threading.current_thread()] = secured
            sock, names = secured, names_of(secured)
        channel = Channel(sock, HELLO, PATIENCE)
        try:
            self._associate(channel, address, names)
        except GarbageError:
            with suppress(GoneError):
                channel.send(Kind.ABORT, b"\0\0\2\0")
            raise
        except RejectedError as error:
            with suppress(GoneError):
                channel.send(Kind.REJECT, write_rejection(*error.answer))
            raise
        finally:
            channel.close()

    def _associate(self, channel: Channel, address: str, names: frozenset[str] | None) -> None:
        pdu = channel.receive()
        if pdu.kind != Kind.ASSOCIATE:
            raise GarbageError("the first PDU asks for no association")
        request = read_request(bytes(pdu.body))
        peer = self._peers.admit(request.calling, request.called, address, names)
        with self._counted(peer.aet, MOST_ASSOCIATIONS):
            services = [each for each in self._services if _may(peer, each)]
            answers = choose(request.proposed, lambda abstract: _offers(services, abstract))
            channel.send(Kind.ACCEPT, write_acceptance(request, answers))
            channel.set_idle(IDLE)
            association = Association(channel, accepted(answers), request.most)
            while not self._ending and (message := association.receive()) is not None:
                self._answer(message, peer, association, services)

    def _answer(
        self, message: Message, peer: Peer, association: Association, services: list[Service]
    ) -> None:
        """Hand a message to its service; what this house refuses with becomes a status."""
        field = message.field
        if field & ANSWER or field == Field.CANCEL:  # to something that is over
            return
        found = [
            each
            for each in services
            if each.field == field and each.offers(message.context.abstract)
        ]
        try:
            if found:
                found[0].answer(message, peer, association)
                return
            status, comment = UNKNOWN_OPERATION, ""
        except (GoneError, GarbageError):
            raise
        except ChartkeepError as error:
            status, comment = status_of(error), str(error)
            self._tell(f"dimse: {peer.aet}: {error}")
        association.send(message.context, message.command.answer(status, comment=comment))

    @contextmanager
    def _counted(self, who: Hashable, most: int) -> Iterator[None]:
        """Count a connection while it lasts. Raises RejectedError for one too many."""
        with self._lock:
            if self._counts[who] >= most:
                raise RejectedError("too many associations at a time", *_CONGESTION)
            self._counts[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._counts[who] -= 1
                self._counts += Counter()  # drops what stands at nothing


def _offers(services: list[Service], abstract: str) -> Syntaxes | None:
    return next(filter(None, (each.offers(abstract) for each in services)), None)


def _may(peer: Peer, service: Service) -> bool:
    return service.right is None or service.right in peer.may
