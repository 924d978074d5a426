"""A book from a backup, brought up to its ledger as a vault kept it.

Promises that only lines the ledger's own key signed for are taken, each opened and found to be
its entry's, and that charts shredded since have no key here any more. What stood beside the lines,
keys of newer charts and labels, is in no ledger: it stays lost, and the restore names those charts.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from chartkeep.errors import LedgerBrokenError
from chartkeep.keyholder import details
from chartkeep.keyholder.book import Book, Change
from chartkeep.keyholder.group import epoch_of, load_tree
from chartkeep.keyholder.protocol import SealedLine
from chartkeep.keyholder.ring import KeyRing
from chartkeep.ledger.body import Whole
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.sealing.lines import BUNDLE_LINES, open_body

PAGE = 2_048
Lines = Callable[[int], Iterable[SealedLine]]
"""Gives the lines from an index on, as a vault has them; asked twice."""


def catch_up(book: Book, ring: KeyRing, lines: Lines, head: Checkpoint) -> int:
    """Take in the lines this book lacks up to a signed head; gives how many.

    To be called before the keyholder is opened. Raises LedgerBrokenError, having changed nothing,
    when these lines do not carry this book to that head.
    """
    size = book.size()
    if head.size <= size:
        return 0
    # 1. Proved: this book's lines and those that follow give the root that was signed.
    tree = load_tree(book, size)
    tree.append_many(line.entry for line in islice(lines(size), head.size - size))
    if (tree.size, tree.root()) != (head.size, head.root):
        raise LedgerBrokenError(
            "the vault's lines do not continue this keyholder's ledger",
            hint="is the backup of this house? two people recover, see docs/takeover.md",
        )
    # 2. Taken, a page at a time: cut short, it goes on from the lines that are there.
    tree, coming = load_tree(book, size), iter(islice(lines(size), head.size - size))
    while page := list(islice(coming, PAGE)):
        changes = list(_changes(book, ring, tree.size, page))
        tree.append_many(line.entry for line in page)
        tiles = [("tile", (t.level, t.index, t.hashes)) for t in tree.take_tiles()]
        book.apply([*changes, *tiles])
    if (tree.size, tree.root()) != (head.size, head.root):
        raise LedgerBrokenError(
            "the vault gave other lines the second time",
            hint="do not start this keyholder: begin again with the backup, in an empty folder",
        )
    book.settle()
    return head.size - size


def _changes(book: Book, ring: KeyRing, first: int, page: list[SealedLine]) -> Iterator[Change]:
    """Give a page's rows, and what its lines did to keys."""
    for index, sealed in enumerate(page, first):
        whole = Whole.parse(open_body(ring.lines.bundle(index // BUNDLE_LINES), index, sealed.body))
        if whole.entry() != sealed.entry:
            raise LedgerBrokenError(f"line {index} of the vault is not its entry's")
        line = whole.line
        if line.time != sealed.time:
            raise LedgerBrokenError(f"line {index} of the vault is of another time than it says")
        told = details.unpack(line)
        standing = int(details.stands(line.verb, told))
        yield "line", (index, sealed.time, standing, sealed.entry, sealed.body)
        if line.verb == "shredded":
            yield "shred", (line.chart,)
        if line.verb == "epoch" and told.number > epoch_of(book):
            yield "mark", ("epoch", told.number)
