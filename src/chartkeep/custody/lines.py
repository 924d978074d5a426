"""Reading the `releases` ledger: sealed lines with the keys an auditor was given for a window.

Every line is opened and held against its entry, and all entries of a range against the signed
root, so that what comes out is the ledger and all of it. Memory does not grow with the window.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

from chartkeep.errors import LedgerBrokenError
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.ledger.checkpoint import open_checkpoint
from chartkeep.ledger.exposure_list import Range
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.line import Line, read_checked
from chartkeep.ledger.note import VerifierKey
from chartkeep.ledger.proofs import Frontier, push_spans, range_proof
from chartkeep.sealing.lines import BUNDLE_LINES, BundleKey, open_body

WITNESS_TRIES = 12
WITNESS_PAUSE = 0.25


class Body(NamedTuple):
    """One line: its place in the ledger, its opened body, and what that says."""

    at: int
    body: bytes
    line: Line


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
        self._keyholder = keyholder
        number = given.first // BUNDLE_LINES
        self._keys = {
            number + at: BundleKey(given.origin, number + at, secret)
            for at, secret in enumerate(given.keys)
        }

    def bodies(self, first: int, end: int) -> Iterator[Body]:
        """Give the bodies of a range, checked against the signed head at its end.

        Raises LedgerBrokenError when a line is not what was written, or when one is missing.
        """
        proved = self.prove(first, end)
        frontier = Frontier()
        push_spans(frontier, first, list(proved.left))
        for index, sealed in self._keyholder.lines(first, end):
            body = open_body(self._keys[index // BUNDLE_LINES], index, sealed.body)
            line, entry = read_checked(body)
            if entry != sealed.entry:
                raise LedgerBrokenError(f"line {index} is not what was written", hint="keep it all")
            frontier.push(hash_leaf(entry))
            yield Body(index, body, line)
        if frontier.size != end:
            raise LedgerBrokenError(f"the ledger ends before line {end}", hint="it was cut")
        push_spans(frontier, self._head.size, list(proved.right))
        if frontier.root() != self._head.root:
            raise LedgerBrokenError(
                "the lines are not those of the signed head", hint="keep it all"
            )

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


def _newest_head(keyholder: KeyholderClient, log: VerifierKey, end: int) -> bytes:
    """Give a head that covers `end` lines, cosigned if the witness gets to it in a few seconds."""
    for _ in range(WITNESS_TRIES):
        head = keyholder.checkpoint()
        cosigned = head.cosigned.encode()
        if cosigned and open_checkpoint(cosigned, log).checkpoint.size >= end:
            return cosigned
        time.sleep(WITNESS_PAUSE)
    return head.note.encode()
