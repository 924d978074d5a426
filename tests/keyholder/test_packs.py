"""Ward packs: a standing grant opens who lies on its wards now, in its sections, nobody else."""

import os
from collections.abc import Iterable
from typing import Any

import pytest

from chartkeep.errors import ChartkeepError, FrozenError, NotAllowedError, RefusedError
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.packs import LATE, PACKABLE
from chartkeep.keyholder.protocol import Act, LoginProgram, NotePack, PackWard, SetConsent, Status
from chartkeep.keyholder.roles import mask
from chartkeep.model import Consent, Provision, Section
from chartkeep.sealing.pack import derive_ward_key
from chartkeep.sealing.ward_code import fresh_code
from tests.keyholder.desk import CARE, DAY, Desk
from tests.keyholder.test_programs import assertion, program

KEY = derive_ward_key(fresh_code(), b"s" * 16).encode()
ALL = mask(*CARE)


def packer(desk: Desk) -> bytes:
    """Log the packer in; each time with a fresh assertion."""
    token: bytes = desk.ask(LoginProgram(assertion(desk, jti=os.urandom(8).hex()))).token
    return token


def grant(
    desk: Desk,
    wards: Iterable[str] = ("3W",),
    sections: int = ALL,
    charts: int = 100,
    days: int = 9,
) -> bytes:
    if "exporter" not in desk.keyholder.standing.people:
        desk.two(desk.login("erik"), desk.login("fumi"), program("packer"))
    wanted = actions.GrantPacks(
        "exporter", list(wards), sections, charts, desk.clock.at + days * DAY
    )
    return desk.two(desk.login("dewi"), desk.login("gita"), wanted)


def code(desk: Desk, ward: str = "3W", key: bytes = KEY) -> None:
    desk.two(desk.login("dewi"), desk.login("gita"), actions.SetWardKey(ward, key))


def red(desk: Desk) -> list[str]:
    told: list[str] = desk.ask(Status()).red
    return [sentence for sentence in told if "pack" in sentence]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"days": -1}, "over already"),
        ({"days": 400}, "at most a year"),
        ({"charts": 0}, "for no chart"),
        ({"sections": mask(Section.CLINICAL)}, "without face"),
        ({"sections": mask(Section.FACE, Section.IMAGING)}, "does not hold these sections"),
    ],
    ids=str,
)
def test_a_grant_that_makes_no_sense_says_which_word(
    desk: Desk, wrong: dict[str, int], said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        grant(desk, **wrong)  # type: ignore[arg-type]


def test_the_packer_opens_who_lies_on_the_ward_and_each_is_a_line(desk: Desk) -> None:
    mine, there = grant(desk), [desk.chart("3W", "1"), desk.chart("3W", "2")]
    assert desk.open(packer(desk), *there, grant=mine) == ["", ""]
    opened = [line for line in desk.lines() if line.verb == "release"]
    assert [line.chart for line in opened] == [each.chart for each in there]
    assert {told.kind for told in desk.told("release")} == {"pack"}


@pytest.mark.attack
def test_a_stolen_packer_opens_nobody_who_left_and_no_outpatient(desk: Desk) -> None:
    mine = grant(desk)
    discharged, outpatient = desk.chart("3W", "1"), desk.chart("3W")
    other, nobody = desk.chart("5E", "1"), desk.chart()
    desk.ask(Act(b"", actions.Place(discharged.chart, "", "")), "engine")
    token = packer(desk)
    refused = desk.open(token, discharged, outpatient, other, nobody, grant=mine)
    assert refused == ["NotAllowedError"] * 4
    assert not [line for line in desk.lines() if line.verb == "release"]


@pytest.mark.attack
def test_a_stolen_packer_opens_nothing_beyond_its_sections_or_purpose(desk: Desk) -> None:
    mine = grant(desk, sections=mask(Section.FACE, Section.CLINICAL))
    shut = desk.chart("3W", "1", [Section.RESTRICTED])
    results = desk.chart("3W", "2", [Section.RESULTS])
    clinical = desk.chart("3W", "3", [Section.CLINICAL])
    token = packer(desk)
    assert desk.open(token, shut, results, grant=mine) == ["NotAllowedError"] * 2
    assert desk.open(token, clinical, grant=mine, purpose="HRESCH") == ["NotAllowedError"]
    assert desk.open(token, clinical) == ["NotAllowedError"]


@pytest.mark.attack
def test_after_revocation_by_one_person_nothing_opens(desk: Desk) -> None:
    mine, chart = grant(desk), desk.chart("3W", "1")
    code(desk)
    token = packer(desk)
    desk.ask(Act(desk.login("dewi"), actions.EndGrant(mine)))
    assert desk.open(token, chart, grant=mine) == ["NotAllowedError"]
    with pytest.raises(NotAllowedError, match="no such grant"):
        desk.ask(PackWard(token, mine, "3W"))
    desk = desk.restart()
    assert desk.open(packer(desk), chart, grant=mine) == ["NotAllowedError"]


@pytest.mark.attack
def test_the_grant_serves_nobody_else_and_gives_no_roll_of_charts(desk: Desk) -> None:
    mine, chart = grant(desk), desk.chart("3W", "1", [Section.CLINICAL])
    code(desk)
    clerk = desk.login("carla")
    assert desk.open(clerk, chart, grant=mine) == ["NotAllowedError"]
    for who, request in (
        (clerk, PackWard(clerk, mine, "3W")),
        (packer(desk), None),
    ):
        with pytest.raises(NotAllowedError, match="no such grant"):
            desk.ask(request or protocol.ReadGrant(who, mine, b"", 10))


@pytest.mark.attack
def test_the_packer_has_no_other_right(desk: Desk) -> None:
    grant(desk)
    token = packer(desk)
    for request in (
        protocol.Census(token, "3W"),
        protocol.ReadLabels(token, "TREAT", ["name:a"]),
        Act(token, actions.Freeze("site", "")),
    ):
        with pytest.raises(ChartkeepError):
            desk.ask(request)


@pytest.mark.attack
def test_the_packers_host_gets_no_key_to_write_into_a_chart(desk: Desk) -> None:
    chart, house = desk.chart("3W", "1"), desk.keyholder.name.id
    for want in (
        protocol.SealWant(chart.chart, [Section.CLINICAL], False),
        protocol.SealWant(os.urandom(16), [Section.FACE], True),
        protocol.SealWant(house, [Section.INBOX], False),
    ):
        with pytest.raises(NotAllowedError, match="may not seal"):
            desk.ask(protocol.SealKeys([want]), "packs")
    notes = protocol.SealWant(house, [Section.ORDINARY], False)
    assert len(desk.ask(protocol.SealKeys([notes]), "packs").keys) == 1


def test_a_chart_counts_once_a_day_and_the_grants_number_is_the_most(desk: Desk) -> None:
    mine, first, second = grant(desk, charts=1), desk.chart("3W", "1"), desk.chart("3W", "2")
    for _ in range(3):
        assert desk.open(packer(desk), first, grant=mine) == [""]
        desk.clock.move(minutes=15)
    assert desk.open(packer(desk), second, grant=mine) == ["OverBudgetError"]
    desk = desk.restart()
    assert desk.open(packer(desk), second, first, grant=mine) == ["OverBudgetError", ""]
    desk.clock.move(hours=25)
    assert desk.open(packer(desk), second, grant=mine) == [""]


def test_packs_count_on_no_other_budget(desk: Desk) -> None:
    desk.two(desk.login("erik"), desk.login("fumi"), actions.SetLimit("site", "", "chart", DAY, 0))
    desk.two(desk.login("erik"), desk.login("fumi"), actions.SetLimit("site", "", "bulk", DAY, 0))
    mine, chart = grant(desk), desk.chart("3W", "1")
    assert desk.open(packer(desk), chart, grant=mine) == [""]


def test_past_the_instances_budget_that_instance_is_frozen_and_no_other(desk: Desk) -> None:
    limit = actions.SetLimit("instance", "desk", "pack", DAY, 1)
    desk.two(desk.login("erik"), desk.login("fumi"), limit)
    mine, there = grant(desk), [desk.chart("3W", str(bed)) for bed in range(2)]
    assert desk.open(packer(desk), *there, grant=mine) == ["", "OverBudgetError"]
    assert ("instance", "desk") in desk.keyholder.standing.frozen
    assert ("site", "") not in desk.keyholder.standing.frozen


def test_what_anybody_of_the_ward_may_not_see_is_in_no_pack(desk: Desk) -> None:
    mine, chart = grant(desk), desk.chart("3W", "1")
    code(desk)
    whole = desk.chart("3W", "2")
    shy = Consent(Provision(permit=True), (Provision(False, mask(Section.RESULTS), ("aiko",)),))
    hidden = Consent(Provision(permit=False, whom=("nurse",)))
    for each, consent in ((chart, shy), (whole, hidden)):
        desk.ask(SetConsent(each.chart, os.urandom(16), [consent]), "engine")
    token = packer(desk)
    opened = desk.ask(protocol.OpenKeys(token, "TREAT", "", mine, [chart, whole])).charts
    assert opened[0].withheld == mask(Section.RESULTS)
    assert opened[1].error
    assert [each.chart for each in desk.ask(PackWard(token, mine, "3W")).inpatients] == [
        chart.chart
    ]


@pytest.mark.attack
def test_an_invented_patient_in_a_bed_trips_nothing_and_is_not_left_out(desk: Desk) -> None:
    mine, decoy = grant(desk), desk.chart("3W", "1")
    code(desk)
    desk.ask(Act(b"", actions.MarkDecoy(decoy.chart)), "host")
    token = packer(desk)
    assert desk.open(token, decoy, grant=mine) == [""]
    assert [each.chart for each in desk.ask(PackWard(token, mine, "3W")).inpatients] == [
        decoy.chart
    ]
    assert not desk.keyholder.standing.frozen


def test_the_wards_key_goes_to_its_packer_only_and_lies_in_no_line(desk: Desk) -> None:
    mine = grant(desk)
    with pytest.raises(RefusedError, match="no code"):
        desk.ask(PackWard(packer(desk), mine, "3W"))
    code(desk)
    terms = desk.ask(PackWard(packer(desk), mine, "3W"))
    assert (terms.key, terms.sections) == (KEY, ALL)
    assert not any(KEY[20:] in line.detail for line in desk.lines())
    with pytest.raises(RefusedError, match="other wards"):
        desk.ask(PackWard(packer(desk), mine, "5E"))


def test_a_code_and_a_grant_take_two_people_and_say_what_they_replace(desk: Desk) -> None:
    code(desk)
    proposed = desk.ask(Act(desk.login("dewi"), actions.SetWardKey("3W", KEY))).proposal
    (waiting,) = desk.ask(protocol.Proposals(desk.login("gita"))).waiting
    assert waiting.proposal == proposed
    assert "REPLACES" in waiting.words
    assert KEY.hex() not in waiting.words


@pytest.mark.attack
@pytest.mark.parametrize(
    "terms",
    [
        {"sections": mask(Section.CLINICAL)},
        {"sections": PACKABLE | mask(Section.IMAGING)},
        {"sections": PACKABLE, "wards": []},
        {"days": 400},
        {"days": 0},
    ],
)
def test_a_grant_that_is_too_wide_is_refused(desk: Desk, terms: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        grant(desk, **terms)


def test_what_is_restricted_opens_where_two_people_named_the_ward(desk: Desk) -> None:
    mine = grant(desk, sections=PACKABLE)
    shut = desk.chart("3W", "1", [Section.RESTRICTED])
    assert desk.open(packer(desk), shut, grant=mine) == [""]


def test_a_grant_needs_a_packer(desk: Desk) -> None:
    wanted = actions.GrantPacks("aiko", [], ALL, 10, desk.clock.at + DAY)
    with pytest.raises(RefusedError, match="no packer"):
        desk.ask(Act(desk.login("dewi"), wanted))


@pytest.mark.attack
def test_a_frozen_packer_gets_nothing(desk: Desk) -> None:
    mine, chart = grant(desk), desk.chart("3W", "1")
    code(desk)
    token = packer(desk)
    desk.ask(Act(desk.login("dewi"), actions.Freeze("person", "exporter")))
    assert desk.open(token, chart, grant=mine) == ["FrozenError"]
    with pytest.raises(FrozenError):
        desk.ask(PackWard(token, mine, "3W"))


def test_status_is_red_while_a_pack_is_missing_or_old(desk: Desk) -> None:
    assert red(desk) == []
    mine, chart = grant(desk), desk.chart("3W", "1")
    assert red(desk) == ["ward 3W has no code for its packs", *red(desk)[1:]]
    code(desk)
    assert "ward 3W has no pack" in red(desk)
    note = NotePack(packer(desk), mine, "3W", os.urandom(16), 1, desk.clock.at + DAY)
    desk.ask(note)
    assert red(desk) == ["the grant for ward packs ends in 8 days"]
    desk.clock.move(seconds=LATE / 1000 + 61)
    assert red(desk)[0] == "the last pack of ward 3W is 46 minutes old"
    desk.ask(Act(b"", actions.Place(chart.chart, "", "")), "engine")
    assert len(red(desk)) == 1
    desk.clock.move(hours=24 * 10)
    assert red(desk) == ["no grant for ward packs holds any more"]
