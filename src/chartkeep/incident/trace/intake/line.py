"""The reading process's end of its line: it asks for bytes and tells what it finds."""

import io
import socket

import msgspec

from chartkeep.incident.trace.intake.telling import LENGTH, MOST_ASKED, Ask, Job

_told = msgspec.msgpack.Encoder()
_jobs = msgspec.msgpack.Decoder(Job)


class Line:
    """Frames to and from the parent."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def job(self) -> Job:
        """Wait for the next job; the process ends if the parent is gone."""
        (length,) = LENGTH.unpack(self._receive(LENGTH.size))
        return _jobs.decode(self._receive(length))

    def tell(self, told: msgspec.Struct) -> None:
        """Tell the parent one thing."""
        body = _told.encode(told)
        try:
            self._end.sendall(LENGTH.pack(len(body)) + body)
        except OSError as error:  # the parent is gone
            raise SystemExit(0) from error

    def ask(self, offset: int, length: int) -> bytes:
        """Return the file's bytes there; fewer only if the file was cut meanwhile."""
        self.tell(Ask(offset, length))
        (got,) = LENGTH.unpack(self._receive(LENGTH.size))
        return self._receive(got)

    def _receive(self, length: int) -> bytes:
        buffer = bytearray(length)
        view, got = memoryview(buffer), 0
        while got < length:
            more = self._end.recv_into(view[got:])
            if not more:
                raise SystemExit(0)
            got += more
        return bytes(buffer)


class FarFile(io.RawIOBase):
    """The file, which only the parent has open, as a file that can be read and sought."""

    def __init__(self, line: Line, size: int) -> None:
        self._line = line
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, not before the beginning."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("before the beginning")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fetch what fits."""
        length = min(len(buffer), self._size - self._at, MOST_ASKED)
        if length <= 0:
            return 0
        data = self._line.ask(self._at, length)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
