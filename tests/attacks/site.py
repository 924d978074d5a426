"""A whole invented hospital at a keyholder's core, without sockets, on a clock one moves.

People, wards, beds and charts are the inventor's; every chart has keys and wraps, so that what is
counted as opened is what really came out: a key that is the one the writer was given.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from chartkeep.inventor.hospital import Hospital
from chartkeep.inventor.site import Person
from chartkeep.keyholder import actions, details, protocol
from chartkeep.keyholder.actions import Actions
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.founding import found_keyholder
from chartkeep.keyholder.roles import mask
from chartkeep.keyholder.service import HANDLERS
from chartkeep.keyholder.verbs.people import Proved
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.model import Purpose, Section
from chartkeep.sealing.lines import open_body
from chartkeep.sealing.wrap import read_wrap
from chartkeep.wire.calls import Call
from chartkeep.wire.frames import Failed, Message, Peer, instance_id, to_error
from tests import cast

INSTANCES = {
    "desk": ["open", "seal"],
    "second desk": ["open"],
    "third desk": ["open"],
    "loader": ["seal", "place"],
    "host": ["host"],
}
SECTIONS = (
    Section.FACE, Section.IDENTITY, Section.CLINICAL, Section.RESULTS, Section.IMAGING,
    Section.DOCUMENTS,
)  # fmt: skip
GROUP = 500


def chart_of(patient: int) -> bytes:
    return sha256(b"chart %d" % patient).digest()[:16]


class Asking(Call):
    """A call without a wire; `said` is the answer."""

    def __init__(self, peer: Peer, request: Message, finding: object = None) -> None:
        self.peer = peer
        self.request = request
        self.finding = finding
        self.answered = False

    def answer(self, message: Message) -> None:
        assert not self.answered
        self.answered = True
        self.said = message

    def get(self) -> Message:
        if isinstance(self.said, Failed):
            raise to_error(self.said)
        return self.said


@dataclass
class Site:
    """The keyholder, the charts' wraps, and what really went out to whom."""

    folder: Path
    hospital: Hospital
    decoys: int = 0
    clock: cast.FakeClock = field(default_factory=cast.FakeClock)
    opened: dict[str, set[tuple[bytes, Section]]] = field(default_factory=dict)
    written: dict[str, set[tuple[bytes, Section]]] = field(default_factory=dict)
    _wraps: dict[bytes, dict[Section, bytes]] = field(default_factory=dict)
    _secrets: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book = Book(self.folder / "keyholder.db")
        people: list[Actions] = [
            actions.AddPerson(one.handle, one.role.value, list(one.wards), cast.SECRET, "A" * 32)
            for one in self.hospital.staff
        ]
        programs: list[Actions] = [
            actions.AddInstance(name, cast.key_of(name).public, may)
            for name, may in INSTANCES.items()
        ]
        self.keyholder = found_keyholder(
            self.book, cast.FACILITY, cast.KEK, self.clock.read, programs + people
        )
        self.peers = {
            name: Peer(name, instance_id(cast.key_of(name).public), name.encode().ljust(16), 0)
            for name in INSTANCES
        }
        self.charts = [chart_of(index) for index in range(self.hospital.patients)]
        lying = {chart_of(index) for index in self.hospital.census}
        absent = [chart for chart in self.charts if chart not in lying]
        self.invented = set(absent[:: len(absent) // self.decoys] if self.decoys else [])
        self.write("loader", self.charts)
        self.place()

    def ask(self, instance: str, *requests: Message, finding: object = None) -> list[Asking]:
        """Serve requests of an instance as one group."""
        calls = [Asking(self.peers[instance], request, finding) for request in requests]
        self.keyholder.serve([(call, HANDLERS[type(call.request)]) for call in calls])
        return calls

    def write(self, instance: str, charts: Sequence[bytes]) -> None:
        """Have keys for writing handed to an instance; the wraps go to the store."""
        for at in range(0, len(charts), GROUP):
            wants = [
                protocol.SealWant(chart, list(map(int, SECTIONS)), True)
                for chart in charts[at : at + GROUP]
            ]
            (call,) = self.ask(instance, protocol.SealKeys(wants))
            sealed = call.get()
            assert isinstance(sealed, protocol.SealedKeys)
            for key in sealed.keys:
                section = Section(key.section)
                self._wraps.setdefault(key.chart, {})[section] = key.wrap
                self._secrets[read_wrap(key.wrap).key_id] = key.key
                self.written.setdefault(instance, set()).add((key.chart, section))

    def place(self) -> None:
        """Say who lies where, and which charts are nobody's."""
        beds = [
            actions.Place(chart_of(index), stay.ward.name, stay.bed)
            for index, stay in self.hospital.census.items()
        ]
        self.do("loader", beds)
        self.do("host", [actions.MarkDecoy(chart) for chart in sorted(self.invented)])

    def do(self, instance: str, acts: Iterable[Actions]) -> None:
        for call in self.ask(instance, *(protocol.Act(b"", act) for act in acts)):
            call.get()

    def login(self, person: Person, instance: str = "desk") -> bytes:
        """Give a session's token; the code was right."""
        step = int(self.clock.wall()) // 30
        request = protocol.Login(person.handle, "", "")
        (call,) = self.ask(instance, request, finding=Proved(holds=True, step=step))
        session = call.get()
        assert isinstance(session, protocol.Session)
        return session.token

    def open(
        self,
        instance: str,
        token: bytes,
        charts: Iterable[bytes],
        sections: Iterable[Section],
        purpose: Purpose = Purpose.TREATMENT,
        reason: str = "",
    ) -> list[str]:
        """Ask for charts; gives the error of each, empty where its keys came out."""
        wanted = sorted(sections)
        asked = [
            protocol.ChartWraps(
                chart, mask(*wanted), [self._wraps[chart][section] for section in wanted]
            )
            for chart in charts
        ]
        (call,) = self.ask(instance, protocol.OpenKeys(token, purpose, reason, b"", asked))
        answer = call.get()
        assert isinstance(answer, protocol.OpenedKeys)
        for ask, got in zip(asked, answer.charts, strict=True):
            assert bool(got.keys) == (not got.error)
            for wrap, key in zip(ask.wraps, got.keys, strict=False):
                head = read_wrap(wrap)
                assert key == self._secrets[head.key_id]
                self.opened.setdefault(instance, set()).add((head.chart, head.section))
        return [got.error for got in answer.charts]

    def lines(self) -> Iterator[Line]:
        """Read the ledger as an auditor with its keys does."""
        for index, body in self.book.scan("SELECT idx, body FROM line ORDER BY idx"):
            key = self.keyholder.ring.lines.bundle(index // 256)
            yield Whole.parse(open_body(key, index, body)).line

    def says_hello(self, instance: str) -> None:
        """Start a worker, as the service writes it down."""
        turn = self.keyholder.open_turn()
        turn.line("hello", details.Told(), peer=self.peers[instance])
        self.keyholder.write(turn)
