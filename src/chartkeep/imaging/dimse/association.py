"""One association: messages in, messages out, over a channel (PS3.7 6.3, PS3.8 Annex E).

A data set is handed on while it comes, so its size costs no memory; whoever takes a message reads
its data or leaves it, and the next `receive` passes over the rest. Messages follow each other: no
asynchronous window is offered. Used by one thread.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.imaging.dimse.channel import Channel, GarbageError, GoneError, Kind
from chartkeep.imaging.dimse.command import (
    ANSWER,
    LONGEST,
    Command,
    Field,
    Tag,
    read_command,
    write_command,
)
from chartkeep.imaging.dimse.negotiating import HEADER, Context

MOST_OBJECT = 16 << 30
"""Bytes of one data set. It passes through; only time and the store's disk say less."""
MOST_IDENTIFIER = 1 << 20
"""Bytes of a data set that is read into memory: a query, a list of instances."""
_COMMAND, _LAST = 1, 2
_BUFFER = 65_536


class Fragments(io.RawIOBase):
    """The data set of one message, while it comes. Raises GoneError and GarbageError in `read`."""

    def __init__(self, pieces: Iterator[memoryview]) -> None:
        self._pieces = pieces
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]  # bytes-like
        """Fill a buffer with what is there of the present piece, or of the next."""
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = piece
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def drain(self) -> None:
        """Pass over the rest."""
        self._piece = memoryview(b"")
        for _ in self._pieces:
            pass


class Message(NamedTuple):
    """One message that came; `data` when a data set follows."""

    context: Context
    command: Command
    data: Fragments | None

    @property
    def field(self) -> int:
        """Say which message it is."""
        return self.command.number(Tag.FIELD)

    def stream(self) -> io.BufferedReader:
        """Give the data set to read. Raises BadInputError when none follows."""
        if self.data is None:
            raise BadInputError("the message has no data set")
        return io.BufferedReader(self.data, _BUFFER)

    def identifier(self) -> bytes:
        """Read the whole data set. Raises BadInputError when it is longer than any query is."""
        raw = self.stream().read(MOST_IDENTIFIER + 1)
        if len(raw) > MOST_IDENTIFIER:
            raise BadInputError("the identifier is too long", hint="ask for less at a time")
        return raw


class Association:
    """An association that was accepted, by us or by the peer."""

    def __init__(self, channel: Channel, contexts: Mapping[int, Context], most: int) -> None:
        self.contexts = contexts
        self._channel = channel
        self._most = most - HEADER
        self._pending: list[tuple[Context, int, memoryview]] = []
        self._data: Fragments | None = None
        self._waiting: Message | None = None
        self._released = False
        """Whether it is over, in whatever way."""

    def receive(self) -> Message | None:
        """Give the next message, None when the peer has released the association.

        Raises GoneError when it is gone, GarbageError when it talks nonsense.
        """
        if self._waiting is not None:
            message, self._waiting = self._waiting, None
            return message
        if self._data is not None:
            self._data.drain()
            self._data = None
        if self._released:
            return None
        raw = bytearray()
        while True:
            piece = self._next()
            if piece is None:
                if raw:
                    raise GarbageError("the association ends within a message")
                return None
            context, control, view = piece
            if not control & _COMMAND or len(raw) + len(view) > LONGEST:
                raise GarbageError("not a command where one was to come")
            raw += view
            if control & _LAST:
                return self._message(context, bytes(raw))

    def send(self, context: Context, command: Command, data: Iterable[bytes] = ()) -> None:
        """Send a message; its data set, if any, is cut into PDUs as the peer wants them.

        Raises GoneError.
        """
        raw = write_command(command)
        for at in range(0, len(raw), self._most):
            last = _LAST if at + self._most >= len(raw) else 0
            self._put(context, _COMMAND | last, memoryview(raw)[at : at + self._most])
        if command.has_data:
            self._send_data(context, data)

    def is_heard(self, field: Field) -> bool:
        """Wait for the answer to a request of ours; says whether the peer still listens.

        A request of its own that crosses ours is kept for the next `receive`.
        """
        came = self.receive()
        if came is not None and came.field != field | ANSWER:
            self._waiting = came
        return came is not None

    def is_cancelled(self, message: int) -> bool:
        """Say whether the peer has asked to stop answering a message; it does not wait."""
        if self._waiting is not None or not self._channel.has_more():
            return False
        came = self.receive()
        if came is None:
            raise GoneError("the peer released the association before its answer")
        if came.field == Field.CANCEL:
            return came.command.get(Tag.ABOUT) == message
        self._waiting = came
        return False

    def release(self) -> None:
        """End it in order, as the one who asked for it; what still comes is passed over."""
        if self._released:
            return
        self._channel.send(Kind.RELEASE, bytes(4))
        while self._channel.receive().kind == Kind.DATA:
            pass

    def abort(self) -> None:
        """End it at once (PS3.8 9.3.8, source: service provider)."""
        self._released = True
        self._channel.send(Kind.ABORT, b"\0\0\2\0")

    def _message(self, context: Context, raw: bytes) -> Message:
        try:
            command = read_command(raw)
            data = Fragments(self._pieces(context)) if command.has_data else None
        except BadInputError as error:
            raise GarbageError("a message without a readable command") from error
        self._data = data
        return Message(context, command, data)

    def _pieces(self, context: Context) -> Iterator[memoryview]:
        total, control = 0, 0
        while not control & _LAST:
            piece = self._next()
            if piece is None or piece[0] != context or piece[1] & _COMMAND:
                raise GarbageError("a data set breaks off")
            _, control, view = piece
            total += len(view)
            if total > MOST_OBJECT:
                raise GarbageError("a data set is longer than any that is taken")
            yield view

    def _next(self) -> tuple[Context, int, memoryview] | None:
        """Give the next PDV, None for a release."""
        while not self._pending:
            pdu = self._channel.receive()
            if pdu.kind == Kind.DATA:
                self._pending = list(self._split(pdu.body))[::-1]
            elif pdu.kind == Kind.RELEASE:
                self._channel.send(Kind.RELEASED, bytes(4))
                self._released = True
                return None
            elif pdu.kind == Kind.ABORT:
                raise GoneError("the peer aborted the association")
            else:
                raise GarbageError("a PDU out of turn")
        return self._pending.pop()

    def _split(self, body: memoryview) -> Iterator[tuple[Context, int, memoryview]]:
        at = 0
        while at < len(body):
            length = int.from_bytes(body[at : at + 4], "big")
            if length < 2 or at + 4 + length > len(body):
                raise GarbageError("a PDV has a false length")
            context = self.contexts.get(body[at + 4])
            if context is None:
                raise GarbageError("a context that was not accepted")
            yield context, body[at + 5], body[at + 6 : at + 4 + length]
            at += 4 + length

    def _send_data(self, context: Context, data: Iterable[bytes]) -> None:
        held = memoryview(b"")
        for piece in data:
            rest = memoryview(bytes(held) + piece) if held else memoryview(piece)
            while len(rest) > self._most:
                self._put(context, 0, rest[: self._most])
                rest = rest[self._most :]
            held = rest
        self._put(context, _LAST, held)

    def _put(self, context: Context, control: int, view: memoryview) -> None:
        head = (len(view) + 2).to_bytes(4, "big") + bytes((context.number, control))
        self._channel.send(Kind.DATA, head, view)
