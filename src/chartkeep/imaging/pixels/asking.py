"""What may be asked of the pixel processes, and how it travels to them.

A job is one line of 12 bytes (three lengths), the job itself in MessagePack, the head, the frame.
An answer is one line of 5 bytes (a `Fault`, a length) and its bytes. Both sides bound the lengths
before they read. A fault travels as a number: no words come out of a process that decodes.
"""

import struct
from enum import Enum, IntEnum

import msgspec

from chartkeep.errors import BadInputError, RefusedError

MOST_HEAD = 64 << 20
MOST_FRAME = 256 << 20
MOST_ANSWER = 512 << 20
MOST_EDGE = 8_192
"""Pixels along one side of what is rendered."""
ASK = struct.Struct("!III")
ANSWER = struct.Struct("!BI")


class NotPossibleError(RefusedError):
    """The picture cannot be had in this form: not acceptable, ask for another."""


class UndecodableError(RefusedError):
    """The bytes are not the picture they say they are, or more of one than is decoded here."""


class Media(Enum):
    """What a rendered picture is."""

    JPEG = "image/jpeg"
    PNG = "image/png"


class Curve(Enum):
    """How a window maps values to grey (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""

    LINEAR = "linear"
    EXACT = "linear-exact"
    SIGMOID = "sigmoid"


class Window(msgspec.Struct, frozen=True):
    """The values shown as grey: a centre and a width, after the modality's transformation."""

    center: float
    width: float
    curve: Curve = Curve.LINEAR

    def __post_init__(self) -> None:
        """Refuse a window without width, or beyond all values."""
        least = 1.0 if self.curve is Curve.LINEAR else 1e-9
        if not (least <= self.width < 1e12 and abs(self.center) < 1e12):
            raise BadInputError("the window's width is out of range")


class Viewport(msgspec.Struct, frozen=True):
    """The size to fit into, and the part of the picture shown (PS3.18 8.3.5.1.3).

    A part of zero width or height reaches to the edge; a negative one is shown mirrored.
    """

    width: int
    height: int
    left: int = 0
    top: int = 0
    part_width: int = 0
    part_height: int = 0

    def __post_init__(self) -> None:
        """Refuse what could not be drawn."""
        if not (0 < self.width <= MOST_EDGE and 0 < self.height <= MOST_EDGE):
            raise BadInputError(f"a viewport is 1 to {MOST_EDGE} pixels wide and high")
        if max(abs(self.part_width), abs(self.part_height), self.left, self.top) > 65_535:
            raise BadInputError("the viewport's part lies outside of any picture")
        if self.left < 0 or self.top < 0:
            raise BadInputError("the viewport's part begins inside the picture")


class Rendering(msgspec.Struct, frozen=True):
    """How a frame is shown; `frame` counts from 1 and matters where frames differ in window."""

    media: Media = Media.JPEG
    window: Window | None = None
    viewport: Viewport | None = None
    quality: int = 90
    frame: int = 1

    def __post_init__(self) -> None:
        """Refuse a quality or a frame that cannot be."""
        if not 1 <= self.quality <= 100:
            raise BadInputError("quality is 1 to 100")
        if self.frame < 1:
            raise BadInputError("frames count from 1")


THUMBNAIL = Viewport(width=128, height=128)


class Render(msgspec.Struct, frozen=True, tag="render"):
    """Show one frame."""

    syntax: str
    how: Rendering


class Recode(msgspec.Struct, frozen=True, tag="recode"):
    """Write one frame in another transfer syntax."""

    syntax: str
    to: str
    frame: int = 1


class Rehead(msgspec.Struct, frozen=True, tag="rehead"):
    """Write what stands before the pixels as it must stand in another transfer syntax."""

    syntax: str
    to: str


Job = Render | Recode | Rehead


class Fault(IntEnum):
    """What became of a job."""

    NONE = 0
    UNDECODABLE = 1
    TOO_LARGE = 2
    NOT_POSSIBLE = 3


def raise_fault(number: int) -> None:
    """Raise what a fault's number means; nothing for `Fault.NONE`."""
    match number:
        case Fault.NONE:
            return
        case Fault.TOO_LARGE:
            raise UndecodableError(
                "the picture is larger than what is decoded here",
                hint="fetch the instance as it was received",
            )
        case Fault.NOT_POSSIBLE:
            raise NotPossibleError(
                "this picture cannot be had in this form",
                hint="ask for its own transfer syntax, or for a rendered one",
            )
        case _:
            raise UndecodableError(
                "the pixels are not what the header says they are",
                hint="fetch the instance as it was received",
            )
