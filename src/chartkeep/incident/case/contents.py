"""What goes into a bag of a case: files by name, each with what writes it (docs/formats/bag.md).

Promises that what is left out is named as left out. Decides what an outsider sees; `bag` how it is
packed. Events are the very bytes the ledger's entries commit to.
"""

import csv
import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from chartkeep.incident.case.book import Body
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Handed, Kept, Written, when
from chartkeep.incident.case.stix import stix_bundle
from chartkeep.incident.duties.said import WAITS, weigh

Write = Callable[[bytes], object]
PEOPLE: Final = "it may name patients"
ASKED: Final = "left out on purpose"


class Wish(NamedTuple):
    """Who is to have a bag, and why; what is left out of it.

    `people`: with the evidence that may name patients. `withhold`: numbers of events.
    """

    whom: str
    why: str
    people: bool = False
    withhold: frozenset[int] = frozenset()


class Contents:
    """A case as it stands at one moment, for one wish."""

    def __init__(self, case: Case, wish: Wish) -> None:
        self.case = case
        self.wish = wish
        events = case.events()
        self.events = [each for each in events if each.number not in wish.withhold]
        self.head = case.book.checkpoint
        self._words = weigh(case)
        self._entries = case.book.entries
        self._bodies = [case.book.body(each.number) for each in self.events]
        self._proofs = [case.book.proof(each.number).raw() for each in self.events]
        said = case.kept()
        kept = {each.what.sha256 for each in self.events if isinstance(each.what, Kept)}
        shown = {digest for digest in kept if wish.people or not said[digest].people}
        self.evidence = [said[digest] for digest in sorted(shown)]
        self.withheld = dict.fromkeys(sorted(kept - shown), PEOPLE)

    def files(self) -> Iterator[tuple[str, Callable[[Write], object]]]:
        """Give every file's name in the bag, and what writes it."""
        for name, content in self._small():
            yield name, partial(put, content)
        for each in self.evidence:
            yield f"evidence/{each.sha256}", partial(self.case.read, each.sha256)

    def _small(self) -> Iterator[tuple[str, bytes]]:
        yield "case.txt", "".join(map(self._line, self.events)).encode()
        yield "custody.csv", _custody(self.events).encode()
        yield "withheld.csv", self._withheld().encode()
        yield "stix.json", stix_bundle(self.case, self.events)
        for each in self._bodies:
            yield f"events/{each.number:06}.json", each.body
        yield "ledger/checkpoint", self.head
        yield "ledger/key", f"{self.case.book.key.text()}\n".encode()
        yield "ledger/entries", _lines(entry.hex() for entry in self._entries)
        yield "ledger/salts", _lines(_salt(each) for each in self._bodies)
        for each, proof in zip(self._bodies, self._proofs, strict=True):
            yield f"ledger/proofs/{each.number:06}.tlog-proof", proof

    def _line(self, event: Written) -> str:
        waits = f" ({WAITS})" if self._words.waits(event) else ""
        return f"{event.line()}{waits}\n"

    def _withheld(self) -> str:
        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("what", "name", "why"))
        rows.writerows(("event", number, ASKED) for number in sorted(self.wish.withhold))
        rows.writerows(("evidence", *pair) for pair in self.withheld.items())
        return out.getvalue()


def put(content: bytes, write: Write) -> None:
    """Write a file that is held whole."""
    write(content)


def _lines(rows: Iterator[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode("ascii")


def _salt(body: Body) -> str:
    return f"{body.number} {body.salt.hex()}"


def _custody(events: list[Written]) -> str:
    """Write the custody log: what was kept and handed, when, by whom, to whom, why."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("event", "time", "by", "act", "what", "sha256", "other", "why"))
    for each in events:
        match each.what:
            case Kept(sha256=digest, what=what, source=source):
                row = ("kept", what, digest, source, "")
            case Handed(what=what, whom=whom, why=why):
                row = ("handed", what, " ".join(each.evidence), whom, why)
            case _:
                continue
        rows.writerow((each.number, when(each.time), *map(_plain, (each.by, *row))))
    return out.getvalue()


def _plain(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
