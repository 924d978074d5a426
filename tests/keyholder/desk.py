"""A keyholder without sockets: requests go straight into its turns, on a real disk.

What it answers comes back, what it refuses is raised; several requests can share one turn, the
ledger can be read back whole, and the process can end and start again.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chartkeep.errors import ChartkeepError
from chartkeep.keyholder import actions, details, protocol
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.founding import found_keyholder, open_keyholder
from chartkeep.keyholder.proving import prove
from chartkeep.keyholder.roles import mask
from chartkeep.keyholder.service import HANDLERS
from chartkeep.keyholder.turn import Turn
from chartkeep.keyholder.verbs import rotating
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.model import Purpose, Section
from chartkeep.sealing.lines import open_body
from chartkeep.wire.frames import Message, Peer, instance_id
from tests import cast

CARE = (Section.FACE, Section.CLINICAL, Section.RESULTS)
DAY = 24 * 3_600_000


def write_labels(chart: bytes, words: Iterable[str], about: bytes = b"") -> protocol.WriteLabels:
    """Ask for the labels of one entry of a chart, by default its Patient."""
    return protocol.WriteLabels(chart, [protocol.Labelled(about or chart, list(words))])


class Letter:
    """A request and what became of it."""

    def __init__(self, instance: str, request: Message) -> None:
        public = cast.key_of(instance).public
        self.peer = Peer(instance, instance_id(public), instance.encode().ljust(16)[:16], 0)
        self.request = request
        self.finding: Any = None
        self.result: Message | ChartkeepError | None = None

    def answer(self, message: Message) -> None:
        self.result = message

    def fail(self, error: ChartkeepError) -> None:
        self.result = error


class Desk:
    """One facility's keyholder and everyone who may talk to it."""

    def __init__(self, folder: Path, clock: cast.FakeClock, vfs: str | None = None) -> None:
        self.path = folder / "keyholder.db"
        self.clock = clock
        book = Book(self.path, vfs=vfs)
        try:
            if book.size() == 0:
                self.keyholder = found_keyholder(
                    book, cast.FACILITY, cast.KEK, clock.read, cast.founders()
                )
            else:
                self.keyholder = open_keyholder(book, cast.FACILITY, cast.KEK, clock.read)
        except ChartkeepError:
            book.close()
            raise

    def send(self, letters: Iterable[Letter]) -> list[Message | ChartkeepError | None]:
        """Serve letters in one turn."""
        sent = list(letters)
        for letter in sent:
            if isinstance(letter.request, protocol.Login | protocol.LoginProgram):
                letter.finding = prove(self.keyholder, letter.request, self.clock.wall())
        self.keyholder.serve([(letter, HANDLERS[type(letter.request)]) for letter in sent])
        return [letter.result for letter in sent]

    def ask(self, request: Message, instance: str = "desk") -> Any:
        """Ask one thing; raises what the keyholder refuses."""
        (result,) = self.send([Letter(instance, request)])
        if isinstance(result, ChartkeepError):
            raise result
        return result

    def login(self, person: str, instance: str = "desk") -> bytes:
        self.clock.move(seconds=30)
        request = protocol.Login(person, cast.PASSWORD, self.clock.code(person))
        token: bytes = self.ask(request, instance).token
        return token

    def two(self, first: bytes, second: bytes, action: Actions) -> bytes:
        """Have two sessions do an act; gives the proposal, which is a grant's name."""
        proposal: bytes = self.ask(protocol.Act(first, action)).proposal
        self.ask(protocol.Approve(second, proposal))
        return proposal

    def chart(
        self, ward: str = "", bed: str = "", sections: Iterable[Section] = CARE
    ) -> protocol.ChartWraps:
        """Make a chart and place its patient."""
        wanted, chart = list(sections), os.urandom(16)
        sealed = self.ask(protocol.SealKeys([protocol.SealWant(chart, wanted, True)]), "engine")
        if ward:
            self.ask(protocol.Act(b"", actions.Place(chart, ward, bed)), "engine")
        return protocol.ChartWraps(chart, mask(*wanted), [key.wrap for key in sealed.keys])

    def open(
        self,
        token: bytes,
        *wanted: protocol.ChartWraps,
        purpose: str = Purpose.TREATMENT,
        grant: bytes = b"",
        instance: str = "desk",
    ) -> list[str]:
        """Open charts; gives each one's error, empty when its keys came out."""
        reason = "collapsed in the corridor" if purpose == Purpose.BREAK_GLASS else ""
        request = protocol.OpenKeys(token, purpose, reason, grant, list(wanted))
        opened = self.ask(request, instance).charts
        for chart, asked in zip(opened, wanted, strict=True):
            assert chart.error or len(chart.keys) == len(asked.wraps)
        return [chart.error for chart in opened]

    def round(self) -> None:
        """What the keyholder does every second by itself."""
        keyholder = self.keyholder
        keyholder.serve([], [keyholder.refusals.note_unlisted, lambda t: shred_round(keyholder, t)])
        keyholder.book.settle()

    def lines(self) -> list[Line]:
        """Read the whole ledger from the disk and open it."""
        keys = self.keyholder.ring.lines
        found = self.keyholder.book.rows("SELECT idx, body FROM line ORDER BY idx")
        return [Whole.parse(open_body(keys.bundle(n // 256), n, body)).line for n, body in found]

    def told(self, verb: str) -> list[Any]:
        """The details of every line of a verb."""
        return [details.unpack(line) for line in self.lines() if line.verb == verb]

    def stop(self) -> None:
        self.keyholder.book.close()

    def restart(self, vfs: str | None = None) -> "Desk":
        """End, and start again on what is on the disk."""
        self.stop()
        return Desk(self.path.parent, self.clock, vfs)


def shred_round(keyholder: Keyholder, turn: Turn) -> None:
    rotating.shred_round(keyholder, turn)
