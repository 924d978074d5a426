"""The process that decodes: `python -m chartkeep.imaging.pixels.worker`, jobs on descriptor 0.

It starts from nothing but its program: no key, no environment, no descriptor of its parent. All
libraries are loaded before it gives up what it needs no more, then it answers one job after the
other until its end of the socket is closed. It writes to nobody else.
"""

import codecs
import logging
import socket
import sys
import warnings

import msgspec
from PIL import Image
from pydicom.charset import python_encoding

from chartkeep.confined import confine
from chartkeep.imaging.pixels import asking, limits
from chartkeep.imaging.pixels.asking import ANSWER, ASK, Fault, Job, Recode, Rehead, Render
from chartkeep.imaging.pixels.decoding import decode
from chartkeep.imaging.pixels.drawing import draw
from chartkeep.imaging.pixels.picture import (
    ImpossibleError,
    Picture,
    TooLargeError,
    frame_of_deflated,
    is_deflated,
    read_picture,
)
from chartkeep.imaging.pixels.recoding import recode, rehead
from chartkeep.imaging.pixels.showing import show
from chartkeep.imaging.pixels.syntaxes import CODECS, PLAIN, WRITTEN_PLAIN, add_plugins

_jobs: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)


def perform(job: Job, head: bytes, frame: bytes) -> bytes:
    """Do one job; raises what the libraries raise."""
    if job.syntax not in CODECS and job.syntax not in PLAIN:
        raise ImpossibleError
    match job:
        case Rehead():
            return rehead(head, job.syntax, job.to)
        case Recode():
            if not (job.to in WRITTEN_PLAIN or (job.to in CODECS and CODECS[job.to].write)):
                raise ImpossibleError
            frame = frame_of_deflated(head, job.frame) if is_deflated(job.syntax) else frame
            return recode(begin(head), job.syntax, frame, job.to, job.frame)
        case Render():
            if is_deflated(job.syntax):
                frame = frame_of_deflated(head, job.how.frame)
            picture = begin(head)
            samples, photometric = decode(picture, job.syntax, frame, job.how.frame)
            return draw(show(picture, samples, photometric, job.how.window, job.how.frame), job.how)


def begin(head: bytes) -> Picture:
    """Read what a head says of its picture; from here on a job has time by its size."""
    picture = read_picture(head)
    limits.allow_time(picture.rows * picture.columns * picture.samples)
    return picture


def attempt(job: Job, head: bytes, frame: bytes) -> tuple[Fault, bytes]:
    """Do one job; whatever a hostile picture raises becomes a fault."""
    try:
        answer = perform(job, head, frame)
    except ImpossibleError:
        return Fault.NOT_POSSIBLE, b""
    except (TooLargeError, MemoryError):
        return Fault.TOO_LARGE, b""
    except Exception:  # noqa: BLE001 -- eight libraries, each with errors of its own
        return Fault.UNDECODABLE, b""
    return (Fault.NONE, answer) if len(answer) <= asking.MOST_ANSWER else (Fault.TOO_LARGE, b"")


def receive(line: socket.socket, length: int) -> bytes:
    """Read exactly so many bytes; EOFError if the parent is gone."""
    buffer = bytearray(length)
    view, got = memoryview(buffer), 0
    while got < length:
        more = line.recv_into(view[got:])
        if not more:
            raise EOFError
        got += more
    return bytes(buffer)


def serve(line: socket.socket) -> None:
    """Answer jobs until the parent is gone."""
    while True:
        lengths = ASK.unpack(receive(line, ASK.size))
        job, head, frame = (receive(line, length) for length in lengths)
        limits.allow_time()
        fault, answer = attempt(_jobs.decode(job), head, frame)
        line.sendall(ANSWER.pack(fault, len(answer)))
        line.sendall(answer)


def load() -> None:
    """Load what libraries would load late: soon no file can be opened any more."""
    add_plugins()
    Image.preinit()
    for name in python_encoding.values():
        codecs.lookup(name)


def main() -> None:
    """Load, confine, serve."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)  # what a library says of a picture is the patient's
    load()
    line = socket.socket(fileno=0)
    confine(limits.MEMORY)
    line.sendall(b"\x00")
    try:
        serve(line)
    except (EOFError, OSError):
        sys.exit(0)


if __name__ == "__main__":
    main()
