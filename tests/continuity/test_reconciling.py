"""What ward PCs wrote down about packs is taken in once, and makes their numbers due."""

import pytest

from chartkeep.continuity.forms import FormKind, FormNumber
from chartkeep.continuity.numbers import Hold, find_number
from chartkeep.continuity.reconciling import read_openings, take_openings
from chartkeep.continuity.registry import issue_forms, unreconciled
from chartkeep.custody.paper import PACK_REASON, Kind, Opening, fetch_kept, openings_look, read_said
from chartkeep.custody.release import Look, release
from chartkeep.errors import BadInputError, NotAllowedError
from chartkeep.incident.accounting import account
from chartkeep.incident.trail import Trail
from chartkeep.model import Millis, Purpose, Section
from tests import cast
from tests.house import HouseRun
from tests.records import patient

PACK = "9b0f2c1a-0000-4000-8000-00000000c0de"
HEAD = f"chartkeep-openings-1 {'5a' * 16}\n"


def row(mark: int, act: str = "opened", **more: object) -> str:
    rest = "".join(f',"{name}":{value!r}'.replace("'", '"') for name, value in more.items())
    pack = PACK.replace("-", "")
    return f'{mark:016x} {{"at":1800000000000,"who":"sato","pack":"{pack}","act":"{act}"{rest}}}\n'


NUMBER = FormNumber(1, FormKind.NOTES, 1, 1)
TEXT = HEAD + row(1) + row(2, "printed", what="ward", count=12) + row(3, "form", number=str(NUMBER))


def hold(house: HouseRun) -> Hold:
    serve = house.join("serve")
    return Hold(house.login("aiko", "serve"), serve, serve)


def test_an_opened_packs_numbers_are_due_and_the_text_is_taken_once(house: HouseRun) -> None:
    issue_forms(PACK, "3W", {FormKind.NOTES: 2}, Millis(0), house.join("serve"))
    assert take_openings(TEXT, "aiko", hold(house)) == (3, 3, 1, 0)
    assert take_openings(TEXT + row(4), "budi", hold(house)) == (4, 1, 1, 0)
    assert unreconciled(house.desk).batches == 1


def test_a_pack_nobody_knows_is_said(house: HouseRun) -> None:
    assert take_openings(TEXT, "aiko", hold(house)) == (3, 3, 0, 1)


def test_who_opened_a_pack_is_read_by_those_who_audit_and_nobody_else(house: HouseRun) -> None:
    take_openings(TEXT, "aiko", hold(house))
    token = house.login("dewi")
    found = fetch_kept((Kind.OPENING,), openings_look(token), house.desk)
    said = [read_said(each.raw, Opening) for each in found]
    assert {(each.who, each.act, each.by, each.pack) for each in said} == {
        ("sato", act, "aiko", PACK) for act in ("opened", "printed", "form")
    }
    with pytest.raises(NotAllowedError):
        fetch_kept((Kind.OPENING,), openings_look(house.login("aiko")), house.desk)


@pytest.mark.attack
@pytest.mark.parametrize(
    "wrong",
    [
        HEAD + "x",
        HEAD + row(1)[:-2],
        HEAD + row(1, "deleted"),
        HEAD + row(1).replace("1800000000000", "-1"),
        HEAD + row(1).replace("1800000000000", "1e400"),
        HEAD + row(1).replace("sato", "\\ud800"),
        HEAD + "0" * 16 + " {" + '"a":[' * 5_000 + "}",
        HEAD + row(1) * 20_001,
    ],
)
def test_lines_that_are_none_are_refused_whole(wrong: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_openings(wrong, "aiko")
    assert "sato" not in str(caught.value)


def test_another_format_is_refused_as_such() -> None:
    with pytest.raises(BadInputError):
        read_openings("chartkeep-openings-2 x\n", "aiko")


def test_a_form_is_known_to_be_whose_it_was_printed_for(house: HouseRun) -> None:
    ranges = issue_forms(PACK, "3W", {FormKind.NOTES: 2}, Millis(0), house.join("serve"))
    number = next(ranges[0].numbers())
    chart = "0a0a0a0a-0000-4000-8000-00000000c0de"
    text = HEAD + row(1, "form", number=str(number), form=4, bed="3", chart=chart)
    assert take_openings(text, "aiko", hold(house)).new == 1
    found = find_number(number, hold(house))
    assert found is not None
    assert (found[1].state, found[1].printed) == ("printed", chart)


def test_a_patients_accounting_names_who_opened_the_pack_they_were_in(house: HouseRun) -> None:
    chart = house.send(patient()).charts[0]
    house.admit(chart)
    reason = f"{PACK_REASON}{PACK}"
    look = Look(house.login("aiko"), frozenset({Section.FACE}), Purpose.TREATMENT, reason)
    release(chart, look, house.desk)
    other = house.send(patient("q", "Suzuki")).charts[0]
    plain = Look(house.login("aiko"), frozenset({Section.FACE}), Purpose.TREATMENT)
    release(other, plain, house.desk)
    take_openings(TEXT, "aiko", hold(house))
    look = Look(house.login("dewi"), frozenset({Section.JOURNAL}), Purpose.AUDIT, "accounting")
    trail = Trail(look, house.desk, house.releases_key, {})
    found = account(chart, cast.START, house.now() + 1, trail)
    told = [one for each in found.disclosures for one in each.openings]
    assert {one.person for one in told} == {"sato"}
    assert "handed in by aiko" in told[0].text
    (mine,) = account(other, cast.START, house.now() + 1, trail).disclosures
    assert mine.openings == []
