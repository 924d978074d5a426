"""The road out: what was written down, and only that; a store that lies is found out."""

from collections.abc import Callable
from typing import Any

import pytest

from chartkeep.custody.house import House
from chartkeep.errors import (
    NotAllowedError,
    UnavailableError,
)
from chartkeep.model import Purpose, Section, to_text
from chartkeep.store.protocol import Found
from tests.house import ALL, HouseRun, Meddling
from tests.records import lab, patient, put

Reading = Callable[..., Found]


@pytest.fixture
def ward(house: HouseRun) -> tuple[bytes, bytes]:
    """Two patients in bed on 3W; gives their charts."""
    charts = []
    for name in ("p", "q"):
        about = f"Patient/{name}"
        allergy = put("AllergyIntolerance", f"a-{name}", patient={"reference": about})
        sent = house.send(patient(name), lab(f"o-{name}", about, 1), allergy)
        house.admit(sent.charts[0], bed=name)
        charts.append(sent.charts[0])
    return charts[0], charts[1]


def kinds(opened: Any) -> set[str]:
    return {entry.header.kind for entry in opened.entries}


def liar(house: HouseRun, **answers: Callable[..., Any]) -> House:
    """A desk whose store answers something else."""
    desk = house.join("desk")
    desk.store = Meddling(desk.store, **answers)  # type: ignore[assignment]
    return desk


def test_it_opens_the_sections_asked_for_and_no_other(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    token = house.login("aiko")
    assert kinds(house.open(token, ward[0])) == {"FacePerson", "Observation", "AllergyIntolerance"}
    opened = house.open(token, ward[0], frozenset({Section.RESULTS}))
    assert kinds(opened) == {"Observation"}
    line = house.lines()[opened.line]
    assert (line.verb, line.chart, line.sections) == ("release", ward[0], 1 << Section.RESULTS)


def test_the_present_is_shown_and_history_on_request(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    house.send(lab("o-p", value=2))
    token, results = house.login("aiko"), frozenset({Section.RESULTS})
    versions = [
        [entry.header.version for entry in house.open(token, ward[0], results, history=h).entries]
        for h in (False, True)
    ]
    assert versions == [[2], [1, 2]]


def test_a_later_label_moves_only_the_later_version(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    house.send(lab("o-p", meta={"security": [{"system": system, "code": "R"}]}))
    token = house.login("aiko")
    assert "Observation" not in kinds(house.open(token, ward[0]))
    restricted = house.open(token, ward[0], frozenset({Section.RESTRICTED}))
    assert [entry.header.version for entry in restricted.entries] == [2]
    old = house.open(token, ward[0], frozenset({Section.RESULTS}), history=True)
    assert [entry.header.version for entry in old.entries] == [1]


def test_a_flipped_byte_is_named_and_the_rest_is_shown(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    def flip(read: Reading, *asked: Any, **named: Any) -> Found:
        found = read(*asked, **named)
        last = bytearray(found.entries[-1])
        last[-20] ^= 1
        return Found(found.wraps, [*found.entries[:-1], bytes(last)], 0)

    token = house.login("aiko")
    whole = house.open(token, ward[0])
    opened = house.open(token, ward[0], house=liar(house, read=flip))
    missing = {e.header.entry_id for e in whole.entries} - {
        e.header.entry_id for e in opened.entries
    }
    assert len(opened.entries) == len(whole.entries) - 1
    (sentence,), (entry,) = opened.damaged, missing
    assert to_text(entry) in sentence


@pytest.mark.parametrize("with_wraps", [False, True])
def test_entries_of_another_chart_are_never_shown(
    house: HouseRun, ward: tuple[bytes, bytes], *, with_wraps: bool
) -> None:
    mine, other = ward

    def swap(read: Reading, chart: bytes, sections: list[int], **named: Any) -> Found:
        theirs, found = read(other, sections, **named), read(chart, sections, **named)
        return Found(theirs.wraps if with_wraps else found.wraps, theirs.entries, 0)

    token = house.login("aiko")
    desk = liar(house, read=swap)
    opened = house.open(token, mine, house=desk)
    assert opened.entries == []
    assert len(opened.damaged) >= 3
    assert any("belongs somewhere else" in told for told in opened.damaged) == with_wraps


def test_wraps_of_another_section_open_nothing(house: HouseRun, ward: tuple[bytes, bytes]) -> None:
    def more(read: Reading, chart: bytes, _: list[int], **named: Any) -> Found:
        return read(chart, [int(Section.IDENTITY)], **named)

    opened = house.open(house.login("aiko"), ward[0], house=liar(house, read=more))
    assert opened.entries == []
    assert any("belongs somewhere else" in told for told in opened.damaged)


def test_an_entry_moved_to_another_section_does_not_open(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    def move(read: Reading, chart: bytes, sections: list[int], **named: Any) -> Found:
        found = read(chart, sections, **named)
        return Found(found.wraps, read(chart, [int(Section.IDENTITY)], **named).entries, 0)

    opened = house.open(house.login("aiko"), ward[0], house=liar(house, read=move))
    assert (opened.entries, len(opened.damaged)) == ([], 1)


def test_a_version_that_was_replaced_does_not_pass_beside_its_successor(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    house.send(lab("o-p", value=2))

    def replay(read: Reading, chart: bytes, sections: list[int], **_: Any) -> Found:
        return read(chart, sections, history=True)

    results = frozenset({Section.RESULTS})
    opened = house.open(house.login("aiko"), ward[0], results, house=liar(house, read=replay))
    assert [entry.header.version for entry in opened.entries] == [2]
    assert "version 1" in opened.damaged[0]


def test_what_was_open_is_not_shown_to_a_look_that_asks_for_less(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    token = house.login("aiko")
    house.open(token, ward[0])
    again = house.open(token, ward[0], frozenset({Section.CLINICAL}))
    assert kinds(again) == {"AllergyIntolerance"}
    with pytest.raises(NotAllowedError):
        house.open(house.login("budi"), ward[0])


def test_without_a_session_nothing_opens_and_a_strangers_patient_neither(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    with pytest.raises(NotAllowedError, match="no such session"):
        house.open(b"t" * 32, ward[0])
    with pytest.raises(NotAllowedError, match="no relation"):
        house.open(house.login("budi"), ward[0])
    with pytest.raises(NotAllowedError, match="no relation"):
        house.open(house.login("aiko"), b"nobody's chart.."[:16])


def test_break_glass_opens_what_a_relation_would(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    opened = house.open(house.login("budi"), ward[0], purpose=Purpose.BREAK_GLASS)
    assert len(opened.entries) == 3


def test_while_the_keyholder_is_down_nothing_opens(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    token = house.login("aiko")
    house.keyholder.stop()
    with pytest.raises(UnavailableError):
        house.open(token, ward[0])
    house.keyholder.start()


def test_the_facilitys_ordinary_section_opens_without_a_budget(house: HouseRun) -> None:
    house.send(put("Organization", "org", name="Minato"))
    token = house.login("budi")
    opened = house.open(token, house.desk.chart, frozenset({Section.ORDINARY}))
    assert kinds(opened) == {"Organization"}


def test_all_sections_together_are_all_that_went_in(
    house: HouseRun, ward: tuple[bytes, bytes]
) -> None:
    opened = house.open(house.login("aiko"), ward[0], ALL - {Section.IDENTITY})
    assert "Patient" not in kinds(opened)
    mine = house.open(house.login("carla"), ward[0], frozenset({Section.IDENTITY}))
    assert kinds(mine) == {"Patient"}
