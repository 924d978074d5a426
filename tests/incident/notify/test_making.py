"""Letters are made under a grant of two, each person's alone, and everybody is in some state."""

import os
from typing import Any

import pytest
from msgspec import structs

from chartkeep.errors import NotAllowedError, NotFoundError, SealBrokenError
from chartkeep.incident.case.events import Finding
from chartkeep.incident.notify.answering import kept_notice, say_made
from chartkeep.incident.notify.delivery import TURN, UNSENT, State
from chartkeep.incident.notify.notice import read_notice
from chartkeep.incident.notify.recipient import To
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Section
from chartkeep.store.protocol import Read
from tests.house import Meddling
from tests.incident.notify.conftest import HOME, NOTICE, Office, spoken


def test_everyone_gets_their_own_letter_in_their_language(office: Office) -> None:
    office.admit("hana", "田中", "花子")
    office.admit("siti", "Santoso", "Siti", communication=[spoken("id")])
    office.admit("ann", "Miller", "Ann", communication=[spoken("en-GB")])
    office.admit("lea", "Dupont", "Léa", communication=[spoken("fr")])
    report = office.make()
    assert report.states == {State.MADE: 4}
    pages = office.pages()
    register = office.register()
    for chart, code in register.by_chart.items():
        row = register.rows[code]
        [mine] = [page for page in pages if code in page]
        assert mine == pages[row.first - 1]
        name = {
            "hana": "田中 花子",
            "siti": "Siti Santoso",
            "ann": "Ann Miller",
            "lea": "Léa Dupont",
        }
        who = next(n for n, c in office.charts.items() if c == chart)
        assert name[who] in mine
        assert not [other for n, other in name.items() if n != who and other in mine]
    assert {row.language for row in register.rows.values()} == {"ja", "id", "en"}  # nobody read fr


def test_a_letter_says_what_when_and_whom_to_call_and_that_it_is_a_translation(
    office: Office,
) -> None:
    office.admit("ann", "Miller", "Ann", communication=[spoken("en")])
    office.make()
    [page] = office.pages()
    text = " ".join(page.split())
    for said in (
        "Dear Ann Miller", "laboratory results", "In November 2026 somebody broke in",
        "This was on 15 January 2027", "told the police", "do not pay", "+81 120 000 000",
        "we are sorry", "The Japanese version is the authoritative one", "page 1 of 1",
    ):  # fmt: skip
        assert said in text
    assert "X-rays" not in text


def test_a_childs_letter_goes_to_who_answers_for_it_and_a_dead_persons_to_the_family(
    office: Office,
) -> None:
    kin = {"relationship": [{"coding": [{"code": "N"}]}], "name": {"text": "Rie Mori"}}
    elsewhere = HOME | {"line": ["9-9-9"]}
    office.admit("kenta", "Mori", "Kenta", birthDate="2020-05-05", communication=[spoken("en")])
    office.admit(
        "ichiro", "Mori", "Ichiro", deceasedBoolean=True, contact=[kin | {"address": elsewhere}],
        communication=[spoken("en")],
    )  # fmt: skip
    office.admit("jiro", "Mori", "Jiro", deceasedBoolean=True, contact=[kin])
    office.make()
    register = office.register()
    rows = {name: register.rows[register.by_chart[c]] for name, c in office.charts.items()}
    pages = office.pages()
    child, dead = pages[rows["kenta"].first - 1], pages[rows["ichiro"].first - 1]
    assert "To the parents or guardians of Kenta Mori" in child
    assert "To the family of Ichiro Mori" in dead
    assert "Rie Mori" in dead
    assert "9-9-9" in dead
    assert "go on being treated" not in dead
    assert rows["jiro"].to is To.FAMILY
    assert rows["jiro"].state is State.NO_FAMILY


def test_who_cannot_be_written_to_is_in_a_state_that_says_whose_turn_it_is(office: Office) -> None:
    office.admit("hana", "Tanaka", "Hana", address=[])
    office.admit("past", "Sato", "Ken", address=[HOME | {"period": {"end": "2020"}}])
    office.admit("rare", "𠮷野", "太郎")  # no font that every printer has
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    office.admit("kept", "Abe", "Kei", meta={"security": [label]})
    report = office.make()
    assert report.batches == 1
    assert report.states == {State.NO_ADDRESS: 2, State.UNPRINTABLE: 1, State.NOT_OPENED: 1}
    assert set(report.states) <= UNSENT <= TURN.keys()
    assert len(office.register().by_chart) == 4


def test_a_run_that_ended_goes_on_and_writes_to_nobody_twice(office: Office) -> None:
    for at in range(5):
        office.admit(f"p{at}", "Tanaka", f"Hana{at}")
    first = office.make(grant=office.grant(charts=3))
    assert first.states == {State.MADE: 3}
    assert first.left == 2
    second = office.make()
    assert second.states == {State.MADE: 2}
    assert office.make().states == {}
    assert len(set(office.register().rows)) == 5


def test_what_a_killed_run_made_is_said_in_the_case_by_the_next_once(office: Office) -> None:
    office.admit("ann", "Miller", "Ann")
    office.make()  # and is killed before it says so
    with pytest.raises(NotFoundError, match="no letters"):
        kept_notice(office.case)

    for _ in range(2):
        assert not office.make().states
        say_made(office.case, office.register(), 1, NOTICE)

    assert kept_notice(office.case) == read_notice(NOTICE)
    [(_, said)] = office.case.standing(Finding)
    assert said.says == "of estimate 1: 1 made"


def test_a_letter_that_came_back_is_made_again_with_the_same_code(office: Office) -> None:
    office.admit("hana", "Tanaka", "Hana")
    office.make()
    register = office.register()
    [code] = register.rows
    for state in (State.PRINTED, State.POSTED, State.RETURNED):
        register.move([code], state)
    moved = HOME | {"line": ["7-7-7"]}
    office.house.clock.move(seconds=1)
    office.admit("hana", "Tanaka", "Hana", address=[moved])
    assert office.make(again=True).states == {State.MADE: 1}
    assert "7-7-7" in office.pages(2)[0]
    assert list(office.register().rows) == [code]


def came_back(office: Office, *before: State) -> None:
    register = office.register()
    for state in (*before, State.RETURNED):
        register.move(list(register.rows), state)


@pytest.mark.attack
def test_no_second_letter_goes_to_a_door_the_first_came_back_from(office: Office) -> None:
    office.admit("hana", "Tanaka", "Hana")
    office.make()
    came_back(office, State.PRINTED, State.POSTED)
    for _ in range(2):  # nor when it is asked for once more
        assert office.make(again=True).states == {State.NO_ADDRESS: 1}
    office.house.clock.move(seconds=1)
    office.admit("hana", "Tanaka", "Hana", address=[HOME | {"line": ["7-7-7"]}])
    assert office.make(again=True).states == {State.MADE: 1}
    assert "1-2-3" not in "".join(office.pages(4))


def test_an_e_mail_that_came_back_becomes_a_letter(office: Office) -> None:
    mail = [{"system": "email", "value": "ann@example.org"}]
    chart = office.admit("ann", "Miller", "Ann", telecom=mail)
    office.make(agreed=frozenset({chart}))
    assert len(office.batch().mails) == 1
    came_back(office, State.MAILED)
    assert office.make(again=True, agreed=frozenset({chart})).states == {State.MADE: 1}
    assert not office.batch(2).mails
    assert "Ann Miller" in office.pages(2)[0]


def test_whose_letter_said_less_than_is_known_now_is_counted_and_written_to_anew(
    office: Office,
) -> None:
    office.admit("ann", "Miller", "Ann", communication=[spoken("en")])
    office.make()
    wider = mask(Section.IMAGING)
    report = office.make(sections=wider)
    assert (report.states, report.short) == ({}, 1)
    assert office.make(sections=mask(Section.RESULTS)).short == 0
    report = office.make(sections=wider, more=True)
    assert (report.states, report.short) == ({State.MADE: 1}, 0)
    assert "X-rays" in office.pages(2)[0]


def test_the_list_for_the_mail_house_has_every_sheet_and_no_formula(office: Office) -> None:
    office.admit("evil", "=HYPERLINK(1)", "X", communication=[spoken("en")], address=[
        HOME | {"line": ["@SUM(1)"], "country": "GB"},
    ])  # fmt: skip
    office.make()
    rows = office.batch().csv.decode("utf-8-sig").splitlines()
    [code] = office.register().rows
    assert rows[0].startswith("code,first_page,pages,language,discreet,country,line_1")
    assert rows[1].startswith(f"{code},1,1,en,no,GB,X =HYPERLINK(1),'@SUM(1)")


def test_an_e_mail_goes_to_who_agreed_and_does_not_say_which_data(office: Office) -> None:
    chart = office.admit(
        "ann", "Miller", "Ann", communication=[spoken("en")], address=[],
        telecom=[{"system": "email", "value": "ann@example.org"}],
    )  # fmt: skip
    office.make(agreed=frozenset({chart}))
    [mail] = office.batch().mails
    assert b"To: ann@example.org" in mail
    assert b"this letter does not say which data" in mail
    assert b"laboratory" not in mail


def test_half_an_address_is_never_written_to(office: Office) -> None:
    long = "Third house behind the old mill on the way to the sea, " * 3
    office.admit("line", "Mori", "A", address=[HOME | {"line": [long]}])
    office.admit("lines", "Mori", "B", address=[HOME | {"line": list("1234567")}])
    chart = office.admit("name", "Mori", "N" * 121, telecom=[
        {"system": "email", "value": "n@example.org"},
    ])  # fmt: skip
    office.admit("short", "Mori", "C")
    report = office.make(agreed=frozenset({chart}))
    assert report.states == {State.MADE: 1, State.UNPRINTABLE: 3}
    assert office.batch().mails == []


@pytest.mark.attack
def test_no_relative_is_mailed_although_somebody_agreed(office: Office) -> None:
    kin = {
        "relationship": [{"coding": [{"code": "N"}]}], "name": {"text": "Jiro Mori"},
        "address": HOME, "telecom": [{"system": "email", "value": "jiro@example.org"}],
    }  # fmt: skip
    dead = office.admit("dead", "Mori", "Ichiro", deceasedBoolean=True, contact=[kin])
    child = office.admit("child", "Mori", "Ume", birthDate="2020-01-01", contact=[kin])
    assert office.make(agreed=frozenset({dead, child})).states == {State.MADE: 2}
    assert (office.batch().mails, len(office.pages())) == ([], 2)


def test_a_discreet_letter_names_nobody_outside_and_no_data_inside(office: Office) -> None:
    office.admit("ann", "Miller", "Ann", communication=[spoken("en")])
    office.make(sections=mask(Section.RESTRICTED, Section.CLINICAL))
    [page] = office.pages()
    assert "Minato Hospital" not in page
    assert "私書箱 77" in page
    assert "diagnoses" not in page
    assert "does not say which data" in page


@pytest.mark.attack
def test_without_a_grant_of_two_no_letter_is_made(office: Office) -> None:
    office.admit("hana", "Tanaka", "Hana")
    for grant in (os.urandom(16), b"", office.grant(person="budi")):
        with pytest.raises(NotAllowedError):
            office.make(grant=grant)
    assert office.register().rows == {}


@pytest.mark.attack
def test_nothing_of_a_letter_lies_readable_at_the_desk(office: Office) -> None:
    office.admit("ann", "Millerson", "Annika", communication=[spoken("en")])
    office.make()
    register = office.register()
    [code] = register.rows
    chart = register.rows[code].affected.chart
    for path in office.desk.root.rglob("*"):
        raw = path.read_bytes() if path.is_file() else b""
        for secret in (b"Millerson", code.encode(), chart, chart.hex().encode(), b"%PDF"):
            assert secret not in raw, path


@pytest.mark.attack
def test_a_store_that_swaps_patients_gives_nobody_anothers_letter(office: Office) -> None:
    office.admit("hana", "Tanaka", "Hana", communication=[spoken("en")])
    office.admit("ann", "Miller", "Ann", communication=[spoken("en")])
    first, second = office.charts.values()
    swap = {first: second, second: first}
    honest = office.house.desk.store

    def swapped(page: Any, read: Read) -> Any:
        return page(structs.replace(read, chart=swap[ChartId(read.chart)]))

    office.house.desk.store = Meddling(honest, page=swapped)  # type: ignore[assignment]
    report = office.make()
    assert State.MADE not in report.states
    assert report.states == {State.NOT_OPENED: 2}


def test_a_batch_that_was_changed_is_not_printed(office: Office) -> None:
    office.admit("hana", "Tanaka", "Hana")
    office.make()
    [file] = (office.desk.root / "cases" / office.case.id / "evidence").iterdir()
    file.chmod(0o600)
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(SealBrokenError):
        office.batch()
