"""A ward's pack from sealed charts to the file on the ward's PC, and what it must not hold."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chartkeep.continuity.manifest import list_packs
from chartkeep.continuity.sheet import Says
from chartkeep.custody.lines import Window
from chartkeep.custody.sheet_marks import SheetMarks
from chartkeep.errors import NotAllowedError, RefusedError, UnavailableError
from chartkeep.keyholder import actions, details
from chartkeep.keyholder.roles import mask
from chartkeep.ledger.line import Line
from chartkeep.model import Consent, Provision, Section, to_id, to_text
from chartkeep.store.protocol import Found
from chartkeep.wiring.packing import FILE, read_packs
from tests.continuity.ward_house import SECTIONS, WARD, WardHouse, ward_house
from tests.fhir.bundles import post
from tests.house import HouseRun, Meddling

CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def releases(ward: WardHouse) -> list[Line]:
    return [
        line
        for line in ward.house.lines()
        if line.verb == "release" and details.unpack(line).kind == "pack"
    ]


def test_a_pack_holds_who_lies_on_the_ward_in_the_order_of_the_beds(house: HouseRun) -> None:
    ward = ward_house(house, 3)
    pack = ward.pack()
    assert [sheet.bed for sheet in pack.sheets] == ["1", "2", "3"]
    assert [to_id(sheet.chart) for sheet in pack.sheets] == ward.charts
    assert all(sheet.who.name and len(sheet.who.numbers) > 1 for sheet in pack.sheets)
    assert all(sheet.problems.says == Says.DATA and sheet.contacts.items for sheet in pack.sheets)
    assert (pack.unopened, pack.ward, pack.name) == (0, WARD, "Minato Hospital")
    assert pack.expires - pack.data_time == 24 * 3_600_000
    assert sum(each.count for each in pack.forms) == 5


def test_each_sheet_has_a_number_that_leads_back_to_its_pack(house: HouseRun) -> None:
    ward = ward_house(house, 3)
    marks, packs = SheetMarks.of_house(ward.joined), [ward.pack(), ward.pack()]
    numbers = [[sheet.mark for sheet in pack.sheets] for pack in packs]
    assert len({each for those in numbers for each in those}) == 2 * len(ward.charts)
    for pack, those in zip(packs, numbers, strict=True):
        assert marks.packs(" ".join(those)) == {to_id(pack.pack)[:4]}


def test_each_chart_of_a_pack_is_a_line_that_names_it(house: HouseRun) -> None:
    ward = ward_house(house, 2)
    pack = ward.pack()
    told = [(line.chart, line.sections, details.unpack(line)) for line in releases(ward)]
    assert sorted(chart for chart, _, _ in told) == sorted(ward.charts)
    assert {each.reason for _, _, each in told} == {f"ward pack {pack.pack}"}
    assert not any(sections & ~SECTIONS for _, sections, _ in told)
    (note,) = [details.unpack(line) for line in house.lines() if line.verb == "packed"]
    assert (to_text(note.pack), note.ward, note.charts) == (pack.pack, WARD, 2)


def test_the_ledger_lists_packs_with_their_charts(house: HouseRun) -> None:
    ward = ward_house(house, 2)
    first = ward.pack()
    ward.folder.joinpath("ward-3W.html").unlink()
    ward.folder.joinpath("ward-3W.html").mkdir()  # so the second one cannot be put there
    house.clock.move(minutes=15)
    second = ward.packer.ward(WARD)
    began, ended = house.clock.at - 900_000, house.clock.at + 1
    token = house.login("dewi")
    window = Window(house.desk.keyholder, house.releases_key, token, began, ended)
    told = {made.pack: made for made in list_packs(window, began)}
    assert set(told) == {first.pack, second.pack}
    assert all(sorted(made.charts) == sorted(ward.charts) for made in told.values())
    assert (told[first.pack].ward, told[first.pack].expires) == (WARD, first.expires)
    assert (told[second.pack].ward, told[second.pack].packer) == ("", "packer-1")
    assert {bits for made in told.values() for bits in made.charts.values()} == {SECTIONS}


def test_who_left_is_not_in_the_next_pack(house: HouseRun) -> None:
    ward = ward_house(house, 2)
    ward.pack()
    house.admit(ward.charts[0], "", "")
    assert [to_id(sheet.chart) for sheet in ward.pack().sheets] == [ward.charts[1]]


def test_an_empty_ward_has_an_empty_pack(house: HouseRun) -> None:
    assert ward_house(house, 0).pack().sheets == []


@pytest.mark.attack
def test_nothing_restricted_is_in_a_pack(house: HouseRun) -> None:
    ward = ward_house(house, 1)
    secret = {
        "resourceType": "Condition",
        "subject": {"reference": f"Patient/{to_text(ward.charts[0])}"},
        "code": {"text": "Zyxkanariya"},
        "meta": {"security": [{"system": CONFIDENTIALITY, "code": "R"}]},
    }
    assert not house.send(post("urn:uuid:018f428e-34f6-4707-8009-5ad742f901e7", secret)).refusals
    assert b"Zyxkanariya" not in msgspec.json.encode(ward.pack())


@pytest.mark.attack
def test_what_the_patient_denies_is_not_in_it_and_nobody_reads_that_it_is_denied(
    house: HouseRun,
) -> None:
    ward = ward_house(house, 2)
    shy = Consent(Provision(permit=True), (Provision(permit=False, whom=("aiko",)),))
    house.engine.keyholder.set_consent(ward.charts[0], os.urandom(16), [shy])
    denied = Consent(Provision(permit=True), (Provision(False, mask(Section.RESULTS)),))
    house.engine.keyholder.set_consent(ward.charts[1], os.urandom(16), [denied])
    (sheet,) = ward.pack().sheets
    assert to_id(sheet.chart) == ward.charts[1]
    assert (sheet.results.says, sheet.weight.says) == (Says.NO_DATA, Says.NO_DATA)
    assert sheet.problems.says == Says.DATA
    assert sheet.damaged == 0
    assert ward.pack().unopened == 0


@pytest.mark.attack
def test_after_the_grants_end_no_pack_is_made_and_the_last_one_stays(house: HouseRun) -> None:
    ward = ward_house(house, 1)
    first = ward.pack()
    house.desk.keyholder.act(house.login("dewi"), actions.EndGrant(ward.grant))
    with pytest.raises(NotAllowedError):
        ward.packer.ward(WARD)
    (path,) = ward.folder.glob("*.html")
    assert ward.read(path) == first


@pytest.mark.attack
def test_a_damaged_entry_is_counted_and_the_rest_is_shown(house: HouseRun) -> None:
    ward = ward_house(house, 1)
    ward.joined.store = Meddling(ward.joined.store, read=broken)
    (sheet,) = ward.pack().sheets
    assert sheet.damaged == 1
    assert sheet.problems.says == Says.DATA


@pytest.mark.attack
def test_a_pack_of_nobody_does_not_take_the_place_of_a_full_one(house: HouseRun) -> None:
    ward = ward_house(house, 2)
    first = ward.pack()
    ward.joined.store = Meddling(ward.joined.store, read=nothing)
    with pytest.raises(RefusedError, match="no chart of this ward opened"):
        ward.packer.ward(WARD)
    (path,) = ward.folder.glob("*.html")
    assert ward.read(path) == first


def broken(read: Callable[..., Found], *asked: Any) -> Found:
    found = read(*asked)
    spoilt = found.entries[-1][:-1] + bytes([found.entries[-1][-1] ^ 1])
    return Found(found.wraps, [*found.entries[:-1], spoilt], 0)


def nothing(read: Callable[..., Found], *asked: Any) -> Found:
    found = read(*asked)
    return Found(found.wraps, [], 0)


def test_a_ward_nobody_configured_needs_a_folder(house: HouseRun, tmp_path: Path) -> None:
    ward = ward_house(house, 1)
    with pytest.raises(RefusedError, match="names no folder"):
        ward.packer.ward("5E")
    ward.packer.ward(WARD, [tmp_path])
    assert len(list(tmp_path.glob("ward-3W.html"))) == 1
    assert "packed" not in house.verbs()


def test_each_folder_has_form_numbers_of_its_own(house: HouseRun, tmp_path: Path) -> None:
    ward = ward_house(house, 1)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    ward.packer.ward(WARD, folders)
    pages = [next(folder.glob("*.html")).read_text() for folder in folders]
    assert ['data-place="1/2"' in pages[0], 'data-place="2/2"' in pages[1]] == [True, True]


def test_a_folder_that_cannot_be_written_is_named_and_the_pack_is_not_noted(
    house: HouseRun,
) -> None:
    ward = ward_house(house, 1)
    ward.folder.rmdir()
    pushed = ward.packer.ward(WARD)
    assert pushed.trouble == [f"{ward.folder}: No such file or directory"]
    assert "packed" not in house.verbs()
    assert "ward 3W has no pack" in house.desk.keyholder.status().red


def test_a_round_goes_on_past_a_ward_that_fails(house: HouseRun) -> None:
    ward = ward_house(house, 1)
    told: list[str] = []
    house.desk.keyholder.act(house.login("dewi"), actions.EndGrant(ward.grant))
    ward.packer.round(told.append, threading.Event())
    assert told == [f"no pack of ward {WARD}: no such grant holds now"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "packs.json"),
        ('{"program": "p", "grant": "00", "wards": []}', "packs.json"),
        ('{"program": "p", "grant": "%s", "wards": [], "x": 1}', "packs.json"),
        ('{"program": "p", "grant": "%s", "wards": [], "forms": {"x": 1}}', "no such form"),
        ('{"program": "p", "grant": "%s", "wards": [%s, %s]}', "twice"),
    ],
)
def test_what_packs_json_does_not_mean_is_refused(tmp_path: Path, text: str, what: str) -> None:
    ward = '{"ward": "a", "folders": ["b"]}'
    filled = text.replace("%s", "0" * 32, 1).replace("%s", ward)
    (tmp_path / FILE).write_text(filled)
    with pytest.raises(RefusedError, match=what):
        read_packs(tmp_path)


def test_without_packs_json_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        read_packs(tmp_path)
