"""The nouns of a trace: what intake found in a file, and what the matcher says of a row.

Intake yields `Found` things in the order of the bytes: a `Table` (its rows are read while it is
the newest thing, and are gone with the next one), a `Picture`, and last of each file or member its
`Source`, because digest, clocks and trouble are known only when it has been read through. Nothing
here is written to a disk, and a `repr` shows no value of a row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from chartkeep.fingerprint.spacing import Bits
from chartkeep.model import ChartId, Millis, Section

SCHEMA_BYTES = 16


class Kind(StrEnum):
    """What a file turned out to be, by its bytes and not by its name."""

    ARCHIVE = "archive"
    BSON = "bson"
    CDA = "cda"
    CSV = "csv"
    DICOM = "dicom"
    EMPTY = "empty"
    HL7 = "hl7"
    JSON = "json"
    MAIL = "mail"
    OFFICE = "office"
    PDF = "pdf"
    PICTURE = "picture"
    SHEET = "sheet"
    SQL = "sql"
    SQLITE = "sqlite"
    TEXT = "text"
    UNKNOWN = "unknown"


class Clock(StrEnum):
    """Where a time was read, the most easily forged first."""

    FILE = "file's own time"
    MEMBER = "time in the archive's list"
    AUTHORED = "time in the document's own data"
    HEADER = "time in a header of a standard"


class Where(msgspec.Struct, frozen=True):
    """A file, and inside it the members down to the one that is meant, outermost first."""

    path: str
    inside: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write it as people do: `dump.zip > a.tar > patients.csv`."""
        return " > ".join((self.path, *self.inside))


class Source(msgspec.Struct, frozen=True):
    """One file or member, read through; `trouble` is empty if all of it was read.

    `sha256` is empty where not all bytes could be had. `clocks` are as written there, Millis; a
    time without a zone is taken as UTC. `spaced`: what the spaces of its first JSON lines say.
    """

    where: Where
    kind: Kind
    size: int
    sha256: bytes = b""
    clocks: dict[Clock, int] = {}
    trouble: str = ""
    spaced: list[Bits] = []


class Row(NamedTuple):
    """One row: its number in its table, from 1, and as many values as there are columns."""

    number: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows with named columns. `rows` yields batches and can be gone through once.

    `prose` tables were made of running text: their columns are `PROSE`, and a row is what stands
    close together there, not what somebody kept together. Empty `columns` names ("") are unnamed.
    """

    where: Where
    name: str
    columns: tuple[str, ...]
    rows: Iterator[Sequence[Row]] = field(repr=False)
    prose: bool = False

    @property
    def schema(self) -> bytes:
        """The fingerprint of its columns."""
        return schema_of(self.columns)


PROSE = ("name", "date", "number", "phone")
"""The columns of a table made of running text; a number is any identifier."""

PICTURE_FIELDS = (
    "patient_id", "name", "birth_date", "sex", "accession", "study_uid", "series_uid",
    "study_date", "study_time", "modality", "institution",
)  # fmt: skip


class Picture(msgspec.Struct, frozen=True):
    """One DICOM instance: `fields` are the values of `PICTURE_FIELDS`, "" where it has none.

    `pixel_sha256` is over the value of Pixel Data as it stands, of encapsulated ones over what lies
    in the fragments; empty if there is none.
    """

    where: Where
    sop_uid: str
    file_sha256: bytes
    pixel_sha256: bytes
    fields: tuple[str, ...]

    def __repr__(self) -> str:
        """Say where it is and nothing of what it holds."""
        return f"Picture({self.where})"


Found = Table | Picture | Source


def schema_of(columns: Sequence[str]) -> bytes:
    """Fingerprint a layout: the columns' names in order, without case and outer blanks.

    The same for a table we emit and for one that is found, so that a layout is evidence.
    """
    names = (name.strip().casefold().encode(errors="replace") for name in columns)
    told = b"".join(len(name).to_bytes(4, "big") + name for name in names)
    return blake2b(told, digest_size=SCHEMA_BYTES, person=b"chartkeep schema").digest()


class Evidence(NamedTuple):
    """What a row says of one chart: as much as the door's arithmetic needs, and no value.

    `row`: number in the table. `posterior`: that it is this person, against all others and none.
    `fields`: what agreed. `window`: spans [from, to) in which all of it was so at once; empty if
    no version is known. `copy`: what only our record could have given ("mrn", "result", …).
    `section`: where what was posted lies.
    """

    row: int
    chart: ChartId
    posterior: float
    fields: tuple[str, ...] = ()
    window: tuple[tuple[Millis, Millis], ...] = ()
    copy: tuple[str, ...] = ()
    section: Section = Section.IDENTITY
