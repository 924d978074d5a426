"""Messages into charts, and what is answered."""

import pytest

from chartkeep.custody.clearing import Waiting, inbox_look, list_inbox, take_out
from chartkeep.custody.placing import Why
from chartkeep.custody.release import Look, release
from chartkeep.errors import NotAllowedError
from chartkeep.intake.hl7.answering import Door
from chartkeep.intake.hl7.taking import Taker
from chartkeep.model import Purpose
from chartkeep.sealing.entry import read_header
from tests.house import ALL
from tests.intake.hl7.conftest import Feed
from tests.intake.hl7.messages import (
    ADMITTED,
    HIS,
    LAB,
    OBR,
    PID,
    POTASSIUM,
    adt,
    message,
    obr,
    obx,
    oru,
    pv1,
)


def test_an_admission_makes_a_chart_with_a_face_a_bed_and_a_visit(feed: Feed) -> None:
    assert feed.send(adt("A01", ADMITTED)) == "AA"
    (visit,) = feed.read("Encounter")
    assert visit["status"] == "in-progress"
    assert visit["class"]["code"] == "IMP"
    assert visit["period"] == {"start": "2026-11-22T09:00:00+09:00"}
    shown = [
        (e["physicalType"]["coding"][0]["code"], e["location"]["display"])
        for e in visit["location"]
    ]
    assert shown == [("wa", "3W"), ("ro", "302"), ("bd", "302-1")]
    (patient,) = feed.read("Patient")
    assert [name["family"] for name in patient["name"]] == ["佐藤", "サトウ", "SATO"]


def test_a_result_goes_to_the_chart_its_number_names(feed: Feed) -> None:
    feed.send(adt("A01", ADMITTED))
    assert feed.send(oru(ADMITTED, OBR, POTASSIUM), feed.lab) == "AA"
    (result,) = feed.read("Observation")
    assert result["valueQuantity"] == {
        "value": 6.10, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L",
    }  # fmt: skip
    (report,) = feed.read("DiagnosticReport")
    assert report["status"] == "final"


def census(feed: Feed, ward: str) -> list[str]:
    """The beds of a ward as the keyholder knows them."""
    token = feed.house.login("aiko" if ward == "3W" else "budi")
    return [each.bed for each in feed.house.desk.keyholder.census(token, ward)]


def test_beds_follow_the_messages_and_what_is_cancelled_is_undone(feed: Feed) -> None:
    feed.send(adt("A01", pv1(), number="1"))
    assert census(feed, "3W") == ["302-1"]
    feed.send(adt("A02", pv1(_3="5E^501^2"), number="2"))
    assert (census(feed, "3W"), census(feed, "5E")) == ([], ["501-2"])
    feed.send(adt("A12", pv1(), number="3"))
    assert (census(feed, "3W"), census(feed, "5E")) == (["302-1"], [])
    feed.send(adt("A03", pv1(_45="20261122180000"), number="4"))
    assert census(feed, "3W") == []
    feed.send(adt("A13", pv1(), number="5"))
    assert census(feed, "3W") == ["302-1"]
    feed.send(adt("A11", pv1(), number="6"))
    assert census(feed, "3W") == []


def test_who_attends_may_open_the_chart_from_another_ward(feed: Feed) -> None:
    feed.send(adt("A01", pv1(_7="budi^Budi~3301^山田", _19="V-3"), number="1"))
    token, chart = feed.house.login("budi"), feed.chart()
    assert feed.house.open(token, chart).entries
    feed.send(adt("A03", pv1(_7="budi^Budi", _45="20261122180000"), number="2"))
    feed.house.clock.move(hours=80)
    with pytest.raises(NotAllowedError):
        feed.house.open(feed.house.login("budi"), chart)


def test_an_old_message_that_comes_again_moves_nobody(feed: Feed) -> None:
    feed.send(adt("A01", pv1(), number="1"))
    feed.send(adt("A02", pv1(_3="5E^501^2"), number="2"))
    assert feed.send(adt("A01", pv1(), number="1")) == "AA it was here before"
    assert census(feed, "3W") == []
    (visit,) = feed.read("Encounter")
    assert visit["location"][0]["location"]["display"] == "5E"


def test_a_feed_that_may_not_place_moves_nobody(feed: Feed) -> None:
    feed.send(adt("A01", pv1()), feed.lab)
    assert census(feed, "3W") == []


def test_other_bytes_under_a_number_that_came_are_rejected(feed: Feed) -> None:
    feed.send(adt("A28", number="1"))
    answer = feed.send(adt("A28", number="1", pid=PID.replace("港区", "北区")))
    assert answer == "AR another message came under this control id"


def test_a_correction_is_the_next_version_of_what_it_corrects(feed: Feed) -> None:
    feed.send(adt("A01", pv1()))
    feed.send(oru(obr(_25="P"), obx(_5="4.1", _11="P"), number="1"), feed.lab)
    feed.send(oru(obr(_25="C"), obx(_5="4.4", _11="C"), number="2"), feed.lab)
    (result,) = feed.read("Observation")
    assert (result["status"], result["valueQuantity"]["value"]) == ("corrected", 4.4)
    (report,) = feed.read("DiagnosticReport")
    assert report["status"] == "corrected"


def test_every_message_has_a_provenance_that_names_it(feed: Feed) -> None:
    feed.send(adt("A01", pv1(), number="A-1"))
    (record,) = feed.read("Provenance")
    assert record["recorded"] == "2026-11-22T09:30:00+09:00"
    assert record["agent"][0]["who"] == {"display": "HIS / MINATO"}
    assert record["entity"][0]["what"]["identifier"] == {"value": "A-1"}


def test_what_nobody_can_place_is_in_the_inbox_before_it_is_answered(feed: Feed) -> None:
    answer = feed.send(oru(OBR, POTASSIUM), feed.lab)
    assert answer == "AA set aside, a person must look: no chart carries this number"
    assert feed.send(oru(OBR, POTASSIUM), feed.lab) == answer
    (waiting,) = inbox(feed)
    assert (waiting.row.door, waiting.row.why) == ("hl7", Why.UNKNOWN)


def test_a_person_files_it_into_the_chart_they_name(feed: Feed) -> None:
    feed.send(oru(OBR, POTASSIUM, pid=PID.replace("4711", "4712")), feed.lab)
    feed.send(adt("A01", pv1()))
    (waiting,) = inbox(feed)
    kept = take_out(waiting.ident, registrar(feed), feed.house.desk)
    feed.taker.refile(kept.raw, feed.chart(), LAB)
    feed.taker.refile(kept.raw, feed.chart(), LAB)
    assert len(feed.read("Observation")) == 1


@pytest.mark.attack
def test_a_number_with_another_persons_name_never_reaches_the_chart(feed: Feed) -> None:
    feed.send(adt("A01", pv1()))
    forged = PID.replace("佐藤^花", "鈴木^一").replace("サトウ^ハナ", "スズキ^ハジメ")
    forged = forged.replace("SATO^HANA", "SUZUKI^HAJIME").replace("19560803", "19700101")
    assert feed.send(oru(OBR, POTASSIUM, pid=forged)).startswith("AA set aside")
    assert feed.read("Observation") == []
    (waiting,) = inbox(feed)
    assert waiting.row.why == Why.MISMATCH


@pytest.mark.attack
def test_an_authority_nobody_knows_decides_nothing(feed: Feed) -> None:
    feed.send(adt("A01", pv1()))
    strange = PID.replace("^^^MINATO^MR", "^^^ELSEWHERE^MR").replace("&1.2.392.1&ISO", "OTHER")
    feed.send(oru(OBR, POTASSIUM, pid=strange))
    (waiting,) = inbox(feed)
    assert waiting.row.why == Why.NO_NUMBER


@pytest.mark.attack
@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (oru(obr(_7="yesterday"), POTASSIUM), "OBR-7 is no time"),
        (oru(obr(), "obx what"), "line 4 is no segment"),
        (message("ORU^R01", PID, PID, obr()), "not one PID segment"),
        (message("ORU^R01", obr()), "not one PID segment"),
        (oru(obr(), obx(_2="ED", _5="a^b^PDF^Base64^###")), "the data of an ED value is broken"),
        (oru(PID).replace("佐".encode(), b"\xff\xfe"), "the message is not written in"),
        (oru(obr(_4="&" * 3_000)), "a field has too many parts"),
        (oru("NTE" + "|" * 600), "a segment has too many fields"),
    ],
)
def test_a_broken_message_is_kept_for_a_person_who_is_told_where(
    feed: Feed, raw: bytes, said: str
) -> None:
    feed.send(adt("A01", pv1()))
    assert feed.send(raw).startswith(f"AA set aside, a person must look: {said}")
    (waiting,) = inbox(feed)
    assert take_out(waiting.ident, registrar(feed), feed.house.desk).raw == raw


@pytest.mark.attack
def test_a_stolen_interface_host_opens_nothing(feed: Feed) -> None:
    feed.send(adt("A01", pv1()))
    chart, thief = feed.chart(), feed.house.join("engine")
    token = feed.house.login("aiko")
    look = Look(token, ALL, Purpose.TREATMENT, "none of mine")
    with pytest.raises(NotAllowedError):
        release(chart, look, thief)
    with pytest.raises(NotAllowedError):
        list_inbox(registrar(feed), thief)


def test_merged_charts_take_messages_of_both_numbers_until_they_are_parted(feed: Feed) -> None:
    other = PID.replace("4711", "5000").replace("13 0012", "13 0013")
    feed.send(adt("A28", number="1"))
    feed.send(adt("A28", number="2", pid=other))
    assert feed.send(message("ADT^A40", PID, "MRG|5000^^^MINATO", number="3")) == "AA"
    feed.send(oru(OBR, POTASSIUM, pid=other, number="4"), feed.lab)
    assert len(feed.read("Observation")) == 1
    assert feed.send(message("ADT^A37", PID, "MRG|5000^^^MINATO", number="5")) == "AA"
    feed.send(oru(obr(_3="F-9"), POTASSIUM, pid=other, number="6"), feed.lab)
    assert len(feed.read("Observation", "4711")) == 1
    assert len(feed.read("Observation", "5000")) == 1


def registrar(feed: Feed) -> Look:
    """Look as whoever clears the inbox."""
    return inbox_look(feed.house.login("hiro"))


def inbox(feed: Feed) -> list[Waiting]:
    """List what waits."""
    return list_inbox(registrar(feed), feed.house.desk)


@pytest.mark.attack
def test_what_another_worker_took_is_not_taken_for_new(feed: Feed) -> None:
    other = Door(Taker(feed.house.join("engine")), HIS, feed.house.now)
    first, moved = adt("A01", ADMITTED, number="1"), adt("A02", pv1(_3="5E^501^2"), number="2")
    assert feed.send(first) == "AA"
    assert feed.send(moved, other) == "AA"
    assert feed.send(adt("A08", pv1(_3="5E^502^1"), number="3")) == "AA"
    assert [feed.send(each) for each in (first, moved)] == [feed.send(first, other)] * 2
    (visit,) = feed.read("Encounter")
    assert visit["location"][-1]["location"]["display"] == "502-1"
    history = feed.house.desk.store.read(feed.chart(), [], history=True).entries
    visits = [read_header(raw).version for raw in history if read_header(raw).kind == "Encounter"]
    assert sorted(visits) == [1, 2, 3]
