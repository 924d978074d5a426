"""One turn of the keyholder: what a group of requests wants written, and what follows from it.

Lines take effect on what stands as they are added, so the next request of the same turn already
sees them; keys are handed out by `after` functions, which run only when the turn is durable.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from chartkeep.keyholder import actions, details
from chartkeep.keyholder.book import Change
from chartkeep.keyholder.roster import Session
from chartkeep.keyholder.standing import Standing
from chartkeep.ledger.body import LINE_SALT_BYTES, write
from chartkeep.ledger.line import Line
from chartkeep.sealing.keys import ChartKey
from chartkeep.wire.frames import Message, Peer

After = Callable[[], Message]


class Written(NamedTuple):
    """A line ready for the book: its time, whether it stands, its tlog entry and its body."""

    time: int
    standing: bool
    entry: bytes
    body: bytes


class Word(msgspec.Struct, frozen=True, array_like=True):
    """A label in its entry's list: the keyword's hash, its number, the batch it came in."""

    keyword: bytes
    n: int
    batch: int = 0


class Turn:
    """Collects lines, changes and what to do when they are durable."""

    def __init__(self, standing: Standing, first: int, now: int) -> None:
        self.standing = standing
        self.first = first
        self.now = now
        self.lines: list[Written] = []
        self.changes: list[Change] = []
        self.words: dict[tuple[bytes, bytes], list[Word]] = {}
        """Label lists of a chart's entries changed by this turn, not yet in the book."""
        self.charts: dict[bytes, ChartKey] = {}
        """Charts made by this turn, not yet in the book."""

    def line(
        self,
        verb: str,
        detail: details.Detail,
        *,
        peer: Peer | None = None,
        session: Session | None = None,
        chart: bytes = b"",
        sections: int = 0,
    ) -> int:
        """Add a line, let it take effect, and give its index in the ledger."""
        line = Line(
            time=self.now,
            verb=verb,
            person=session.person if session else "",
            session=session.id if session else b"",
            instance=peer.instance if peer else "",
            worker=peer.worker if peer else b"",
            chart=chart,
            sections=sections,
            detail=details.pack(detail),
        )
        entry, body = write(line, os.urandom(LINE_SALT_BYTES))
        self.lines.append(Written(self.now, details.stands(verb, detail), entry, body))
        index = self.first + len(self.lines) - 1
        self.standing.apply(line, index)
        return index

    def freeze(self, peer: Peer, freeze: tuple[str, str]) -> None:
        """Freeze something, once."""
        if freeze not in self.standing.frozen:
            self.line("act", details.Acted(actions.Freeze(*freeze)), peer=peer)

    def change(self, name: str, *values: bytes | int | str) -> None:
        """Add a change of the book."""
        self.changes.append((name, values))
