"""Reading a stopped house's `releases` ledger, as somebody with the key file can."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

from chartkeep.keyholder.book import Book
from chartkeep.keyholder.ring import KeyRing
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.sealing.lines import BUNDLE_LINES, open_body
from chartkeep.wiring.home import Home


def lines_of(home: Home, folder: Path) -> Iterator[Line]:
    """Give every line; works on a copy, so that nothing of the house is touched."""
    folder.mkdir()
    for name in ("keyholder.db", "keyholder.db-wal"):
        if (home.root / "keyholder" / name).exists():
            copy(home.root / "keyholder" / name, folder)
    book = Book(folder / "keyholder.db")
    ring = KeyRing(book, home.name.id, home.kek(), None)
    ring.open_roots(home.name.origin)
    for index, body in book.scan("SELECT idx, body FROM line ORDER BY idx"):
        yield Whole.parse(open_body(ring.lines.bundle(index // BUNDLE_LINES), index, body)).line
    book.close()
