"""The audit trail: each thing that happened is there once, and only an auditor reads it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
import pytest

from chartkeep.clinical.schema import check_resource
from chartkeep.custody import lines
from chartkeep.custody.house import House
from chartkeep.custody.journal import Journal
from chartkeep.custody.note import Note
from chartkeep.custody.release import Look
from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.fhir.audit_events import Site, audit_event
from chartkeep.incident.accounting import account, spans
from chartkeep.incident.happening import REFUSED, Happening
from chartkeep.incident.trail import Question, Trail, fold, in_order
from chartkeep.keyholder import actions
from chartkeep.model import Purpose, Section, to_text
from tests import cast
from tests.house import CARE, HouseRun
from tests.records import lab, patient

MINUTE = 60_000


@dataclass
class Ward:
    """A door a nurse works through: what the application does, and notes."""

    house: HouseRun
    serve: House
    journal: Journal
    token: bytes
    session: bytes
    chart: bytes
    other: bytes
    line: int = -1

    def open(self, chart: bytes, sections: frozenset[Section] = CARE) -> None:
        self.house.clock.move(seconds=1)
        opened = self.house.open(self.token, chart, sections, house=self.serve)
        self.line = opened.line

    def note(self, interaction: str, ident: str = "o-1", *wrote: int) -> None:
        self.house.clock.move(seconds=1)
        self.journal.note(
            Note(
                self.house.now(), self.session, "aiko", "TREAT", self.chart, interaction,
                "Observation", ident, 0, "", 0, self.line, "", "nurse", *wrote,
            )
        )  # fmt: skip

    def write(self, name: str) -> bytes:
        """Write an Observation as the door does: deposit, then note."""
        self.house.clock.move(seconds=1)
        about = f"Patient/{to_text(self.chart)}"
        (receipt,) = self.house.send(lab(name, about), house=self.serve, source="serve").receipts
        (taken,) = receipt.taken
        self.note("create", "their-own-name", receipt.first, receipt.last)
        return taken.entry

    def trail(self, person: str = "dewi") -> Trail:
        self.journal.flush()
        self.house.clock.move(seconds=1)
        token = self.house.login(person)
        look = Look(token, frozenset(), Purpose.AUDIT)
        log = self.house.releases_key
        return Trail(look, self.house.desk, log, {self.serve.writer: "serve"})

    def happened(self, **asked: object) -> list[Happening]:
        question = Question(cast.START, self.house.now() + MINUTE, **asked)  # type: ignore[arg-type]
        return list(self.trail().happened(question))


@pytest.fixture
def ward(house: HouseRun, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ward]:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    sent = [house.send(patient(n), lab(f"first-{n}", f"Patient/{n}")) for n in ("p", "q")]
    charts = [each.charts[0] for each in sent]
    house.admit(charts[0], bed="p")
    serve = house.join("serve")
    journal = Journal(serve, every=1e9)
    house.clock.move(seconds=30)
    session = serve.keyholder.login("aiko", cast.PASSWORD, house.clock.code("aiko"))
    yield Ward(house, serve, journal, session.token, session.session, *charts)
    journal.close()


def verbs(happened: list[Happening], person: str = "aiko") -> Counter[str]:
    mine = [what for what in happened if what.person == person]
    return Counter(what.verb + ("!" if what.outcome == REFUSED else "") for what in mine)


def a_morning(ward: Ward) -> None:
    """Open, read within the lease, search, be refused, write."""
    ward.open(ward.chart)
    ward.note("read")
    ward.note("read", "o-2")
    ward.note("search")
    ward.house.search(ward.token, ward.serve, name="tanaka")
    with pytest.raises(NotAllowedError):
        ward.open(ward.other)
    ward.write("o-9")


def test_whatever_a_nurse_did_is_there_exactly_once(ward: Ward) -> None:
    a_morning(ward)
    happened = ward.happened()
    assert verbs(happened) == {
        "login": 1,
        "release": 3,  # one chart, and two faces in a list
        "read": 2,
        "search": 2,  # one across charts, a line; one inside the chart, a note
        "release!": 1,
        "create": 1,
    }
    assert len({what.id for what in happened}) == len(happened)
    times = [what.time for what in happened]
    assert times == sorted(times)


def test_each_of_them_is_an_audit_event_and_found_by_its_id(ward: Ward) -> None:
    a_morning(ward)
    trail = ward.trail()
    site = Site("Minato Hospital", cast.FACILITY.id)
    question = Question(cast.START, ward.house.now(), person="aiko")
    for what in trail.happened(question):
        event = audit_event(what, site)
        check_resource("AuditEvent", event, orjson.dumps(event))
        assert trail.one(what.id) == what


def test_a_write_says_who_wrote_it_and_is_there_once(ward: Ward) -> None:
    entry = ward.write("o-9")
    written = [what for what in ward.happened() if what.ident == to_text(entry)]
    assert [(what.id[:8], what.person, what.role) for what in written] == [
        ("records-", "aiko", "nurse")
    ]


def test_a_write_whose_note_was_lost_in_a_crash_is_there_without_a_person(ward: Ward) -> None:
    about = f"Patient/{to_text(ward.chart)}"
    ward.house.send(lab("o-9", about), house=ward.serve, source="serve")
    written = ward.happened(kind="Observation", verbs=frozenset({"create"}))[-1]
    assert (written.person, written.instance) == ("", "serve")


def test_what_a_feed_writes_is_there_once_and_what_the_house_derives_is_not(ward: Ward) -> None:
    ward.house.send(patient("r"), lab("o-r", "Patient/r"))
    found = Counter(what.kind for what in ward.happened(verbs=frozenset({"create"})))
    assert found == {"Patient": 3, "Observation": 3}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"person": "aiko", "verbs": frozenset({"read"})}, {"read": 2}),
        ({"outcome": REFUSED}, {"release!": 1}),
        ({"action": "C", "instance": "serve"}, {"create": 1}),
        ({"ident": "o-2"}, {"read": 1}),
    ],
)
def test_it_is_searched_by_who_what_and_how_it_ended(
    ward: Ward, asked: dict[str, object], found: dict[str, int]
) -> None:
    a_morning(ward)
    assert verbs(ward.happened(**asked)) == found


def test_it_is_searched_by_patient(ward: Ward) -> None:
    a_morning(ward)
    happened = ward.happened(chart=ward.other)
    assert {what.chart for what in happened} == {ward.other}
    assert verbs(happened) == {"release": 1, "release!": 1}  # the face in a list


def test_only_what_lies_in_the_window_is_given(ward: Ward) -> None:
    ward.open(ward.chart)
    ward.house.clock.move(hours=2)
    ward.note("read", "old")
    ward.house.clock.move(hours=2)
    ward.write("new")
    now = ward.house.now()
    trail = ward.trail()
    found = list(trail.happened(Question(now - MINUTE, now + 1, person="aiko")))
    assert [what.verb for what in found] == ["create"]
    assert list(trail.happened(Question(now + 1, now + 2))) == []


@pytest.mark.attack
@pytest.mark.parametrize("person", ["aiko", "carla", "erik"])
def test_nobody_asks_but_an_auditor_and_nothing_is_read_before(ward: Ward, person: str) -> None:
    a_morning(ward)
    trail = ward.trail(person)
    question = Question(cast.START, ward.house.now())
    with pytest.raises(NotAllowedError):
        trail.happened(question)
    with pytest.raises(NotAllowedError):
        account(ward.chart, question.since, question.until, trail)
    with pytest.raises(NotAllowedError):
        trail.one("releases-3")
    with pytest.raises(NotAllowedError):
        trail.one("records-1")


@pytest.mark.attack
def test_a_program_that_may_not_audit_is_given_no_headers(ward: Ward) -> None:
    for instance in ("second desk", "engine"):
        with pytest.raises(NotAllowedError):
            ward.house.join(instance).store.headers(b"", 0, 10)


@pytest.mark.attack
def test_what_an_intruder_reads_inside_a_nurses_lease_is_there(ward: Ward) -> None:
    ward.open(ward.chart)
    for at in range(50):  # he has her session, and asks the door, which notes
        ward.note("read", f"o-{at}")
    read = ward.happened(chart=ward.chart, verbs=frozenset({"read"}))
    assert [what.ident for what in read] == [f"o-{at}" for at in range(50)]
    found = account(ward.chart, cast.START, ward.house.now(), ward.trail())
    assert [len(each.reads) for each in found.disclosures] == [50]


@pytest.mark.parametrize("ident", ["releases-999999", "records-999999", "what-1"])
def test_an_id_of_nothing_is_not_found(ward: Ward, ident: str) -> None:
    with pytest.raises(NotFoundError):
        ward.trail().one(ident)


@pytest.mark.parametrize("ident", ["releases-x", "records-", "journal-1", "journal-x-1"])
def test_an_id_that_is_none_is_refused(ward: Ward, ident: str) -> None:
    with pytest.raises(BadInputError):
        ward.trail().one(ident)


def test_a_patient_is_told_who_saw_what_and_why(ward: Ward) -> None:
    a_morning(ward)
    found = account(ward.chart, cast.START, ward.house.now(), ward.trail())
    (opened,) = [each for each in found.disclosures if Section.RESULTS in each.sections]
    told = opened.release
    assert (told.person, told.role, told.purpose) == ("aiko", "nurse", "TREAT")
    assert Counter(read.verb for read in opened.reads) == {"read": 2, "search": 1}
    assert found.is_exact
    others = account(ward.other, cast.START, ward.house.now(), ward.trail()).disclosures
    assert [each.sections for each in others] == [[Section.FACE]]


def test_a_lease_that_began_before_the_window_is_told_with_what_was_read_in_it(ward: Ward) -> None:
    ward.open(ward.chart)
    ward.house.clock.move(minutes=2)
    since = ward.house.now()
    ward.note("read")
    found = account(ward.chart, since, ward.house.now() + 1, ward.trail())
    assert [len(each.reads) for each in found.disclosures] == [1]
    later = account(ward.chart, ward.house.now() + MINUTE, ward.house.now() + MINUTE, ward.trail())
    assert later.disclosures == []


def test_a_read_that_names_no_line_is_told_under_its_sessions_release(ward: Ward) -> None:
    ward.open(ward.chart)
    ward.line = -1
    ward.note("vread")
    ward.house.clock.move(hours=1)
    ward.note("vread", "o-2")
    found = account(ward.chart, cast.START, ward.house.now(), ward.trail())
    assert [each.reads[0].ident for each in found.disclosures] == ["o-1"]


@pytest.mark.attack
def test_a_break_glass_is_told_with_its_reason(ward: Ward) -> None:
    ward.house.open(ward.token, ward.other, house=ward.serve, purpose=Purpose.BREAK_GLASS)
    ward.house.clock.move(seconds=1)
    (told,) = account(ward.other, cast.START, ward.house.now(), ward.trail()).disclosures
    assert (told.release.purpose, told.release.reason) == ("BTG", "said in a few words")


def test_it_goes_on_while_the_site_is_frozen(ward: Ward) -> None:
    a_morning(ward)
    dewi = ward.house.login("dewi")
    ward.house.desk.keyholder.act(dewi, actions.Freeze("site", ""))
    assert verbs(ward.happened())["read"] == 2


# The parts that need no house.


def what(time: int, ident: str = "") -> Happening:
    return Happening(ident or f"releases-{time}", time, "release")


def test_leases_are_joined_to_windows() -> None:
    assert list(spans([])) == []
    assert list(spans([10, 12, 40], lease=5)) == [(10, 17), (40, 45)]


def test_what_is_nearly_in_order_is_brought_in_order_within_a_bound() -> None:
    times = [3, 1, 2, 5, 4, 7, 6]
    assert [each.time for each in in_order(map(what, times), 2)] == sorted(times)


def wrote(at: int, chart: bytes = b"c", writer: bytes = b"w") -> Happening:
    return Happening(
        f"records-{at}", 5, "update", chart=chart, writer=writer, first=at, last=at
    )  # fmt: skip


NOTE = Happening(
    "journal-x-0", 6, "transaction", person="aiko", chart=b"c", writer=b"w", first=3, last=5
)


def test_a_note_signs_all_it_wrote_and_goes_and_one_without_a_write_stays() -> None:
    lonely = NOTE._replace(id="journal-x-1", first=8, last=9)
    found = list(fold([wrote(2), wrote(3), wrote(5), NOTE, lonely]))
    assert [(each.id, each.person) for each in found[:3]] == [
        ("records-2", ""), ("records-3", "aiko"), ("records-5", "aiko"),
    ]  # fmt: skip
    assert found[3:] == [lonely]


@pytest.mark.attack
def test_a_program_signs_neither_what_another_wrote_nor_another_chart() -> None:
    others = [wrote(3, writer=b"engine"), wrote(4, chart=b"d")]
    assert list(fold([*others, NOTE])) == [*others, NOTE]


@pytest.mark.attack
def test_a_note_that_claims_everything_costs_no_more_than_it_finds() -> None:
    claims = NOTE._replace(first=0, last=2**62)
    assert [each.person for each in fold([wrote(3), claims])] == ["aiko"]
