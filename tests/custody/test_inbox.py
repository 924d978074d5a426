"""The inbox: what nobody can place is kept sealed until a registrar files or dismisses it."""

import os
from io import BytesIO

import orjson
import pytest

from chartkeep.clinical.claim import Claim, Number
from chartkeep.custody.clearing import (
    Waiting,
    dismiss,
    file_away,
    find_waiting,
    inbox_look,
    list_inbox,
    take_out,
)
from chartkeep.custody.house import House
from chartkeep.custody.inbox import Aside, put_aside, waiting_since
from chartkeep.custody.placing import Why
from chartkeep.errors import (
    BadInputError,
    ConflictError,
    FrozenError,
    NotAllowedError,
    NotFoundError,
    OverBudgetError,
)
from chartkeep.keyholder import actions
from chartkeep.model import ChartId, EntryId, Purpose, Section, to_text
from tests.custody.road import Road
from tests.house import HouseRun
from tests.records import patient

CLAIM = Claim((Number("urn:mrn", "4711"),), ("Sato Linda",), "1950-01-02")


def aside(key: str = "MSG1", raw: bytes = b"OBX|glucose", why: Why = Why.MISMATCH) -> Aside:
    return Aside("fhir", "lab", key, why, CLAIM, "text/plain", raw, "name differs")


def listed(house: HouseRun, token: bytes) -> list[Waiting]:
    return list_inbox(inbox_look(token), house.desk)


def file(house: HouseRun, ident: EntryId, chart: ChartId, token: bytes, writer: House) -> None:
    kept = take_out(ident, inbox_look(token), writer)
    file_away(kept, chart, "hiro", writer, {"fhir": Road(house)})


@pytest.fixture
def writer(house: HouseRun) -> House:
    """The registrar's program: it opens, and it writes."""
    return house.join("serve")


def test_a_registrar_sees_what_came_and_why(house: HouseRun) -> None:
    ident = put_aside(aside(), house.engine)
    (waiting,) = listed(house, house.login("hiro"))
    assert waiting.ident == ident
    assert waiting.row.claim == CLAIM
    assert (waiting.row.why, waiting.row.door, waiting.row.size) == (Why.MISMATCH, "fhir", 11)
    assert waiting.state is None


def test_what_comes_again_lies_there_once(house: HouseRun) -> None:
    assert put_aside(aside(), house.engine) == put_aside(aside(), house.join("engine"))
    assert len(listed(house, house.login("hiro"))) == 1


def test_other_bytes_under_its_name_are_refused(house: HouseRun) -> None:
    put_aside(aside(), house.engine)
    with pytest.raises(ConflictError):
        put_aside(aside(raw=b"OBX|other"), house.engine)


def test_its_bytes_come_out_as_they_came(house: HouseRun) -> None:
    ident = put_aside(aside(raw=bytes(range(256))), house.engine)
    kept = take_out(ident, inbox_look(house.login("hiro")), house.desk)
    assert kept.raw == bytes(range(256))


def test_what_is_long_streams_in_and_out(house: HouseRun) -> None:
    raw = os.urandom(5 << 20)
    long = aside(raw=b"")._replace(stream=BytesIO(raw))
    ident = put_aside(long, house.engine)
    assert put_aside(long._replace(stream=BytesIO(raw)), house.engine) == ident
    with pytest.raises(ConflictError):
        put_aside(long._replace(stream=BytesIO(raw[:-1])), house.engine)
    kept = take_out(ident, inbox_look(house.login("hiro")), house.desk)
    assert kept.row.size == len(raw)
    assert kept.open().read(10) == raw[:10]
    assert kept.raw == raw


def test_what_is_filed_lies_in_the_chart_and_waits_no_more(house: HouseRun, writer: House) -> None:
    chart = house.send(patient("a")).charts[0]
    house.admit(chart)
    ident = put_aside(aside(), house.engine)
    file(house, ident, chart, house.login("hiro", "serve"), writer)
    (waiting,) = listed(house, house.login("hiro"))
    assert waiting.state is not None
    assert (waiting.state.state, waiting.state.by) == ("filed", "hiro")
    assert waiting.state.chart == to_text(chart)
    opened = house.open(house.login("aiko"), chart)
    (result,) = [e for e in opened.entries if e.header.kind == "Observation"]
    assert orjson.loads(result.raw)["code"]["text"] == "OBX|glucose"


def test_filing_cut_short_is_done_again(house: HouseRun, writer: House) -> None:
    chart = house.send(patient("a")).charts[0]
    ident = put_aside(aside(), house.engine)
    token = house.login("hiro", "serve")
    Road(house)(take_out(ident, inbox_look(token), writer), chart)  # and the process died
    file(house, ident, chart, token, writer)
    house.admit(chart)
    opened = house.open(house.login("aiko"), chart)
    assert sum(e.header.kind == "Observation" for e in opened.entries) == 1


def test_what_is_dismissed_stays_with_its_reason(house: HouseRun, writer: House) -> None:
    ident = put_aside(aside(), house.engine)
    token = house.login("hiro", "serve")
    with pytest.raises(BadInputError, match="reason"):
        dismiss(find_waiting(ident, inbox_look(token), writer), " x ", "hiro", writer)
    dismiss(find_waiting(ident, inbox_look(token), writer), "a test of the vendor", "hiro", writer)
    (waiting,) = list_inbox(inbox_look(token), writer)
    assert waiting.state is not None
    assert waiting.state.reason == "a test of the vendor"
    assert take_out(ident, inbox_look(token), writer).raw == b"OBX|glucose"


def test_what_was_dismissed_can_still_be_filed(house: HouseRun, writer: House) -> None:
    chart = house.send(patient("a")).charts[0]
    ident = put_aside(aside(), house.engine)
    token = house.login("hiro", "serve")
    dismiss(find_waiting(ident, inbox_look(token), writer), "nobody here", "hiro", writer)
    file(house, ident, chart, token, writer)
    (waiting,) = list_inbox(inbox_look(token), writer)
    assert waiting.state is not None
    assert waiting.state.state == "filed"


def test_what_comes_again_for_another_reason_waits_again(house: HouseRun, writer: House) -> None:
    ident = put_aside(aside(), house.engine)
    token = house.login("hiro", "serve")
    dismiss(find_waiting(ident, inbox_look(token), writer), "nobody here", "hiro", writer)
    put_aside(aside(), house.engine)
    assert list_inbox(inbox_look(token), writer)[0].state is not None
    assert waiting_since(house.desk) == []
    house.clock.move(minutes=1)
    put_aside(aside(why=Why.SEVERAL), house.engine)
    assert list_inbox(inbox_look(token), writer)[0].state is None
    assert waiting_since(house.desk) == [house.now()]


def test_a_door_that_is_not_open_files_nothing(house: HouseRun, writer: House) -> None:
    ident = put_aside(aside(), house.engine)
    token = house.login("hiro", "serve")
    with pytest.raises(BadInputError, match="door"):
        file_away(
            take_out(ident, inbox_look(token), writer), ChartId(b"c" * 16), "hiro", writer, {}
        )
    assert list_inbox(inbox_look(token), writer)[0].state is None


def test_an_inbox_nothing_ever_came_to_is_empty(house: HouseRun) -> None:
    assert listed(house, house.login("hiro")) == []


def test_each_look_is_a_line_and_counts_as_a_chart(house: HouseRun) -> None:
    put_aside(aside(), house.engine)
    hiro = house.login("hiro")
    limit = actions.SetLimit("person", "", "chart", 3_600_000, 1)
    proposed = house.desk.keyholder.act(house.login("erik"), limit)
    house.desk.keyholder.approve(house.login("fumi"), proposed.proposal)
    listed(house, hiro)
    listed(house, hiro)  # within its lease: a line, and no more budget
    house.clock.move(minutes=6)
    with pytest.raises(OverBudgetError):
        listed(house, hiro)
    assert sum(line.sections == 1 << Section.INBOX for line in house.lines()) >= 2


def test_nothing_lies_under_a_strange_id(house: HouseRun) -> None:
    put_aside(aside(), house.engine)
    with pytest.raises(NotFoundError):
        take_out(EntryId(b"x" * 16), inbox_look(house.login("hiro")), house.desk)


@pytest.mark.attack
@pytest.mark.parametrize("person", ["aiko", "carla", "dewi", "erik"])
def test_nobody_but_a_registrar_opens_the_inbox(house: HouseRun, person: str) -> None:
    put_aside(aside(), house.engine)
    token = house.login(person)
    for purpose in Purpose:
        look = inbox_look(token)._replace(purpose=purpose, reason="said in a few words")
        with pytest.raises(NotAllowedError):
            list_inbox(look, house.desk)


@pytest.mark.attack
def test_a_stolen_feed_cannot_read_what_it_put_aside(house: HouseRun) -> None:
    put_aside(aside(), house.engine)
    with pytest.raises(NotAllowedError):
        list_inbox(inbox_look(house.login("hiro")), house.engine)


@pytest.mark.attack
def test_a_registrar_reads_no_chart_and_no_journal(house: HouseRun) -> None:
    chart = house.send(patient("a")).charts[0]
    house.admit(chart)
    hiro = house.login("hiro")
    with pytest.raises(NotAllowedError):
        house.open(hiro, chart)
    for section in (Section.JOURNAL, Section.RESTRICTED):
        with pytest.raises(NotAllowedError):
            house.open(hiro, house.desk.chart, frozenset({section, Section.INBOX}))


@pytest.mark.attack
def test_a_freeze_shuts_the_inbox(house: HouseRun) -> None:
    put_aside(aside(), house.engine)
    hiro = house.login("hiro")
    house.desk.keyholder.act(house.login("dewi"), actions.Freeze("person", "hiro"))
    with pytest.raises(FrozenError):
        listed(house, hiro)


@pytest.mark.attack
def test_the_store_holds_nothing_of_it_in_clear(house: HouseRun) -> None:
    put_aside(aside(raw=b"OBX|canary-of-the-inbox"), house.engine)
    for path in (house.folder / "store").rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert b"canary-of-the-inbox" not in raw
            assert b"Linda" not in raw
