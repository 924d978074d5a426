"""What the reading process and its parent tell each other.

A frame is a length of 4 bytes and a MessagePack body. The parent sends a `Job` and afterwards the
bytes that are asked for, nothing else; the process sends everything else. Trouble travels as one
of a fixed list: no words come out of a process that has seen a hostile file.
"""

import struct
from enum import StrEnum
from typing import Annotated

import msgspec

from chartkeep.fingerprint.spacing import Bits
from chartkeep.incident.trace.found import Clock, Kind, Row

LENGTH = struct.Struct("!I")
MOST_FRAME = 32 << 20
MOST_ASKED = 4 << 20
MOST_SPACED = 2_000


class Trouble(StrEnum):
    """What became of a file or member; the values are the words people read."""

    NONE = ""
    ACCESS = "is an Access database, not read here: save its tables as CSV"
    BACKUP = "is a backup of SQL Server, not read here: restore it and save its tables as CSV"
    BROKEN = "is broken: read up to where it breaks"
    CHARACTERS = "is not in one encoding throughout: what did not fit was replaced"
    CUT = "ends too early: read up to its end"
    DEEP = "archives lie deeper inside each other than is unpacked here"
    ENTITIES = "declares entities or a document type, which is not read"
    FORMAT = "is in a format that is not read here"
    GONE = "is not there any more"
    KILLED = "ended the process that read it, or took more memory than it may"
    LATE = "took longer to read than it may"
    MEMBERS = "has more members than are read"
    NO_OCR = "holds no text but in pictures; with tesseract-ocr installed they are read"
    NO_TEXT = "holds no text, pictures of pages perhaps"
    NOT_A_FILE = "is not an ordinary file"
    OUTLOOK = "is an Outlook mailbox, not read here: `readpst FILE` makes mailboxes of it"
    PARQUET = "is a Parquet table, not read here: save it as CSV"
    PASSWORD = "needs a password"  # noqa: S105 -- it says that one is needed
    PICTURES = "has more pictures than are looked at"
    POSTGRES = "is PostgreSQL's own archive, not read here: `pg_restore -f x.sql FILE` makes SQL"
    PROGRAM = "is a program"
    RAR = "is a RAR archive, not read here: `unrar x FILE` unpacks it"
    REFUSED = "may not be read by whoever runs this"
    SEVEN_ZIP = "is a 7z archive, not read here: `7z x FILE` unpacks it"
    TOO_LARGE = "is too large for its format to be read: unpack or convert it first"
    UNLISTED = "is a ZIP without a whole list of what is in it: `zip -FF FILE --out x.zip` mends it"
    UNPACKS = "unpacks to far more than its size: not read further"


Place = tuple[int, ...]
"""The number of the member in each archive, from the outside in; () is the file itself."""
_Name = Annotated[str, msgspec.Meta(max_length=4_096)]
_Inside = Annotated[tuple[_Name, ...], msgspec.Meta(max_length=32)]


class Job(msgspec.Struct, frozen=True):
    """Read one file of `size` bytes; its `name` is a hint only.

    `after`: where the last reader ended; what lies before it was told already, and it is left out.
    """

    name: str
    size: int
    after: Place | None = None


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Send these bytes of the file."""

    offset: Annotated[int, msgspec.Meta(ge=0)]
    length: Annotated[int, msgspec.Meta(gt=0, le=MOST_ASKED)]


class Entered(msgspec.Struct, frozen=True, tag="entered"):
    """Reading of a file or member begins."""

    at: Place
    inside: _Inside


class Began(msgspec.Struct, frozen=True, tag="began"):
    """A table of the newest file or member begins; the one before it is at its end."""

    name: str
    columns: tuple[str, ...]
    prose: bool


class Rows(msgspec.Struct, frozen=True, tag="rows"):
    """Rows of the newest table."""

    rows: list[Row]


class Shown(msgspec.Struct, frozen=True, tag="shown"):
    """The newest file or member is a DICOM instance."""

    sop_uid: str
    pixel_sha256: bytes
    fields: tuple[str, ...]


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The newest file or member is at its end; the one around it goes on.

    `sha256` is empty for the file itself: the parent has that from the bytes. `spaced`: what the
    spaces of its first JSON lines say.
    """

    kind: Kind
    size: int
    sha256: bytes
    clocks: dict[Clock, int]
    trouble: Trouble
    spaced: Annotated[list[Bits], msgspec.Meta(max_length=MOST_SPACED)] = []


Told = Ask | Entered | Began | Rows | Shown | Ended


class TroubleError(Exception):
    """A file or member cannot be read (further), and why. Inside the reading process only."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.name)
        self.trouble = trouble
