"""Reading the `releases` ledger: sealed lines with the keys an auditor was given for a window.

Every line is opened and held against its entry, and all entries of a range against the signed
root, so that what comes out is the ledger and all of it. Memory does not grow with the window.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple, TypeVar

from chartkeep.custody.cores import on_every_core
from chartkeep.errors import DamagedError, LedgerBrokenError
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.protocol import read_page
from chartkeep.ledger.body import Whole
from chartkeep.ledger.checkpoint import open_checkpoint
from chartkeep.ledger.exposure_list import Range
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.note import VerifierKey
from chartkeep.ledger.proof import Proof
from chartkeep.ledger.proofs import (
    Frontier,
    inclusion_proof,
    push_spans,
    range_proof,
    subtrees,
)
from chartkeep.sealing.keys import SECRET_BYTES
from chartkeep.sealing.lines import BUNDLE_LINES, BundleKey, open_bodies

PAGE_LINES = 2_048
"""Read at once; whole bundles, and a full subtree of the ledger."""
WITNESS_TRIES = 12
WITNESS_PAUSE = 0.25

Found = TypeVar("Found")


class Page(NamedTuple):
    """Sealed lines `first … end` as they came, and the secrets of their bundles, in order."""

    first: int
    end: int
    raw: bytes
    origin: str
    secrets: list[bytes]

    def open(self, leaves: list[bytes]) -> Iterator[Whole]:
        """Open line by line, each held against its entry, and note the ledger's leaves.

        Raises LedgerBrokenError when a line is not what was written, or when one is missing.
        """
        page = read_page(self.raw)
        if len(page) != self.end - self.first:
            raise LedgerBrokenError(f"the ledger ends before line {self.end}", hint="it was cut")
        start, bundle = self.first, self.first // BUNDLE_LINES
        for number, secret in enumerate(self.secrets, bundle):
            lines = page[start - self.first : (number + 1) * BUNDLE_LINES - self.first]
            key = BundleKey(self.origin, number, secret)
            bodies = open_bodies(key, start, [sealed.body for sealed in lines])
            for index, (sealed, body) in enumerate(zip(lines, bodies, strict=True), start):
                line = Whole.parse(body)
                if line.entry() != sealed.entry:
                    raise LedgerBrokenError(
                        f"line {index} is not what was written", hint="keep it all"
                    )
                leaves.append(hash_leaf(sealed.entry))
                yield line
            start += len(lines)


Seek = Callable[[Iterable[Whole]], Found]
"""What is asked of the lines of a page; it takes them all, and keeps few."""


def _read(seek: Seek[Found], page: Page) -> tuple[int, list[bytes], Found]:
    leaves: list[bytes] = []
    found = seek(page.open(leaves))
    return page.end, subtrees(page.first, leaves), found


class Window:
    """The lines of a time window, widened to what was live at its start."""

    def __init__(
        self, keyholder: KeyholderClient, log: VerifierKey, token: bytes, since: int, until: int
    ) -> None:
        given = keyholder.open_lines(token, since, until)
        self.first, self.end, self.until = given.first, given.end, given.until
        # The head is asked after the keys: it covers every line of the window.
        self.checkpoint = _newest_head(keyholder, log, given.end)
        self._head = open_checkpoint(self.checkpoint, log).checkpoint
        self.size = self._head.size
        self._keyholder = keyholder
        self._origin, self._secrets = given.origin, given.keys
        bundles = -(-given.end // BUNDLE_LINES) - given.first // BUNDLE_LINES
        if [*map(len, given.keys)] != [SECRET_BYTES] * bundles:
            raise DamagedError("the keys do not fit the lines they are given for")

    def read(self, first: int, end: int, seek: Seek[Found]) -> Iterator[Found]:
        """Give what `seek` finds in each page of a range, checked against the signed head at last.

        On every core, so `seek` and what it finds must pickle. Believe it only once all has come.
        Raises LedgerBrokenError when a line is not what was written, or when one is missing.
        """
        proved = self.prove(first, end)
        frontier = Frontier()
        push_spans(frontier, first, list(proved.left))
        for upto, roots, found in on_every_core(partial(_read, seek), self._pages(first, end)):
            push_spans(frontier, upto, roots)
            yield found
        push_spans(frontier, self.size, list(proved.right))
        if frontier.root() != self._head.root:
            raise LedgerBrokenError(
                "the lines are not those of the signed head", hint="keep it all"
            )

    def _pages(self, first: int, end: int) -> Iterator[Page]:
        oldest = self.first // BUNDLE_LINES
        for start, upto, raw in self._keyholder.line_pages(first, end, PAGE_LINES):
            bundles = slice(start // BUNDLE_LINES - oldest, -(-upto // BUNDLE_LINES) - oldest)
            yield Page(start, upto, raw, self._origin, self._secrets[bundles])

    def show(self, index: int) -> Proof:
        """Prove one line of the window, all of it opened: what `extra` holds is its body."""
        (page,) = self._pages(index, index + 1)
        (whole,) = page.open([])
        hashes = inclusion_proof(index, self.size, self._keyholder.read_tile)
        return Proof(index, tuple(hashes), self.checkpoint, whole.body)

    def place(self, time: int) -> int:
        """Find the first line of the window at or after a time, by halving."""
        low, high = self.first, self.end
        while low < high:
            middle = (low + high) // 2
            found = next(self._keyholder.lines(middle, middle + 1), None)
            if found is None:
                raise LedgerBrokenError(f"the ledger ends before line {middle}", hint="it was cut")
            low, high = (middle + 1, high) if found[1].time < time else (low, middle)
        return low

    def prove(self, first: int, end: int) -> Range:
        """Give the proof that exactly these lines stand between the others."""
        left, right = range_proof(first, end, self._head.size, self._keyholder.read_tile)
        return Range(first, end, tuple(left), tuple(right))

    def peaks(self, size: int) -> tuple[bytes, ...]:
        """Give the roots of the full subtrees of the first `size` lines, checked like `read`."""
        proved = self.prove(size, size)
        frontier = Frontier()
        push_spans(frontier, size, list(proved.left))
        push_spans(frontier, self.size, list(proved.right))
        if frontier.root() != self._head.root:
            raise LedgerBrokenError("the tiles are not those of the signed head")
        return proved.left


def _newest_head(keyholder: KeyholderClient, log: VerifierKey, end: int) -> bytes:
    """Give a head that covers `end` lines, cosigned if the witness gets to it in a few seconds."""
    for _ in range(WITNESS_TRIES):
        head = keyholder.checkpoint()
        cosigned = head.cosigned.encode()
        if cosigned and open_checkpoint(cosigned, log).checkpoint.size >= end:
            return cosigned
        time.sleep(WITNESS_PAUSE)
    return head.note.encode()
