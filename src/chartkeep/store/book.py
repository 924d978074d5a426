"""What a store's book can do; `sqlite` and `memory` are the two that can.

A book keeps rows in the order of their lines and finds them again. It decides nothing: whoever
writes has asked `rules` before, so writing cannot conflict, and whatever goes wrong while writing
is an UnknownWriteError. One thread writes; each reading thread takes a `reader` of its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from chartkeep.ledger.tiles import Tile
from chartkeep.model import FacilityId
from chartkeep.store.protocol import Found, Gone, Head, Read, Record
from chartkeep.store.records import Row

MAX_PAGE: Final = 10_000
MAX_PAGE_BYTES: Final = 32 << 20
PULL_BYTES: Final = 8 << 20


class Tally(NamedTuple):
    """How much a book holds; `bytes` counts sealed entries, not blobs."""

    entries: int
    charts: int
    bytes: int


class Place(NamedTuple):
    """Where an entry id's newest version stands: at which line, and the line."""

    chart: bytes
    version: int
    at: int
    line: bytes


class Facts(NamedTuple):
    """What a book knows of the things a commit names; what it does not know is left out."""

    known_chart: bool
    shredded: bool
    wraps: dict[bytes, tuple[int, bytes]]
    """Key id to the line and bytes of its present wrap."""
    heads: dict[bytes, Place]
    labels: dict[bytes, bytes]


class Question(NamedTuple):
    """The things a commit names."""

    chart: bytes
    keys: Sequence[bytes]
    entries: Sequence[bytes]
    labels: Sequence[bytes]


class Plan(NamedTuple):
    """Everything one call changes, decided before anything is written."""

    rows: list[Row]
    replaced: Sequence[tuple[int, int]] = ()
    """(new line, old line): the old one is no longer current."""
    dropped: Sequence[int] = ()
    """Lines whose objects go."""
    labels: Sequence[tuple[bytes, bytes]] = ()
    """(label, chart) to add."""
    unlabel: Sequence[bytes] = ()
    tally: Tally = Tally(0, 0, 0)
    """What is added to the tally."""


class Reading(Protocol):
    """What anybody may ask of a book; all of it is as of some commit."""

    def heads(self, entries: Sequence[bytes]) -> list[Head]:
        """Tell where each entry id stands, at which version, with which content hash."""

    def page(self, read: Read) -> Found:
        """Give a page of a chart's entries with the wraps they need."""

    def newest(self, chart: bytes) -> int:
        """Give the index of a chart's newest line, -1 for none."""

    def kinds(self, charts: Sequence[bytes], sections: Sequence[int]) -> list[str]:
        """Tell of which types the current entries of these charts' sections are, each once."""

    def faces(self, charts: Sequence[bytes]) -> Found:
        """Give the current face entries of many charts with their wraps."""

    def wraps(self, chart: bytes) -> list[bytes]:
        """Give every present wrap of a chart."""

    def wrap(self, chart: bytes, key: bytes) -> bytes:
        """Give the present wrap of one key, or empty bytes."""

    def charts(self, labels: Sequence[bytes]) -> list[bytes]:
        """Tell which chart stands under each label, empty bytes for none."""

    def chart_lines(self, chart: bytes) -> list[int]:
        """Give the newest lines of a chart, a page of them at most."""

    def shreds(self) -> list[bytes]:
        """List the shredded charts."""

    def blob(self, chart: bytes, blob: bytes) -> bytes:
        """Give the object of a kept blob, or empty bytes."""

    def rows(self, start: int, limit: int) -> Iterator[Row]:
        """Give rows in the order of their lines."""

    def records(
        self, start: int, limit: int, *, bare: bool = False
    ) -> tuple[list[Record], list[Gone]]:
        """Give objects in the order of their lines, 8 MiB at a time, and those that are gone."""

    def headers(self, chart: bytes, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Give clear headers of entries with their lines, of one chart or, empty, of all."""

    def lines(self, start: int, limit: int) -> list[bytes]:
        """Give lines in order."""

    def tile(self, level: int, place: int) -> bytes:
        """Give a full tile, or empty bytes."""

    def tiles(self) -> Iterator[Tile]:
        """Give every full tile."""

    def labels(self) -> Iterator[tuple[bytes, bytes]]:
        """Give every (label, chart) that stands."""

    def tally(self) -> Tally:
        """Tell how much there is."""

    def size(self) -> int:
        """Count the lines."""

    def note(self) -> str:
        """Give the newest signed checkpoint, or an empty text."""

    def view(self) -> int | None:
        """Tell which earlier time this book shows, or None: it is a store's own."""

    def damage(self) -> list[str]:
        """Ask the database itself what is wrong with it; an empty list when nothing is."""

    def close(self) -> None:
        """Let go of the files."""


class Book(Reading, Protocol):
    """What the one writer may do besides."""

    facility: FacilityId
    origin: str
    touched: bool
    """In a group: somebody else wrote to the files since the last one."""

    def reader(self) -> Reading:
        """Make a reader for another thread."""

    def group(self) -> AbstractContextManager[None]:
        """Hold everything done inside as one commit, durable at its end.

        Raises UnknownWriteError for whatever goes wrong: then the process must stop.
        """

    def facts(self, question: Question) -> Facts:
        """Look up what a commit names; sees what the group did before."""

    def label_lines(self, chart: bytes) -> list[tuple[int, list[bytes]]]:
        """Give the lines that name a chart's labels, with the labels of each."""

    def wrap_lines(self, chart: bytes) -> list[int]:
        """Give the lines of a chart's present wraps."""

    def append(self, plan: Plan) -> None:
        """Do what a plan says."""

    def keep_tiles(self, tiles: Sequence[Tile]) -> None:
        """Keep full tiles."""

    def keep_note(self, note: str) -> None:
        """Keep the newest signed checkpoint."""

    def scrub(self) -> None:
        """Leave no copy of dropped objects in files of our own; called outside a group."""
